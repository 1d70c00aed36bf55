// The loss of a model that was read: whatever it is, predict gives what the model gives.
import { expect, test } from "vitest";
import { readModel } from "../../src/models/read-model.js";
import type { Loss, LossSpec } from "../../src/network/losses.js";
import { expectError } from "../support/errors.js";
import { OnnxFile } from "../support/onnx-file.js";
import { expectNear, runOnnx } from "./run-onnx.js";

function model(activation: string | undefined, head: string | undefined): { bytes: Uint8Array; output: string } {
  const file = new OnnxFile(2);
  let value = file.node("Gemm", ["x", file.constant({ shape: [2, 3], data: [1, -2, 0.5, 0.3, 1, -1] })]);
  if (activation !== undefined) value = file.node(activation, [value]);
  if (head !== undefined) value = file.node(head, [value]);
  return { bytes: file.bytes([value]), output: value };
}

const x = Float32Array.of(0.5, -1, 2, 0.25, -0.75, 1);

const given: readonly [head: string | undefined, loss: Loss | LossSpec][] = [
  ["Softmax", "crossEntropy"],
  ["Softmax", "meanSquaredError"],
  ["Softmax", "binaryCrossEntropy"],
  ["Softmax", { name: "crossEntropy", from: "probabilities" }],
  ["Sigmoid", "binaryCrossEntropy"],
  ["Sigmoid", "meanAbsoluteError"],
  [undefined, "meanAbsoluteError"],
  [undefined, { name: "binaryCrossEntropy", from: "probabilities", targets: "any" }],
];

test.each(given)("%s under %j", async (head, loss) => {
  const { bytes, output } = model(undefined, head);
  using network = await (await readModel(bytes, { loss })).toNetwork({ arithmetic: "reproducible" });
  const { data } = network.predict({ rows: 3, columns: 2, data: x });
  expectNear(data, (await runOnnx(bytes, x, [3, 2])).get(output)!);
});

test("a loss that would leave the head out is refused", async () => {
  await expectError(readModel(model("Relu", "Softmax").bytes, { loss: "meanSquaredError" }), "unsupported", "loss");
  await expectError(
    readModel(model(undefined, "LogSoftmax").bytes, { loss: "meanSquaredError" }),
    "unsupported",
    "loss",
  );
  const { spec } = await readModel(model("Relu", "Softmax").bytes, { loss: "crossEntropy" });
  expect(spec).toMatchObject({ loss: "crossEntropy", layers: [{ activation: { name: "relu" } }] });
  expect((await readModel(model(undefined, "LogSoftmax").bytes, { loss: "crossEntropy" })).head).toBe("logSoftmax");
});
