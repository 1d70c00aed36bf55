// prescribe for a network that was trained before: bringing units back does not last where what killed them stays, and
// removing that alone brings none back; both together do.
import { beforeAll, describe, expect, it } from "vitest";
import { planeTask } from "../../../site/tasks/built-in-tasks.js";
import { countDead } from "../../../src/inspect/dead-units.js";
import {
  createNetwork,
  type DataSet,
  type Network,
  prescribe,
  type Prescription,
  sgd,
  treat,
} from "../../../src/index.js";
import { createNetwork as createRemote, prescribe as prescribeRemotely } from "../../../src/worker.js";

const { train, heldOut, loss, outputs } = planeTask("spiral") as unknown as {
  train: DataSet;
  heldOut: DataSet;
  loss: "binaryCrossEntropy";
  outputs: number;
};
const fit = { epochs: 300, batchSize: 16, validation: heldOut };

/** The spiral at a rate of 1.4, where most of the units die. */
async function ruin(seed: number): Promise<Network> {
  const layers = [{ units: 10 }, { units: 8 }, { units: outputs }];
  const network = await createNetwork({ inputs: 2, layers, loss, seed }, { arithmetic: "reproducible" });
  await network.fit(train, { epochs: 57, batchSize: 16, optimizer: sgd({ learningRate: 1.4 }) });
  return network;
}

describe.each([3, 5])("a spiral ruined at a rate of 1.4, seed %s", (seed) => {
  let network: Network;
  let found: Prescription;
  const dead = (each: Network) => countDead(each, train.x).dead;

  beforeAll(async () => {
    network = await ruin(seed);
    found = await prescribe(
      network,
      train,
      { ...fit, optimizer: sgd({ learningRate: 1.4 }) },
      {
        workers: 1,
        arithmetic: "reproducible",
      },
    );
  });

  it("is told apart by a pair: units brought back, and the cause removed", () => {
    expect(dead(network)).toBeGreaterThan(4);
    expect(found.best.treat).toBeDefined();
    expect(found.best.deadFraction).toBeLessThan(0.1);
    expect(found.best.metrics.accuracy).toBeGreaterThan(0.97);
    expect(found.baseline.metrics.accuracy).toBeLessThan(0.9);
  });

  it("no single cure does as well", () => {
    for (const name of ["lift", "recycle", "rate ÷ 3", "rate ÷ 10", "Leaky ReLU"]) {
      const single = found.trials.find((trial) => trial.name === name)!;
      expect(single.metrics.accuracy, name).toBeLessThan(found.best.metrics.accuracy! - 0.05);
    }
  });

  it("can be done again: treat, then fit, on the network as it was", async () => {
    using copy = await network.clone();
    await treat(copy, train.x, found.best.treat!);
    const { optimizer, clipNorm } = found.best.fit;
    await copy.fit(train, { ...fit, optimizer, clipNorm });
    expect(copy.evaluate(heldOut).accuracy).toBeGreaterThan(0.9);
    expect(dead(copy)).toBeLessThan(3);
  });
});

it("tries pairs first, and leaves the network as it is", async () => {
  using network = await ruin(3);
  const before = network.layers.map((layer) => layer.getWeights());
  const names: string[] = [];
  const onTrial = ({ name }: { name: string }) => void names.push(name);
  const options = { workers: 1, repeats: 1, trials: 4, onTrial };
  const found = await prescribe(network, train, { ...fit, epochs: 20, optimizer: sgd({ learningRate: 1.4 }) }, options);
  expect(names.slice(0, 3)).toEqual(["baseline", "lift, rate ÷ 10", "recycle, rate ÷ 10"]);
  expect(network.layers.map((layer) => layer.getWeights())).toEqual(before);
  using twin = await network.clone();
  await twin.fit(train, { ...fit, epochs: 20, optimizer: sgd({ learningRate: 1.4 }) });
  expect(found.baseline.metrics.accuracy).toBeGreaterThan(0.4);
});

it("is the same from a worker, on any number of workers", async () => {
  using network = await ruin(3);
  const short = { ...fit, epochs: 8, optimizer: sgd({ learningRate: 1.4 }) };
  const options = { repeats: 2, trials: 6 };
  const bits = ({ trials, verdict }: Prescription) =>
    JSON.stringify([verdict, trials.map(({ name, metrics, deadFraction }) => [name, metrics, deadFraction])]);
  const here = bits(await prescribe(network, train, short, { ...options, workers: 1 }));
  expect(bits(await prescribe(network, train, short, { ...options, workers: 2 }))).toBe(here);
  const remote = await createRemote(network.spec);
  try {
    await Promise.all(remote.layers.map((layer, index) => layer.setWeights(network.layers[index].getWeights())));
    expect(bits(await prescribeRemotely(remote, train, short, { ...options, workers: 1 }))).toBe(here);
  } finally {
    await remote[Symbol.asyncDispose]();
  }
});
