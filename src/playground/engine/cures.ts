// The cures as they act on a run, between two of its fits.
import type { CureName } from "./protocol.js";
import type { Run } from "./run.js";

export function labelOf(cure: CureName, rate: number): string {
  switch (cure) {
    case "liftBias": return "bias lifted";
    case "recycle": return "recycled";
    case "leakyRelu": return "Leaky ReLU";
    case "lowerRate": return `rate ${rate}`;
  }
}

/** @returns what was done, in words */
export async function cureRun(run: Run, cure: CureName, rate: number | undefined): Promise<string> {
  if (cure === "lowerRate") {
    run.rate = rate ?? run.rate / 2;
    return `the rate is ${run.rate} from step ${run.step} on`;
  }
  throw new Error(`${cure} is not known`);
}
