// "relumine/node": what needs Node's files. Public names only.
export { openRows } from "./files/open-rows.js";
export { RelumineError } from "./core/errors.js";

export type { RawType } from "./arrays/raw.js";
export type { BlockShuffle, OpenRows, OpenRowsOptions, RawFile } from "./files/open-rows.js";
export type { ErrorCode } from "./core/errors.js";
export type { Matrix, SampleRows, Samples } from "./core/matrix.js";
export type { CompactMatrix, CompactRows, CompactType, Float16Numbers } from "./core/rows/compact.js";
export type { SparseMatrix, SparseRows } from "./core/sparse.js";
export type { BatchContext, BatchSource } from "./network/batches.js";
export type { DataSet, Targets } from "./network/data.js";
