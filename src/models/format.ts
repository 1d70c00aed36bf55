// What a file is, by its first bytes, and by its name where those say nothing.
import { VERSION_NAME } from "../formats/model-header.js";
import { readHeader } from "../formats/safetensors.js";
import { RelumineError } from "../core/errors.js";
import { isZip } from "./read/zip.js";

/** Whose file it is: PyTorch's names in safetensors, a file of torch.save, this package's own ("relumine"). */
export type FileFormat = "onnx" | "relumine" | "safetensors" | "torch";

/** The first byte of a model in ONNX: its ir_version, as field 1; some writers begin with the opset or the graph. */
const FIRST_FIELDS = [0x08, 0x12, 0x1a, 0x3a, 0x42];
const PICKLE = 0x80;
const JSON_OBJECT = 0x7b;
/** Where a file of safetensors has its header. */
const HEADER_PLACE = 8;

function refusePickle(): RelumineError {
  const given = "a bare pickle: of torch.save before 1.6 (legacy, no zip), or of joblib or scikit-learn";
  const hint =
    "A pickle can run anything. Store tensors: torch.save(model.state_dict(), path), skl2onnx, or numpy.savez of coefs_ and intercepts_";
  return new RelumineError("unsupported", "the file", "to be a model", given, hint);
}

/**
 * The format of a file.
 * @throws RelumineError "format" for what is none of them, "unsupported" for a bare pickle
 */
export function formatOf(bytes: Uint8Array, name: string): FileFormat {
  if (/\.onnx$/i.test(name)) return "onnx";
  if (isZip(bytes) || /\.(pt|pth|ckpt)$/i.test(name)) {
    if (bytes[0] === PICKLE) throw refusePickle();
    return "torch";
  }
  if (/\.safetensors$/i.test(name) || bytes[HEADER_PLACE] === JSON_OBJECT)
    return readHeader(bytes).metadata.has(VERSION_NAME) ? "relumine" : "safetensors";
  if (bytes[0] === PICKLE) throw refusePickle();
  if (FIRST_FIELDS.includes(bytes[0])) return "onnx";
  const expected = "to be a model in ONNX, safetensors or a state_dict of PyTorch";
  throw new RelumineError("format", "the file", expected, bytes.length === 0 ? "an empty one" : "another one");
}
