// On TensorFlow.js' own WebAssembly backend in Node: its numbers, and none of its tensors kept.
import * as tf from "@tensorflow/tfjs";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { diagnose, toNetwork, traceDeaths, treat } from "../../src/tfjs.js";
import {
  classesOf,
  classifier,
  deadByHand,
  disposeOf,
  expectNear,
  kill,
  predictionsOf,
  rowsOf,
  withoutLeak,
} from "./models.js";

beforeAll(async () => {
  expect(await tf.setBackend("wasm")).toBe(true); // the import has registered it
  expect(version_wasm).toBe(tf.version.tfjs);
});
afterAll(async () => {
  await tf.setBackend("cpu");
});

test("network, trace, diagnosis and treatment", async () => {
  const [x, y] = [rowsOf(120, 8), classesOf(120)];
  const model = classifier("adam");
  kill(model, 0, [2, 5]);
  const names = model.layers.slice(0, 2).map(({ name }) => name);
  await model.fit(x, y, { epochs: 1, verbose: 0 });
  await withoutLeak(async () => {
    const trace = traceDeaths(x);
    await model.fit(x, y, { epochs: 2, verbose: 0, callbacks: trace });
    expect(trace.deaths).toMatchObject([
      { layer: 0, unit: 2 },
      { layer: 0, unit: 5 },
    ]);
    using network = await toNetwork(model);
    const rows = { rows: 120, columns: 8, data: (await x.data()) as Float32Array };
    expectNear(network.predict(rows).data, predictionsOf(model, x));
    expect((await diagnose(model, x)).dead).toBe(2);
    const outputs = predictionsOf(model, x);
    const treatment = await treat(model, x, { kind: "liftBias" });
    expect([treatment.after.dead, treatment.moments]).toEqual([0, "cleared"]);
    expect(predictionsOf(model, x)).toEqual(outputs);
    expect(deadByHand(model, x, names)[0]).toEqual([]);
    treatment.undo();
    expect(deadByHand(model, x, names)[0]).toEqual([2, 5]);
  });
  disposeOf(model);
  tf.dispose([x, y]);
});
