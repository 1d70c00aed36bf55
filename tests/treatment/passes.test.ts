// What diagnose and treat cost: how often they read x, in passes through all layers.
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  calibrate,
  diagnose,
  type Network,
  type NetworkSpec,
  type Remedy,
  treat,
  type Treatment,
} from "../../src/index.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { Passes } from "../../src/network/state/passes.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";

/** Three chunks of rows. */
const ROWS = 700;
const x = randomRows(seededRandom(4), ROWS, 3, 1);

afterEach(() => vi.restoreAllMocks());

/** In a hidden layer. */
const UNITS = 12;

/** Hidden layers of 12 units; those in `dead` have a bias that no row overcomes. */
async function withDead(hidden: number, dead: readonly number[], use: (network: Network) => Promise<void> | void) {
  const layers = [...Array.from({ length: hidden }, () => ({ units: UNITS, biasInitializer: 2 })), { units: 2 }];
  const spec: NetworkSpec = { inputs: 3, layers, loss: "meanSquaredError", seed: 6 };
  await withNetwork(spec, async (network) => {
    for (const layer of dead) {
      const { bias } = network.layers[layer].getWeights();
      network.layers[layer].setWeights({ bias: bias.map((value, unit) => (unit < 3 ? -100 : value)) });
    }
    await use(network);
  });
}

/**
 * How many passes over x through all `layers` layers the call makes; a pass through some of them, or through some of
 * the units of one, is a part of one.
 */
async function passesOf(layers: number, call: () => unknown): Promise<number> {
  const products = vi.spyOn(Passes.prototype, "multiplyInputs");
  await call();
  const shares = products.mock.calls.map(([, rows, units, chosen]) => (chosen === 0 ? rows : (rows * units) / UNITS));
  products.mockRestore();
  return shares.reduce((sum, share) => sum + share, 0) / layers / ROWS;
}

async function treated(hidden: number, dead: readonly number[], remedy: Remedy) {
  let [passes, deadBefore, count] = [0, 0, 0];
  await withDead(hidden, dead, async (network) => {
    let treatment: Treatment | undefined;
    passes = await passesOf(hidden + 1, async () => (treatment = await treat(network, x, remedy)));
    deadBefore = treatment!.before.dead;
    count = treatment!.treated.length;
    if (treatment!.network !== network) treatment!.network.dispose();
  });
  return { passes, deadBefore, count };
}

const LEAKY: Remedy = { kind: "replaceActivation", activation: "leakyRelu" };

describe("passes over x, with dead units in one hidden layer", () => {
  // a look before, the layers above with the remedy, and in the layer the columns of the 3 of 12 units: once to lift
  // them, or for each draw
  test.each<readonly [number, number, Remedy]>([
    [2, 2, { kind: "prune" }],
    [2, 2, LEAKY],
    [1.625, 1.625, { kind: "liftBias" }],
    [1.625, 1.75, { kind: "recycle" }],
    [1.625, 1.75, { kind: "reinitialize" }],
  ])("%d to %d: %o", async (least, most, remedy) => {
    const { passes, deadBefore, count } = await treated(1, [0], remedy);
    expect([deadBefore, count]).toEqual([3, 3]);
    expect(passes).toBeLessThanOrEqual(most);
    expect(passes).toBeGreaterThanOrEqual(least);
  });

  test("one where there is nothing to treat", async () => {
    for (const remedy of [LEAKY, { kind: "liftBias" }, { kind: "reinitialize" }] as const)
      expect(await treated(1, [], remedy)).toEqual({ passes: 1, deadBefore: 0, count: 0 });
  });
});

describe("passes over x, with dead units in two hidden layers", () => {
  test.each<readonly [number, Remedy]>([
    [2.5, LEAKY],
    [2.4, { kind: "liftBias" }],
    [2.5, { kind: "reinitialize" }],
    [2.7, { kind: "recycle" }],
  ])("at most %d: %o", async (most, remedy) => {
    const { passes, deadBefore } = await treated(2, [0, 1], remedy);
    expect(deadBefore).toBeGreaterThanOrEqual(6);
    expect(passes).toBeLessThanOrEqual(most);
    expect(passes).toBeGreaterThanOrEqual(2);
  });
});

describe("diagnose", () => {
  test.each([[[]], [[0]]])("without proofs and targets reads x once, dead layers: %j", (dead: number[]) =>
    withDead(1, dead, async (network) => {
      expect(await passesOf(2, () => diagnose(network, x, { proofs: false }))).toBe(1);
    }),
  );

  test("two hidden layers: a few rows more, for the gradient", () =>
    withDead(2, [0, 1], async (network) => {
      const passes = await passesOf(3, () => diagnose(network, x, { proofs: false }));
      expect(passes).toBeGreaterThanOrEqual(1);
      expect(passes).toBeLessThan(1.1);
    }));
});

test("the counter notices a pass more, and a part of one", () =>
  withDead(1, [0], async (network) => {
    expect(await passesOf(2, () => network.predict(x))).toBe(1);
    expect(await passesOf(2, () => [network.predict(x), diagnose(network, x, { proofs: false })])).toBe(2);
    expect(await passesOf(2, () => countDead(network, x))).toBe(0.5);
  }));

test("calibrate: at most two products a layer", () =>
  withDead(2, [], async (network) => {
    const passes = await passesOf(3, () => calibrate(network, x));
    expect(passes).toBeGreaterThanOrEqual(1);
    expect(passes).toBeLessThanOrEqual(2);
  }));
