// Files of few bytes that name much work: refused by what they would make, before it is made.
import { describe, expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import { expectError } from "../support/errors.js";
import { FLOAT, HALF, INT64, OnnxFile } from "../support/onnx-file.js";

const kernel = (inputs: number, units: number) => ({
  shape: [inputs, units],
  data: Array.from({ length: inputs * units }, (_, i) => Math.sin(i + 1)),
});

/** Ends with a layer of two units. */
function finish(file: OnnxFile, inputs: number, x = "x"): Uint8Array {
  return file.bytes([file.node("Gemm", [x, file.constant(kernel(inputs, 2)), file.vector([1, 2])])]);
}

describe("constants of an ONNX graph", () => {
  const filled = (count: number, size: number): Uint8Array => {
    const file = new OnnxFile(4);
    const shape = file.constant({ shape: [1], data: [size], type: INT64 });
    for (let i = 0; i < count; i++) file.node("ConstantOfShape", [shape]);
    return finish(file, 4);
  };

  test.each([
    [1, 2 ** 24],
    [20, 2 ** 20],
    [3000, 2 ** 13],
  ])("%d of %d numbers of a few bytes", async (count, size) => {
    const bytes = filled(count, size);
    expect(bytes.length).toBeLessThan(300_000);
    await expectError(readModel(bytes), "memory");
  });

  test("some of them", async () => {
    expect((await readModel(filled(3, 2 ** 20))).spec.inputs).toBe(4);
  });

  test("sums of a column and a row", async () => {
    const file = new OnnxFile(4);
    const [column, row] = [
      [1024, 1],
      [1, 1024],
    ].map((shape) => file.constant({ shape, data: new Array(1024).fill(1) }));
    for (let i = 0; i < 40; i++) file.node("Add", [column, row]);
    await expectError(readModel(finish(file, 4)), "memory");
  });
});

describe("scalings of an ONNX graph", () => {
  const scaled = (units: number, count: number): Uint8Array => {
    const file = new OnnxFile(units);
    const factors = file.vector(new Array<number>(units).fill(1.001));
    let x = "x";
    for (let i = 0; i < count; i++) x = file.node("Mul", [x, factors]);
    return finish(file, units, x);
  };

  test("of wide rows, over and over", async () => {
    await expectError(readModel(scaled(2 ** 14, 2000)), "memory");
  });

  test("a few", async () => {
    expect((await readModel(scaled(2 ** 14, 20))).spec.inputs).toBe(2 ** 14);
  });
});

describe("layers of TensorFlow.js and Keras", () => {
  function normalized(shape: readonly number[], count: number): Promise<unknown> {
    const channels = shape.at(-1)!;
    const parts = ["gamma", "beta", "moving_mean", "moving_variance"];
    const norms = Array.from({ length: count }, (_, i) => `b${i}`);
    const inputs = shape.reduce((product, size) => product * size, 1);
    const layers = [
      { class_name: "InputLayer", config: { name: "i", batch_input_shape: [null, ...shape] } },
      ...norms.map((name) => ({ class_name: "BatchNormalization", config: { name, axis: -1, epsilon: 1e-3 } })),
      { class_name: "Flatten", config: { name: "f" } },
      { class_name: "Dense", config: { name: "d", units: 1, use_bias: false } },
    ];
    const weights = [
      ...norms.flatMap((name) =>
        parts.map((part) => ({ name: `${name}/${part}`, shape: [channels], dtype: "float32" })),
      ),
      { name: "d/kernel", shape: [Math.min(inputs, 2 ** 16), 1], dtype: "float32" },
    ];
    const numbers = 4 * channels * count + Math.min(inputs, 2 ** 16);
    const modelTopology = { class_name: "Sequential", config: { name: "s", layers } };
    const model = { modelTopology, weightsManifest: [{ paths: ["w.bin"], weights }] };
    const files = { "w.bin": new Uint8Array(new Float32Array(numbers).fill(1).buffer) };
    return readModel(new TextEncoder().encode(JSON.stringify(model)), { name: "model.json", files });
  }

  test.each([
    [[1024, 1024], 20],
    [[2 ** 15, 2 ** 14], 1],
    [[256, 256], 300],
  ])("normalizations of rows of %j, %d of them", async (shape, count) => {
    await expectError(normalized(shape, count), "memory");
  });

  test("a few", async () => {
    expect(await normalized([256, 256], 3)).toMatchObject({ spec: { inputs: 2 ** 16 } });
  });
});

describe("values that a graph rounds to halves", () => {
  const cast = (to: number): Uint8Array => {
    const file = new OnnxFile(4);
    const hidden = file.node("Gemm", ["x", file.constant(kernel(4, 5)), file.vector([1, 2, 3, 4, 5])]);
    const there = file.node("Cast", [hidden], { to });
    return finish(file, 5, file.node("Relu", [file.node("Cast", [there], { to: FLOAT })]));
  };

  test("are told", async () => {
    expect((await readModel(cast(HALF))).notes).toHaveLength(1);
    expect((await readModel(cast(FLOAT))).notes).toEqual([]);
  });
});
