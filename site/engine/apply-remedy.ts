// The cures as they act on a run, between two of its fits.
import type { CureName } from "./types.js";
import type { Run } from "./training.js";
import { formatNumber } from "../../src/text/numbers.js";
import { type Remedy, treat } from "../../src/index.js";

const REMEDIES: Readonly<Record<Exclude<CureName, "lowerRate">, Remedy>> = {
  liftBias: { kind: "liftBias", activity: 0.1 },
  recycle: { kind: "recycle" },
  leakyRelu: { kind: "replaceActivation", activation: "leakyRelu" },
};

export function labelOf(cure: CureName, rate: number): string {
  switch (cure) {
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
export async function cureRun(run: Run, cure: CureName, rate: number | undefined): Promise<string> {
  if (cure === "lowerRate") {
    run.rate = rate ?? run.rate / 2;
    return `the rate is ${formatNumber(run.rate)} from step ${run.step} on; it brings no dead unit back`;
  }
  const treatment = await treat(run.network, run.task.train.x, REMEDIES[cure]);
  if (cure === "leakyRelu") await run.repaint();
  run.noteChange();
  const change =
    treatment.outputChange === 0
      ? "the answers stay as they were"
      : `an answer changes by up to ${formatNumber(treatment.outputChange)}`;
  const done = `${labelOf(cure, run.rate)}: ${treatment.before.dead} dead before, ${treatment.after.dead} after; ${change}`;
  return [done, ...treatment.findings.map(({ message }) => message)].join("; ");
}
