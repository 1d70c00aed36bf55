// What "permanent" promises, what is named as still able to move such a unit, and that both come true when training goes on.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { seededRandom, randomRows } from "../support/random.js";
import {
  adam,
  adamW,
  type DenseSpec,
  diagnose,
  type Network,
  type NetworkSpec,
  type Optimizer,
  rmsprop,
  sgd,
} from "../../src/index.js";

const spec: NetworkSpec = {
  inputs: 3,
  layers: [{ units: 12 }, { units: 8, biasInitializer: -0.4 }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 3,
};
const x = randomRows(seededRandom(1), 60, 3);
const y = x.map(([a, b]) => a! * b!);

const permanentUnits = (network: Network) =>
  diagnose(network, x).layers.flatMap(({ units }) => units.filter(({ permanent }) => permanent));
const weightsInto = (network: Network, layer: number, unit: number) => {
  const { kernel, bias } = network.layers[layer]!.getWeights();
  return [...kernel.filter((_, at) => at % bias.length === unit), bias[unit]!];
};

/** The second layer partly closed behind a living one. */
const halfClosed = [{ units: 12 }, { units: 8, biasInitializer: -1.5 }];

/** Closes three units of the first layer by their bias. */
function close(network: Network): void {
  const { bias } = network.layers[0]!.getWeights();
  [0, 4, 9].forEach((unit) => (bias[unit] = -50));
  network.layers[0]!.setWeights({ bias });
}

describe("stillMovedBy", () => {
  test.each<[string, Optimizer, ("momentum" | "weightDecay")[] | undefined]>([
    ["sgd", sgd({ learningRate: 0.01 }), undefined],
    ["sgd with momentum", sgd({ learningRate: 0.01, momentum: 0.9 }), ["momentum"]],
    ["sgd with weight decay", sgd({ learningRate: 0.01, weightDecay: 0.1 }), ["weightDecay"]],
    ["sgd with both", sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 0.1 }), ["momentum", "weightDecay"]],
    ["adam", adam(), ["momentum"]],
    ["adamW", adamW(), ["momentum", "weightDecay"]],
    ["rmsprop", rmsprop(), undefined],
    ["rmsprop with momentum", rmsprop({ momentum: 0.9 }), ["momentum"]],
  ])("%s: what is named moves the unit, and where nothing is named it stays", (_name, optimizer, movers) =>
    withNetwork(spec, async (network) => {
      await network.fit({ x, y }, { epochs: 2, optimizer });
      close(network); // after training: momentum is left on living units
      const closed = permanentUnits(network).filter(({ layer, unit }) => layer === 0 && [0, 4, 9].includes(unit));
      expect(closed.length).toBe(3);
      const before = closed.map(({ layer, unit }) => weightsInto(network, layer, unit));
      const named = closed.map(({ stillMovedBy }) => stillMovedBy);
      await network.fit({ x, y }, { epochs: 1, optimizer });
      closed.forEach(({ layer, unit }, i) => {
        if (movers === undefined) expect(named[i]).toBeUndefined();
        expect(named[i] !== undefined).toBe(
          weightsInto(network, layer, unit).some((value, at) => value !== before[i]![at]),
        );
      });
      if (movers) expect(named.some((found) => JSON.stringify(found) === JSON.stringify(movers))).toBe(true);
    }),
  );

  test("nothing where no training went before", () =>
    withNetwork(spec, (network) => {
      close(network);
      expect(permanentUnits(network).length).toBeGreaterThanOrEqual(3);
      for (const { stillMovedBy } of permanentUnits(network)) expect(stillMovedBy).toBeUndefined();
    }));
});

test("a penalty on its kernel moves a permanent unit before any optimizer is known, and a frozen one's does not", () => {
  const penalized = { units: 2, kernelRegularizer: { l2: 0.05 } };
  const rows = Array.from({ length: 40 }, (_, i) => [0.6 + i / 40]);
  const of = (layer: DenseSpec) =>
    withNetwork({ inputs: 1, layers: [layer, { units: 1 }], loss: "meanSquaredError", seed: 1 }, async (network) => {
      network.layers[0]!.setWeights({ kernel: Float32Array.of(-2, 1), bias: Float32Array.of(1, 0.1) });
      const [unit] = diagnose(network, rows).layers[0]!.units;
      expect(unit).toMatchObject({ state: "dead", permanent: true });
      await network.fit({ x: rows, y: rows }, { epochs: 40, optimizer: sgd({ learningRate: 0.05 }) });
      return [unit!.stillMovedBy, diagnose(network, rows).layers[0]!.units[0]!.state];
    });
  return Promise.all([
    expect(of(penalized)).resolves.toEqual([["weightDecay"], "alive"]),
    expect(of({ ...penalized, frozen: true })).resolves.toEqual([undefined, "dead"]),
    expect(of({ units: 2 })).resolves.toEqual([undefined, "dead"]),
  ]);
});

describe("above frozen layers, as above the rows, a dead unit stays dead", () => {
  const FROZEN = { units: 8, frozen: true };
  test.each<[string, readonly DenseSpec[], boolean]>([
    ["one frozen layer", [FROZEN], true],
    [
      "two, with statistics of their own and rows normalized",
      [
        { ...FROZEN, normalization: "batch" },
        { ...FROZEN, normalization: "layer", residual: true },
      ],
      true,
    ],
    ["not above one that learns", [{ units: 8 }, FROZEN], false],
    ["nor above dropout, which may open it in training", [{ ...FROZEN, dropout: 0.5 }], false],
    ["nor above one that learns", [{ units: 8 }], false],
  ])("%s", async (_name, below, isPermanent) =>
    withNetwork({ ...spec, layers: [...below, { units: 8, biasInitializer: -2 }, { units: 1 }] }, async (network) => {
      const layer = below.length;
      const dead = diagnose(network, x).layers[layer]!.units.filter(({ state }) => state === "dead");
      expect(dead.length).toBeGreaterThan(0);
      for (const { permanent } of dead) expect(permanent).toBe(isPermanent);
      const before = diagnose(network, x).layers[layer]!.units;
      await network.fit({ x, y }, { epochs: 3, optimizer: sgd({ learningRate: 0.1 }) });
      const after = diagnose(network, x).layers[layer]!.units;
      const isSame = dead.every(({ unit }) => after[unit]!.preactivation.max === before[unit]!.preactivation.max);
      if (isPermanent) expect(isSame).toBe(true);
    }),
  );

  test("dead units of the frozen layers are, too", () =>
    withNetwork(
      { ...spec, layers: [FROZEN, { ...FROZEN, normalization: "layer", biasInitializer: 0 }, { units: 1 }] },
      (network) => {
        network.layers[1]!.setWeights({ beta: new Float32Array(8).fill(-4) });
        const dead = diagnose(network, x).layers[1]!.units.filter(({ state }) => state === "dead");
        expect(dead.length).toBeGreaterThan(4);
        for (const { permanent } of dead) expect(permanent).toBe(true);
      },
    ));
});

describe("maxNorm", () => {
  const limited = (limits: readonly (number | undefined)[]): NetworkSpec => ({
    ...spec,
    layers: spec.layers.map((layer, at) => ({ ...layer, ...(limits[at] !== undefined && { maxNorm: limits[at] }) })),
  });
  const train = (network: Network) =>
    network.fit({ x, y }, { epochs: 1, optimizer: sgd({ learningRate: 1e-6 }), shuffle: false });

  test("a norm above it is named, and the next update moves the unit; the one after that does not", () =>
    withNetwork(limited([0.3]), async (network) => {
      close(network);
      const closed = () => permanentUnits(network).filter(({ layer, unit }) => layer === 0 && [0, 4, 9].includes(unit));
      expect(closed().map(({ stillMovedBy }) => stillMovedBy)).toEqual([["maxNorm"], ["maxNorm"], ["maxNorm"]]);
      const before = weightsInto(network, 0, 4);
      await train(network);
      const after = weightsInto(network, 0, 4);
      expect(after).not.toEqual(before);
      expect(closed().map(({ stillMovedBy }) => stillMovedBy)).toEqual([undefined, undefined, undefined]);
      expect(Math.hypot(...after.slice(0, 3))).toBeCloseTo(0.3, 5);
    }));

  test("it opens a unit that is dead by its weights alone, where its bias is above 0", () =>
    withNetwork({ ...limited([0.3]), inputs: 1 }, async (network) => {
      const { kernel, bias } = network.layers[0]!.getWeights();
      network.layers[0]!.setWeights({ kernel: kernel.fill(-2, 0, 1), bias: bias.fill(1, 0, 1) });
      const rows = [[0.6], [0.8], [9]];
      const unit = () => diagnose(network, rows).layers[0]!.units[0]!;
      expect(unit()).toMatchObject({ state: "dead", permanent: true, stillMovedBy: ["maxNorm"] });
      await network.fit({ x: rows, y: [0, 0, 0] }, { epochs: 1, optimizer: sgd({ learningRate: 1e-6 }) });
      expect(unit().state).toBe("alive");
    }));

  test.each([
    ["a limit above all norms", limited([50]), undefined],
    [
      "of a frozen layer",
      { ...limited([0.3]), layers: [{ units: 12, maxNorm: 0.3, frozen: true }, ...spec.layers.slice(1)] },
      undefined,
    ],
    ["of the layer above alone", limited([undefined, 0.1]), undefined],
  ] as [string, NetworkSpec, undefined][])("%s moves no unit of the first layer", (_what, given, movers) =>
    withNetwork(given, async (network) => {
      close(network);
      const before = weightsInto(network, 0, 4);
      const unit = diagnose(network, x).layers[0]!.units[4]!;
      expect([unit.permanent, unit.stillMovedBy]).toEqual([true, movers]);
      await train(network);
      expect(weightsInto(network, 0, 4)).toEqual(before);
    }),
  );
});

test("softmax over one output has no gradient: every dead unit is permanent, and training moves nothing", () =>
  withNetwork({ ...spec, layers: [...halfClosed, { units: 1 }], loss: "crossEntropy" }, async (network) => {
    const dead = diagnose(network, x).layers[1]!.units.filter(({ state }) => state === "dead");
    expect(dead.length).toBeGreaterThan(0);
    for (const { permanent } of dead) expect(permanent).toBe(true);
    const before = network.layers.map((layer) => layer.getWeights());
    await network.fit({ x, y: x.map(() => 0) }, { epochs: 3, optimizer: sgd({ learningRate: 1 }) });
    expect(network.layers.map((layer) => layer.getWeights())).toEqual(before);
  }));

test("the same network with two outputs: what lies behind living units may come back", () =>
  withNetwork({ ...spec, layers: [...halfClosed, { units: 2 }], loss: "crossEntropy" }, (network) => {
    const dead = diagnose(network, x).layers[1]!.units.filter(({ state }) => state === "dead");
    expect(dead.length).toBeGreaterThan(0);
    for (const { permanent } of dead) expect(permanent).toBe(false);
  }));

test("the drawing says how far the evidence goes, and what would still move the dead", () =>
  withNetwork(spec, async (network) => {
    await network.fit({ x, y }, { epochs: 2, optimizer: adamW() });
    close(network);
    const diagnosis = diagnose(network, x, { proofs: true });
    const proofs = diagnosis.layers.flatMap(({ units }) => units.flatMap(({ proof }) => (proof ? [proof] : [])));
    const count = (wanted: string) => proofs.filter((proof) => proof === wanted).length;
    const text = String(diagnosis);
    expect(text).toContain(
      `In the input box: ${count("provenDead")} proved closed, ${count("refuted")} opened by some input, ${count("open")} unknown.`,
    );
    expect(text).toMatch(/weightDecay moves \d/);
    for (const line of text.split("\n")) expect([...line].length).toBeLessThanOrEqual(80);
  }));
