// What the figure "The region of no return" says.
import { cellMiddle, isOfNoReturn, type Point, type Training } from "./types.js";
import { countOf, formatCount, formatNumber, formatPercent, formatSigned, typeset } from "../../../src/text/numbers.js";

const number = (value: number) => typeset(formatSigned(value, 3));
export const pointWords = ({ w, b }: Point): string => `w ${number(w)}, b ${number(b)}`;

/** @param samples how many there are */
export function trainingWords({ path, losses, open, rate }: Training, samples: number): string {
  const steps = path.length - 1;
  const start = `From ${pointWords(path[0])}`;
  if (open === 0 && steps === 0) return typeset(`${start}: closed on every sample from the start. It never moves.`);
  const trained = `${start} at a rate of ${formatNumber(rate)}:`;
  if (open === 0)
    return typeset(
      `${trained} step ${formatCount(steps)} leaps into the wedge. ` +
        "There the gradient is 0: it stays there permanently.",
    );
  return typeset(
    `${trained} after ${countOf(steps, "step")} it is open on ${formatCount(open)} of ${formatCount(samples)} samples, ` +
      `loss ${formatNumber(losses.at(-1)!, 2)}.`,
  );
}

/** Of the starts outside the wedge: the share that ends in it. */
export function fatesWords(fates: Uint8Array, hull: readonly [number, number]): string {
  const outside = [...fates.keys()].filter((cell) => !isOfNoReturn(cellMiddle(cell), hull));
  const dead = outside.filter((cell) => fates[cell] === 1).length;
  return typeset(
    `Striped: the starts that end in the wedge at this rate, ${formatPercent(dead / outside.length)} of those outside.`,
  );
}
