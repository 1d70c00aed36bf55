// What a file is, by its first bytes, and by its name where those say nothing.
import { RelumineError } from "../core/errors.js";

/** Whose file it is. */
export type FileFormat = "onnx";

/** The first byte of a model in ONNX: its ir_version, as field 1; some writers begin with the opset or the graph. */
const FIRST_FIELDS = [0x08, 0x12, 0x1a, 0x3a, 0x42];

/**
 * The format of a file.
 * @throws RelumineError "format" for what is none of them
 */
export function formatOf(bytes: Uint8Array, name: string): FileFormat {
  if (/\.onnx$/i.test(name) || FIRST_FIELDS.includes(bytes[0])) return "onnx";
  throw new RelumineError("format", "the file", "to be a model in ONNX", "another file");
}
