// A graph in a page: onnxruntime-web as the caller's runtime.
import * as ort from "onnxruntime-web";
import mjs from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { expect, test } from "vitest";
import { diagnoseGraph, treatGraph } from "../../src/onnx.js";
import { onnxModel } from "../support/onnx.js";

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = { mjs, wasm };

const model = onnxModel({
  nodes: [
    { op: "Conv", name: "z", inputs: ["x", "w", "b"] },
    { op: "Relu", name: "a", inputs: ["z"] },
    { op: "GlobalAveragePool", name: "g", inputs: ["a"] },
    { op: "Flatten", name: "f", inputs: ["g"] },
    { op: "Gemm", name: "y", inputs: ["f", "v"] },
  ],
  tensors: {
    w: { shape: [3, 1, 2, 2], data: [1, 0, 0, -1, 0, 1, -1, 0, 1, 1, 1, 1] },
    b: { shape: [3], data: [0, -9, 0.25] },
    v: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
  },
  inputs: { x: { axes: ["n", 1, "height", "width"] } },
  outputs: ["y"],
});
const rows = { data: Float32Array.from({ length: 70 * 25 }, (_, i) => Math.sin(i * i)), shape: [70, 1, 5, 5] };

test("is diagnosed and treated", async () => {
  const shares: number[] = [];
  const { layers, dead, samples } = await diagnoseGraph(model, rows, {
    ort,
    onProgress: (share) => shares.push(share),
  });
  expect([samples, dead, layers.length, shares.at(-1)]).toEqual([70, 1, 1, 1]);
  expect(layers[0].units[1]).toMatchObject({ state: "dead", mechanism: "negativeBias", permanent: true, activity: 0 });
  const { after, outputs, lifted } = await treatGraph(model, rows, "liftBias", { ort });
  expect([after.dead, lifted.length, outputs.largestChange]).toEqual([0, 1, 0]);
});

test("counts by the same bits as in any order of the rows' blocks", async () => {
  const whole = await diagnoseGraph(model, rows, { ort });
  expect((await diagnoseGraph(model, rows, { ort, batchSize: 7 })).layers).toEqual(whole.layers);
});
