// An .npz of weights: coefs_ and intercepts_ of scikit-learn as coefs_0, intercepts_0 ..., or PyTorch's names.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { refuse } from "../../chain/layers.js";
import { type NamedTensor, transposed } from "../../../arrays/tensor.js";
import { chainOfStateDict, isOfModule } from "../state-dict.js";
import type { ReadFile, Said } from "../said.js";
import { readNpz } from "../../../arrays/npy.js";

const COEFS = /^(coefs|intercepts)_(\d{1,4})$/;
const HINT =
  "Name them coefs_0, intercepts_0, coefs_1 ... (inputs x units, as scikit-learn has them) " +
  "or 0.weight, 0.bias ... (units x inputs, as PyTorch)";

/** An .npz as a chain. */
export function readWeights(bytes: Uint8Array, said: Said): ReadFile {
  const arrays = readNpz(bytes);
  const names = [...arrays.keys()];
  if (names.length > 0 && names.every(isOfModule))
    return chainOfStateDict({ tensors: arrays, isOrdered: false, isOfModules: true }, said);
  const other = names.find((name) => !COEFS.test(name));
  if (other !== undefined || names.length === 0)
    throw refuse("the file's arrays", names.length === 0 ? "none" : `the name ${describe(other)}`, HINT);
  return chainOfStateDict({ tensors: renamed(arrays), isOrdered: true, isOfModules: false }, said);
}

function renamed(arrays: ReadonlyMap<string, NamedTensor>): Map<string, NamedTensor> {
  return new Map(
    [...arrays].map(([name, tensor]) => {
      const [, kind, index] = COEFS.exec(name)!;
      if (kind === "intercepts") return [`${index}.bias`, tensor];
      if (tensor.shape.length === 2) return [`${index}.weight`, transposed(tensor)];
      throw new RelumineError("format", `the array ${describe(name)}`, "to have two axes", `${tensor.shape.length}`);
    }),
  );
}
