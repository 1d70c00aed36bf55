// The folds of a table: columns are read, filled in and scaled by the rows that train, anew for each fold.
import { type NamedPreparedTable, type NamedPrepareOptions, prepareNamed } from "../prepare-table.js";
import type { NamedTable } from "../read-table.js";
import { ColumnIndex } from "../../table/column-choice.js";
import type { TableEncoding } from "../../table/encoding.js";
import type { EncodedRows } from "../../table/prepare.js";
import { textAt } from "../../table/reading/cell-values.js";
import type { Split } from "../../table/stratified-split.js";
import type { TargetChoice } from "../../table/target.js";
import type { PlainSet } from "../../network/data.js";
import { type FoldSource, readGroups } from "../../sweep/folds/source.js";

export interface TableFolds {
  readonly source: FoldSource;
  /** All rows as they would train: what the network is made by, and what is told of the table. */
  readonly whole: NamedPreparedTable;
}

function plainTargets({ y }: EncodedRows, { target }: TableEncoding): PlainSet["y"] {
  return target.kind === "classes" ? Int32Array.from(y) : { rows: y.length, columns: 1, data: Float32Array.from(y) };
}

/** Of all rows. */
export const targetsOf = ({ training, encoding }: NamedPreparedTable): PlainSet["y"] =>
  plainTargets(training, encoding);

const plainSet = (rows: EncodedRows, encoding: TableEncoding): PlainSet => ({
  x: rows.x,
  y: plainTargets(rows, encoding),
});

/**
 * @param column whose values say which rows stay together; it is no input
 * @throws RelumineError naming the file
 */
export function foldTable(named: NamedTable, options: NamedPrepareOptions, column: string | undefined): TableFolds {
  const block = column === undefined ? undefined : new ColumnIndex(named.table).column(column, "--groups");
  const given = { ...options, ignore: [...(options.ignore ?? []), ...(block ? [block.name] : [])] };
  let chosen: TargetChoice | undefined;
  const whole = prepareNamed(named, given, (choice) => {
    chosen = choice;
    return { training: choice.rows, heldOut: [] };
  });
  const { rows, groups } = chosen!;
  const { target } = whole.encoding;
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  const together =
    block &&
    readGroups(
      rows.map((row) => textAt(block, row)),
      rows.length,
    );
  const rowsOf = ({ training, heldOut }: Split) => {
    const take = (places: readonly number[]) => places.map((place) => rows[place]);
    const prepared = prepareNamed(named, given, () => ({ training: take(training), heldOut: take(heldOut) }));
    const { encoding } = prepared;
    return {
      sets: { training: plainSet(prepared.training, encoding), validation: plainSet(prepared.heldOut, encoding) },
      inputs: prepared.training.x.columns,
      ...(encoding.target.kind === "number" && { scale: encoding.target.scale }),
    };
  };
  return {
    whole,
    source: {
      rows: rows.length,
      groups: groups.map((group) => group.map((row) => placeOf.get(row)!)),
      ...(target.kind === "classes" && { classes: target.classes }),
      ...(together && { blockOf: together }),
      rowsOf,
    },
  };
}
