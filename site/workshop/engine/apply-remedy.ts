// The remedies as they change a training, between two of its fits. Loaded with the first of them.
import { sum } from "../../../src/core/statistics.js";
import { cutTo, formatNumber } from "../../../src/text/numbers.js";
import type { Cure, Done, RemedyName } from "./types.js";
import type { BriefTraining } from "../../training/brief-training.js";
import type { Training } from "./training.js";
import type { Network, Treatment } from "../../../src/index.js";
import { treatNaming } from "../../../src/treatment/treat.js";
import { pageNaming } from "../../training/naming.js";
import { remedyOf } from "../../training/changes.js";
import { countDead } from "../state/units.js";

/** `bias lifted, rate 0.35`; `layer 2, unit 3: bias lifted` */
export function cureLabel({ remedy, rate, decay, unit }: ChosenCure): string {
  const names: Readonly<Record<RemedyName, readonly string[]>> = {
    liftBias: ["bias lifted"],
    recycle: ["recycled"],
    leakyRelu: ["Leaky ReLU"],
    lowerRate: [],
  };
  const parts = [
    ...names[remedy],
    ...(rate === undefined ? [] : [`rate ${formatNumber(rate)}`]),
    ...(decay === undefined ? [] : [`weight decay ${formatNumber(decay)}`]),
  ];
  const { layer, unit: place } = pageNaming();
  const who = unit ? `layer ${layer(unit.layer)}, unit ${place(unit.unit)}: ` : "";
  return who + parts.join(", ");
}

/** A cure whose rate is known. */
export interface ChosenCure extends Cure {
  readonly rate?: number;
}

const MOST_TRIALS = 6;
const LEAST_TRIAL_STEPS = 200;
const MOST_TRIAL_STEPS = 1000;

/** What became of a copy that was trained at another rate. */
interface Trial {
  readonly rate: number;
  readonly dead: number;
  readonly loss: number;
}

/** A lower rate revives nobody, so that it is tried from the start; with a remedy it is tried from here on. */
function tryRate(training: Training, cure: Cure, rate: number, steps: number): Promise<BriefTraining> {
  if (cure.remedy === "lowerRate") return training.tryRateFromStart(rate, steps);
  return training.tryRate(rate, steps, (network) => treatNetwork(network, training, cure));
}

/**
 * The largest of half the rate, a quarter, an eighth ... at which no unit dies (again) in as many steps as it has been
 * trained for; where all lose units, the one that loses fewest.
 * @returns the rate, and in words what was tried
 */
async function findRate(training: Training, cure: Cure): Promise<{ rate: number; tried: string }> {
  const steps = Math.max(LEAST_TRIAL_STEPS, Math.min(MOST_TRIAL_STEPS, training.step));
  const isFromStart = cure.remedy === "lowerRate";
  const { states } = training.record();
  const { loss } = isFromStart ? training.history.at(0)! : training.record();
  const stayDead = cure.unit ? Math.max(0, countDead(states) - 1) : 0; // who is not treated
  const trials: Trial[] = [];
  const isGood = (trial: Trial) => trial.dead <= stayDead && trial.loss < loss;
  for (let power = 1; power <= MOST_TRIALS && !trials.some(isGood); power++) {
    const rate = cutTo(training.settings.rate / 2 ** power, 2);
    const trial = await tryRate(training, cure, rate, steps);
    trials.push({ rate, loss: trial.loss, dead: sum(trial.dead) });
  }
  const best = trials.find(isGood) ?? trials.toSorted((a, b) => a.dead - b.dead || a.loss - b.loss)[0];
  const told = trials.map(({ rate, dead }) => `at ${formatNumber(rate)} ${dead} dead`).join(", ");
  return { rate: best.rate, tried: `${steps} steps tried ${isFromStart ? "from the start" : "on a copy"}: ${told}` };
}

async function treatNetwork(
  network: Network,
  { task }: Training,
  { remedy, unit }: Cure,
): Promise<Treatment | undefined> {
  if (remedy === "lowerRate") return undefined;
  return treatNaming(network, task.train.x, remedyOf(remedy, unit), undefined, pageNaming());
}

/** The cure with its rate; and in words how that was found. */
export async function chooseRate(
  training: Training,
  { rate, ...cure }: Cure,
): Promise<{ cure: ChosenCure; tried?: string }> {
  if (rate !== "find") return { cure: { ...cure, ...(rate !== undefined && { rate }) } };
  const found = await findRate(training, cure);
  return { cure: { ...cure, rate: found.rate }, tried: found.tried };
}

export async function applyCure(training: Training, cure: ChosenCure): Promise<Done> {
  const { remedy, rate, decay, unit } = cure;
  const before = training.record();
  const treatment = await treatNetwork(training.network, training, cure);
  if (remedy === "leakyRelu") await training.adoptActivation();
  if (remedy !== "lowerRate")
    training.noteChange({ what: remedy, ...(unit && { unit: { layer: unit.layer, unit: unit.unit } }) });
  if (rate !== undefined) training.adjust({ what: "rate", value: rate });
  if (decay !== undefined) training.adjust({ what: "decay", value: decay });
  training.noteCure(cureLabel(cure), before);
  if (!treatment)
    return { message: `the rate is ${formatNumber(rate!)} from step ${training.step} on; this revives no dead unit` };
  const { outputChange, findings } = treatment;
  const change =
    outputChange === 0 ? "the outputs do not change" : `an output changes by up to ${formatNumber(outputChange)}`;
  return {
    message: `${cureLabel(cure)}: ${treatment.before.dead} dead before, ${treatment.after.dead} after`,
    details: [change, ...findings.map(({ message }) => message)],
  };
}
