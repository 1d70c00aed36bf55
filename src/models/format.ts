// What a file is, by its first bytes, and by its name where those say nothing.
import { VERSION_NAME } from "../formats/model-header.js";
import { readHeader } from "../formats/safetensors.js";
import { RelumineError } from "../core/errors.js";
import { isHdf5 } from "../arrays/hdf5-magic.js";
import { isSafetensors } from "../arrays/safetensors.js";
import { isLegacy } from "./read/torch/magic.js";
import { ZipArchive } from "../arrays/zip.js";
import { isZip } from "../core/packed.js";

/**
 * Whose file it is: PyTorch's names in safetensors, a file of torch.save ("torch"), Keras 3's .keras, its older .h5 and
 * .weights.h5, TensorFlow.js' model.json, NumPy's .npz, this package's own ("relumine").
 */
export type FileFormat = "onnx" | "relumine" | "safetensors" | "torch" | "keras" | "keras-h5" | "tfjs" | "npz";

/** The first byte of a model in ONNX: its ir_version, as field 1; some writers begin with the opset or the graph. */
const FIRST_FIELDS = [0x08, 0x12, 0x1a, 0x3a, 0x42];
const PICKLE = 0x80;
const JSON_OBJECT = 0x7b;

function refusePickle(): RelumineError {
  const given = "a bare pickle, as of joblib or scikit-learn";
  const hint =
    "A pickle can run anything. Store tensors: torch.save(model.state_dict(), path), skl2onnx, " +
    "or numpy.savez of coefs_ and intercepts_";
  return new RelumineError("unsupported", "the file", "to be a model", given, hint);
}

/** By what an archive holds. */
function zipFormat(bytes: Uint8Array): FileFormat {
  const names = new ZipArchive(bytes).names();
  if (names.some((name) => name.endsWith(".npy"))) return "npz";
  return names.includes("config.json") || names.includes("model.weights.h5") ? "keras" : "torch";
}

const BY_NAME: readonly (readonly [RegExp, FileFormat])[] = [
  [/\.onnx$/i, "onnx"],
  [/\.(pt|pth|ckpt)$/i, "torch"],
  [/\.keras$/i, "keras"],
  [/\.(h5|hdf5)$/i, "keras-h5"],
  [/\.npz$/i, "npz"],
  [/\.json$/i, "tfjs"],
];

/**
 * The format of a file.
 * @throws RelumineError "format" for what is none of them, "unsupported" for a bare pickle
 */
export function formatOf(bytes: Uint8Array, name: string): FileFormat {
  if (isHdf5(bytes)) return "keras-h5";
  if (isZip(bytes) && !/\.onnx$/i.test(name)) return zipFormat(bytes);
  if (isSafetensors(bytes) || /\.safetensors$/i.test(name))
    return readHeader(bytes).metadata.has(VERSION_NAME) ? "relumine" : "safetensors";
  if (bytes[0] === PICKLE && isLegacy(bytes)) return "torch";
  if (bytes[0] === PICKLE) throw refusePickle();
  const named = BY_NAME.find(([ending]) => ending.test(name));
  if (named) return named[1];
  if (bytes[0] === JSON_OBJECT) return "tfjs";
  if (FIRST_FIELDS.includes(bytes[0])) return "onnx";
  const expected = "to be a model: ONNX, safetensors, a state_dict, Keras, TensorFlow.js or .npz";
  throw new RelumineError("format", "the file", expected, bytes.length === 0 ? "an empty one" : "another one");
}
