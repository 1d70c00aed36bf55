// All cases, one after the other; for Node and for browsers alike.
import { activationCases } from "./activations.js";
import { time } from "./format.js";
import { gemmCases } from "./gemm.js";
import { inferenceCases } from "./inference.js";
import type { Case, Context, Result } from "./measure.js";
import { trainingCases } from "./training.js";

export { microkernelRate } from "./gemm.js";

export interface Row extends Result {
  readonly name: string;
}

const SUBJECTS: readonly ((context: Context) => Case[])[] = [gemmCases, activationCases, trainingCases, inferenceCases];

/** Runs the cases with `filter` in their name, and gives each row to `tell` as soon as it is there. */
export async function runCases(context: Context, filter: string, tell: (row: Row) => unknown): Promise<Row[]> {
  const cases = SUBJECTS.flatMap((subject) => subject(context)).filter(({ name }) => name.includes(filter));
  if (cases.length === 0) throw new Error(`--filter ${filter}: no case has that in its name`);
  const rows: Row[] = [];
  for (const { name, run } of cases) {
    rows.push({ name, ...(await run()) });
    await tell(rows.at(-1)!);
  }
  return rows;
}

export function line({ name, ...result }: Row): string {
  const share = result.shareOfR === undefined ? "" : `${(result.shareOfR * 100).toFixed(0)} % of R`;
  const cells = [time(result.seconds).padStart(9), `${result.rate.toFixed(1)} ${result.unit}`.padStart(13), share.padStart(10), result.residual.toExponential(0).padStart(6)];
  return `${name.padEnd(42)} ${cells.join("  ")}  of ${result.tolerance}${isWrong(result) ? "  WRONG" : ""}`;
}

export const isWrong = ({ residual }: Result): boolean => !(residual <= 1);
