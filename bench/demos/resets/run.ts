// One network through one stream of tasks under one rule: what it reset, what that would have become, and how the
// tasks ended.
import { type Callback, createNetwork, diagnose, type Network } from "../../../src/index.js";
import { stateOf } from "../../../src/network/state/state.js";
import { fitOf } from "../../../src/network/training/running-fit.js";
import { seededRandom } from "../../../tests/support/random.js";
import { LeftAlone } from "./left-alone.js";
import { RULES } from "./rules.js";
import { BATCH, digits, PIXELS, STREAMS, type Task, TASKS } from "./streams.js";

export const HIDDEN = [32, 32] as const;

export interface Job {
  /** Places in STREAMS and RULES. */
  readonly stream: number;
  readonly rule: number;
  readonly seed: number;
}

/** Over all tasks. */
export interface ResetCounts {
  /** Units reset. */
  readonly resets: number;
  /** Those that were followed on a copy; of them are: */
  readonly followed: number;
  /** Units that fired on some row of the task when they were reset. */
  readonly firing: number;
  /** Permanently dead when they were reset. */
  readonly permanent: number;
  /** That, left alone, fired again before the task's end. */
  readonly again: number;
  /** Both. */
  readonly permanentAgain: number;
}

/** At the end of each task, on its rows. */
export interface TaskEnd {
  readonly loss: number;
  readonly accuracy: number;
  readonly dead: number;
  readonly permanent: number;
}

export interface Outcome extends ResetCounts {
  /** At the end of the last task, dead units that are proven dead in the box of all tasks' inputs ... */
  readonly proven: number;
  /** ... and those that an input of the box opens. */
  readonly refuted: number;
  readonly ends: readonly TaskEnd[];
}

type Counts = { -readonly [Name in keyof ResetCounts]: number };

function boxOf(tasks: readonly Task[]): { low: number[]; high: number[] } {
  const low = Array<number>(PIXELS).fill(Infinity);
  const high = Array<number>(PIXELS).fill(-Infinity);
  for (const { x } of tasks)
    for (let at = 0; at < x.data.length; at++) {
      const pixel = at % PIXELS;
      low[pixel] = Math.min(low[pixel]!, x.data[at]!);
      high[pixel] = Math.max(high[pixel]!, x.data[at]!);
    }
  return { low, high };
}

/** Follows units that are reset, at some of the steps; stands behind the rule. */
function follower(task: number, x: Task["x"], { rule, seed }: Job, counts: Counts): Callback {
  const random = seededRandom(1000 * seed + task);
  let copy: LeftAlone;
  let changes = 0;
  return {
    onTrainBegin(context) {
      const fit = fitOf(context);
      copy = new LeftAlone(fit, x);
      fit.atEnd(() => copy.dispose());
      fit.watch(() => {
        copy.keep();
        changes = fit.state.changes;
      });
    },
    onBatchEnd(_log, { network }) {
      if (stateOf(network).changes === changes) return;
      const units = copy.changedUnits();
      counts.resets += units.length;
      if (random() >= RULES[rule]!.followed) return;
      counts.followed += units.length;
      for (const { fires, permanent, again } of copy.follow(units)) {
        counts.firing += Number(fires);
        counts.permanent += Number(permanent);
        counts.again += Number(again);
        counts.permanentAgain += Number(permanent && again);
      }
    },
  };
}

function look(network: Network, task: Task): TaskEnd {
  const { loss, accuracy } = network.evaluate(task);
  const { dead, layers } = diagnose(network, task.x, { proofs: false });
  const units = layers.slice(0, -1).flatMap((layer) => layer.units);
  return { loss, accuracy: accuracy!, dead, permanent: units.filter((unit) => unit.permanent).length };
}

function proveInBox(network: Network, x: Task["x"], tasks: readonly Task[]): Pick<Outcome, "proven" | "refuted"> {
  const { layers } = diagnose(network, x, { proofs: true, inputBox: boxOf(tasks) });
  const proofs = layers.slice(0, -1).flatMap(({ units }) => units.map(({ proof }) => proof));
  return {
    proven: proofs.filter((proof) => proof === "provenDead").length,
    refuted: proofs.filter((proof) => proof === "refuted").length,
  };
}

export async function runJob(job: Job): Promise<Outcome> {
  const stream = STREAMS[job.stream]!;
  const base = digits();
  const tasks = Array.from({ length: TASKS }, (_, task) => stream.make(base, task, job.seed));
  using network = await createNetwork(
    { inputs: PIXELS, layers: [...HIDDEN, 10].map((units) => ({ units })), loss: "crossEntropy", seed: job.seed },
    { arithmetic: "reproducible" },
  );
  const optimizer = stream.optimizer();
  const callbacks = RULES[job.rule]!.make();
  const counts: Counts = { resets: 0, followed: 0, firing: 0, permanent: 0, again: 0, permanentAgain: 0 };
  const ends: TaskEnd[] = [];
  for (const [place, task] of tasks.entries()) {
    const behind = callbacks.length > 0 ? [...callbacks, follower(place, task.x, job, counts)] : [];
    await network.fit(task, { epochs: stream.epochs, batchSize: BATCH, optimizer, callbacks: behind });
    ends.push(look(network, task));
  }
  return { ...counts, ...proveInBox(network, tasks.at(-1)!.x, tasks), ends };
}
