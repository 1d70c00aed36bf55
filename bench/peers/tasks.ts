// What all peers are given alike: data that can be learnt, initial weights and a rate; written to a folder, for peers
// in other processes.
//   task.json   the Task without its numbers
//   task.f32    x of each batch (batch x inputs), y of each batch (labels, or batch x outputs), then each layer's
//               kernel (inputs x units) and bias
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readMnist } from "../demos/mnist-data.js";
import { filled, filler } from "../numbers.js";
import type { Workload } from "../workloads.js";

export interface Task {
  readonly widths: readonly number[];
  readonly batch: number;
  readonly batches: number;
  readonly loss: Workload["loss"];
  readonly targetsPerRow: number;
  readonly learningRate: number;
  /** How many numbers task.f32 holds. */
  readonly floats: number;
}

// The deeper, the more curved: at more, W4's loss goes up and down, and rounding decides which units fire.
const RATE_TIMES_LAYERS = 0.06;
const DATA_FLOATS = 2 ** 20; // of x: larger than the caches, and soon made
const MAX_BATCHES = 256;

/** Each row is the mean of its class's prototype and noise, all from -1 to 1. */
function classified(
  rows: number,
  inputs: number,
  classes: number,
  next: () => number,
): { x: Float32Array; y: Float32Array } {
  const prototypes = filled(classes * inputs, next);
  const y = Float32Array.from({ length: rows }, () => Math.floor(((next() + 1) / 2) * classes));
  const x = Float32Array.from(
    { length: rows * inputs },
    (_, i) => (prototypes[y[Math.floor(i / inputs)]! * inputs + (i % inputs)]! + next()) / 2,
  );
  return { x, y };
}

/** The first rows of MNIST, in whose order the classes are mixed. */
function digits(rows: number): { x: Float32Array; y: Float32Array } {
  const { x, y } = readMnist().training;
  return { x: x.data.slice(0, rows * x.columns), y: Float32Array.from(y.slice(0, rows)) };
}

/** Targets from 0 to 1: the mean square of the row. */
function measured(
  rows: number,
  inputs: number,
  outputs: number,
  next: () => number,
): { x: Float32Array; y: Float32Array } {
  const x = filled(rows * inputs, next);
  const meanSquare = (row: number) =>
    x.subarray(row * inputs, (row + 1) * inputs).reduce((sum, value) => sum + value * value, 0) / inputs;
  return { x, y: Float32Array.from({ length: rows * outputs }, (_, i) => meanSquare(Math.floor(i / outputs))) };
}

/** Kernels uniform in ±sqrt(6 / inputs) (He et al. 2015), biases 0. */
function initialWeights(widths: readonly number[], next: () => number): Float32Array[] {
  return widths.slice(1).flatMap((units, i) => {
    const limit = Math.sqrt(6 / widths[i]!);
    return [filled(widths[i]! * units, () => limit * next()), new Float32Array(units)];
  });
}

/** Writes the task of a workload into `folder`. */
export async function writeTask({ widths, batch, loss, isMnist = false }: Workload, folder: string): Promise<Task> {
  const next = filler(6);
  const inputs = widths[0]!,
    outputs = widths.at(-1)!;
  const batches = Math.max(1, Math.min(MAX_BATCHES, Math.floor(DATA_FLOATS / (batch * inputs))));
  const make = loss === "crossEntropy" ? classified : measured;
  const { x, y } = isMnist ? digits(batch * batches) : make(batch * batches, inputs, outputs, next);
  const parts = [x, y, ...initialWeights(widths, next)];
  const floats = parts.reduce((sum, { length }) => sum + length, 0);
  const task: Task = {
    widths,
    batch,
    batches,
    loss,
    targetsPerRow: loss === "crossEntropy" ? 1 : outputs,
    learningRate: RATE_TIMES_LAYERS / (widths.length - 1),
    floats,
  };
  await writeFile(
    join(folder, "task.f32"),
    Buffer.concat(parts.map(({ buffer }) => new Uint8Array(buffer as ArrayBuffer))),
  );
  await writeFile(join(folder, "task.json"), JSON.stringify(task));
  return task;
}
