// How figures are written.
import { formatBytes } from "../src/text/numbers.js";
import type { Figure, Result, Target } from "./measure.js";
import { median, quartiles, type Interval } from "./statistics.js";

export type Row = { readonly name: string } & (Result | Figure);

/** Three digits, and no exponent. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Seconds to three digits, in microseconds, milliseconds or seconds. */
export function time(seconds: number): string {
  if (seconds < 0.9995e-3) return `${digits(seconds * 1e6)} us`;
  return seconds < 0.9995 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

function range({ low, high }: Interval, write: (value: number) => string): string {
  return `(${write(low)}..${write(high)})`;
}

/** "79 % of R (77..81)", where there is a share. */
export function share(value: number | undefined, quartiles: Interval | undefined, of: string): string {
  const percent = (part: number) => (100 * part).toFixed(0);
  return value === undefined ? "" : `${percent(value)} % of ${of}${quartiles ? ` ${range(quartiles, percent)}` : ""}`;
}

/** R over a run: its median and quartiles. */
export function rateOf(samples: readonly number[]): string {
  return `${median(samples).toFixed(1)} GFLOP/s ${range(quartiles(samples), (rate) => rate.toFixed(1))}`;
}

const isFigure = (row: Result | Figure): row is Figure => "value" in row;

type Judged = Pick<Figure, "value" | "quartiles" | "wanted">;

/** Where more than a quarter of the turns lie on either side of the target, neither met nor missed can be told. */
export function verdict({ value, quartiles, wanted }: Judged): "met" | "missed" | "within noise of it" {
  if (wanted === undefined) return "met";
  const [sign, bound] = "atMost" in wanted ? [-1, wanted.atMost] : [1, wanted.atLeast];
  if (quartiles && quartiles.low < bound && bound < quartiles.high) return "within noise of it";
  return sign * value >= sign * bound ? "met" : "missed";
}

function target(judged: Judged): string {
  if (judged.wanted === undefined) return "";
  const [words, bound] =
    "atMost" in judged.wanted ? ["at most", judged.wanted.atMost] : ["at least", judged.wanted.atLeast];
  const found = verdict(judged);
  return `  wanted: ${bound === 0 ? "none" : `${words} ${bound}`}${found === "met" ? "" : `, ${found}`}`;
}

/** What is wanted of a share, in percent, and the verdict. */
export function shareTarget(
  value: number | undefined,
  quartiles: Interval | undefined,
  wanted: Target | undefined,
): string {
  if (value === undefined || quartiles === undefined || wanted === undefined) return "";
  return target({ value: 100 * value, quartiles: { low: 100 * quartiles.low, high: 100 * quartiles.high }, wanted });
}

/** "peak 9.1 MiB of blocks (plain: 4 MiB), 12 MiB of the process". */
function peaks({ memory }: Figure): string {
  if (!memory) return "";
  const { own, beside = {} } = memory;
  const part = (value: number | undefined, plain: number | undefined, of: string) =>
    value === undefined
      ? []
      : [`${formatBytes(value)} ${of}${plain === undefined ? "" : ` (plain: ${formatBytes(plain)})`}`];
  const parts = [
    ...part(own.blocks, beside.blocks, "of blocks"),
    ...part(own.resident, beside.resident, "of the process"),
  ];
  return parts.length === 0 ? "" : `  peak ${parts.join(", ")}`;
}

function figureLine(name: string, figure: Figure): string {
  const { value, unit, quartiles, note, wrong } = figure;
  const cell = `${digits(value)} ${unit}${quartiles ? ` ${range(quartiles, digits)}` : ""}`;
  const found = wrong === undefined ? "" : `  WRONG: ${wrong}`;
  return `${name.padEnd(42)} ${cell.padStart(16)}${target(figure)}${peaks(figure)}${note ? `  (${note})` : ""}${found}`;
}

function resultLine(name: string, row: Result): string {
  const cells = [
    time(row.seconds).padStart(9),
    `${row.rate.toFixed(1)} ${row.unit}`.padStart(13),
    (share(row.shareOfR, row.quartiles, "R") || share(row.shareOfCopy, row.quartiles, "a copy")).padEnd(21),
    row.residual.toExponential(0).padStart(6),
  ];
  const verdict = `${isWrong(row) ? "  WRONG" : ""}${shareTarget(row.shareOfR, row.quartiles, row.wanted)}`;
  return `${name.padEnd(42)} ${cells.join("  ")}  of ${row.tolerance}${verdict}`;
}

export function line(row: Row): string {
  return isFigure(row) ? figureLine(row.name, row) : resultLine(row.name, row);
}

/** A result beyond its tolerance, or that a check found amiss; a target that is missed is no fault. */
export const isWrong = (row: Result | Figure): boolean =>
  isFigure(row) ? row.wrong !== undefined || !Number.isFinite(row.value) : !(row.residual <= 1);

/** Seconds of a timed row. */
export const secondsOf = (row: Row): number | undefined => (isFigure(row) ? undefined : row.seconds);
