// Files of torch.save before 1.6, one pickle after another: a magic number, the version of the protocol, the machine,
// what was saved, the keys of its storages; then the storages, each behind its number of numbers. Source:
// torch/serialization.py, _legacy_save.
import { RelumineError } from "../../../core/errors.js";
import { bytesOf } from "../../../arrays/numbers.js";
import { LEGACY_START } from "./magic.js";
import { readFirstPickle, type Saved, type StorageRef } from "./pickle.js";

function malformed(expected: string, given: string): RelumineError {
  return new RelumineError("format", "the file of torch.save", expected, given);
}

/** The storages by their keys, whose types the pickle told. */
function placeStorages(
  bytes: Uint8Array,
  keys: unknown,
  storages: ReadonlyMap<string, StorageRef>,
): Map<string, Uint8Array> {
  if (!Array.isArray(keys) || keys.length !== storages.size) throw malformed("to list the storages it holds", "others");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const placed = new Map<string, Uint8Array>();
  let place = 0;
  for (const key of keys as unknown[]) {
    const ref = storages.get(key as string);
    if (ref === undefined || placed.has(ref.key)) throw malformed("to list each storage once", "another");
    const end = place + 8 + ref.length * bytesOf(ref.type);
    if (end > bytes.length || view.getBigInt64(place, true) !== BigInt(ref.length))
      throw malformed(`to hold a storage of ${ref.length} numbers`, "another, or a part of one");
    placed.set(ref.key, bytes.subarray(place + 8, end));
    place = end;
  }
  if (place !== bytes.length) throw malformed("to end with its storages", `${bytes.length - place} bytes more`);
  return placed;
}

/** What such a file holds. */
export function readLegacy(bytes: Uint8Array): Saved {
  let rest = bytes.subarray(LEGACY_START.length);
  const next = (storages?: Map<string, StorageRef>): unknown => {
    const { value, length } = readFirstPickle(rest, storages);
    rest = rest.subarray(length);
    return value;
  };
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true)
    throw malformed("to say that it is little-endian", "another byteorder");
  const storages = new Map<string, StorageRef>();
  const value = next(storages);
  const keys = next();
  const placed = placeStorages(rest, keys, storages);
  return { value, isLittleEndian: true, storage: (key) => placed.get(key) };
}
