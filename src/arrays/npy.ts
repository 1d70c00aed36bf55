// Arrays of NumPy: .npy, and .npz, a zip of them. The header is a Python literal, read by one strict pattern. Source:
// numpy.lib.format.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { countOf, decodeNumbers, type NumberType } from "./numbers.js";
import { ZipArchive } from "./zip.js";
import { type NamedTensor, transposed } from "./tensor.js";

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER =
  /^\{'descr': '([<>|=]?[a-zA-Z]\d*)', 'fortran_order': (True|False), 'shape': \(((?:\d{1,16}, ?)*(?:\d{1,16})?)\),? ?\} *\n?$/;
const TYPES: ReadonlyMap<string, NumberType> = new Map([
  ["f2", "f16"],
  ["f4", "f32"],
  ["f8", "f64"],
]);

/** An array of floats. */
export function readNpy(what: string, bytes: Uint8Array): NamedTensor {
  const [major] = bytes.subarray(6, 7);
  if (MAGIC.some((byte, index) => bytes[index] !== byte) || bytes.length < 12 || !(major >= 1 && major <= 3))
    throw new RelumineError("format", what, "to be an array of NumPy", "none");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) throw new RelumineError("format", what, "to hold its header", "a part of one");
  const text = new TextDecoder().decode(bytes.subarray(start, start + Math.min(length, 4096)));
  if (/'\|O/.test(text))
    throw new RelumineError("unsupported", what, "to be of floats", "objects (|O), which are a pickle");
  const found = HEADER.exec(text);
  if (found === null) throw new RelumineError("format", what, "to have a header of NumPy", "another");
  const [, descr, order, sizes] = found;
  const type = TYPES.get(descr.replace(/^[<>|=]/, ""));
  if (type === undefined) throw new RelumineError("unsupported", what, "to be of floats", describe(descr));
  const shape = sizes
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "")
    .map(Number);
  const data = decodeNumbers(what, type, bytes.subarray(start + length), countOf(what, shape), !descr.startsWith(">"));
  return order === "True" && shape.length === 2
    ? transposed({ shape: [...shape].reverse(), data })
    : checkOrder(what, order, shape, data);
}

function checkOrder(what: string, order: string, shape: readonly number[], data: Float64Array): NamedTensor {
  if (order === "False" || shape.length < 2) return { shape, data };
  throw new RelumineError("unsupported", what, "to have at most two axes in Fortran's order", `${shape.length}`);
}

/** The arrays of an .npz by name, without ".npy". */
export function readNpz(bytes: Uint8Array): Map<string, NamedTensor> {
  const archive = new ZipArchive(bytes);
  const names = archive.names().filter((name) => name.endsWith(".npy"));
  return new Map(names.map((name) => [name.slice(0, -4), readNpy(`the array ${describe(name)}`, archive.read(name))]));
}
