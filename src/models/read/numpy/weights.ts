// An .npz of weights: coefs_ and intercepts_ of scikit-learn as coefs_0, intercepts_0 ..., or PyTorch's names.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { refuse } from "../../chain/refuse.js";
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

/** Numbers from 0 on, of coefs and, where there are any, of intercepts. */
function checkNumbers(names: readonly string[]): void {
  for (const kind of ["coefs", "intercepts"]) {
    const numbers = names.flatMap((name) => (name.startsWith(kind) ? [Number(COEFS.exec(name)![2])] : []));
    const count = names.filter((name) => name.startsWith("coefs")).length;
    const isWhole = new Set(numbers).size === count && numbers.length === count && Math.max(...numbers) === count - 1;
    if (numbers.length > 0 && !isWhole)
      throw new RelumineError("format", "the file's arrays", `to have ${kind}_0 to ${kind}_${count - 1}`, "others");
  }
}

function renamed(arrays: ReadonlyMap<string, NamedTensor>): Map<string, NamedTensor> {
  checkNumbers([...arrays.keys()]);
  return new Map(
    [...arrays].map(([name, tensor]) => {
      const [, kind, index] = COEFS.exec(name)!;
      if (kind === "intercepts") return [`${Number(index)}.bias`, tensor];
      if (tensor.shape.length === 2) return [`${Number(index)}.weight`, transposed(tensor)];
      throw new RelumineError("format", `the array ${describe(name)}`, "to have two axes", `${tensor.shape.length}`);
    }),
  );
}
