// The marks of the table as letters, for tests.
import { COLUMNS, FAULTS } from "../../site/figures/cures/faults.js";
import { markOf } from "../../site/figures/cures/marks.js";
import type { CellMessage, Moment } from "../../site/figures/cures/messages.js";

export const cellName = ({ moment, row, column }: Pick<CellMessage, "moment" | "row" | "column">): string =>
  `${moment} ${row} ${column}`;

const LETTERS = { cured: "y", failed: "n", needless: "-", worse: "w" };

/** A row a fault, a letter a column: y a tick, n a cross, - nothing to cure, w worse than left alone. */
export function marksIn(cells: ReadonlyMap<string, CellMessage>, moment: Moment): string[] {
  const outcomeAt = (row: number, column: number) => cells.get(cellName({ moment, row, column }))!.outcome!;
  return FAULTS.map((_, row) =>
    Array.from({ length: COLUMNS }, (_cell, column) => LETTERS[markOf(outcomeAt(row, column), outcomeAt(row, 0))]).join(
      "",
    ),
  );
}
