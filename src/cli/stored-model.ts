// A network that `train --out` saved, with what its file says of the table that it was trained on.
import type { Command } from "commander";
import { about, readModel } from "./files.js";
import { flagOf, LAYER_OPTIONS, type TableOptions } from "./options.js";
import type { NamedPreparedTable } from "./prepare-table.js";
import { RelumineError } from "../core/errors.js";
import { shorten } from "../table/cells.js";
import { outputWidth } from "../table/encoding.js";
import { readStoredTable, type StoredTable } from "../table/stored-table.js";
import type { Network, RuntimeOptions } from "../index.js";
import { shapeText } from "../report/model-text.js";
import { formatCount } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";

export interface Model {
  readonly file: string;
  readonly network: Network;
  readonly table: StoredTable;
}

/** In a line. */
export function describeStored({ file, network, table }: Model): string {
  return (
    `${onOneLine(file)}: network ${shapeText(network.spec)}, ${formatCount(network.parameterCount)} parameters, ` +
    `trained on ${shorten(table.name)}`
  );
}

export async function loadModel(file: string, runtime?: RuntimeOptions): Promise<Model> {
  return toModel(file, await readModel(file), runtime);
}

/** @throws RelumineError about the file */
export function toModel(file: string, bytes: Uint8Array, runtime?: RuntimeOptions): Promise<Model> {
  return about(file, async () => {
    const { importNetwork, readMetadata } = await import("../index.js");
    const network = await importNetwork(bytes, runtime);
    return { file, network, table: readStoredTable(readMetadata(bytes), network.spec) };
  });
}

/** Options that build a network, which a saved one has behind it. */
const BUILDING = ["hidden", ...LAYER_OPTIONS, "labelSmoothing"] as const;

/**
 * What `--model` names, instead of a network that options build: those are refused beside it.
 * @throws RelumineError about the file, and of a network that no table has trained
 */
export async function loadInstead(
  file: string | undefined,
  command: Command,
  runtime?: RuntimeOptions,
): Promise<Model | undefined> {
  if (file === undefined) return undefined;
  for (const name of BUILDING)
    if (command.getOptionValueSource(name) === "cli")
      throw new RelumineError("value", flagOf(name), "to be left out where --model names a network", "both");
  const model = await loadModel(file, runtime);
  const outputs = outputWidth(model.table.encoding.target);
  if (model.table.encoding.target.kind !== "numbers") return model;
  const expected = `to be a network of one target a row, as a table has: ${file}`;
  throw new RelumineError("value", "--model", expected, `one of ${outputs}`);
}

/** What the network was trained for, where nothing else is asked. */
export function asTrained<O extends Pick<TableOptions, "target" | "task">>(given: O, model: Model | undefined): O {
  if (!model) return given;
  const { column, kind } = model.table.encoding.target;
  return {
    ...given,
    target: given.target ?? column,
    task: given.task ?? (kind === "classes" ? "classification" : "regression"),
  };
}

/** Columns that are encoded otherwise than the network's training encoded them would be other inputs. */
export function checkSameEncoding({ file, table }: Model, { name, encoding }: NamedPreparedTable): void {
  const [known, found] = [table.encoding, encoding].map(({ inputs, target }) => JSON.stringify({ inputs, target }));
  if (known === found) return;
  throw new RelumineError(
    "value",
    "--model",
    `to be a network of this table: ${file} was trained on ${table.name}, whose columns`,
    `${name}, whose training rows encode otherwise`,
    "Give the table and the --target, --ignore, --columns, --validation and --seed of its training.",
  );
}
