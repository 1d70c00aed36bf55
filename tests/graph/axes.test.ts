import { describe, expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import { seededRandom } from "../support/random.js";
import { onnxModel, type NodeSpec, type TensorSpec } from "../support/onnx.js";
import { ort } from "./graphs.js";

const [CHANNELS, PLACES, ROWS] = [3, 5, 7];
const random = seededRandom(4);
const numbers = (count: number): number[] => Array.from({ length: count }, () => random() - 0.5);
const images = { shape: [ROWS, 1, 4, PLACES], data: numbers(ROWS * 4 * PLACES) };
const CONV: Readonly<Record<string, TensorSpec>> = {
  k: { shape: [CHANNELS, 1, 4, 1], data: numbers(CHANNELS * 4) },
  kb: { shape: [CHANNELS], data: [0.1, -9, 0] }, // the second channel never fires
};
const integers = (...data: number[]): TensorSpec => ({ shape: [data.length], data, type: 7 });

/** A convolution to [rows, channels, 1, places], moved, and its activation. */
async function unitsOf(moves: readonly NodeSpec[], tensors: Readonly<Record<string, TensorSpec>> = {}, opset = 13) {
  const { name: last = "z" } = moves.at(-1) ?? {};
  const model = onnxModel({
    opset,
    nodes: [{ op: "Conv", name: "z", inputs: ["x", "k", "kb"] }, ...moves, { op: "Relu", name: "y", inputs: [last] }],
    tensors: { ...CONV, ...tensors },
    inputs: { x: { axes: ["n", 1, 4, PLACES] } },
    outputs: ["y"],
  });
  const { layers } = await diagnoseGraph(model, images, { ort });
  return layers[0].units.map(({ state, activity }) => ({ state, activity }));
}

describe("the channels of a convolution", () => {
  test.each<[string, NodeSpec[], Record<string, TensorSpec>?, number?]>([
    ["squeezed, by an attribute", [{ op: "Squeeze", name: "s", inputs: ["z"], ints: { axes: [2] } }], {}, 11],
    ["squeezed, by an input", [{ op: "Squeeze", name: "s", inputs: ["z", "axes"] }], { axes: integers(-2) }],
    ["reshaped to three axes", [{ op: "Reshape", name: "s", inputs: ["z", "to"] }], { to: integers(0, CHANNELS, -1) }],
    [
      "picked",
      [{ op: "Gather", name: "s", inputs: ["z", "at"], ints: { axis: 2 } }],
      { at: { ...integers(0), shape: [] } },
    ],
    ["turned over", [{ op: "Transpose", name: "s", inputs: ["z"], ints: { perm: [0, 3, 2, 1] } }]],
    [
      "squeezed, turned over, and with an axis more",
      [
        { op: "Squeeze", name: "s", inputs: ["z", "axes"] },
        { op: "Transpose", name: "t", inputs: ["s"], ints: { perm: [0, 2, 1] } },
        { op: "Unsqueeze", name: "u", inputs: ["t", "first"] },
      ],
      { axes: integers(2), first: integers(1) },
    ],
    ["reduced", [{ op: "ReduceMax", name: "s", inputs: ["z"], ints: { axes: [2], keepdims: 0 } }]],
  ])("%s", async (_what, moves, tensors, opset) => {
    const plain = await unitsOf([]);
    expect(plain.map(({ state }) => state === "dead")).toEqual([false, true, false]);
    expect(await unitsOf(moves, tensors, opset)).toEqual(plain);
  });

  test("that lie along no axis any more are left out", async () => {
    const merged = unitsOf([{ op: "Reshape", name: "s", inputs: ["z", "to"] }], { to: integers(0, 1, -1) });
    await expect(merged).rejects.toMatchObject({ code: "unsupported" });
  });
});

test("weights on the left of a product make units of their rows", async () => {
  const model = onnxModel({
    nodes: [
      { op: "MatMul", name: "z", inputs: ["w", "x"] },
      { op: "Relu", name: "y", inputs: ["z"] },
    ],
    tensors: { w: { shape: [2, 3], data: [1, 1, 1, -1, -1, -1] } },
    inputs: { x: { axes: ["n", 3, 4] } },
    outputs: ["y"],
  });
  const data = numbers(5 * 12).map(Math.abs);
  const { layers } = await diagnoseGraph(model, { data, shape: [5, 3, 4] }, { ort });
  expect(layers[0].units.map(({ state }) => state)).toEqual(["linear", "dead"]);
});
