// Random networks, exact ones by hand and trained ones: every remedy keeps its promises, and undo gives every bit back.
import { expect, test } from "vitest";
import { before, brokenPromises, memoryOf } from "./promises.js";
import type { HandLayer } from "../casebook/case.js";
import { withCase } from "../casebook/check.js";
import { expectError } from "../support/errors.js";
import { weightsOf, withNetwork } from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import type { Rows } from "../reference/network.js";
import {
  adam,
  adamW,
  type Network,
  type NetworkSpec,
  type Remedy,
  rmsprop,
  sgd,
  treat,
  type Treatment,
} from "../../src/index.js";
import fc from "../support/property.js";

const remedy: fc.Arbitrary<Remedy> = fc.oneof(
  fc.double({ min: 0.001, max: 1, noNaN: true }).map((activity): Remedy => ({ kind: "liftBias", activity })),
  fc.double({ min: 0, max: 0.5, noNaN: true }).map((dormantBelow): Remedy => ({ kind: "recycle", dormantBelow })),
  fc.constantFrom<Remedy>(
    { kind: "openSamples" },
    { kind: "reinitialize" },
    { kind: "reinitialize", kernelInitializer: "heUniform" },
    { kind: "replaceActivation", activation: "leakyRelu" },
    { kind: "replaceActivation", activation: { name: "prelu", alpha: 0.5 } },
    { kind: "replaceActivation", activation: "elu" },
  ),
  fc.constant<Remedy>({ kind: "prune" }),
);

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/**
 * Weights in quarters, many of them 0, biases that close many units, inputs in halves: float32 computes these without
 * rounding.
 */
function drawExact(random: () => number): { layers: HandLayer[]; x: Rows } {
  const widths = range(integer(random, 1, 4)).map(() => integer(random, 1, 5));
  const inputs = integer(random, 1, 3);
  const all = [...widths, integer(random, 1, 2)];
  const layers = all.map((units, layer): HandLayer => ({
    activation: layer === widths.length ? "linear" : "relu",
    kernel: range(layer === 0 ? inputs : all[layer - 1]).map(() =>
      range(units).map(() => (random() < 0.3 ? 0 : integer(random, -4, 4) / 4)),
    ),
    bias: range(units).map(() => integer(random, -8, 3) / 4),
  }));
  return { layers, x: range(integer(random, 1, 12)).map(() => range(inputs).map(() => integer(random, -4, 4) / 2)) };
}

/**
 * Few digits still: drawn weights have more, and so has a bias that is 0.01 below preactivations that are all the same.
 */
const isExact = (network: Network): boolean => weightsOf(network).every((value) => Number.isInteger(value * 2 ** 12));

test("three hundred exact relu networks, judged by float64 to the last sign", async () => {
  const counts = { treated: 0, folded: 0, constant: 0, lossless: 0, lifted: 0 };
  await fc.assert(
    fc.asyncProperty(fc.nat(), remedy, async (seed, prescribed) => {
      const { layers, x } = drawExact(seededRandom(seed));
      await withCase({ layers }, async (network) => {
        const old = before(network, x);
        const memory = memoryOf(network);
        const treatment = await treat(network, x, prescribed);
        expect(brokenPromises(treatment, old, x, isExact(treatment.network))).toEqual([]);
        counts.treated += treatment.treated.length;
        counts.folded += treatment.treated.filter(({ action }) => action === "folded").length;
        counts.lifted += treatment.treated.filter(({ action }) => action === "lifted").length;
        counts.constant += treatment.findings.filter(({ kind }) => kind === "constantNetwork").length;
        counts.lossless += treatment.findings.filter(({ kind }) => kind === "lossless").length;
        treatment.undo();
        expect(memoryOf(network)).toEqual(memory);
      });
    }),
    { numRuns: 300 },
  );
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(10);
});

const OPTIMIZERS = [
  adam({ learningRate: 0.02 }),
  adamW(),
  rmsprop(),
  sgd({ learningRate: 0.05, momentum: 0.9 }),
  sgd({ learningRate: 0.2 }),
];

function drawSpec(random: () => number): NetworkSpec {
  const hidden = range(integer(random, 1, 3)).map(() => ({
    units: integer(random, 2, 70),
    activation:
      random() < 0.7 ? ("relu" as const) : (["leakyRelu", "tanh", "prelu", "gelu"] as const)[integer(random, 0, 3)],
    biasInitializer: -random() * 1.5,
  }));
  const loss = random() < 0.5 ? ("crossEntropy" as const) : ("meanSquaredError" as const);
  return {
    inputs: integer(random, 1, 6),
    layers: [...hidden, { units: loss === "crossEntropy" ? 3 : 2 }],
    loss,
    seed: integer(random, 0, 1000),
  };
}

function shareIsReached({ remedy: { kind, ...rest }, treated, before: { samples }, findings }: Treatment): boolean {
  if (kind !== "liftBias") return true;
  const { activity } = rest as { activity: number };
  return treated.every(
    ({ activity: said, layer }) =>
      Math.abs(said! - activity) * samples <= 1 + 1e-6 ||
      findings.some((each) => each.kind === "shareNotReached" && each.layer === layer),
  );
}

async function trainOn(network: Network, x: Rows, y: number[] | Rows, turn: number): Promise<void> {
  await network.fit({ x, y }, { epochs: 2, batchSize: 16, optimizer: OPTIMIZERS[turn % OPTIMIZERS.length] });
}

test("forty trained networks: shares within one sample, outputs within rounding, undo as if never treated", async () => {
  let missed = 0,
    lifted = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), remedy, async (seed, prescribed) => {
      const random = seededRandom(seed);
      const spec = drawSpec(random);
      const x = randomRows(random, integer(random, 5, 60), spec.inputs);
      const label = (a: number): number => [-0.3, 0.3].filter((edge) => a > edge).length;
      const y = spec.loss === "crossEntropy" ? x.map(([a]) => label(a)) : x.map(([a]) => [a, -a]);
      await withNetwork(spec, async (network) => {
        await trainOn(network, x, y, seed);
        if (!network.predict(x, { logits: true }).data.every(Number.isFinite)) {
          // finite weights whose outputs overflow, as the last update may leave them: that is said
          return void (await expectError(() => treat(network, x, prescribed), "value", /^layers/));
        }
        using twin = await network.clone();
        const old = before(network, x);
        const memory = memoryOf(network);
        const treatment = await treat(network, x, prescribed);
        expect(brokenPromises(treatment, old, x, false)).toEqual([]);
        expect(shareIsReached(treatment)).toBe(true);
        lifted += treatment.treated.filter(({ action }) => action === "lifted").length;
        missed += treatment.findings.filter(({ kind }) => kind === "shareNotReached").length;
        await trainOn(treatment.network, x, y, seed);
        if (treatment.network !== network || treatment.treated.length > 0) {
          treatment.undo();
          expect(memoryOf(network)).toEqual(memory);
          await trainOn(network, x, y, seed);
        }
        await trainOn(twin, x, y, seed);
        expect(memoryOf(network)).toEqual({ ...(memoryOf(twin) as object) });
      });
    }),
    { numRuns: 40 },
  );
  expect(lifted).toBeGreaterThan(30);
  expect(missed).toBeLessThan(lifted);
});
