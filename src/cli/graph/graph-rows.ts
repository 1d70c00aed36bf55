// Rows for the inputs of an ONNX graph from a file: of one input those that any model takes, in the shape that the file
// has; of several the arrays of the inputs' names.
import { withDataFile } from "../data-file.js";
import { readRows, type RowsOptions } from "../read-rows.js";
import type { FileArray } from "../../arrays/file-array.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows } from "../../core/matrix.js";
import type { GraphArray, GraphDiagnosis, GraphInput, GraphRows } from "../../onnx.js";
import type { JudgedRows } from "../models/subject.js";

export interface NamedGraphRows {
  readonly rows: GraphRows;
  readonly data: Pick<JudgedRows, "name" | "notes">;
}

const IGNORED = "targets are not looked at: a graph is judged by what its units do";

async function arrayOf(array: FileArray): Promise<GraphArray> {
  return { data: await array.read64(), shape: array.shape };
}

async function namedRows(file: string, inputs: readonly GraphInput[], { raw }: RowsOptions): Promise<NamedGraphRows> {
  const { openData } = await import("../../arrays/open.js");
  return withDataFile(file, async (source) => {
    const opened = await openData(source, { raw });
    const arrays = "arrays" in opened ? opened.arrays : new Map<string, FileArray | Error>();
    const rows: Record<string, GraphArray> = Object.create(null) as Record<string, GraphArray>;
    for (const { name } of inputs) {
      const array = arrays.get(name);
      if (array instanceof Error) throw array;
      if (array === undefined) {
        const given = arrays.size === 0 ? "a table" : [...arrays.keys()].slice(0, 8).map(describe).join(", ");
        const all = inputs.map((input) => describe(input.name)).join(", ");
        const hint =
          `The model has ${inputs.length} inputs, ${all}: ` +
          "numpy.savez(path, **{name: array, ...}) stores arrays by name";
        throw new RelumineError(
          "value",
          describe(name),
          "to be an array of the file, as the model has such an input",
          given,
          hint,
        );
      }
      rows[name] = await arrayOf(array);
    }
    return { rows, data: { name: file, notes: [] } };
  });
}

/**
 * @param inputs of the graph
 * @throws RelumineError about the file
 */
export async function readGraphRows(
  file: string,
  inputs: readonly GraphInput[],
  options: RowsOptions,
): Promise<NamedGraphRows> {
  if (inputs.length > 1) return namedRows(file, inputs, options);
  const { x, y, shape, notes, name } = await readRows(file, options);
  const rows = { data: denseRows(x).data, shape: shape.length > 2 ? shape : [x.rows, x.columns] };
  return { rows, data: { name, notes: [...notes.filter(isOfTable(shape)), ...(y === undefined ? [] : [IGNORED])] } };
}

/** As they are told once a graph was run on them. */
export function toldRows({ name, notes }: NamedGraphRows["data"], diagnosis: GraphDiagnosis): JudgedRows {
  return { name, rows: diagnosis.samples, notes: [...notes, ...diagnosis.notes] };
}

/** Rows of more axes keep them here. */
const isOfTable = (shape: readonly number[]) => (note: string) => shape.length <= 2 || !note.endsWith("row-major");
