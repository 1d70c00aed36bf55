// One training of one trial: builds or goes on, scales, treats, trains, folds back, judges.
import { learnsAlpha } from "../../activations/activations.js";
import { judgeAnswers } from "./judge.js";
import { examineRun, isStillFalling, traceSome } from "./examine-run.js";
import { findingsOf, judgeFold, setupOf } from "./fold.js";
import { lookAtUnits, shareOfDead, type TrialLook } from "./look-at-units.js";
import { foldScaling, type ScaledRows, scaleRows, startOnScaled } from "./scaled-rows.js";
import type { TrialCourse, TrialJob, TrialOutcome, TrialSettings, TrialSetup } from "./trial.js";
import { callbackOf } from "../callbacks.js";
import { calibrate } from "../start/calibrate.js";
import { treat } from "../treat.js";
import { countDead, findDead } from "../../inspect/dead-units.js";
import type { SampleRows } from "../../core/matrix.js";
import { RelumineError } from "../../core/errors.js";
import { traceDeaths } from "../../diagnosis/trace/trace-deaths.js";
import type { Death } from "../../diagnosis/trace/types.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { History, Network } from "../../network/types.js";
import type { Plan } from "../../network/training/plan.js";
import { createNetwork } from "../../network/network.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";

/** What can't be handed to a worker: the functions of the user's fit, and looks at the network while it is there. */
export interface Extras {
  readonly schedule?: ScheduleFunction;
  readonly callbacks?: Plan["callbacks"];
  readonly signal?: AbortSignal;
  /**
   * The network, as long as this is not fulfilled; `takesRows` as they are, or scaled where that could not be folded.
   */
  readonly onTrained?: (network: Network, takesRows: boolean) => Promise<void>;
  /** Of a run that is examined: what stays with the prescription. */
  readonly keep?: (diagnosis: Diagnosis | undefined, deaths: readonly Death[]) => void;
}

type ScheduleFunction = (step: number, epoch: number) => number;

/** The schedule of the user's fit, slowed down as much as the remedy's rate is below the given one. */
export function scaleSchedule(schedule: ScheduleFunction, factor: number): ScheduleFunction {
  return factor !== 1 ? (step, epoch) => schedule(step, epoch) * factor : schedule;
}

function deadShare(network: Network, x: SampleRows): number {
  const { dead, units } = countDead(network, x);
  return units === 0 ? 0 : dead / units;
}

/** Whether it has the last layer of the network as given: then it can be asked itself how good it is. */
function answersAlike({ bench }: TrialSetup, { spec, takesClasses }: TrialSettings): boolean {
  const { activation, units } = spec.layers[spec.layers.length - 1];
  return (
    bench.isOwn &&
    takesClasses !== true &&
    units === bench.units &&
    activation.name === bench.activation &&
    JSON.stringify(spec.loss) === JSON.stringify(bench.loss)
  );
}

/**
 * On the validation rows, in the targets' own units.
 * @param isFolded the network takes rows as they are
 * @param seen what was seen of the units already
 */
function judge(
  network: Network,
  setup: TrialSetup,
  settings: TrialSettings,
  scaled: ScaledRows,
  isFolded: boolean,
  seen: Pick<TrialLook, "units" | "dead"> | undefined,
) {
  const { bench, validation } = setup;
  const judged = judgeAnswers(bench, network.predict(isFolded ? validation.x : scaled.validation.x), validation);
  const deadFraction = seen ? shareOfDead(seen) : deadShare(network, isFolded ? setup.training.x : scaled.training.x);
  if (!isFolded || !answersAlike(setup, settings)) return { ...judged, deadFraction };
  const { loss } = network.evaluate(validation); // to the bit what fit tells of these rows
  return { ...judged, metrics: { ...judged.metrics, loss }, deadFraction };
}

/** The network that a trial trains: new, or with the weights of the one that it goes on with. */
async function prepareNetwork(
  { start, arithmetic }: TrialSetup,
  { settings, seed }: TrialJob,
  scaled: ScaledRows,
): Promise<Network> {
  const network = await createNetwork({ ...settings.spec, seed }, { arithmetic });
  if (start && !settings.startsAnew)
    startOnScaled(start, scaled).forEach((weights, index) => {
      const { activation } = network.layers[index];
      const { alpha, ...rest } = weights;
      network.layers[index].setWeights(alpha && learnsAlpha(activation.name) ? weights : rest);
    });
  return network;
}

function traceFor({ isExamined, look }: TrialJob) {
  if (isExamined) return traceSome();
  return look === "deaths" ? traceDeaths() : undefined;
}

async function train(setup: TrialSetup, job: TrialJob, extras: Extras): Promise<TrialOutcome> {
  const { settings, epochs } = job;
  const scaled = scaleRows(setup, settings);
  const { training, validation } = scaled;
  using network = await prepareNetwork(setup, job, scaled);
  const started = performance.now();
  const callbacks = [...setup.callbacks.map(callbackOf), ...(extras.callbacks ?? [])];
  const trace = traceFor(job);
  if (settings.treat) await treat(network, training.x, settings.treat);
  if (settings.calibrate) await calibrate(network, training.x, settings.calibrate);
  const born = job.look && findDead(network, training.x);
  const history = await network.fit(training, {
    epochs,
    batchSize: settings.batchSize,
    accumulate: settings.accumulate,
    shuffle: settings.shuffle,
    classWeights: settings.classWeights,
    // for those that look at it; else its time is saved
    ...((callbacks.length > 0 || job.isFollowed) && { validation }),
    optimizer: rebuildOptimizer(settings.optimizer),
    learningRate: extras.schedule ?? settings.schedule,
    clipNorm: settings.clipNorm,
    callbacks: [...callbacks, ...settings.callbacks.map(callbackOf), ...(trace ? [trace] : [])],
    signal: extras.signal,
  });
  const seconds = (performance.now() - started) / 1000;
  const look = born && lookAtUnits(network, training, born, trace?.deaths);
  const course = job.isFollowed ? courseOf(network, history, scaled) : undefined;
  const examined =
    job.isExamined &&
    trace &&
    examineRun(network, history, trace.deaths, training, setup.judgesTraining ? undefined : validation);
  if (examined) extras.keep?.(examined.diagnosis, trace.deaths);
  const findings = job.fold?.isDiagnosed ? findingsOf(network, history, scaled) : undefined;
  const isFolded = foldScaling(network, scaled);
  const fold = job.fold && judgeFold(network, job.fold, isFolded ? setup.validation.x : validation.x, findings);
  const judged = judge(network, setup, settings, scaled, isFolded, look ?? (course && seenOf(course)));
  await extras.onTrained?.(network, isFolded);
  return {
    ...judged,
    seconds,
    epochs: history.epochs.length,
    isFalling: isStillFalling(history.epochs.map(({ loss }) => loss)),
    ...(failureOfHistory(history) ?? failureOfLoss(judged.metrics.loss)),
    ...(examined && { run: examined.run }),
    ...(look && { look }),
    ...(course && { course }),
    ...(fold && { fold }),
  };
}

function courseOf(network: Network, { epochs, stopped }: History, { training, validation }: ScaledRows): TrialCourse {
  const { loss, accuracy } = network.evaluate(validation);
  return {
    epochs,
    ...(stopped && { stopped }),
    evaluation: { loss, ...(accuracy !== undefined && { accuracy }) },
    layers: countDead(network, training.x).layers,
  };
}

const seenOf = ({ layers }: TrialCourse) => ({
  units: layers.map(({ units }) => units),
  dead: layers.map(({ dead }) => dead),
});

function failureOfHistory({ stopped, epochs }: History): Pick<TrialOutcome, "failed"> | undefined {
  if (stopped === undefined || stopped === "callback") return undefined;
  const what = stopped === "diverged" ? "the loss left the finite numbers" : "it was interrupted";
  return { failed: { code: stopped, message: `${what} after ${epochs.length} whole epochs` } };
}

function failureOfLoss(loss: number): Pick<TrialOutcome, "failed"> {
  if (Number.isFinite(loss)) return {};
  return { failed: { code: "diverged", message: "the loss on the rows that judge left the finite numbers" } };
}

/**
 * Does one job. A training that diverges, and what the network refuses, are its outcome; every other error is thrown.
 */
export async function runJob(setup: TrialSetup, job: TrialJob, extras: Extras = {}): Promise<TrialOutcome> {
  try {
    return await train(setupOf(setup, job.fold), job, extras);
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, message } = error;
    return {
      metrics: { loss: Number.NaN },
      variance: 0,
      deadFraction: Number.NaN,
      seconds: 0,
      epochs: 0,
      failed: { code, message },
    };
  }
}

/** Jobs that were sent together are told of after so long: they may take longer than those before. */
const TOGETHER_MILLISECONDS = 25;

/**
 * Does them one after another.
 * @returns of the first so many, one or more: the others are not begun once a while has passed
 */
export async function runJobs(setup: TrialSetup, jobs: readonly TrialJob[]): Promise<TrialOutcome[]> {
  const outcomes: TrialOutcome[] = [];
  const started = performance.now();
  for (const job of jobs) {
    outcomes.push(await runJob(setup, job));
    if (performance.now() - started >= TOGETHER_MILLISECONDS) break;
  }
  return outcomes;
}
