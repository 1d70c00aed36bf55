import { expect, test } from "vitest";
import { describeModel, shapeText } from "../../src/report/model-text.js";

const spec = {
  inputs: 6,
  layers: [
    { units: 9, activation: "relu" },
    { units: 8, activation: { name: "leakyRelu", alpha: 0.1 } },
    { units: 4, activation: "relu" },
    { units: 3 },
  ],
  loss: "crossEntropy",
} as const;

test("whose it is, its shape, its activations, its end", () => {
  const text = describeModel({ format: "onnx", writer: "pytorch 2.13.0", spec, head: "softmax" }, 1234);
  expect(text).toBe(
    "ONNX by pytorch 2.13.0: network 6-9-8-4-3, relu 2, leakyRelu 1, 1,234 parameters, a softmax at its end",
  );
  expect(shapeText(spec)).toBe("6-9-8-4-3");
});

test("a writer that the format names already is said once", () => {
  const linear = { inputs: 2, layers: [{ units: 1 }], loss: "meanSquaredError" } as const;
  const text = describeModel({ format: "keras", writer: "Keras 3", spec: linear, head: "none" }, 3);
  expect(text).toBe("Keras 3: network 2-1, 3 parameters");
  const own = describeModel({ format: "npz", writer: "", spec: linear, head: "sigmoid" }, 3);
  expect(own).toBe("weights as NumPy arrays: network 2-1, 3 parameters, a sigmoid at its end");
});
