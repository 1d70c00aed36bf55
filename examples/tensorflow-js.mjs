// A model of TensorFlow.js that loses units while it trains: who died and when, what is wrong now, and the dead
// revived.
import * as tf from "@tensorflow/tfjs";
import { diagnose, toNetwork, traceDeaths, treat } from "relumine/tfjs";

const points = Array.from({ length: 400 }, (_, i) => [((i * 37) % 400) / 200 - 1, ((i * 91) % 400) / 200 - 1]);
const xs = tf.tensor2d(points);
const ys = tf.tensor2d(points.map(([a, b]) => [Math.abs(a * a + b * b - 0.5) < 0.2 ? 1 : 0]));

const dense = (units, seed, more) =>
  tf.layers.dense({ units, kernelInitializer: tf.initializers.heNormal({ seed }), ...more });
const model = tf.sequential({
  layers: [
    dense(32, 1, { inputShape: [2], activation: "relu", name: "first" }),
    dense(24, 2, { activation: "relu", name: "second" }),
    dense(1, 3, { activation: "sigmoid", name: "answer" }),
  ],
});
model.compile({ loss: "binaryCrossentropy", optimizer: tf.train.sgd(3) });

const trace = traceDeaths(xs);
await model.fit(xs, ys, {
  epochs: 12,
  shuffle: false,
  verbose: 0,
  callbacks: [trace, tf.callbacks.earlyStopping({ monitor: "loss", patience: 12 })],
});
const [{ name, cause, optimizer, rate }] = trace.deaths;
console.log(`${trace.deaths.length} deaths, the first in layer ${name}: ${optimizer} at a rate of ${rate}, ${cause}`);
console.log(`silent at the end, by layer: ${trace.silentUnits.at(-1).join(", ")}`);

const diagnosis = await diagnose(model, xs, { targets: ys });
console.log(`${diagnosis.dead} of ${diagnosis.units} hidden units are dead`);

const treatment = await treat(model, xs, { kind: "liftBias" });
console.log(`${treatment.after.dead} are dead now; outputs changed by ${treatment.outputChange}`);
treatment.undo();

using(await toNetwork(model), (network) => console.log(`as a network of relumine: ${network.parameterCount} weights`));

/** Node 20 has no `using` of its own. */
function using(network, use) {
  try {
    use(network);
  } finally {
    network.dispose();
  }
}

// It prints:
// 17 deaths, the first in layer second: SGD at a rate of 3, not replayed
// silent at the end, by layer: 8, 9
// 17 of 56 hidden units are dead
// 0 are dead now; outputs changed by 0
// as a network of relumine: 913 weights
