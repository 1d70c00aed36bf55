// Files of ONNX by onnxruntime-web, and what relumine reads of them held against that.
import * as ort from "onnxruntime-web";
import { expect } from "vitest";
import { readModel, type ReadModel } from "../../src/models/read-model.js";
import type { Network } from "../../src/network/types.js";

ort.env.wasm.numThreads = 1;

/** Of onnxruntime in float32, where constants may cancel each other; a wrong import is off by more. */
const TOLERANCE = 1e-4;

/** The outputs by name, of rows of x, or of one of another shape. */
export async function runOnnx(
  bytes: Uint8Array,
  x: Float32Array,
  shape: readonly number[],
): Promise<Map<string, Float32Array>> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const outputs = await session.run({ x: new ort.Tensor("float32", x, shape) });
  await session.release();
  return new Map(Object.entries(outputs).map(([name, { data }]) => [name, data as Float32Array]));
}

export function expectNear(given: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(given.length).toBe(expected.length);
  const most = Array.from(expected).reduce((largest, each) => Math.max(largest, Math.abs(each)), 1);
  const worst = Array.from(expected).reduce((gap, each, i) => {
    const own = Math.abs(each - given[i]);
    return Number.isNaN(own) ? Infinity : Math.max(gap, own);
  }, 0);
  expect(worst / most).toBeLessThan(TOLERANCE);
}

interface Given {
  readonly bytes: Uint8Array;
  readonly x: Float32Array;
  readonly shape: readonly number[];
  readonly output: string;
}

/** The model, if it was read; it gives what onnxruntime gives. What is refused is refused as unsupported. */
export async function readRightly(
  { bytes, x, shape, output }: Given,
  more: (network: Network) => void | Promise<void> = () => undefined,
): Promise<ReadModel | undefined> {
  let model: ReadModel;
  try {
    model = await readModel(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: "RelumineError", code: expect.stringMatching(/^(format|unsupported)$/) });
    return undefined;
  }
  using network = await model.toNetwork({ arithmetic: "reproducible" });
  const truth = (await runOnnx(bytes, x, shape)).get(output)!;
  const { data } = network.predict({ rows: shape[0], columns: x.length / shape[0], data: x });
  // predict gives the probabilities
  expectNear(data, model.head === "logSoftmax" ? truth.map(Math.exp) : truth);
  await more(network);
  return model;
}
