// The remedies as they change a training, between two of its fits.
import { formatNumber } from "../../src/text/numbers.js";
import type { RemedyName } from "./types.js";
import type { Training } from "./training.js";
import { type Remedy, treat } from "../../src/index.js";

const REMEDIES: Readonly<Record<Exclude<RemedyName, "lowerRate">, Remedy>> = {
  liftBias: { kind: "liftBias", activity: 0.1 },
  recycle: { kind: "recycle" },
  leakyRelu: { kind: "replaceActivation", activation: "leakyRelu" },
};

export function remedyLabel(remedy: RemedyName, rate: number): string {
  switch (remedy) {
    case "liftBias":
      return "bias lifted";
    case "recycle":
      return "recycled";
    case "leakyRelu":
      return "Leaky ReLU";
    case "lowerRate":
      return `rate ${rate}`;
  }
}

/** @returns what was done, in words */
export async function applyRemedy(training: Training, remedy: RemedyName, rate: number | undefined): Promise<string> {
  if (remedy === "lowerRate") {
    training.rate = rate ?? training.rate / 2;
    return `the rate is ${formatNumber(training.rate)} from step ${training.step} on; this revives no dead unit`;
  }
  const { before, after, outputChange, findings } = await treat(
    training.network,
    training.task.train.x,
    REMEDIES[remedy],
  );
  if (remedy === "leakyRelu") await training.adoptActivation();
  training.noteChange();
  const change =
    outputChange === 0 ? "the outputs do not change" : `an output changes by up to ${formatNumber(outputChange)}`;
  return [
    `${remedyLabel(remedy, training.rate)}: ${before.dead} dead before, ${after.dead} after`,
    change,
    ...findings.map(({ message }) => message),
  ].join("; ");
}
