// Files of torch.save: a zip of data.pkl and the storages that it refers to (torch/serialization.py).
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { tensorPath } from "../../../formats/safetensors.js";
import { bytesOf, countOf, decodeNumbers, isFloat, strided } from "../../../arrays/numbers.js";
import type { NamedTensor } from "../../../arrays/tensor.js";
import { chainOfStateDict } from "../state-dict.js";
import type { ReadFile, Said } from "../said.js";
import { ZipArchive } from "../../../arrays/zip.js";
import { readLegacy } from "./legacy.js";
import { isLegacy } from "./magic.js";
import { chainOfModule } from "./modules.js";
import { PickledModule, RawTensor, readPickle, type Saved, STORE_WEIGHTS, StorageRef } from "./pickle.js";

const PICKLE = "data.pkl";
/** Where checkpoints keep the state_dict. */
const WITHIN = ["state_dict", "model_state_dict", "model", "net", "network", "weights", "module"];

function findPickle(archive: ZipArchive): string {
  const found = archive
    .names()
    .filter((name) => name === PICKLE || (name.endsWith(`/${PICKLE}`) && name.split("/").length === 2));
  if (found.length === 1) return found[0];
  throw new RelumineError(
    "format",
    "the file",
    `to hold one ${PICKLE}, as torch.save writes it`,
    found.length === 0 ? "none" : `${found.length}`,
  );
}

const isTensors = (value: unknown): value is Map<string, RawTensor> =>
  value instanceof Map &&
  value.size > 0 &&
  [...value].every(([name, each]) => typeof name === "string" && each instanceof RawTensor);

/** The state_dict itself, or the one that a checkpoint holds by a usual name. */
function findTensors(value: unknown): Map<string, RawTensor> {
  if (isTensors(value)) return value;
  if (value instanceof Map) {
    const found = WITHIN.map((name) => (value as Map<unknown, unknown>).get(name)).filter(isTensors);
    if (found.length === 1) return found[0];
  }
  throw new RelumineError(
    "unsupported",
    "the file",
    "to hold a state_dict: tensors by their names",
    "something else",
    STORE_WEIGHTS,
  );
}

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every((size) => Number.isSafeInteger(size) && size >= 0);

class Storages {
  readonly #decoded = new Map<string, Float64Array>();
  #left: number;

  constructor(
    readonly saved: Saved,
    most: number,
  ) {
    this.#left = most;
  }

  numbers(what: string, { key, type, length }: StorageRef): Float64Array {
    const kind = `${key}:${type}`;
    const known = this.#decoded.get(kind);
    if (known) return known;
    const bytes = this.saved.storage(key);
    if (bytes === undefined)
      throw new RelumineError("format", what, "to have its storage in the file", `none at data/${key.slice(0, 40)}`);
    if (bytes.length !== length * bytesOf(type))
      throw new RelumineError("format", what, `to have a storage of ${length} numbers`, `${bytes.length} bytes`);
    const numbers = decodeNumbers(what, type, bytes, length, this.saved.isLittleEndian);
    this.#decoded.set(kind, numbers);
    return numbers;
  }

  /** The numbers of a view, row-major. */
  tensor(name: string, { storage, offset, shape, strides }: RawTensor): NamedTensor {
    const what = tensorPath(name);
    if (
      !(storage instanceof StorageRef) ||
      !isSizes(shape) ||
      !isSizes(strides) ||
      shape.length !== strides.length ||
      !isSizes([offset])
    )
      throw new RelumineError(
        "format",
        what,
        "to be a view of a storage, by sizes and strides of at least 0",
        "another one",
      );
    const count = countOf(what, shape);
    this.#left -= count;
    if (this.#left < 0)
      throw new RelumineError("memory", what, "to have its numbers in the file", `${count} by its shape`);
    if (!isFloat(storage.type) && shape.length > 0)
      throw new RelumineError("unsupported", what, "to be of floats", storage.type);
    const start = offset as number;
    const end = shape.reduce((last, size, axis) => last + (size - 1) * strides[axis], start);
    if (count > 0 && end >= storage.length)
      throw new RelumineError("format", what, `to lie within ${storage.length} numbers`, `strides that lead to ${end}`);
    return { shape, data: strided(this.numbers(what, storage), shape, strides, start) };
  }
}

function byteOrder(archive: ZipArchive, name: string): boolean {
  if (!archive.has(name)) return true;
  const order = new TextDecoder().decode(archive.read(name)).trim();
  if (order === "little" || order === "big") return order === "little";
  throw new RelumineError("format", "the file's byteorder", "to be little or big", describe(order));
}

function readArchive(bytes: Uint8Array): Saved {
  const archive = new ZipArchive(bytes);
  const name = findPickle(archive);
  const folder = name.slice(0, -PICKLE.length);
  if (archive.names().some((each) => each.startsWith(`${folder}code/`)) || archive.has(`${folder}constants.pkl`))
    throw new RelumineError("unsupported", "the file", "to hold a state_dict", "TorchScript", STORE_WEIGHTS);
  return {
    value: readPickle(archive.read(name)),
    isLittleEndian: byteOrder(archive, `${folder}byteorder`),
    storage(key) {
      const entry = `${folder}data/${key}`;
      return archive.has(entry) ? archive.read(entry) : undefined;
    },
  };
}

/** A file of torch.save as a chain: a state_dict, or a Sequential of PyTorch's own modules. */
export function readTorch(bytes: Uint8Array, said: Said): ReadFile {
  const saved = isLegacy(bytes) ? readLegacy(bytes) : readArchive(bytes);
  // a tensor may share its storage with others, as tied layers do, but no file is that much smaller than its tensors
  const storages = new Storages(saved, 2 ** 20 + 4 * bytes.length);
  const load = (name: string, raw: RawTensor): NamedTensor => storages.tensor(name, raw);
  const writer = "PyTorch";
  if (saved.value instanceof PickledModule) return { writer, ...chainOfModule(saved.value, load, said.keep) };
  const named = new Map([...findTensors(saved.value)].map(([name, raw]) => [name, load(name, raw)]));
  return { writer, ...chainOfStateDict({ tensors: named, isOrdered: true, isOfModules: true }, said) };
}
