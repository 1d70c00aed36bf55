// Remedies of normalized layers, beside dropout, skip connections and layers without biases: outputs that are promised
// to stay stay as they are evaluated, and what was dead opens, by float64.
import { describe, expect, test } from "vitest";
import { memoryOf } from "./promises.js";
import { evaluateLayers } from "../support/evaluated.js";
import { withNetwork } from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import {
  adam,
  type DenseSpec,
  type Network,
  type NetworkSpec,
  type Remedy,
  sgd,
  treat,
  type Treatment,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import fc from "../support/property.js";

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
type Kind = "batch" | "layer" | undefined;

function drawSpec(random: () => number): NetworkSpec {
  const one = <T>(...choices: readonly T[]): T => choices[integer(random, 0, choices.length - 1)]!;
  const width = integer(random, 4, 24);
  const hidden = range(integer(random, 1, 3)).map((l): DenseSpec => {
    const normalization = one<Kind>("batch", "layer", undefined);
    return {
      units: width,
      ...(normalization && { normalization }),
      ...(random() < 0.3 && { useBias: false }),
      ...(random() < 0.3 && { dropout: 0.3 }),
      ...(random() < 0.2 && { kernelRegularizer: { l2: 0.001 }, maxNorm: 3 }),
      ...(l > 0 && random() < 0.2 && { residual: true }),
    };
  });
  const last = one<Kind>("batch", undefined);
  return {
    inputs: 3,
    layers: [...hidden, { units: 2, ...(last && { normalization: last }) }],
    loss: "meanSquaredError",
    seed: integer(random, 0, 1000),
  };
}

/** Some hidden units are shut: by beta, by gamma = 0, or by a bias. */
function shut(network: Network, random: () => number): void {
  network.layers.slice(0, -1).forEach((layer, l) => {
    const { beta, gamma, bias } = layer.getWeights();
    for (const unit of range(layer.units)) {
      if (random() > 0.4) continue;
      if (!beta) bias[unit] = -50;
      else if (gamma && random() < 0.4) [gamma[unit], beta[unit]] = [0, random() - 0.5];
      else beta[unit] = -30;
    }
    const hasBias = network.spec.layers[l]!.useBias !== false;
    layer.setWeights({ ...(hasBias && { bias }), ...(beta && { beta, gamma }) });
  });
}

const key = ({ layer, unit }: { layer: number; unit: number }) => `${layer}.${unit}`;

function deadIn(network: Network, x: number[][]): string[] {
  const layers = evaluateLayers(network, x);
  return layers
    .slice(0, -1)
    .flatMap(({ n }, layer) =>
      n[0]!.flatMap((_, unit) => (n.every((row) => row[unit]! <= 0) ? [key({ layer, unit })] : [])),
    );
}

async function withDrawn(
  seed: number,
  use: (network: Network, x: number[][], random: () => number) => Promise<void>,
): Promise<void> {
  const random = seededRandom(seed);
  const x = randomRows(random, integer(random, 8, 60), 3);
  await withNetwork(drawSpec(random), async (network) => {
    const y = x.map(([a, b]) => [a! * b!, a!]);
    await network.fit({ x, y }, { epochs: 2, batchSize: 16, optimizer: seed % 2 ? adam() : sgd({ momentum: 0.9 }) });
    shut(network, random);
    await use(network, x, random);
  });
}

function changeOf(network: Network, x: number[][], before: Float32Array): number {
  return network.predict(x).data.reduce((most, value, i) => Math.max(most, Math.abs(value - before[i]!)), 0);
}

/** Dead units that a remedy may treat: nothing passes their layer by. */
function treatable({ spec }: Network, dead: readonly string[]): string[] {
  const isPassed = (layer: number) => spec.layers[layer]!.residual || spec.layers[layer + 1]!.residual;
  return dead.filter((each) => !isPassed(Number(each.split(".")[0])));
}

describe("drawn networks of all kinds of layers, some of whose units are shut", () => {
  const counts = { lifted: 0, redrawn: 0, rescaled: 0, removed: 0, folded: 0, left: 0 };
  const count = ({ treated, findings }: Treatment) => {
    for (const { action } of treated) if (action in counts) counts[action as keyof typeof counts]++;
    counts.left += findings.filter(({ kind }) => kind === "normalizedTogether").length;
  };

  const promises: Readonly<Record<string, Remedy>> = {
    liftBias: { kind: "liftBias", activity: 0.25 },
    recycle: { kind: "recycle", dormantBelow: 0 },
  };
  test.each(Object.entries(promises))(
    "%s opens them and leaves all outputs, to the bit; undo",
    async (_name, remedy) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), (seed) =>
          withDrawn(seed, async (network, x) => {
            const { spec } = network;
            const canLift = ({ useBias, normalization }: DenseSpec) => useBias !== false || normalization !== undefined;
            const dead = treatable(network, deadIn(network, x)).filter(
              (each) => remedy.kind === "recycle" || canLift(spec.layers[Number(each.split(".")[0])]!),
            );
            const before = network.predict(x).data;
            const memory = memoryOf(network);
            const treatment = await treat(network, x, remedy);
            expect(treatment.treated.map(key)).toEqual(expect.arrayContaining(dead));
            expect(changeOf(network, x, before)).toBe(0);
            expect(treatment.outputChange).toBe(0);
            const still = new Set(deadIn(network, x));
            for (const { layer, unit } of treatment.treated) {
              const isOpen = !still.has(key({ layer, unit }));
              expect(isOpen || !canLift(spec.layers[layer]!), key({ layer, unit })).toBe(true);
            }
            count(treatment);
            treatment.undo();
            expect(memoryOf(network)).toEqual(memory);
          }),
        ),
        { numRuns: 40 },
      );
    },
  );

  test("prune takes out none of a layer that is normalized row by row, unless all; outputs stay", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) =>
        withDrawn(seed, async (network, x) => {
          const before = network.predict(x).data;
          const dead = treatable(network, deadIn(network, x));
          const treatment = await treat(network, x, { kind: "prune", budget: 0 });
          const size = before.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
          expect(changeOf(treatment.network, x, before)).toBeLessThan(1e-4 * size);
          const gone = new Set(treatment.treated.map(key));
          const isConstant = treatment.findings.some(({ kind }) => kind === "constantNetwork");
          network.spec.layers.slice(0, -1).forEach(({ normalization, units }, layer) => {
            const own = treatment.treated.filter((each) => each.layer === layer).length;
            const kind = typeof normalization === "object" && normalization.kind;
            if (kind === "layer") expect(isConstant || own === 0, `${own} of ${units}`).toBe(true);
            else for (const each of dead) if (each.startsWith(`${layer}.`)) expect(gone.has(each), each).toBe(true);
          });
          count(treatment);
          if (treatment.network !== network) treatment.network.dispose();
        }),
      ),
      { numRuns: 60 },
    );
  });

  test("reinitialize: what is drawn opens, with gamma 1 and beta 0, and the statistics said are those of the rows", async () => {
    let opened = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), (seed) =>
        withDrawn(seed, async (network, x) => {
          const treatment = await treat(network, x, { kind: "reinitialize" });
          const dead = new Set(deadIn(network, x));
          const said = treatment.after.layers.flatMap(({ units, layer }) =>
            units.flatMap(({ state, unit }) => (state === "dead" ? [key({ layer, unit })] : [])),
          );
          expect(said).toEqual([...dead]);
          for (const { layer, unit } of treatment.treated) {
            const { gamma, beta } = network.layers[layer]!.getWeights();
            if (!gamma || !beta) continue;
            expect([gamma[unit], beta[unit]]).toEqual([1, 0]);
            opened += Number(!dead.has(key({ layer, unit })));
          }
        }),
      ),
      { numRuns: 40 },
    );
    expect(opened).toBeGreaterThan(30);
  });

  test("each of that came to pass", () => {
    for (const [what, times] of Object.entries(counts)) expect(times, what).toBeGreaterThan(5);
  });
});

const x = randomRows(seededRandom(5), 40, 2);

function ofKind(normalization: "batch" | "layer", useBias = true): NetworkSpec {
  const layer = { units: 8, normalization, ...(!useBias && { useBias: false }) };
  return { inputs: 2, layers: [layer, { units: 2 }], loss: "meanSquaredError", seed: 3 };
}

describe("one layer", () => {
  test.each(["batch", "layer"] as const)("%s: liftBias moves beta alone, to the share that is asked for", (kind) =>
    withNetwork(ofKind(kind), async (network) => {
      const [layer] = network.layers;
      const old = layer!.getWeights();
      layer!.setWeights({ beta: old.beta!.map((_, unit) => (unit < 3 ? -9 : 0)) });
      const { treated } = await treat(network, x, { kind: "liftBias", activity: 0.25 });
      const now = layer!.getWeights();
      expect(treated.map(({ unit, activity }) => [unit, activity])).toEqual([0, 1, 2].map((unit) => [unit, 0.25]));
      for (const part of ["kernel", "bias", "gamma", "runningMean", "runningVariance"] as const)
        expect(now[part], part).toEqual(old[part]);
      const { n } = evaluateLayers(network, x)[0]!;
      for (const unit of [0, 1, 2]) expect(n.filter((row) => row[unit]! > 0)).toHaveLength(10);
    }),
  );

  test("gamma = 0: liftBias opens the unit on all rows, and says why not on fewer; recycle makes it 1", () =>
    withNetwork(ofKind("batch"), async (network) => {
      const [layer] = network.layers;
      const { gamma, beta } = layer!.getWeights();
      gamma![1] = 0;
      beta![1] = -0.5;
      layer!.setWeights({ gamma, beta });
      const lift = await treat(network, x, { kind: "liftBias", activity: 0.25 });
      expect(lift.treated).toEqual([{ layer: 0, unit: 1, action: "lifted", activity: 1 }]);
      const finding = lift.findings.find(({ kind }) => kind === "shareNotReached");
      expect(finding!.message).toContain("gamma is 0 in 1 unit");
      lift.undo();
      const recycled = await treat(network, x, { kind: "recycle", dormantBelow: 0 });
      expect(recycled.treated.map(({ unit, action }) => [unit, action])).toEqual([[1, "redrawn"]]);
      const now = layer!.getWeights();
      expect([now.gamma![1], now.beta![1]]).toEqual([1, 0]);
    }));

  test("recycle measures the running statistics of a unit that it draws: mean, and variance as a step takes it", () =>
    withNetwork(ofKind("batch"), async (network) => {
      const [layer] = network.layers;
      layer!.setWeights({ beta: Float32Array.from({ length: 8 }, (_, unit) => (unit === 2 ? -9 : 0)) });
      const old = layer!.getWeights();
      await treat(network, x, { kind: "recycle", dormantBelow: 0 });
      const { kernel, runningMean, runningVariance } = layer!.getWeights();
      const z = x.map(([a, b]) => a! * kernel[2]! + b! * kernel[10]!);
      const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
      const variance = z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (z.length - 1);
      expect(runningMean![2]).toBeCloseTo(mean, 5);
      expect(runningVariance![2]).toBeCloseTo(variance, 5);
      expect(kernel[2]).not.toBe(old.kernel[2]);
      // and no other's
      for (const unit of [0, 1, 3, 7]) expect(runningMean![unit]).toBe(old.runningMean![unit]);
    }));

  test("recycle of a layer that is normalized row by row leaves all weights", () =>
    withNetwork(ofKind("layer"), async (network) => {
      const [layer] = network.layers;
      const old = layer!.getWeights();
      layer!.setWeights({ beta: old.beta!.map((_, unit) => (unit === 2 ? -9 : 0)) });
      const { treated } = await treat(network, x, { kind: "recycle", dormantBelow: 0 });
      expect(treated.map(({ unit, action }) => [unit, action])).toEqual([[2, "rescaled"]]);
      expect(layer!.getWeights()).toEqual(old);
    }));

  test("moments of gamma and beta are cleared with the unit's others, and no more", () =>
    withNetwork(ofKind("batch"), async (network) => {
      await network.fit({ x, y: x }, { epochs: 2, batchSize: 8, optimizer: adam() });
      const [layer] = network.layers;
      const { beta } = layer!.getWeights();
      beta![4] = -20;
      layer!.setWeights({ beta });
      await treat(network, x, { kind: "liftBias" });
      const state = stateOf(network);
      for (const slot of state.lastMoments!.slots) {
        const moments = state.layer(0, slot);
        expect([moments.gamma![4], moments.beta![4], moments.kernel[4]]).toEqual([0, 0, 0]);
        expect(moments.gamma![3]).not.toBe(0);
      }
    }));

  test("replaceActivation keeps gamma, beta and running statistics, and undo brings the old one back", () =>
    withNetwork(ofKind("batch"), async (network) => {
      await network.fit({ x, y: x }, { epochs: 1, batchSize: 8, optimizer: adam() });
      const [layer] = network.layers;
      const { beta } = layer!.getWeights();
      beta![4] = -20;
      layer!.setWeights({ beta });
      const old = layer!.getWeights();
      const memory = memoryOf(network);
      const treatment = await treat(network, x, { kind: "replaceActivation", activation: "leakyRelu" });
      expect(layer!.getWeights()).toEqual(old);
      expect(network.spec.layers[0]).toMatchObject({
        normalization: { kind: "batch" },
        activation: { name: "leakyRelu" },
      });
      treatment.undo();
      expect(memoryOf(network)).toEqual(memory);
    }));

  test("prune: a constant goes into the running mean of batch normalization without biases", async () => {
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 6 }, { units: 5, activation: "tanh", normalization: "batch", useBias: false }, { units: 2 }],
      loss: "meanSquaredError",
      seed: 3,
    };
    await withNetwork(spec, async (network) => {
      const [layer, above] = network.layers;
      const { kernel, bias } = layer!.getWeights();
      [kernel[1], kernel[7], bias[1]] = [0, 0, 2];
      layer!.setWeights({ kernel, bias });
      const before = network.predict(x).data;
      const { network: smaller, treated } = await treat(network, x, { kind: "prune" });
      expect(treated).toEqual([{ layer: 0, unit: 1, action: "folded" }]);
      expect(changeOf(smaller, x, before)).toBeLessThan(1e-6);
      const { kernel: weights } = above!.getWeights();
      expect([...smaller.layers[1]!.getWeights().runningMean!]).toEqual(range(5).map((to) => -2 * weights[5 + to]!));
      smaller.dispose();
    });
  });
});
