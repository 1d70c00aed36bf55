// A network that `relumine train --out` saved, on a table whose columns its file knows.
import { existsSync } from "node:fs";
import type { Subject } from "./subject.js";
import { describeEvaluation, evaluateOn, tellEvaluation } from "../evaluate.js";
import { about } from "../files.js";
import type { RowsOptions } from "../read-rows.js";
import { readTableFile } from "../read-table.js";
import { describeStored, type Model } from "../stored-model.js";
import type { TrainingRows } from "../prepare-table.js";
import { RelumineError } from "../../core/errors.js";
import { nameOf } from "../../network/losses.js";
import { shorten } from "../../table/cells.js";
import { readingOptions, targetColumns } from "../../table/encoding.js";
import { encodeLabelledColumns } from "../../table/prepare-table.js";
import type { LayoutOptions } from "../../table/read/layout.js";
import { tableMetadata } from "../../table/stored-table.js";
import type { Network } from "../../index.js";

function documentOf({ file, network, table: { name: trainedOn, encoding } }: Model): object {
  const { spec, parameterCount, runtime } = network;
  return { file, format: "relumine", trainedOn, spec, parameterCount, runtime, preprocessing: encoding };
}

/** A list of binary labels is one of 0 and 1 alone; as rows they may be shares, as in the training. */
function targetsFor({ spec }: Network, y: TrainingRows["y"]): TrainingRows["y"] {
  if (nameOf(spec.loss) !== "binaryCrossEntropy" || "data" in y) return y;
  return { rows: y.length, columns: 1, data: Float32Array.from(y) };
}

/** What the loss refuses of a row's targets, by the row's place in the table. */
function naming<T>(rows: readonly number[], column: string, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    const { code, path, expected, given, hint } = error;
    const [, row] = /^data\.y\[(\d+)\]$/.exec(path) ?? [];
    if (row === undefined) throw error;
    throw new RelumineError(code, `row ${rows[Number(row)] + 1} of "${shorten(column)}"`, expected, given, hint);
  }
}

/** @throws RelumineError about the table */
export async function storedSubject(
  model: Model,
  source: string,
  given: LayoutOptions & Pick<RowsOptions, "array" | "target" | "raw" | "rawTarget">,
): Promise<Subject> {
  const { separator, header, array, raw, rawTarget } = given;
  const { network, table: stored } = model;
  const { encoding } = stored;
  // its own column by name, which it takes unasked, unless a file is called so
  const isOwn = given.target === encoding.target.column && !existsSync(given.target);
  const targets = isOwn ? undefined : given.target;
  const layout = {
    separator,
    header,
    array,
    raw,
    rawTarget,
    ...readingOptions(encoding),
    target: encoding.target.column,
    targetColumns: targetColumns(encoding.target),
  };
  const { name, table } = await readTableFile(source, { ...layout, ...(targets && { targets }) });
  return about(name, () => {
    const { x, y: labelled, rows, notes } = encodeLabelledColumns(stored.encoding, table);
    const { target } = stored.encoding;
    const y = labelled && targetsFor(network, labelled);
    const evaluation = y && naming(rows, target.column, () => evaluateOn(network, { x, y }, stored.encoding));
    return {
      format: "relumine",
      network,
      text: describeStored(model),
      document: documentOf(model),
      data: { name, rows: x.rows, notes },
      x,
      ...(y && { y }),
      ...(evaluation && {
        evaluated: {
          evaluation,
          record: { where: "on these rows", figures: describeEvaluation(evaluation, target.column), ...evaluation },
          tell: (terminal) => tellEvaluation(terminal, "on these rows", evaluation, target),
        },
      }),
      besides: { metadata: tableMetadata(stored) },
    };
  });
}
