// Rows for a model from a file of data, whatever program wrote it.
import { type ArrayChoice, type Arrays, chooseArrays, isInputName, isNumbers, targetArray } from "./choose.js";
import type { FileArray } from "./file-array.js";
import { type DataFile, type DataSource, openData } from "./open.js";
import { shapeText } from "./numbers.js";
import type { RawRow } from "./raw.js";
import { tableOfArrays, tableOfColumns } from "./to-table.js";
import {
  checkBoolean,
  checkInteger,
  checkName,
  checkNumber,
  checkOptions,
  describe,
  isFloat32,
} from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { type CompactMatrix, isDivision } from "../core/rows/compact.js";
import { type Matrix, type SampleRows, toMatrix, toSomeSamples } from "../core/matrix.js";
import type { ColumnChoices } from "../table/column-choice.js";
import { literalColumns } from "../table/column-choice.js";
import { rowsForModel, type Scaling, SCALINGS } from "../table/rows-for-model.js";
import type { Table } from "../table/columns.js";

/** Which rows of a file are wanted, and how they become a model's inputs. */
export interface ReadRowsOptions {
  /** How many inputs the model has: rows of another size are refused. */
  readonly inputs?: number;
  /** The array that holds the rows, by name, where a file has several. */
  readonly array?: string;
  /** The column, or the array, of the targets. By default of arrays the one that is called so; false: none. */
  readonly target?: string | false;
  /** Columns of a table that are no inputs. */
  readonly ignore?: readonly string[];
  /** How single columns of a table are to be read. */
  readonly columns?: ColumnChoices;
  /** The training's table: its medians, categories and scaling make the inputs. */
  readonly like?: DataSource;
  /** "none": numbers as they are, the default without `like`; "like"; "standardize": by these rows themselves. */
  readonly scaling?: Scaling;
  /** Divides every number: 255 for pixels. */
  readonly divisor?: number;
  /**
   * Bytes (uint8) and halves (float16) of an array stay as they are stored, in a quarter or half of the memory, where
   * `divisor` makes the same numbers of them. Default false: x is float32.
   */
  readonly compact?: boolean;
  /** Between the cells of a table: one character, or " " for runs of blanks. */
  readonly separator?: string;
  /** Whether a table's first line names its columns. */
  readonly header?: boolean;
}

/** Rows that were read from a file. */
export interface FileRows {
  /** Rows x inputs. */
  readonly x: SampleRows;
  /** As the file has them: labels, numbers, or a row of numbers a row; labels 0..K-1 of words. */
  readonly y?: ArrayLike<number> | Matrix;
  /** Of targets that are words: the name of label 0, of label 1 ... */
  readonly classes?: readonly string[];
  /** Of the rows as they lie in the file, all axes: [rows, channels, height, width]. */
  readonly shape: readonly number[];
  /** Names of a table's inputs. */
  readonly columns?: readonly string[];
  /** How the file was read where that may surprise. */
  readonly notes: readonly string[];
}

const READ_ROWS_OPTIONS = [
  "inputs",
  "array",
  "target",
  "ignore",
  "columns",
  "like",
  "scaling",
  "divisor",
  "compact",
  "separator",
  "header",
] as const satisfies readonly (keyof ReadRowsOptions)[];

function checkText(path: string, name: unknown): void {
  if (name === undefined || typeof name === "string") return;
  throw new RelumineError("value", path, "to be a name", describe(name));
}

function checkGiven(given: ReadRowsOptions): void {
  const { inputs, array, target, scaling, divisor, compact } = given;
  if (inputs !== undefined) checkInteger("inputs", inputs, { low: 1 });
  if (target !== false) checkText("target", target);
  checkText("array", array);
  if (scaling !== undefined) checkName("scaling", scaling, SCALINGS);
  if (compact !== undefined) checkBoolean("compact", compact);
  if (divisor !== undefined) checkNumber("divisor", divisor, { low: 0, openLow: true });
}

/** Where every array is a list of numbers, one a row, all as long: the columns of a table, by their names. */
function areColumns(arrays: Arrays): arrays is ReadonlyMap<string, FileArray> {
  const lengths = [...arrays].map(([name, each]) =>
    isNumbers(each) && each.shape.length === 1 && !isInputName(name) ? each.shape[0] : -1,
  );
  return lengths.length > 1 && lengths.every((length) => length >= 0 && length === lengths[0]);
}

/**
 * What a file holds, as a table; a target that it does not have is left to whoever asks for the column.
 * @param targets from another file, of rows without; they are called `target`
 * @param names of their columns, where there are several
 */
export async function tableOf(
  file: DataFile,
  {
    target,
    targets,
    names,
    ...choice
  }: ArrayChoice & {
    readonly targets?: FileArray;
    readonly names?: readonly string[];
  },
): Promise<Table> {
  const ownTargets = <T>(own: T): T => {
    if (!targets) return own;
    throw new RelumineError("value", "target", "to be left out, as the rows' file has targets itself", targets.what);
  };
  if ("table" in file) return ownTargets(file.table);
  const { arrays } = file;
  if (areColumns(arrays) && choice.array === undefined) return ownTargets(await tableOfColumns(arrays));
  if (typeof target !== "string") return tableOfArrays(chooseArrays(arrays, { ...choice, target }));
  const { x } = chooseArrays(arrays, { ...choice, target: false });
  const found = targetArray(arrays, x, target);
  const chosen = chooseArrays(arrays, { ...choice, target: found });
  const called = names ?? [target];
  if (found) return tableOfArrays(ownTargets(chosen), called);
  return targets ? tableOfArrays({ ...chosen, y: targets }, called) : tableOfArrays(chosen);
}

async function targetsOf(y: FileArray, rows: number): Promise<ArrayLike<number> | Matrix> {
  if (y.rows !== rows || y.shape.length === 0)
    throw new RelumineError("shape", y.what, `to have ${rows} rows, as the inputs have`, shapeText(y.shape));
  if (y.rowSize === 1) return y.read64();
  return toMatrix(y.what, { rows, columns: y.rowSize, data: await y.read() });
}

/** The array of a file of targets, which holds nothing else. */
export async function openTargets(source: DataSource, raw?: RawRow): Promise<FileArray | undefined> {
  const file = await openData(source, { raw });
  const arrays = "arrays" in file ? [...file.arrays.values()] : [];
  if (arrays.length === 1 && isNumbers(arrays[0])) return arrays[0];
  const given = "table" in file ? "a table" : `${arrays.length} arrays`;
  throw new RelumineError("value", "target", "to be a file of one array of numbers", given);
}

/** Of a target that is no file's name either. */
function orNoFile<T>(choose: () => T): T {
  try {
    return choose();
  } catch (error) {
    if (!(error instanceof RelumineError) || error.path !== "target") throw error;
    const { code, path, expected, given, hint } = error;
    throw new RelumineError(code, path, `${expected}, or a file`, `${given}, a file that is not there`, hint);
  }
}

/** The rows as they are stored, where that says the same numbers as float32 divided by `divisor`. */
async function compactRows(x: FileArray, divisor: number): Promise<CompactMatrix | undefined> {
  const data = await x.readStored();
  const rows = data && { rows: x.rows, columns: x.rowSize, data, scale: 1 / divisor };
  if (!rows || !isFloat32(rows.scale)) return undefined;
  const type = data instanceof Uint8Array ? "uint8" : "float16";
  return isDivision(type, divisor) ? { ...rows, type } : undefined;
}

async function floatRows(x: FileArray, divisor: number): Promise<Matrix> {
  const data = await x.read();
  if (divisor !== 1) for (let i = 0; i < data.length; i++) data[i] /= divisor;
  return { rows: x.rows, columns: x.rowSize, data };
}

async function rowsOfArrays(
  arrays: Arrays,
  { target, ...choice }: ArrayChoice,
  { divisor = 1, compact = false, findFile, rawTarget }: InternalOptions,
): Promise<FileRows> {
  const isName = typeof target !== "string" || !findFile || arrays.has(target);
  const file = isName ? undefined : await findFile(target);
  const isMissing = !isName && file === undefined;
  const choose = () => chooseArrays(arrays, { ...choice, target: file ? false : target });
  const { x, y = file && (await openTargets(file, rawTarget)), notes } = isMissing ? orNoFile(choose) : choose();
  const rows = (compact && (await compactRows(x, divisor))) || (await floatRows(x, divisor));
  const flattened =
    x.shape.length > 2 ? [`rows of ${x.shape.slice(1).join(" x ")} are ${x.rowSize} numbers, row-major`] : [];
  return {
    x: toSomeSamples(x.what, rows, choice.inputs),
    ...(y && { y: await targetsOf(y, x.rows) }),
    shape: x.shape,
    notes: [...notes, ...flattened],
  };
}

/** Whether arrays are to be taken as columns, because something is to be done with single ones. */
function wantsTable({ like, scaling = "none", ignore = [], columns = {} }: ReadRowsOptions): boolean {
  return like !== undefined || scaling !== "none" || ignore.length > 0 || Object.keys(columns).length > 0;
}

/** What the command line adds. */
export interface InternalOptions extends ReadRowsOptions {
  /** The file that a target's name means, if there is one. */
  readonly findFile?: (name: string) => Promise<DataSource | undefined>;
  /** What a row is of a file without a header, and of that of the targets. */
  readonly raw?: RawRow;
  readonly rawTarget?: RawRow;
}

export async function rowsOf(source: DataSource, options: InternalOptions): Promise<FileRows> {
  checkGiven(options);
  const { inputs, array, target, ignore, columns, like, scaling, divisor, separator, header, raw } = options;
  const layout = { separator, header, literal: literalColumns(columns) };
  const training = like === undefined ? undefined : await tableOf(await openData(like, layout), { target });
  const needed = training?.columns.filter(({ name }) => name !== target && !ignore?.includes(name));
  const file = await openData(source, { ...layout, raw, ...(needed && { needed: needed.map(({ name }) => name) }) });
  const choice = { inputs: training ? undefined : inputs, array, target };
  if ("arrays" in file && !wantsTable(options) && !areColumns(file.arrays))
    return rowsOfArrays(file.arrays, choice, options);
  const table = await tableOf(file, choice);
  const {
    x,
    y,
    classes,
    columns: names,
    notes,
  } = rowsForModel(table, {
    inputs,
    ...(typeof target === "string" && { target }),
    ignore,
    columns,
    like: training,
    scaling,
    divisor,
  });
  const shape = [x.rows, x.columns];
  return { x, ...(y && { y }), ...(classes && { classes }), shape, columns: names, notes };
}

/**
 * Rows for a model from a file of data: NumPy's .npy and .npz, safetensors, IDX (MNIST's files), or a table, of
 * text (CSV) or Parquet; gzipped ones too. Numbers go in as they are written: nothing is scaled without `like`,
 * `scaling` or `divisor`. Rows of more axes are flattened row-major. Of a table the columns of numbers are the inputs,
 * in their order.
 * @param source text, bytes, a Blob, a stream, or `{ size, read(begin, end) }`, of which ranges are read
 * @param options what the file does not say
 * @cost 4 bytes a number; of a table 8 bytes a cell
 * @throws RelumineError "shape" for rows of another size than `inputs`, "value" for a number that is missing, by its
 *   place, "format", "unsupported" or "memory" (as rejections)
 * @example
 * const { x, y } = await readRows(await readFile("digits.npz"), { inputs: network.spec.inputs });
 * console.log(String(diagnose(network, x)));
 */
export async function readRows(source: DataSource, options?: ReadRowsOptions): Promise<FileRows> {
  return rowsOf(source, checkOptions("readRows", options ?? {}, READ_ROWS_OPTIONS));
}
