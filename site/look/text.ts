// How the site writes numbers where src/text leaves it to the page.
import { formatPercent, typeset } from "../../src/text/numbers.js";

/** A share as "12.5 %". */
export const percent = (share: number): string => typeset(formatPercent(share));

/** ... of an axis, whose ticks are whole. */
export const wholePercent = (share: number): string => percent(share).replace(".0", "");

/** The exponent of a power of ten, such as -3. */
export function superscript(power: number): string {
  const digits = Array.from(String(Math.abs(power)), (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${power < 0 ? "⁻" : ""}${digits}`;
}
