// Files -> rows for a model that another program trained.
import type { Command } from "commander";
import { type FileRows, type ReadRowsOptions, rowsOf } from "../arrays/read-rows.js";
import type { DataSource } from "../arrays/open.js";
import { EMBEDDED, EMBEDDED_FACTS, withDataFile } from "./data-file.js";
import { readBytesIfThere } from "./files.js";
import {
  addRawOptions,
  arrayOption,
  columnsOption,
  decimal,
  ignoreOption,
  oneOf,
  type RawOptions,
  withDashes,
} from "./options.js";
import { type Scaling, SCALINGS } from "../table/rows-for-model.js";

const MOST_TARGET_BYTES = 2 ** 30;

const RAW_DIGITS = `pixels are 0 to ${EMBEDDED_FACTS.divisor}: --divisor ${EMBEDDED_FACTS.divisor} makes them 0 to 1`;

/** As options of the command line. */
export interface RowsOptions extends Omit<ReadRowsOptions, "inputs" | "like" | "compact">, RawOptions {
  /** The file of the training's table. */
  readonly like?: string;
}

export interface NamedRows extends FileRows {
  /** The file's name. */
  readonly name: string;
}

function checkRawTarget(command: Command): void {
  const { rawTarget, target } = command.opts<RowsOptions>();
  if (rawTarget && target === undefined)
    command.error("error: option '--raw-target' is for a file of targets, which --target names");
}

/** For rows of a model that another program trained, beside those of a table's layout. */
export function addRowsOptions(command: Command): Command {
  return addRawOptions(command)
    .hook("preAction", checkRawTarget)
    .option("-t, --target <name>", "the column, or the array, of the targets, or a file of them alone")
    .addOption(arrayOption())
    .addOption(ignoreOption())
    .addOption(columnsOption())
    .option("--like <table>", "the training's table: its categories, medians and scaling make the inputs")
    .option(
      "--scaling <how>",
      `of numbers: ${SCALINGS.join(", ")} (default: none; with --like, like)`,
      oneOf<Scaling>(SCALINGS),
    )
    .option("--divisor <number>", "divides every number: 255 for pixels", decimal({ low: 0, openLow: true }));
}

/** Options that the command line has too, with dashes before them. */
const OPTIONS = ["inputs", "array", "target", "ignore", "columns", "scaling", "divisor"];

/** A file of targets by itself. */
function findFile(name: string): Promise<Uint8Array | undefined> {
  return readBytesIfThere(name, name, { expected: "to be an array of targets", maxBytes: MOST_TARGET_BYTES });
}

/**
 * Rows for a model from a file: .npy, .npz, .safetensors, IDX, a table of text (gzipped ones too), or the embedded
 * digits. `target` names a column, an array of the file, or else a file of its own.
 * @throws RelumineError as `readRows` of relumine/table; the message begins with the file's name
 */
export function readRows(
  file: string,
  options: RowsOptions & Pick<ReadRowsOptions, "inputs"> = {},
): Promise<NamedRows> {
  const { like, ...rest } = options;
  const target = rest.target ?? (file === EMBEDDED ? EMBEDDED_FACTS.target : undefined);
  const read = async (source: DataSource, training?: DataSource): Promise<NamedRows> => {
    try {
      const rows = await rowsOf(source, { ...rest, target, like: training, compact: true, findFile });
      const isRaw = file === EMBEDDED && rest.divisor === undefined && (rest.scaling ?? like) === undefined;
      return { name: file, ...rows, notes: isRaw ? [...rows.notes, RAW_DIGITS] : rows.notes };
    } catch (error) {
      throw withDashes(error, OPTIONS);
    }
  };
  return withDataFile(file, (source) =>
    like === undefined ? read(source) : withDataFile(like, (training) => read(source, training)),
  );
}
