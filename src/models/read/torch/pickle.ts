// Pickles of PyTorch: state_dicts, checkpoints that hold one, and plain nn.Sequential modules. Only names of a list are
// resolved, to functions of this file that are made anew for each one: nothing of the pickle's choice is ever called.
// Source: pickleparser reads the opcodes; torch/serialization.py and torch/_utils.py say what the names mean.
import { Parser } from "pickleparser";
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import type { NumberType } from "../../../arrays/numbers.js";

/** A view of a storage; nothing of it was believed so far. */
export class RawTensor {
  constructor(
    readonly storage: unknown,
    readonly offset: unknown,
    readonly shape: unknown,
    readonly strides: unknown,
  ) {}
}

const STORAGES: ReadonlyMap<string, NumberType> = new Map([
  ["FloatStorage", "f32"],
  ["DoubleStorage", "f64"],
  ["HalfStorage", "f16"],
  ["BFloat16Storage", "bf16"],
  ["LongStorage", "i64"],
  ["IntStorage", "i32"],
  ["ShortStorage", "i16"],
  ["CharStorage", "i8"],
  ["ByteStorage", "u8"],
  ["BoolStorage", "bool"],
]);

/** Numbers of one storage, still in the archive. */
export class StorageRef {
  constructor(
    readonly key: string,
    readonly type: NumberType,
    readonly length: number,
  ) {}
}

/** A hint for what holds more. */
export const STORE_WEIGHTS = "Store the weights alone: torch.save(model.state_dict(), path)";

function refuseName(module: string, name: string): RelumineError {
  const full = `${module}.${name}`.slice(0, 120);
  if (module.startsWith("__torch__"))
    return new RelumineError("unsupported", "the file", "to hold a state_dict", `TorchScript (${full})`, STORE_WEIGHTS);
  return new RelumineError(
    "unsupported",
    "the file",
    "to hold tensors and plain values alone",
    `the name ${full}`,
    STORE_WEIGHTS,
  );
}

type Callable = (...given: unknown[]) => unknown;

/** What the names of the list stand for, each a function of this file's own, frozen. */
function callable(module: string, name: string): Callable | undefined {
  const full = `${module}.${name}`;
  if (full === "collections.OrderedDict") return (pairs) => (pairs === undefined ? new Map() : toMap(pairs));
  if (full === "torch._utils._rebuild_tensor_v2" || full === "torch._utils._rebuild_tensor")
    return (storage, offset, shape, strides) => new RawTensor(storage, offset, shape, strides);
  if (full === "torch._utils._rebuild_parameter") return (tensor) => tensor;
  if (full === "torch.Size") return (sizes) => sizes;
  const type = module === "torch" ? STORAGES.get(name) : undefined;
  return type && Object.assign(() => undefined, { storageType: type });
}

function toMap(pairs: unknown): Map<unknown, unknown> {
  if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    return new Map(pairs as [unknown, unknown][]);
  throw new RelumineError("format", "the file's pickle", "to make dictionaries of pairs", "something else");
}

function storageOf(id: unknown): StorageRef {
  const [kind, type, key, , length] = Array.isArray(id) ? (id as unknown[]) : [];
  const storageType = (type as { storageType?: NumberType } | undefined)?.storageType;
  if (
    kind === "storage" &&
    storageType !== undefined &&
    typeof key === "string" &&
    Number.isSafeInteger(length) &&
    (length as number) >= 0
  )
    return new StorageRef(key, storageType, length as number);
  throw new RelumineError("format", "the file's pickle", "to refer to storages", "another reference");
}

const MOST_BYTES = 2 ** 26;

/**
 * What a pickle holds: maps, lists, plain values and raw tensors.
 * @throws RelumineError "unsupported" for names that are not on the list, "format" for bytes that are no pickle
 */
export function readPickle(bytes: Uint8Array): unknown {
  if (bytes.length > MOST_BYTES)
    throw new RelumineError("memory", "the file's pickle", `to have at most ${MOST_BYTES} bytes`, `${bytes.length}`);
  const parser = new Parser({
    nameResolver: {
      resolve(module: unknown, name: unknown) {
        if (typeof module !== "string" || typeof name !== "string")
          throw new RelumineError("format", "the file's pickle", "to name what it makes", "no name");
        const found = callable(module, name);
        if (found === undefined) throw refuseName(module, name);
        return Object.freeze(found) as never;
      },
    },
    persistentResolver: { resolve: (id: unknown) => storageOf(id) },
    unpicklingTypeOfDictionary: "Map",
  });
  try {
    return parser.parse(bytes);
  } catch (error) {
    if (error instanceof RelumineError) throw error;
    throw new RelumineError(
      "format",
      "the file's pickle",
      "to be one",
      `what is none (${describe(String((error as Error)?.message ?? error))})`,
    );
  }
}
