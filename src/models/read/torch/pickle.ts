// Pickles of PyTorch: state_dicts, checkpoints that hold one, and plain nn.Sequential modules. Only names of a list are
// resolved, to functions of this file that are made anew for each one: nothing of the pickle's choice is ever called.
// Source: pickleparser reads the opcodes; torch/serialization.py and torch/_utils.py say what the names mean.
import { BufferReader, Parser } from "pickleparser";
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

/** What a file of torch.save holds. */
export interface Saved {
  readonly value: unknown;
  readonly isLittleEndian: boolean;
  /** A storage's bytes by its key. */
  storage(key: string): Uint8Array | undefined;
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
  if (full === "collections.OrderedDict") return (pairs) => new Dictionary(pairs === undefined ? [] : toPairs(pairs));
  if (full === "torch._utils._rebuild_tensor_v2" || full === "torch._utils._rebuild_tensor")
    return (storage, offset, shape, strides) => Object.freeze(new RawTensor(storage, offset, shape, strides));
  if (full === "torch._utils._rebuild_parameter") return (tensor) => tensor;
  if (full === "torch.Size" || full === "__builtin__.set" || full === "builtins.set") return (list) => list;
  if (MODULES.has(full)) return moduleClass(full.slice(full.lastIndexOf(".") + 1)) as unknown as Callable;
  const type = module === "torch" ? STORAGES.get(name) : undefined;
  return type && Object.assign(() => undefined, { storageType: type });
}

/** Attributes of a dictionary, as a state_dict's _metadata, leave what is in it as it is. */
class Dictionary extends Map<unknown, unknown> {
  __setstate__(): void {}
}

/** Modules of PyTorch that a chain may have; each is written as an object of its class and its attributes. */
const MODULES: ReadonlySet<string> = new Set(
  [
    ["linear", "Linear Identity"],
    ["container", "Sequential"],
    ["flatten", "Flatten"],
    ["batchnorm", "BatchNorm1d"],
    ["normalization", "LayerNorm"],
    ["dropout", "Dropout AlphaDropout"],
    ["activation", "ReLU LeakyReLU PReLU ELU SELU GELU SiLU Softplus Sigmoid Tanh Softmax LogSoftmax"],
  ].flatMap(([file, names]) => names.split(" ").map((name) => `torch.nn.modules.${file}.${name}`)),
);

/** A module of a pickle: its class, and attributes of which nothing was believed so far. */
export class PickledModule {
  attributes: ReadonlyMap<unknown, unknown> | undefined = undefined;

  constructor(readonly className: string) {}

  __setstate__(state: unknown): void {
    if (!(state instanceof Map) || this.attributes !== undefined)
      throw new RelumineError(
        "format",
        "the file's pickle",
        "to give each module its attributes once",
        "something else",
      );
    this.attributes = state;
  }
}

const moduleClass = (name: string) =>
  class extends PickledModule {
    constructor() {
      super(name);
      Object.seal(this);
    }
  };

function toPairs(pairs: unknown): [unknown, unknown][] {
  if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2))
    return pairs as [unknown, unknown][];
  throw new RelumineError("format", "the file's pickle", "to make dictionaries of pairs", "something else");
}

function storageOf(id: unknown): unknown {
  const [kind, type, key, , length, view] = Array.isArray(id) ? (id as unknown[]) : [];
  // before 1.6 with the source of a module's class, which is not looked at
  if (kind === "module") return type;
  const storageType = (type as { storageType?: NumberType } | undefined)?.storageType;
  if (
    kind === "storage" &&
    storageType !== undefined &&
    typeof key === "string" &&
    (view ?? null) === null &&
    Number.isSafeInteger(length) &&
    (length as number) >= 0
  )
    return new StorageRef(key, storageType, length as number);
  throw new RelumineError("format", "the file's pickle", "to refer to storages", "another reference");
}

/** A storage by its key: of one type and length wherever it is named. */
function noted(found: unknown, storages: Map<string, StorageRef>): unknown {
  if (!(found instanceof StorageRef)) return found;
  const known = storages.get(found.key) ?? found;
  if (known.type !== found.type || known.length !== found.length)
    throw new RelumineError("format", "the file's pickle", "to say the same of a storage", "two lengths or types");
  storages.set(found.key, known);
  return known;
}

const MOST_BYTES = 2 ** 26;

/**
 * What a pickle holds: maps, lists, plain values, raw tensors and modules.
 * @throws RelumineError "unsupported" for names that are not on the list, "format" for bytes that are no pickle
 */
export function readPickle(bytes: Uint8Array): unknown {
  if (bytes.length > MOST_BYTES)
    throw new RelumineError("memory", "the file's pickle", `to have at most ${MOST_BYTES} bytes`, `${bytes.length}`);
  return readFirstPickle(bytes).value;
}

/** A pickle, and how many bytes it has; others may follow. */
export function readFirstPickle(
  bytes: Uint8Array,
  storages = new Map<string, StorageRef>(),
): { value: unknown; length: number } {
  const reader = new BufferReader(bytes);
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
    persistentResolver: { resolve: (id: unknown) => noted(storageOf(id), storages) },
    unpicklingTypeOfDictionary: "Map",
  });
  try {
    return { value: parser.read(reader), length: reader.position };
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
