// The figures as text.
import type { Figure } from "./experiment.js";
import { agrees, allowance, type Expectation, standardError } from "./statistics.js";

/** A figure with what follows from it; the standard error is absent where the value is to be exact. */
export interface Verdict extends Figure {
  readonly standardError?: number;
  readonly allowance: number;
  readonly isFine: boolean;
}

export function judge(figure: Figure): Verdict {
  const { expected, measured, count } = figure;
  const error = expected.kind === "exactly" ? {} : { standardError: standardError(expected.value, count) };
  return { ...figure, ...error, allowance: allowance(expected, count), isFine: agrees(expected, measured, count) };
}

const SIGNS: Record<Expectation["kind"], string> = { within: " ", atLeast: ">=", atMost: "<=", exactly: "=" };
const WIDTHS = [60, 10, 10, 10, 8] as const;

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(4);
}

export const HEADING = ["", "expected", "measured", "std. error", "trials"]
  .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i]!)))
  .join(" ");

export function line({
  what,
  expected,
  measured,
  count,
  standardError: error,
  allowance: allowed,
  isFine,
}: Verdict): string {
  const cells = [
    `${SIGNS[expected.kind]} ${number(expected.value)}`,
    number(measured),
    error === undefined ? "-" : number(error),
    String(count),
  ];
  const verdict = isFine ? "ok" : "OUTSIDE";
  const isTolerance = error !== undefined && allowed > 3 * error;
  const margin =
    error === undefined && allowed === 0 ? "" : `  within ${allowed.toFixed(4)}${isTolerance ? " (tolerance)" : ""}`;
  const columns = [`  ${what}`.padEnd(WIDTHS[0]), ...cells.map((cell, i) => cell.padStart(WIDTHS[i + 1]!))];
  return `${columns.join(" ")}  ${verdict}${margin}`;
}
