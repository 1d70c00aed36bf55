// Files of safetensors with PyTorch's names.
import { RelumineError } from "../../../core/errors.js";
import { tensorPath } from "../../../formats/safetensors.js";
import { countOf, decodeNumbers, isFloat } from "../../../arrays/numbers.js";
import { placeNumbers } from "../../../arrays/safetensors.js";
import { isSparseAutoencoder, readSparseAutoencoder } from "./sparse-autoencoder.js";
import { chainOfStateDict } from "../state-dict.js";
import type { ReadFile, Said } from "../said.js";

/** A file of safetensors as a chain. */
export function readSafetensors(bytes: Uint8Array, said: Said): ReadFile {
  const tensors = new Map(
    [...placeNumbers(bytes)].map(([name, { type, shape, bytes: own }]) => {
      const what = tensorPath(name);
      if (!isFloat(type) && shape.length > 0)
        throw new RelumineError("unsupported", what, "to be of floats", `the type ${type}`);
      return [name, { shape, data: decodeNumbers(what, type, own, countOf(what, shape)) }];
    }),
  );
  if (isSparseAutoencoder(tensors.keys())) return readSparseAutoencoder(tensors, said);
  return { writer: "", ...chainOfStateDict({ tensors, isOrdered: false, isOfModules: true }, said) };
}
