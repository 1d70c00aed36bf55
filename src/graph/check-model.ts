// The check of a model that is given as bytes.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** @throws RelumineError "value" */
export function checkModel(model: unknown): Uint8Array {
  if (model instanceof Uint8Array) return model;
  throw new RelumineError("value", "model", "to be the bytes of an ONNX file, a Uint8Array", describe(model));
}
