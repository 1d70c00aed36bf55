// A network that `train --out` saved, with what its file says of the table that it was trained on.
import { readModel } from "./files.js";
import type { NamedPreparedTable } from "./prepare-table.js";
import { errorIn, RelumineError } from "../core/errors.js";
import { shorten } from "../table/cells.js";
import { readStoredTable, type StoredTable } from "../table/stored-table.js";
import type { Network, RuntimeOptions } from "../index.js";
import type { Terminal } from "./terminal.js";
import { countOf, formatCount } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";
import { wrap } from "../text/wrap.js";

export interface Model {
  readonly file: string;
  readonly network: Network;
  readonly table: StoredTable;
}

/** Errors that begin with the name of the file they are about. */
export async function about<T>(file: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof RelumineError && error.path !== file) throw errorIn(file, error);
    throw error;
  }
}

interface Rows {
  readonly name: string;
  readonly rows: number;
  readonly notes: readonly string[];
}

/** The network and the rows that it is looked at on. */
export function tellModel(terminal: Terminal, { file, network, table }: Model, { name, rows, notes }: Rows): void {
  const shape = [network.spec.inputs, ...network.spec.layers.map(({ units }) => units)].join("-");
  terminal.tell(
    `${onOneLine(file)}: network ${shape}, ${formatCount(network.parameterCount)} parameters, ` +
      `trained on ${shorten(table.name)}`,
  );
  terminal.tell(
    [`${onOneLine(name)}: ${countOf(rows, "row")}`, ...notes.map((note) => wrap(note, 80, "  "))].join("\n"),
  );
  terminal.tell();
}

export function loadModel(file: string, runtime?: RuntimeOptions): Promise<Model> {
  return about(file, async () => {
    const bytes = await readModel(file);
    const { importNetwork, readMetadata } = await import("../index.js");
    const network = await importNetwork(bytes, runtime);
    return { file, network, table: readStoredTable(readMetadata(bytes), network.spec) };
  });
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
