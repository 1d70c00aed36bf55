// What watching a training of TensorFlow.js costs: an epoch with traceDeaths of relumine/tfjs and a plain one, by
// turns.
import * as tf from "@tensorflow/tfjs";
import { version_wasm } from "@tensorflow/tfjs-backend-wasm";
import { traceDeaths } from "../src/tfjs.js";
import type { Case, Figure } from "./measure.js";
import { byTurns, processorTime, summarize } from "./turns.js";

const ROWS = 1536;
const BATCH = 32;
const UNITS = [64, 32, 10];
const MILLISECONDS = 4000;
const WANTED = 1.2; // of an epoch

function makeModel(): tf.Sequential {
  const layers = UNITS.map((units, i) =>
    tf.layers.dense({
      units,
      activation: i === UNITS.length - 1 ? "softmax" : "relu",
      kernelInitializer: tf.initializers.heNormal({ seed: i + 1 }),
      ...(i === 0 && { inputShape: [64] }),
    }),
  );
  const model = tf.sequential({ layers });
  model.compile({ loss: "categoricalCrossentropy", optimizer: tf.train.sgd(1e-3) });
  return model;
}

async function priceOn(backend: string): Promise<Figure> {
  await tf.setBackend(backend);
  const x = tf.randomUniform([ROWS, 64], 0, 1, "float32", 1);
  const y = tf.tidy(() => {
    const labels = Array.from({ length: ROWS }, (_, i) => (i * i) % 10);
    return tf.oneHot(tf.tensor1d(labels, "int32"), 10);
  });
  const model = makeModel();
  const trace = traceDeaths(x);
  const fit = (isWatched: boolean) => () =>
    model.fit(x, y, { epochs: 1, batchSize: BATCH, verbose: 0, ...(isWatched && { callbacks: trace }) });
  const turns = await byTurns([fit(false), fit(true)], MILLISECONDS, processorTime);
  const found = turns.map(([plain, watched]) => watched / plain);
  const isTold = trace.silentUnits.length === 1 && trace.layers.length === 2;
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
  return {
    ...summarize(found),
    unit: "x an epoch",
    wanted: { atMost: WANTED },
    note: `TensorFlow.js ${version_wasm}, ${ROWS / BATCH} steps, 256 rows watched at each`,
    ...(!isTold && { wrong: "the trace told nothing" }),
  };
}

export function tensorFlowCases(): Case[] {
  return ["cpu", "wasm"].map((backend) => ({
    name: `traceDeaths of TensorFlow.js 64-64-32-10, its ${backend} backend`,
    onDemand: true,
    run: () => priceOn(backend),
  }));
}
