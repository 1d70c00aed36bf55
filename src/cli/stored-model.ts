// A network that `train --out` saved, with what its file says of the table that it was trained on.
import { about, readModel } from "./files.js";
import type { NamedPreparedTable } from "./prepare-table.js";
import { RelumineError } from "../core/errors.js";
import { shorten } from "../table/cells.js";
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
