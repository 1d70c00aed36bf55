// All cases, one after the other; for Node and for browsers alike.
import { activationCases } from "./activations.js";
import { time } from "./format.js";
import { gemmCases } from "./gemm.js";
import { inferenceCases } from "./inference.js";
import type { Case, Context, Figure, Result } from "./measure.js";
import { ratioCases } from "./ratios.js";
import { trainingCases } from "./training.js";

export { microkernelRate } from "./gemm.js";

export type Row = { readonly name: string } & (Result | Figure);
export type Subject = (context: Context) => Case[];

const SUBJECTS: readonly Subject[] = [gemmCases, activationCases, trainingCases, inferenceCases, ratioCases];

/** Runs the cases, and those of the host's own subjects, with `filter` in their name, and gives each row to `tell` as soon as it is there. */
export async function runCases(context: Context, filter: string, tell: (row: Row) => unknown, more: readonly Subject[] = []): Promise<Row[]> {
  const cases = [...SUBJECTS, ...more].flatMap((subject) => subject(context)).filter(({ name }) => name.includes(filter));
  if (cases.length === 0) throw new Error(`--filter ${filter}: no case has that in its name`);
  const rows: Row[] = [];
  for (const { name, run } of cases) {
    rows.push({ name, ...(await run()) });
    await tell(rows.at(-1)!);
  }
  return rows;
}

function isFigure(row: Result | Figure): row is Figure {
  return "wanted" in row;
}

function figureLine(name: string, { value, unit, wanted, note }: Figure): string {
  const [words, bound] = "atMost" in wanted ? ["at most", wanted.atMost] : ["at least", wanted.atLeast];
  const isMet = "atMost" in wanted ? value <= bound : value >= bound;
  const cell = `${Number(value.toPrecision(3))} ${unit}`;
  return `${name.padEnd(42)} ${cell.padStart(16)}  wanted: ${words} ${bound}${isMet ? "" : ", missed"}${note ? `  (${note})` : ""}`;
}

export function line(row: Row): string {
  if (isFigure(row)) return figureLine(row.name, row);
  const share = row.shareOfR === undefined ? "" : `${(row.shareOfR * 100).toFixed(0)} % of R`;
  const cells = [time(row.seconds).padStart(9), `${row.rate.toFixed(1)} ${row.unit}`.padStart(13), share.padStart(10), row.residual.toExponential(0).padStart(6)];
  return `${row.name.padEnd(42)} ${cells.join("  ")}  of ${row.tolerance}${isWrong(row) ? "  WRONG" : ""}`;
}

/** A result beyond its tolerance; a target that is missed is no fault. */
export const isWrong = (row: Result | Figure): boolean => (isFigure(row) ? !Number.isFinite(row.value) : !(row.residual <= 1));

/** Seconds of a timed row. */
export const secondsOf = (row: Row): number | undefined => (isFigure(row) ? undefined : row.seconds);
