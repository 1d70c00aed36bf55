import { describe, expect, it } from "vitest";
import { adam, createNetwork, sgd, type Network, type Optimizer } from "../../src/index.js";

// A leaky ReLU of slope 0 is a ReLU to which the short cut for closed units does not apply: both must train alike, but
// for the order of sums in small products.
const closedBias = -1e3;

interface Case {
  readonly name: string;
  readonly widths: readonly number[];
  /** Of each hidden layer, which units are closed. */
  readonly isClosed: (layer: number, unit: number) => boolean;
}
const cases: readonly Case[] = [
  { name: "half of all units", widths: [100, 90], isClosed: (_, unit) => unit % 2 === 0 },
  { name: "all but one of the first layer", widths: [128, 64], isClosed: (layer, unit) => layer === 0 && unit !== 77 },
  { name: "a whole layer", widths: [70, 80, 66], isClosed: (layer) => layer === 1 },
  { name: "units of the last hidden layer", widths: [65, 300], isClosed: (layer, unit) => layer === 1 && unit > 40 },
  { name: "too few for the short cut", widths: [64, 64], isClosed: (_, unit) => unit === 3 },
];

async function build({ widths, isClosed }: Case, skips: boolean): Promise<Network> {
  const activation = skips ? ("relu" as const) : { name: "leakyRelu" as const, alpha: 0 };
  const network = await createNetwork({
    inputs: 33,
    layers: [...widths.map((units) => ({ units, activation })), { units: 7 }],
    loss: "crossEntropy",
    seed: 5,
  });
  widths.forEach((units, layer) =>
    network.layers[layer].setWeights({
      bias: Float32Array.from({ length: units }, (_, unit) => (isClosed(layer, unit) ? closedBias : 0.1)),
    }),
  );
  return network;
}

function weightsOf(network: Network): number[] {
  return network.layers.flatMap((layer) =>
    Object.values(layer.getWeights()).flatMap((values: Float32Array) => [...values]),
  );
}

/**
 * Sums over at most 300 terms a product, a few products deep, nine updates: K·epsilon with room for neither luck nor
 * error.
 */
const TOLERANCE = 300 * 2 ** -24;

function expectClose(given: readonly number[], wanted: readonly number[]): void {
  expect(given.length).toBe(wanted.length);
  const worst = given.reduce(
    (max, value, i) => Math.max(max, Math.abs(value - wanted[i]) / (1 + Math.abs(wanted[i]))),
    0,
  );
  expect(worst).toBeLessThan(TOLERANCE);
}

const rows = 70;
const x = { rows, columns: 33, data: Float32Array.from({ length: rows * 33 }, (_, i) => Math.sin(i * i)) };
const y = Array.from({ length: rows }, (_, i) => (i * i) % 7);

describe.each(cases)("$name closed", (example) => {
  it.each([
    ["sgd", () => sgd({ learningRate: 0.1 })],
    ["momentum", () => sgd({ learningRate: 0.05, momentum: 0.9 })],
    ["adam", () => adam()],
  ] as [string, () => Optimizer][])("trains as without the short cut, with %s", async (_, optimizer) => {
    const [short, long] = await Promise.all([build(example, true), build(example, false)]);
    const before = short.layers.map((layer) => layer.getWeights());
    const options = { epochs: 3, batchSize: 32 };
    const histories = [
      await short.fit({ x, y }, { ...options, optimizer: optimizer() }),
      await long.fit({ x, y }, { ...options, optimizer: optimizer() }),
    ];
    expectClose(
      histories[0].epochs.map(({ loss }) => loss),
      histories[1].epochs.map(({ loss }) => loss),
    );
    expectClose(weightsOf(short), weightsOf(long));
    expectClose([...short.predict(x).data], [...long.predict(x).data]);
    example.widths.forEach((units, layer) => {
      const { kernel, bias } = short.layers[layer].getWeights();
      for (let unit = 0; unit < units; unit++) {
        if (!example.isClosed(layer, unit)) continue;
        expect(bias[unit]).toBe(before[layer].bias[unit]);
        for (let i = unit; i < kernel.length; i += units)
          if (!Object.is(kernel[i], before[layer].kernel[i])) expect.fail(`layer ${layer}, unit ${unit} has moved`);
      }
    });
  });
});

it("trains as without the short cut where outputs are closed", async () => {
  const train = async (activation: "relu" | { name: "leakyRelu"; alpha: number }) => {
    const network = await createNetwork({
      inputs: 33,
      layers: [
        { units: 70, activation },
        { units: 67, activation },
      ],
      loss: "meanSquaredError",
      seed: 5,
    });
    network.layers.forEach((layer) =>
      layer.setWeights({
        bias: Float32Array.from({ length: layer.units }, (_, unit) => (unit % 3 === 0 ? closedBias : 0.1)),
      }),
    );
    const targets = { rows, columns: 67, data: Float32Array.from({ length: rows * 67 }, (_, i) => Math.cos(i * i)) };
    await network.fit({ x, y: targets }, { epochs: 3, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) });
    return network;
  };
  const [short, long] = await Promise.all([train("relu"), train({ name: "leakyRelu", alpha: 0 })]);
  expectClose(weightsOf(short), weightsOf(long));
});

it("a unit whose preactivations are NaN counts as no closed one: the fit ends and keeps the weights", async () => {
  const network = await build({ name: "", widths: [80], isClosed: (_, unit) => unit > 9 }, true);
  const { kernel } = network.layers[0].getWeights();
  kernel[3] = 3e38; // unit 3: infinity less infinity, as the inputs are 10 and 10
  kernel[80 + 3] = -3e38;
  network.layers[0].setWeights({ kernel });
  const before = weightsOf(network);
  const { stopped } = await network.fit(
    { x: { ...x, data: x.data.map(() => 10) }, y },
    { epochs: 1, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) },
  );
  expect(stopped).toBe("diverged");
  expect(weightsOf(network)).toEqual(before);
});
