// A TensorFlow.js of a script tag: its one file, which is another copy than the package's.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { runInThisContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { expect, test, vi } from "vitest";
import * as bound from "../../src/tfjs-bind.js";
import { diagnose, traceDeaths } from "../../src/tfjs.js";
import { expectError } from "../support/errors.js";
import { classifier, disposeOf, rowsOf } from "./models.js";

type TensorFlow = typeof tf;

/** Runs the file as a page does; both copies register their kernels in one place, which they say. */
function loadScript(): TensorFlow {
  const require = createRequire(import.meta.url);
  const file = require.resolve("@tensorflow/tfjs/dist/tf.min.js");
  const quiet = vi.spyOn(console, "warn").mockImplementation(() => {});
  // in Node it asks for what pages have
  const run = runInThisContext(`(function (require) { ${readFileSync(file, "utf8")} })`) as (need: unknown) => void;
  run.call(globalThis, require);
  quiet.mockRestore();
  return (globalThis as unknown as { tf: TensorFlow }).tf;
}

test("its models are taken by the functions of bind, and no others", async () => {
  const script = loadScript();
  await script.setBackend("cpu");
  expect(script.LayersModel).not.toBe(tf.LayersModel);
  const tools = bound.bind(script);
  const model = script.sequential({
    layers: [
      script.layers.dense({
        units: 5,
        name: "script_1", // copies share the names of variables
        inputShape: [3],
        activation: "relu",
        biasInitializer: script.initializers.constant({ value: -50 }),
      }),
      script.layers.dense({ units: 1, name: "script_2" }),
    ],
  });
  model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
  const [x, y] = [script.randomNormal([30, 3]), script.randomNormal([30, 1])];
  const trace = tools.traceDeaths(x);
  const before = script.memory().numTensors;
  const stop = script.callbacks.earlyStopping({ monitor: "loss" });
  await model.fit(x, y, { epochs: 1, verbose: 0, callbacks: [stop, trace] });
  expect(trace.deaths).toHaveLength(5);
  expect((await tools.diagnose(model, x)).dead).toBe(5);
  expect((await tools.treat(model, x, { kind: "liftBias" })).after.dead).toBe(0);
  expect((await tools.toNetwork(model)).spec.layers).toHaveLength(2);
  expect(script.memory().numTensors).toBe(before);
  await expectError(diagnose(model, [[1, 2, 3]]), "value", "model");

  const own = classifier();
  await expectError(tools.diagnose(own, rowsOf(3, 8)), "value", "model");
  await expect(
    own.fit(rowsOf(3, 8), tf.zeros([3, 3]), {
      verbose: 0,
      callbacks: [tools.traceDeaths(rowsOf(3, 8)), traceDeaths(rowsOf(3, 8))],
    }),
  ).rejects.toThrow();
  disposeOf(own);
});

test("the umbrella package and its parts are one", () => {
  expect(Object.keys(bound.bind(tf)).sort()).toEqual(["diagnose", "toNetwork", "traceDeaths", "treat"]);
});

test("what is no TensorFlow.js is refused", async () => {
  for (const given of [undefined, null, {}, { Callback: tf.Callback }, 3])
    await expectError(() => bound.bind(given as never), "value", "tf");
});
