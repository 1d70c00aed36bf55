// One batch of wrong targets makes one large gradient, and a unit is dead ever after: which update did it, and what
// would have saved it?
import { createNetwork, sgd, traceDeaths } from "relumine";

const network = await createNetwork(
  { inputs: 1, layers: [{ units: 1 }, { units: 1 }], loss: "meanSquaredError" },
  { arithmetic: "reproducible" },
);
network.layers[0].setWeights({ kernel: Float32Array.of(0.1), bias: Float32Array.of(0.1) });
network.layers[1].setWeights({ kernel: Float32Array.of(1) });
const x = Array.from({ length: 3200 }, (_, i) => [0.2 * Math.sqrt(2) * Math.sin((i * Math.PI) / 8)]);
const y = x.map(([value], i) => (Math.floor(i / 16) === 117 ? -0.1 : 0.1 + 0.1 * value));
const train = async (learningRate) => {
  const twin = await network.clone();
  const trace = traceDeaths();
  await twin.fit(
    { x, y },
    { epochs: 1, batchSize: 16, shuffle: false, optimizer: sgd({ learningRate }), callbacks: [trace] },
  );
  twin.dispose();
  return trace.deaths;
};

const [{ cause, step, survivesAt, explanation }] = await train(0.5);
console.log(`died in step ${step} of ${cause}`);
console.log(explanation);
console.log(`at a rate of ${survivesAt.toFixed(3)}: ${(await train(survivesAt)).length} deaths`);
network.dispose();

// It prints:
// died in step 118 of learningRate
// the preactivation of unit 0 in layer 0 went from +0.1 ± 0.02 to -0.1 ± 0.019 in step 118; the plain gradient step did
//   it; in that update, at a rate of 0.318 or less (it was 0.5) it would have lived
// at a rate of 0.319: 0 deaths
