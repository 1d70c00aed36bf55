// What "relumine/table" offers: tables in, data sets out, and outputs back into what the target was.
import { checkEncoding } from "./check-encoding.js";
import { ColumnIndex, literalColumns } from "./column-choice.js";
import { textAt } from "./reading/cell-values.js";
import { shorten } from "./cells.js";
import { allRows, type Table } from "./columns.js";
import { encodeInputs, encodeTargets, placesOf } from "./encode.js";
import { type InputEncoding, outputWidth, readingOptions, type TableEncoding, targetColumns } from "./encoding.js";
import { prepareColumns, type PreparedTable, type PrepareOptions } from "./prepare.js";
import { readTable } from "./read/read-table.js";
import type { TableSource } from "./read/source.js";
import { checkOptions } from "../core/checks.js";
import { type Matrix, type SampleRows, type Samples, toMatrix } from "../core/matrix.js";
import { countOf } from "../text/numbers.js";

/** How a table's text is laid out, where the first lines don't show it. */
export interface TableLayout {
  /** One character, or " " for runs of blanks. */
  readonly separator?: string;
  /** Whether the first line names the columns. */
  readonly header?: boolean;
}

const LAYOUT = ["separator", "header"];
const OPTIONS = ["target", "task", "ignore", "validation", "seed", "columns", "divisor", ...LAYOUT];

/**
 * Reads a table and makes data sets of it: chooses the task, splits off rows to validate by, encodes words, dates and
 * numbers in whatever notation they are written, and says in `notes` what may surprise.
 * @param source text or bytes (gzipped too), at once or as a stream
 * @param options target: the column to predict; all else has defaults
 * @cost one pass over the text and some over its columns: 200,000 rows of 22 numbers in 2 to 4 s
 * @returns x: rows x columns.length, numbers standardized by the training rows, words one-hot; a Matrix, or, where at
 * most a tenth of a row is other than 0 by what the columns are (1 a column of words, 30 a text that is hashed), sparse
 * rows; y: labels 0..K-1, or standardized numbers
 * @throws RelumineError "value" for options, "format" for what is no such table, "memory" for more than 2^28 inputs;
 * paths name row, line and column
 * @example
 * const { training, heldOut, columns, encoding, notes } = await prepareTable(csv, { target: "species" });
 * const network = await createNetwork({
 *   inputs: columns.length,
 *   layers: [{ units: 32, activation: "relu" }, { units: encoding.target.classes.length }],
 *   loss: "crossEntropy",
 * });
 * await network.fit(training, { epochs: 50, validation: heldOut });
 */
export async function prepareTable(source: TableSource, options: PrepareOptions & TableLayout): Promise<PreparedTable> {
  const { separator, header, ...rest } = checkOptions("options", options, OPTIONS);
  return prepareColumns(await readTable(source, { separator, header, literal: literalColumns(rest.columns) }), rest);
}

/** A later table: the names of its inputs help to see its layout, and one column may be all that is wanted. */
function readLater(encoding: TableEncoding, source: TableSource, options: TableLayout | undefined): Promise<Table> {
  const { separator, header } = checkOptions("options", options, LAYOUT);
  return readTable(source, { separator, header, ...readingOptions(encoding) });
}

/**
 * Later rows as inputs of the network, read as the training read its own: the same means, medians and categories. Needs
 * no target column; columns that the encoding doesn't have are ignored; a word that it doesn't know gives zeros.
 * @param encoding of prepareTable, or its copy from JSON: every field is checked
 * @param source text or bytes (gzipped too), at once or as a stream
 * @param options the layout, where the first lines do not show it
 * @cost one pass over the text
 * @returns all rows of the table x the network's inputs, sparse as in the training
 * @throws RelumineError "value" for a missing column, or a cell that is no number where the training had none such
 * @example network.predict(await encodeRows(encoding, "length,island\n39.1,Dream\n"))
 */
export async function encodeRows(
  encoding: TableEncoding,
  source: TableSource,
  options?: TableLayout,
): Promise<SampleRows> {
  const checked = checkEncoding(encoding);
  const index = new ColumnIndex(await readLater(checked, source, options));
  return encodeInputs(checked.inputs, index, allRows(index.table));
}

/** Later rows with their targets, as `network.evaluate` takes them. */
export interface LabelledRows {
  /** Rows x inputs, sparse as in PreparedTable. */
  readonly x: SampleRows;
  /**
   * Labels 0..K-1, standardized numbers, or, by an encoding of several numbers a row, a matrix of them. Undefined where
   * the table has no target column, or none of its rows a known target: x holds all rows then.
   */
  readonly y?: readonly number[] | Matrix;
  /** The table's rows that x and y hold, from 0, ascending. */
  readonly rows: readonly number[];
  /** What was left out, and words that the training never saw. */
  readonly notes: readonly string[];
}

/** Words that the training never saw, by column. */
function noteNewWords(index: ColumnIndex, inputs: readonly InputEncoding[], rows: readonly number[]): string[] {
  return inputs.flatMap((encoding) => {
    if (encoding.kind !== "category") return [];
    const column = index.column(encoding.column);
    const places = placesOf(encoding.categories, column);
    const unknown = rows.filter((row) => places[row] < 0);
    if (unknown.length === 0) return [];
    const word = shorten(textAt(column, unknown[0]));
    return [
      `${shorten(encoding.column)}: ${countOf(unknown.length, "row")} with a word that the training never saw ("${word}")`,
    ];
  });
}

function labelRows(encoding: TableEncoding, index: ColumnIndex): Omit<LabelledRows, "x"> {
  const columns = targetColumns(encoding.target);
  const name = `"${shorten(columns.find((column) => !index.has(column)) ?? encoding.target.column)}"`;
  const rows = allRows(index.table);
  if (!columns.every((column) => index.has(column)))
    return { rows, notes: [`there is no column ${name}, the target: no evaluation`] };
  const found = encodeTargets(encoding.target, index);
  const notes: string[] = [];
  if (found.missing > 0) notes.push(`${countOf(found.missing, "row")} without a target left out`);
  if (found.unknown > 0)
    notes.push(
      `${countOf(found.unknown, "row")} of a class that the network does not know left out, of the evaluation too`,
    );
  if (found.rows.length > 0) return { rows: found.rows, y: found.y, notes };
  const where = columns.length === 1 ? `of column ${name}` : `of the columns ${name}`;
  return { rows, notes: [`no row ${where} has a target that the network knows: no evaluation`] };
}

/** encodeLabelledRows on a table that has been read, by an encoding that has been checked. */
export function encodeLabelledColumns(encoding: TableEncoding, table: Table): LabelledRows {
  const index = new ColumnIndex(table);
  const { rows, y, notes } = labelRows(encoding, index);
  return {
    x: encodeInputs(encoding.inputs, index, rows),
    ...(y && { y }),
    rows,
    notes: [...table.notes, ...notes, ...noteNewWords(index, encoding.inputs, rows)],
  };
}

/**
 * Later rows and their targets. Rows without a target, or of a class that the encoding doesn't have, are left out and
 * counted in `notes`.
 * @param encoding of prepareTable, or its copy from JSON: every field is checked
 * @param source text or bytes (gzipped too), at once or as a stream
 * @param options the layout, where the first lines do not show it
 * @cost one pass over the text
 * @throws RelumineError as encodeRows
 * @example
 * const { x, y } = await encodeLabelledRows(encoding, csv);
 * if (y) console.log(network.evaluate({ x, y }));
 */
export async function encodeLabelledRows(
  encoding: TableEncoding,
  source: TableSource,
  options?: TableLayout,
): Promise<LabelledRows> {
  const checked = checkEncoding(encoding);
  return encodeLabelledColumns(checked, await readLater(checked, source, options));
}

function largest(row: Float32Array): number {
  let best = 0;
  for (let place = 1; place < row.length; place++) if (row[place] > row[best]) best = place;
  return best;
}

/**
 * What a network's outputs say in terms of the target: the class with the highest output, or the number in the target's
 * own units (dates: days since 1970-01-01), or a row of such numbers. One per row.
 * @param encoding of prepareTable, or its copy from JSON: every field is checked
 * @cost one pass over the outputs
 * @param outputs of `network.predict`: rows x classes, rows x 1, or rows x numbers
 * @throws RelumineError "shape" for another number of columns
 * @example decodeOutputs(encoding, network.predict(x)) // ["Adelie", "Gentoo"]
 */
export function decodeOutputs(encoding: TableEncoding, outputs: Samples): string[] | number[] | number[][] {
  const { target } = checkEncoding(encoding);
  const columns = outputWidth(target);
  const { rows, data } = toMatrix("outputs", outputs, columns);
  if (target.kind === "number") return Array.from(data, (value) => value * target.scale + target.mean);
  const rowAt = (row: number): Float32Array => data.subarray(row * columns, (row + 1) * columns);
  if (target.kind === "classes") return Array.from({ length: rows }, (_, row) => target.classes[largest(rowAt(row))]);
  const scalings = target.outputs;
  return Array.from({ length: rows }, (_, row) =>
    Array.from(rowAt(row), (value, c) => value * scalings[c].scale + scalings[c].mean),
  );
}
