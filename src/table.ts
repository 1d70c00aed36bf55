// "relumine/table": tables of text in, data sets for networks out.
export { decodeOutputs, encodeLabelledRows, encodeRows, prepareTable } from "./table/prepare-table.js";
export { readActivations } from "./arrays/activation-layers.js";
export { readRows } from "./arrays/read-rows.js";
export { checkEncoding } from "./table/check-encoding.js";
export { RelumineError } from "./core/errors.js";

export type { ActivationFile, ActivationFileOptions } from "./arrays/activation-layers.js";
export type { ByteSource } from "./arrays/byte-source.js";
export type { DataSource } from "./arrays/open.js";
export type { FileRows, ReadRowsOptions } from "./arrays/read-rows.js";
export type { Scaling } from "./table/rows-for-model.js";
export type { ErrorCode } from "./core/errors.js";
export type { Matrix, SampleRows, Samples } from "./core/matrix.js";
export type { CompactMatrix, CompactRows, CompactType, Float16Numbers } from "./core/rows/compact.js";
export type { SparseMatrix, SparseRows } from "./core/sparse.js";
export type { ColumnChoice, ColumnChoices, HashChoice } from "./table/column-choice.js";
export type {
  CategoryEncoding,
  ClassTarget,
  DateEncoding,
  HashEncoding,
  InputEncoding,
  NumberEncoding,
  NumbersTarget,
  NumberTarget,
  TableEncoding,
  TargetEncoding,
} from "./table/encoding.js";
export type { Cycle, DateForm, DateNotation, DayOrder } from "./table/reading/dates.js";
export type { NumberNotation } from "./table/reading/number-notation.js";
export type { EncodedRows, PreparedTable, PrepareOptions } from "./table/prepare.js";
export type { LabelledRows, TableLayout } from "./table/prepare-table.js";
export type { TableSource } from "./table/read/source.js";
export type { Task } from "./table/target.js";
