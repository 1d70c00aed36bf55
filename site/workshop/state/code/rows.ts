// Rows of data as a program holds them.
import type { Matrix } from "../../../../src/index.js";
import { roundTo } from "../../../../src/text/numbers.js";
import { COORDINATES, FEATURES } from "../../../tasks/features.js";
import { isPlane, type Recipe } from "../../../training/recipe.js";

const LEAST_DIGITS = 6;
const MOST_DIGITS = 9; // which give any float32 back

/** As few digits as give the same float32. */
export function short(value: number): string {
  for (let digits = LEAST_DIGITS; digits < MOST_DIGITS; digits++) {
    const rounded = roundTo(value, digits);
    if (Math.fround(rounded) === Math.fround(value)) return String(rounded);
  }
  return String(roundTo(value, MOST_DIGITS));
}

/** `[0.5, -0.25]` for each row. */
export function rowTexts({ rows, columns, data }: Matrix): string[] {
  return Array.from(
    { length: rows },
    (_, row) => `[${Array.from(data.subarray(row * columns, (row + 1) * columns), short).join(", ")}]`,
  );
}

const LEAST_QUARTERS = 16; // columns: few numbers are as short by themselves

/** Pictures of few greys: 0, 0.25 ... 2.25. */
export function isQuarters({ columns, data }: Matrix): boolean {
  return (
    columns >= LEAST_QUARTERS && data.every((value) => Number.isInteger(value * 4) && value >= 0 && value * 4 < 10)
  );
}

/** One digit a number, how many quarters it is; rows are parted by spaces. */
export function quarterText({ rows, columns, data }: Matrix): string {
  const digits = Array.from(data, (value) => value * 4).join("");
  return Array.from({ length: rows }, (_, row) => digits.slice(row * columns, (row + 1) * columns)).join(" ");
}

/** What the columns are, where they are more than coordinates. */
export function aboutRows(recipe: Recipe): string[] {
  const { data, features } = recipe;
  if (data === "digits") return ["Images of 8 x 8 pixels, a row each: in quarters of full ink."];
  if (!isPlane(recipe) || features.join() === COORDINATES.join()) return [];
  return [`Of each point: ${features.map((name) => FEATURES[name].text).join(", ")}.`];
}
