// The cases of normalization, dropout and skip connections: verdicts, counts, counters of a fit and remedies against
// what is true in float64 (evaluated.ts), and promises of permanence against trainings.
import { describe, expect, test } from "vitest";
import { HELD_DOWN, LAYER_CASES, type LayerCase, TRAINED } from "./layers.js";
import { evaluateLayers } from "../support/evaluated.js";
import { withNetwork } from "../support/networks.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { sectors } from "../support/samples.js";
import {
  adam,
  type DenseSpec,
  diagnose,
  type FitOptions,
  prescribe,
  type Network,
  type NetworkSpec,
  sgd,
  treat,
} from "../../src/index.js";

const specOf = ({ hidden, x }: LayerCase, seed: number): NetworkSpec => ({
  inputs: x[0]!.length,
  layers: [...hidden, { units: 2 }],
  loss: "meanSquaredError",
  seed,
});

const columnOf = (rows: readonly (readonly number[])[], unit: number) => rows.map((row) => row[unit]!);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The statistics that batches of all rows come to: layer by layer, since each hangs on those below. */
function settle(network: Network, x: LayerCase["x"]): void {
  network.layers.forEach((layer, l) => {
    const { runningMean, runningVariance, gamma, beta } = layer.getWeights();
    if (!runningMean || !runningVariance) return;
    layer.setWeights({ gamma: gamma!.map(() => 1), beta: beta!.map(() => 0) });
    const { epsilon } = network.spec.layers[l]!.normalization as { epsilon: number };
    const { n } = evaluateLayers(network, x)[l]!;
    runningMean.forEach((m, unit) => {
      const deviation = Math.sqrt(runningVariance[unit]! + epsilon);
      const z = columnOf(n, unit).map((value) => value * deviation + m);
      runningMean[unit] = mean(z);
      runningVariance[unit] = mean(z.map((value) => (value - mean(z)) ** 2)) * (z.length / (z.length - 1));
    });
    layer.setWeights({ gamma: gamma!, beta: beta!, runningMean, runningVariance });
  });
}

async function withCase(one: LayerCase, use: (network: Network) => Promise<void> | void, seed = 2): Promise<void> {
  await withNetwork(specOf(one, seed), async (network) => {
    one.numbers.forEach((numbers, layer) => {
      const set = Object.entries(numbers).map(([part, values]) => [part, Float32Array.from(values)]);
      network.layers[layer]!.setWeights(Object.fromEntries(set));
    });
    settle(network, one.x);
    await use(network);
  });
}

/** By hidden layer, the units that open on no row, in float64. */
const closedIn = (network: Network, x: LayerCase["x"]): number[][] =>
  evaluateLayers(network, x)
    .slice(0, -1)
    .map(({ n }) => n[0]!.flatMap((_, unit) => (columnOf(n, unit).every((value) => value <= 0) ? [unit] : [])));

/** All numbers that make a unit what it is. */
function numbersOf(network: Network, layer: number, unit: number): number[] {
  const { kernel, bias, gamma, beta } = network.layers[layer]!.getWeights();
  const own = [...kernel].filter((_, at) => at % bias.length === unit);
  return [...own, bias[unit]!, ...(gamma ? [gamma[unit]!, beta![unit]!] : [])];
}

const deadPlaces = ({ expected }: LayerCase) => expected.dead.map((units) => Object.keys(units).map(Number));
const named = LAYER_CASES.map((one) => [one.name, one] as const);
const targetsOf = ({ x }: LayerCase) => x.map(([a, b]) => [3 * a! * b! - 1, a! + 2]);

/** What is wrong with what is said of a case. */
function wrongVerdicts(one: LayerCase, network: Network): string[] {
  const { layers, findings } = diagnose(network, one.x);
  const said = layers.map(({ units }) =>
    units.flatMap(({ unit, state, mechanism, permanent }) =>
      state === "dead" ? [{ unit, mechanism, permanent }] : [],
    ),
  );
  const wanted = one.expected.dead.map((units, layer) =>
    Object.entries(units).map(([place, { mechanism, permanent }]) => {
      const unit = Number(place);
      return { unit, mechanism: mechanism ?? said[layer]!.find((each) => each.unit === unit)?.mechanism, permanent };
    }),
  );
  const kinds = findings.map(({ kind }) => kind);
  return [
    ...(JSON.stringify(said) === JSON.stringify(wanted) ? [] : [`${JSON.stringify(said)} is said to be dead`]),
    ...(one.expected.present ?? []).filter((kind) => !kinds.includes(kind)).map((kind) => `${kind} is missing`),
    ...findings.filter(({ kind }) => one.expected.absent?.includes(kind)).map(({ message }) => message),
  ];
}

describe.each(named)("%s", (_name, one) => {
  test("the book, by float64", () =>
    withCase(one, (network) => {
      expect(closedIn(network, one.x), one.why).toEqual(deadPlaces(one));
    }));

  test("what is said", () =>
    withCase(one, (network) => {
      expect(wrongVerdicts(one, network), one.why).toEqual([]);
      expect(countDead(network, one.x).layers.map(({ dead }) => dead)).toEqual(
        deadPlaces(one).map((all) => all.length),
      );
    }));

  test("what is permanent stays, whatever the batches and the rate", async () => {
    const permanent = one.expected.dead.flatMap((units, layer) =>
      Object.entries(units).flatMap(([unit, verdict]) => (verdict.permanent ? [{ layer, unit: Number(unit) }] : [])),
    );
    for (const [batchSize, learningRate] of [
      [4, 0.05],
      [7, 0.3],
      [60, 0.3],
    ] as const)
      await withCase(one, async (network) => {
        const before = permanent.map(({ layer, unit }) => numbersOf(network, layer, unit));
        await network.fit({ x: one.x, y: targetsOf(one) }, { epochs: 6, batchSize, optimizer: sgd({ learningRate }) });
        expect(permanent.map(({ layer, unit }) => numbersOf(network, layer, unit))).toEqual(before);
        const closed = closedIn(network, one.x);
        for (const { layer, unit } of permanent) expect(closed[layer]).toContain(unit);
      });
  });

  test("a fit at a rate of 0 counts the same units as silent", () =>
    withCase(one, async (network) => {
      const settings = { epochs: 1, batchSize: one.x.length, optimizer: sgd({ learningRate: 0 }) };
      const { epochs } = await network.fit({ x: one.x, y: targetsOf(one) }, settings);
      const dead = deadPlaces(one).map((units) => units.length);
      const isDropped = one.hidden.map((_, l) => one.hidden.slice(0, l).some(({ dropout }) => dropout));
      epochs[0]!.silentUnits.forEach((silent, l) => expect(isDropped[l] || silent).toBe(isDropped[l] || dead[l]));
    }));

  test.each(["recycle", "reinitialize"] as const)("what %s does of it", (kind) =>
    withCase(one, async (network) => {
      const { before, after } = await treat(network, one.x, { kind });
      const left = kind === "recycle" ? (one.expected.stillDead ?? 0) : 0;
      expect([before.dead, after.dead]).toEqual([deadPlaces(one).flat().length, left]);
      expect(closedIn(network, one.x).flat()).toHaveLength(after.dead);
    }),
  );

  test("what liftBias does of it", () =>
    withCase(one, async (network) => {
      const { after, outputChange } = await treat(network, one.x, { kind: "liftBias" });
      expect(after.dead).toBe(one.expected.stillDead ?? 0);
      expect(outputChange).toBeLessThan(1e-5);
      expect(closedIn(network, one.x).flat()).toHaveLength(after.dead);
    }));
});

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1);

describe("what trains well is not called dying", () => {
  const { x, y } = sectors(240);
  const trained = (hidden: readonly DenseSpec[], seed: number, epochs: number, use: (network: Network) => void) =>
    withNetwork({ inputs: 2, layers: [...hidden, { units: 3 }], loss: "crossEntropy", seed }, async (network) => {
      await network.fit({ x, y }, { epochs, optimizer: adam({ learningRate: 0.01 }) });
      use(network);
    });

  test.each<[string, DenseSpec[], number]>([
    [
      "dropout of a half",
      [
        { units: 32, dropout: 0.5 },
        { units: 32, dropout: 0.5 },
      ],
      30,
    ],
    [
      "batch normalization",
      [
        { units: 16, normalization: "batch" },
        { units: 16, normalization: "batch" },
      ],
      20,
    ],
    [
      "layer normalization",
      [
        { units: 16, normalization: "layer" },
        { units: 16, normalization: "layer" },
      ],
      20,
    ],
    ["blocks", [{ units: 16 }, { units: 16, residual: true }, { units: 16, residual: true }], 20],
  ])("%s, ten seeds: float64's dead units and no others, no cause", async (_name, hidden, epochs) => {
    for (const seed of SEEDS)
      await trained(hidden, seed, epochs, (network) => {
        const diagnosis = diagnose(network, x, { targets: y });
        expect(diagnosis.learning!.accuracy).toBeGreaterThan(0.85);
        expect(diagnosis.dead).toBe(closedIn(network, x).flat().length);
        expect(diagnosis.findings.filter(({ role }) => role === "cause")).toEqual([]);
      });
  });

  test("a block whose units are dead learns past them, and is not called closed", async () => {
    const hidden: DenseSpec[] = [{ units: 16 }, { units: 16, residual: true }, { units: 16 }];
    for (const seed of SEEDS)
      await withNetwork(
        { inputs: 2, layers: [...hidden, { units: 3 }], loss: "crossEntropy", seed },
        async (network) => {
          network.layers[1]!.setWeights({ bias: new Float32Array(16).fill(-99) });
          await network.fit({ x, y }, { epochs: 30, optimizer: adam({ learningRate: 0.01 }) });
          const { layers, learning, findings } = diagnose(network, x, { targets: y });
          expect(layers[1]!.dead).toBe(16);
          expect(learning!.accuracy).toBeGreaterThan(0.85);
          expect(findings.filter(({ role }) => role === "cause")).toEqual([]);
          expect(findings.map(({ kind }) => kind)).not.toContain("noGradientFromAbove");
        },
      );
  });
});

describe("what holds a network down is named, and its twin has none", () => {
  const { x, y } = sectors(240);
  const causes = (layer: Partial<DenseSpec>, seed: number) => {
    const { kernelRegularizer } = layer;
    const last = { units: 3, ...(kernelRegularizer && { kernelRegularizer }) };
    const layers = [{ units: 24, ...layer }, { units: 24, ...layer }, last];
    return withNetwork({ inputs: 2, layers, loss: "crossEntropy", seed }, async (network) => {
      await network.fit({ x, y }, { epochs: 30, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) });
      const { findings, learning } = diagnose(network, x, { targets: y });
      return { learning, findings: findings.filter(({ role }) => role === "cause") };
    });
  };

  test.each(HELD_DOWN.map((one) => [one.name, one] as const))("%s", async (_name, { why, held, twin, figure }) => {
    for (const seed of SEEDS.slice(0, 3)) {
      const { findings, learning } = await causes(held, seed);
      expect(learning!.score, why).toBeLessThan(0.5);
      expect(findings.map(({ kind }) => kind)).toEqual(["heldDown"]);
      expect(findings[0]!.figures).toHaveProperty(figure);
    }
    for (const seed of SEEDS) {
      const { findings, learning } = await causes(twin, seed);
      expect(learning!.accuracy).toBeGreaterThan(0.85);
      expect(findings).toEqual([]);
    }
  });

  test("without targets, or where a normalization takes the kernel's size away, nothing is said to be held down", async () => {
    const layer: DenseSpec = { units: 24, normalization: "batch", kernelRegularizer: { l2: 1 }, maxNorm: 0.02 };
    await withNetwork({ inputs: 2, layers: [layer, layer, { units: 3 }], loss: "crossEntropy" }, async (network) => {
      await network.fit({ x, y }, { epochs: 30, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) });
      const { findings, learning } = diagnose(network, x, { targets: y });
      expect(learning!.accuracy).toBeGreaterThan(0.85);
      expect(findings.map(({ kind }) => kind)).not.toContain("heldDown");
      expect(diagnose(network, x).findings.map(({ kind }) => kind)).not.toContain("heldDown");
    });
  });

  test.each<[string, Partial<DenseSpec>, string]>([
    ["a penalty", { kernelRegularizer: { l2: 1 } }, "no penalty, norm limit or dropout"],
    ["an epsilon", { normalization: { kind: "batch", epsilon: 1e6 } }, "epsilon 0.00001 of normalizations"],
  ])("prescribe tries the network without %s, and that learns", async (_name, held, remedy) => {
    const layer: DenseSpec = { units: 24, ...held };
    const { kernelRegularizer } = layer;
    const spec: NetworkSpec = {
      inputs: 2,
      layers: [layer, layer, { units: 3, ...(kernelRegularizer && { kernelRegularizer }) }],
      loss: "crossEntropy",
      seed: 1,
    };
    const fit = { epochs: 20, batchSize: 16, optimizer: adam({ learningRate: 0.01 }) };
    const { reason, best, baseline } = await prescribe(spec, { x, y }, fit, { workers: 1, repeats: 1, trials: 4 });
    expect(reason).toContain("heldDown");
    expect(best.name).toContain(remedy);
    expect(best.metrics.accuracy!).toBeGreaterThan(baseline.metrics.accuracy! + 0.3);
  });
});

describe("what is wrong with a training is named, and its twin has nothing", () => {
  const { x, y } = sectors(240);
  const judged = (
    layer: Partial<DenseSpec>,
    fit: Partial<FitOptions>,
    seed: number,
    shift = 0,
    judgedShift = shift,
  ) => {
    const shifted = (by: number) => x.map((row) => row.map((value) => value + by));
    const layers = [{ units: 24, ...layer }, { units: 24, ...layer }, { units: 3 }];
    return withNetwork({ inputs: 2, layers, loss: "crossEntropy", seed }, async (network) => {
      const fully = { epochs: 30, batchSize: 16, optimizer: adam({ learningRate: 0.01 }), ...fit };
      await network.fit({ x: shifted(shift), y }, fully);
      const { findings, learning } = diagnose(network, shifted(judgedShift), { targets: y });
      return { learning, causes: findings.filter(({ role }) => role === "cause") };
    });
  };

  test.each(TRAINED.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const { layer, fit, twin, shift, judgedShift, why, cause, says } = one;
    for (const seed of SEEDS.slice(0, 5)) {
      const { causes } = await judged(layer, fit, seed, shift, judgedShift);
      expect(
        causes.map(({ kind }) => kind),
        why,
      ).toEqual([cause]);
      expect(causes[0]!.message).toMatch(says);
      const healthy = await judged({ ...layer, ...twin.layer }, { ...fit, ...twin.fit }, seed, shift);
      expect(healthy.learning!.accuracy).toBeGreaterThan(0.85);
      expect(healthy.causes).toEqual([]);
    }
  });
});

describe("silent in training alone", () => {
  /** One unit that always says 2, dropped in 19 of 20 rows, feeds one of 2·2 - 1 that says 3 where it is evaluated. */
  const spec = (seed: number): NetworkSpec => ({
    inputs: 1,
    layers: [{ units: 1, dropout: 0.95 }, { units: 1 }, { units: 1 }],
    loss: "meanSquaredError",
    seed,
  });
  const x = Array.from({ length: 16 }, (_, i) => [i / 16]);

  test("dropout of what feeds it: the fit counts it as silent, diagnose doesn't", async () => {
    const silent: number[] = [];
    for (const seed of SEEDS)
      await withNetwork(spec(seed), async (network) => {
        const set = (layer: number, kernel: number, bias: number) =>
          network.layers[layer]!.setWeights({ kernel: Float32Array.of(kernel), bias: Float32Array.of(bias) });
        set(0, 0, 2);
        set(1, 2, -1);
        const { epochs } = await network.fit({ x, y: x }, { epochs: 4, optimizer: sgd({ learningRate: 0 }) });
        silent.push(...epochs.map(({ silentUnits }) => silentUnits[1]!));
        expect(diagnose(network, x).layers.map(({ dead }) => dead)).toEqual([0, 0]);
        expect(countDead(network, x).dead).toBe(0);
      });
    // of 40 epochs 0.95^16, 44 in a hundred, keep none of 16 rows
    expect(silent.filter((count) => count === 1).length).toBeGreaterThan(5);
    expect(silent.filter((count) => count === 0).length).toBeGreaterThan(5);
  });

  test("a constant column: what a batch makes of it is 0, whatever the running statistics have come to", async () => {
    const one = LAYER_CASES.find(({ name }) => name === "batch: a unit of a constant column")!;
    await withNetwork(specOf(one, 2), async (network) => {
      network.layers[0]!.setWeights({ kernel: Float32Array.from(one.numbers[0]!.kernel!) });
      const log = await network.fit(
        { x: one.x, y: targetsOf(one) },
        { epochs: 1, optimizer: sgd({ learningRate: 0 }) },
      );
      expect(log.epochs[0]!.silentUnits[0]).toBe(1); // training sees beta on every row
      expect(closedIn(network, one.x)[0]).toEqual([]); // evaluation does not yet
      expect(diagnose(network, one.x).layers[0]!.units[2]!.state).toBe("linear");
    });
  });
});

describe("prescriptions", () => {
  const options = { workers: 1, repeats: 1, trials: 6 };
  const fit = { epochs: 20, batchSize: 20, optimizer: adam({ learningRate: 0.01 }) };

  test("of a network whose layer is shut by beta: its units are brought back, which no rate does", () => {
    const one = LAYER_CASES.find(({ name }) => name === "batch: a whole layer shut by beta")!;
    const data = { x: one.x, y: one.x.map(([a, b]) => [a! + b!, a! - b!]) };
    return withCase(one, async (network) => {
      const { reason, best, baseline } = await prescribe(network, data, fit, options);
      expect(reason).toContain("4 of 12 hidden units are dead");
      expect(reason).toContain("silent from the start");
      expect(best.treat?.kind).toMatch(/recycle|liftBias/);
      expect([baseline.deadFraction, best.deadFraction]).toEqual([1 / 3, 0]);
      expect(best.metrics.loss).toBeLessThan(0.5 * baseline.metrics.loss);
    });
  });

  test.each<[string, DenseSpec]>([
    ["dropout", { units: 24, dropout: 0.5 }],
    ["batch normalization", { units: 24, normalization: "batch" }],
    ["layer normalization", { units: 24, normalization: "layer" }],
  ])("of a network with %s that learns: no fault is named", async (_name, layer) => {
    const { x, y } = sectors(240);
    const spec: NetworkSpec = { inputs: 2, layers: [layer, layer, { units: 3 }], loss: "crossEntropy", seed: 1 };
    const { reason } = await prescribe(spec, { x, y }, { ...fit, epochs: 60 }, { ...options, trials: 1 });
    expect(reason).toMatch(/too few to matter$/);
  });
});

describe("the checker sees a falsified book", () => {
  const one = LAYER_CASES.find(({ name }) => name === "batch: a unit shut by beta")!;
  test.each<[string, LayerCase["expected"]]>([
    ["a death", { dead: [{}, {}] }],
    ["another unit", { dead: [{ 2: { permanent: true } }, {}] }],
    ["a mechanism", { dead: [{ 1: { mechanism: "negativeWeights", permanent: true } }, {}] }],
    ["permanence", { dead: [{ 1: { permanent: false } }, {}] }],
    ["a finding", { ...one.expected, present: ["collapsedOutput"] }],
  ])("%s", (_what, expected) =>
    withCase(one, (network) => {
      expect(wrongVerdicts(one, network)).toEqual([]);
      expect(wrongVerdicts({ ...one, expected }, network)).not.toEqual([]);
    }),
  );

  test("every case of a fault has a twin without it, and names are their own", () => {
    expect(new Set(LAYER_CASES.map(({ name }) => name)).size).toBe(LAYER_CASES.length);
    expect(LAYER_CASES.filter((each) => deadPlaces(each).flat().length === 0).length).toBeGreaterThanOrEqual(8);
  });
});
