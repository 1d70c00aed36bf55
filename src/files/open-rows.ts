// Rows in files as batches for `fit`: files are opened and their headers held against their bytes; what reading them
// meets is told by the file's name.
import { constants, open, type FileHandle } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { fillFrom, reasonOf } from "./reads.js";
import { type BatchPlan, RowBatches } from "../arrays/batches/row-batches.js";
import type { StoredPair } from "../arrays/batches/row-window.js";
import { type FilledSource, placeRows, type RawLayout, type StoredRows } from "../arrays/batches/stored-rows.js";
import { RAW_TYPES, type RawType } from "../arrays/raw.js";
import { checkBoolean, checkInteger, checkName, checkNumber, checkOptions, describe } from "../core/checks.js";
import { checksumOf } from "../core/checksum.js";
import { RelumineError } from "../core/errors.js";
import type { Samples } from "../core/matrix.js";
import { type BatchSource, MOST_IN_BATCH } from "../network/batches.js";

/** Numbers in a file without a header, little-endian, row after row. */
export interface RawFile {
  /** The file's path. */
  readonly file: string | URL;
  /** As what the numbers are stored. */
  readonly type: RawType;
  /** Rows, then the sizes of each: [60000, 28, 28]. */
  readonly shape: readonly number[];
  /** Bytes before the first number; default 0. */
  readonly start?: number;
}

/** How rows that are shuffled are read. */
export interface BlockShuffle {
  /** Rows that are read at once; default: a megabyte of them. */
  readonly block?: number;
  /** Blocks whose rows are shuffled among each other; default 8. Two such windows are in memory. */
  readonly window?: number;
}

/** What batches are made of. */
export interface OpenRowsOptions {
  /** Rows of a batch but for an epoch's last; default 32. */
  readonly batchSize?: number;
  /** What the order is drawn from; default: the network's. */
  readonly seed?: number;
  /** Default true: in other order each epoch. False: as the rows lie. */
  readonly shuffle?: boolean | BlockShuffle;
  /** The first row; default 0. */
  readonly from?: number;
  /** The row after the last; default: all. So some rows of a file can train and others judge. */
  readonly to?: number;
  /** Rows between these that no batch has, ascending: drawn ones can judge. `blocks()` gives them all the same. */
  readonly without?: ArrayLike<number>;
  /** What each number of x is multiplied by, such as 1 / 255; default 1. */
  readonly scale?: number;
  /** What is added to it then; default 0. */
  readonly offset?: number;
}

/** Rows in files, for as long as they are open: batches for `fit`, blocks for `diagnose`. */
export interface OpenRows extends BatchSource {
  /** How many rows an epoch has. */
  readonly rows: number;
  /** Of each batch but an epoch's last. */
  readonly batchSize: number;
  /** Tells shapes, numbers here and there in both files, and the options from others: a fit can be resumed by it. */
  readonly id: string;
  /** Numbers in each row: the network's inputs. */
  readonly inputs: number;
  /**
   * The rows without targets, as they lie, a megabyte at a time; the same array is filled again.
   * @throws RelumineError "format" for a file that changed, "disposed" once it is closed
   * @example await diagnose(network, rows);
   */
  blocks(): AsyncIterable<Samples>;
  /**
   * Closes the files, once what is being read has been; a fit that still asks for rows is refused.
   * @example await rows.close();
   */
  close(): Promise<void>;
}

const OPTION_NAMES = ["batchSize", "seed", "shuffle", "from", "to", "without", "scale", "offset"] as const;
/** Blocks. */
const WINDOW = 8;

function kindOf(status: Awaited<ReturnType<FileHandle["stat"]>>): string {
  if (status.isDirectory()) return "a folder";
  return status.isFIFO() ? "a pipe" : "a device";
}

/** A file that is open, as one that must stay as it was. */
interface Opened {
  readonly name: string;
  readonly handle: FileHandle;
  readonly source: FilledSource;
}

/** Of a pipe, where others would wait for who writes to it. */
const WITHOUT_WAITING = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function openSource(name: string): Promise<Opened> {
  const handle = await open(name, WITHOUT_WAITING).catch((error: unknown) => {
    throw new RelumineError("format", name, "to be a file of rows", reasonOf(error));
  });
  try {
    const status = await handle.stat();
    if (!status.isFile()) throw new RelumineError("format", name, "to be a file of rows", kindOf(status));
    const { size, mtimeMs } = status;
    const readInto = async (bytes: Uint8Array, begin: number): Promise<void> => {
      await fillFrom(handle, name, bytes, begin);
      const now = await handle.stat();
      if (now.size !== size || now.mtimeMs !== mtimeMs)
        throw new RelumineError("format", name, "to stay as it was when it was opened", "one that was written to");
    };
    const read = async (begin: number, end: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(end - begin);
      await readInto(bytes, begin);
      return bytes;
    };
    return { name, handle, source: { size, read, readInto } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function isPath(given: unknown): given is string | URL {
  return typeof given === "string" || given instanceof URL;
}

function checkRaw(path: string, given: RawFile): { readonly file: string | URL; readonly raw: RawLayout } {
  const { file, type, shape, start = 0 } = checkOptions(path, given, ["file", "type", "shape", "start"]);
  if (!isPath(file)) throw new RelumineError("value", `${path}.file`, "to be a path", describe(file));
  const name = checkName(`${path}.type`, type, Object.keys(RAW_TYPES) as RawType[]);
  if (!Array.isArray(shape))
    throw new RelumineError("value", `${path}.shape`, "to be a list of sizes", describe(shape));
  const sizes = Array.from(shape as readonly unknown[], (size, axis) =>
    checkInteger(`${path}.shape[${axis}]`, size, { low: 1 }),
  );
  const raw = { type: RAW_TYPES[name], shape: sizes, start: checkInteger(`${path}.start`, start, { low: 0 }) };
  return { file, raw };
}

function checkGiven(
  path: string,
  given: string | URL | RawFile,
): { readonly file: string | URL; readonly raw?: RawLayout } {
  if (isPath(given)) return { file: given };
  if (typeof given !== "object" || given === null)
    throw new RelumineError("value", path, "to be a path, or { file, type, shape }", describe(given));
  return checkRaw(path, given);
}

function checkShuffle(shuffle: OpenRowsOptions["shuffle"] = true): BatchPlan["shuffle"] {
  if (typeof shuffle !== "object" || shuffle === null)
    return checkBoolean("shuffle", shuffle) ? { block: undefined, window: WINDOW } : undefined;
  const { block, window = WINDOW } = checkOptions("shuffle", shuffle, ["block", "window"]);
  return {
    block: block === undefined ? undefined : checkInteger("shuffle.block", block, { low: 1 }),
    window: checkInteger("shuffle.window", window, { low: 1 }),
  };
}

/** All but the rows' range, which depends on the file. */
function checkPlan({ batchSize = 32, seed, shuffle, scale = 1, offset = 0 }: OpenRowsOptions) {
  return {
    batchSize: checkInteger("batchSize", batchSize, { low: 1, high: MOST_IN_BATCH }),
    seed: seed === undefined ? undefined : checkInteger("seed", seed, { low: 0 }),
    shuffle: checkShuffle(shuffle),
    scale: checkNumber("scale", scale),
    offset: checkNumber("offset", offset),
  };
}

type RowRange = Pick<BatchPlan, "from" | "to" | "without">;

function checkRange(rows: number, { from = 0, to = rows, without }: OpenRowsOptions): RowRange {
  checkInteger("from", from, { low: 0, high: rows - 1 });
  checkInteger("to", to, { low: from + 1, high: rows });
  return { from, to, ...(without !== undefined && { without: checkWithout(without, from, to) }) };
}

function checkWithout(given: ArrayLike<number>, from: number, to: number): Float64Array {
  if (typeof given !== "object" || given === null || !Number.isSafeInteger(given.length))
    throw new RelumineError("value", "without", "to be a list of rows", describe(given));
  if (given.length >= to - from)
    throw new RelumineError("value", "without", `to leave a row of ${to - from}`, `${given.length} rows`);
  const rows = new Float64Array(given.length);
  for (let i = 0; i < rows.length; i++)
    rows[i] = checkInteger(`without[${i}]`, given[i], { low: i === 0 ? from : rows[i - 1] + 1, high: to - 1 });
  return rows;
}

/** Numbers are looked at in so many places, a few bytes each. */
const PLACES = 16;
const PLACE_BYTES = 4096;

/** What tells a file's rows from others: not a change of few numbers. */
async function nameRows({ source, start, rows, columns, type, isLittleEndian }: StoredRows): Promise<string> {
  const length = source.size - start;
  const pieces: Uint8Array[] = [];
  for (let place = 0; place < PLACES; place++) {
    const begin = start + Math.floor((place * Math.max(0, length - PLACE_BYTES)) / (PLACES - 1));
    pieces.push(await source.read(begin, Math.min(source.size, begin + PLACE_BYTES)));
  }
  return `${rows} x ${columns} ${type}${isLittleEndian ? "" : " big"} ${checksumOf([], pieces)}`;
}

async function nameOf(x: StoredRows, y: StoredRows, { without, ...plan }: BatchPlan): Promise<string> {
  const options = JSON.stringify({ ...plan, ...(without && { without: checksumOf([], [without]) }) });
  return `${await nameRows(x)}, ${await nameRows(y)}, ${options}`;
}

function checkSameRows(x: StoredRows, y: StoredRows): void {
  if (x.rows !== y.rows)
    throw new RelumineError("shape", y.what, `to have ${x.rows} rows, as ${x.what} has`, `${y.rows}`);
}

/**
 * Opens rows that are larger than memory: an .npy, or numbers without a header (`{ file, type, shape }`), row by row
 * (C order), axes after the first taken as one, with targets in another such file: a label or number a row, or rows of
 * them. `fit` takes what it gives. Rows are read by blocks at their places in the file (not mapped), the next window of
 * blocks while steps are made of the one before; shuffled are the blocks, then the rows of each window, by the seed and
 * the network's epochs, so that another run draws the same. Bytes and halves stay as they are until a step takes them.
 * Big-endian numbers are read too.
 * @cost two windows of blocks in memory (16 MB of x by default); no time where the disk keeps up with the steps
 * @throws RelumineError "value" for options; "format" for files that are none, have other bytes than their header says,
 *   or, from `fit`, were written to meanwhile; "shape" for targets of other rows; "unsupported" for Fortran's order and
 *   for what is no numbers; "memory" for windows, or batches, of more than 2^28 numbers
 * @example
 * import { openRows } from "relumine/node";
 * const rows = await openRows("X.npy", "y.npy", { batchSize: 128, scale: 1 / 255 });
 * try {
 *   await network.fit(rows, { epochs: 3 });
 * } finally {
 *   await rows.close();
 * }
 */
export async function openRows(
  x: string | URL | RawFile,
  y: string | URL | RawFile,
  options?: OpenRowsOptions,
): Promise<OpenRows> {
  checkPlan(checkOptions("openRows", options, OPTION_NAMES));
  const files = await openFiles(x, y);
  try {
    return await batchesOf(files, options);
  } catch (error) {
    await files.close();
    throw error;
  }
}

/** Two open files whose rows go together. */
export interface OpenFiles extends StoredPair {
  close(): Promise<void>;
}

/**
 * Opens the files alone.
 * @throws RelumineError as `openRows`
 */
export async function openFiles(x: string | URL | RawFile, y: string | URL | RawFile): Promise<OpenFiles> {
  const files = [checkGiven("x", x), checkGiven("y", y)];
  const opened: Opened[] = [];
  const close = async () => {
    for (const { handle } of opened.splice(0)) await handle.close();
  };
  try {
    const placed: StoredRows[] = [];
    for (const { file, raw } of files) {
      const path = typeof file === "string" ? file : fileURLToPath(file);
      const each = await openSource(path);
      opened.push(each);
      placed.push(await placeRows(each.name, each.source, raw));
    }
    const [rowsOfX, rowsOfY] = placed;
    checkSameRows(rowsOfX, rowsOfY);
    return { x: rowsOfX, y: rowsOfY, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Batches of open files, which several may share; who closes one closes the files.
 * @param exactTargets targets come as a list of float64, row after row, however many numbers a row has
 * @throws RelumineError as `openRows`
 */
export async function batchesOf(
  { x, y, close }: OpenFiles,
  options?: OpenRowsOptions,
  exactTargets = false,
): Promise<OpenRows> {
  const given = checkOptions("openRows", options, OPTION_NAMES);
  const plan: BatchPlan = { ...checkPlan(given), ...checkRange(x.rows, given) };
  return new RowBatches({ x, y }, { ...plan, exactTargets }, close, await nameOf(x, y, plan));
}
