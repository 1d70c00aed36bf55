// Files of safetensors with PyTorch's names.
import { RelumineError } from "../../../core/errors.js";
import { placeTensors, readHeader, tensorPath } from "../../../formats/safetensors.js";
import { bytesOf, countOf, decodeNumbers, isFloat, type NumberType } from "../../../arrays/numbers.js";
import { chainOfStateDict } from "../state-dict.js";
import type { ReadFile, Said } from "../said.js";

const TYPES: ReadonlyMap<string, NumberType> = new Map([
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["F32", "f32"],
  ["F64", "f64"],
  ["I8", "i8"],
  ["U8", "u8"],
  ["BOOL", "bool"],
  ["I16", "i16"],
  ["U16", "u16"],
  ["I32", "i32"],
  ["U32", "u32"],
  ["I64", "i64"],
  ["U64", "u64"],
]);
const SIZES = new Map([...TYPES].map(([name, type]) => [name, bytesOf(type)]));

/** A file of safetensors as a chain. */
export function readSafetensors(bytes: Uint8Array, said: Said): ReadFile {
  const placed = placeTensors(readHeader(bytes), SIZES);
  const tensors = new Map(
    [...placed].map(([name, { dtype, shape, bytes: own }]) => {
      const what = tensorPath(name);
      const type = TYPES.get(dtype)!;
      if (!isFloat(type) && shape.length > 0)
        throw new RelumineError("unsupported", what, "to be of floats", `the type ${dtype}`);
      return [name, { shape, data: decodeNumbers(what, type, own, countOf(what, shape)) }];
    }),
  );
  return { writer: "", ...chainOfStateDict({ tensors, isOrdered: false, isOfModules: true }, said) };
}
