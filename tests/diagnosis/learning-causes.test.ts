// Why it has not learned: the cause is named where it does harm, and nothing beside it.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import type { Rows } from "../reference/network.js";
import { causesOf, diagnosisAfter, find, POINTS, regression } from "./support.js";
import {
  adam,
  adamW,
  diagnose,
  type FitOptions,
  type LayerActivationName,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

describe("a cause where there would be none", () => {
  const circle = POINTS.map(([a, b]) => Number(a * a + b * b < 1.6));
  const start = (biasInitializer: number): NetworkSpec => ({
    inputs: 2,
    layers: [{ units: 16 }, { units: 8, biasInitializer }, { units: 1 }],
    loss: "binaryCrossEntropy",
    seed: 1,
  });
  const fit: FitOptions = { epochs: 60, optimizer: adam({ learningRate: 0.01 }) };
  const BESIDE = /beside this/;

  test("a layer that starts closed: by its biases, and as advised it learns", async () => {
    const closed = await diagnosisAfter(start(-20), POINTS, circle, fit);
    expect(causesOf(closed)).toEqual(["collapsedOutput"]);
    expect(find(closed, "collapsedOutput")).toMatchObject({
      layer: 1,
      message: expect.stringMatching(/layer 1 is closed as a whole \([5-8] units by their bias\)/),
      advice: expect.stringContaining("Start layer 1 with biases of 0"),
    });
    const open = await diagnosisAfter(start(0), POINTS, circle, fit);
    expect(open.learning!.score).toBeGreaterThan(0.9);
    expect(open.findings.filter(({ role }) => role !== "remark")).toEqual([]);
  });

  test("nothing moved: a rate of 0, or layers that are all frozen; one that learns is enough", async () => {
    const idle = await diagnosisAfter(start(0), POINTS, circle, { epochs: 5, learningRate: 0 });
    expect(causesOf(idle)).toEqual(["stepsTooSmall"]);
    expect(find(idle, "stepsTooSmall")).toMatchObject({
      message: "No weight has moved in 5 epochs: the learning rate is 0.",
      figures: { learningRate: 0, moved: 0 },
    });
    const freeze = (from: number): NetworkSpec => {
      const spec = start(0);
      return { ...spec, layers: spec.layers.map((layer, i) => ({ ...layer, ...(i >= from && { frozen: true }) })) };
    };
    const frozen = await diagnosisAfter(freeze(0), POINTS, circle, fit);
    expect(find(frozen, "stepsTooSmall")).toMatchObject({
      role: "cause",
      message: expect.stringContaining("all layers are frozen"),
    });
    const below = await diagnosisAfter(freeze(1), POINTS, circle, fit);
    expect(find(below, "stepsTooSmall")).toBeUndefined();
  });

  test("steps too small come before what a few rows show of the start", async () => {
    const x = [
      [2, 1],
      [1.5, 2],
      [1, 1.2],
      [2, 2],
    ];
    const slow = { epochs: 20, optimizer: adam({ learningRate: 1e-4 }) };
    let both = 0;
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const diagnosis = await diagnosisAfter({ ...start(0), seed }, x, [0, 1, 0, 1], slow);
      if (!find(diagnosis, "stepsTooSmall")) continue; // three of four are right by chance
      expect(causesOf(diagnosis)).toEqual(["stepsTooSmall"]);
      both += Number(find(diagnosis, "uncenteredInputs")?.role === "symptom");
    }
    expect(both).toBeGreaterThan(1);
  });

  test("a rate that is too high is not raised beside it", async () => {
    const x = Array.from({ length: 60 }, (_, i) => [i, 100 - i]);
    const y = x.map(([a]) => 2 * a + 100);
    const blown = await diagnosisAfter(regression([]), x, y, { epochs: 12, optimizer: sgd({ learningRate: 0.001 }) });
    expect(find(blown, "divergence")).toBeDefined();
    expect(blown.findings.some(({ advice }) => /raise the learning rate/i.test(advice))).toBe(false);
  });

  test("advice that points to causes is given beside causes alone", async () => {
    const random = seededRandom(3);
    const noise = await diagnosisAfter(
      start(0),
      POINTS,
      POINTS.map(() => Number(random() < 0.5)),
      { epochs: 15, optimizer: adam({ learningRate: 0.01 }) },
    );
    expect(causesOf(noise)).toEqual([]);
    expect(find(noise, "noBetterThanConstant")!.advice).toMatch(/^No cause is seen/);
    const closed = await diagnosisAfter(start(-20), POINTS, circle, fit);
    expect(find(closed, "noBetterThanConstant")!.advice).toMatch(BESIDE);
  });
});

describe("what harms is named where it does harm", () => {
  const random = seededRandom(31);
  const ball = POINTS.map(([a, b]) => Number(a * a + b * b < 1));
  const classifier = (hidden: number[], seed = 1): NetworkSpec => ({
    ...regression(hidden, seed),
    loss: "binaryCrossEntropy",
  });
  const byAdam = (epochs: number): FitOptions => ({ epochs, optimizer: adam({ learningRate: 0.01 }) });

  test("weights that are all zero, or all the same, are a cause; random ones are not", async () => {
    const zeros = { kernelInitializer: "zeros" } as const;
    const starting = (activation: LayerActivationName, weights: typeof zeros | object = {}): NetworkSpec => ({
      ...classifier([]),
      layers: [
        { units: 8, activation, ...weights },
        { units: 1, ...weights },
      ],
    });
    for (const activation of ["relu", "tanh"] as const) {
      const diagnosis = await diagnosisAfter(starting(activation, zeros), POINTS, ball, byAdam(20));
      expect(find(diagnosis, "constantTogether")).toMatchObject({ role: "cause", layer: 0 });
      expect(causesOf(diagnosis)).toEqual(["constantTogether"]);
    }
    await withNetwork(starting("tanh"), async (network) => {
      network.layers[0].setWeights({ kernel: new Float32Array(16).fill(0.1) });
      network.layers[1].setWeights({ kernel: new Float32Array(8).fill(0.1) });
      const history = await network.fit({ x: POINTS, y: ball }, byAdam(20));
      expect(causesOf(diagnose(network, POINTS, { targets: ball, history }))).toEqual(["constantTogether"]);
    });
    expect(causesOf(await diagnosisAfter(starting("tanh"), POINTS, ball, byAdam(80)))).toEqual([]);
  });

  test("a rate that threw the network is named, not what it closed", async () => {
    const fit: FitOptions = { epochs: 30, optimizer: sgd({ learningRate: 5, momentum: 0.9 }) };
    for (const seed of [1, 2, 3]) {
      const diagnosis = await diagnosisAfter(classifier([16, 16], seed), POINTS, ball, fit);
      expect(diagnosis.learning!.score).toBeLessThan(0.5);
      expect(causesOf(diagnosis).every((kind) => kind === "highRate" || kind === "divergence")).toBe(true);
      expect(causesOf(diagnosis)).toHaveLength(1);
    }
    expect(causesOf(await diagnosisAfter(classifier([16, 16]), POINTS, ball, byAdam(60)))).toEqual([]);
  });

  test("targets of noise leave nothing to blame on the inputs or the targets' size", async () => {
    const x = Array.from({ length: 1000 }, () => [5 * random(), 5 * random()]);
    const noise = x.map(() => 10 + 6 * random());
    const told = x.map(([a, b]) => 10 + 6 * Math.sin(2 * a) * Math.cos(2 * b));
    for (const seed of [1, 2, 3])
      expect(causesOf(await diagnosisAfter(regression([8], seed), x, noise, byAdam(40)))).toEqual([]);
    const slow = await diagnosisAfter(regression([8]), x, told, { epochs: 2, optimizer: sgd({ learningRate: 1e-5 }) });
    expect(causesOf(slow)).not.toEqual([]);
  });

  test("a rate that fell to nothing", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const falling = (factor: number): FitOptions => ({
      epochs: 20,
      optimizer: adam(),
      learningRate: (_step, epoch) => 0.01 * factor ** (epoch - 1),
    });
    const diagnosis = await diagnosisAfter(regression([16]), POINTS, y, falling(0.1));
    expect(causesOf(diagnosis)).toEqual(["stepsTooSmall"]);
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, y, falling(0.9)))).toEqual([]);
  });

  test("a decay that holds back what fits show, and not what is noise", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const noisy = y.map((value) => value + 8 * (random() - 0.5));
    const fit = (weightDecay: number): FitOptions => ({
      epochs: 30,
      optimizer: sgd({ learningRate: 0.05, weightDecay }),
    });
    const diagnosis = await diagnosisAfter(regression([16]), POINTS, y, fit(0.3));
    expect(diagnosis.learning!.score).toBeGreaterThan(0.02);
    expect(causesOf(diagnosis)).toEqual(["decayCollapse"]);
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, noisy, fit(1e-3)))).toEqual([]);
    // AdamW's takes a tenth of each weight in an update and leaves them as large as they were
    const byAdamW = (weightDecay: number): FitOptions => ({
      epochs: 30,
      optimizer: adamW({ learningRate: 0.01, weightDecay }),
    });
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, y, byAdamW(10)))).toEqual(["decayCollapse"]);
    expect(causesOf(await diagnosisAfter(regression([16]), POINTS, noisy, byAdamW(0.1)))).toEqual([]);
  });

  test("two units for what five columns tell; not where targets are the inputs, nor where noise is the rest", async () => {
    const x = randomRows(seededRandom(5), 600, 5, 2);
    const spec: NetworkSpec = {
      inputs: 5,
      layers: [{ units: 32 }, { units: 2 }, { units: 32 }, { units: 5 }],
      loss: "meanSquaredError",
      seed: 1,
    };
    const told = await diagnosisAfter(
      spec,
      x,
      x.map((row) => row.map((value, i) => value + 0.3 * row[(i + 1) % 5] ** 2)),
      byAdam(60),
    );
    expect(find(told, "bottleneck")).toMatchObject({ role: "cause", layer: 1, figures: { units: 2, columns: 5 } });
    const copied = await diagnosisAfter(spec, x, x, byAdam(60));
    expect(causesOf(copied)).not.toContain("bottleneck");
    const noisy = await diagnosisAfter(
      spec,
      x,
      x.map(([a]) => Array.from({ length: 5 }, () => a + 2 * (random() - 0.5))),
      byAdam(60),
    );
    expect(noisy.learning!.score).toBeLessThan(0.9);
    expect(causesOf(noisy)).toEqual([]);
  });

  test("one class of 97 %: a cause where the inputs tell the others apart, and nothing else is named", async () => {
    const y = Array.from({ length: 1000 }, (_, row) => Number(row % 33 === 0));
    const normal = () => random() + random() + random() + random() - 2;
    const told = y.map((label) => [normal() + 1.5 * label, normal()]);
    const roleOf = (x: Rows) =>
      withNetwork(classifier([16]), (network) => {
        const kernel = Float32Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? 1e-3 : -1e-3));
        network.layers[1].setWeights({ kernel, bias: Float32Array.of(-3.4) });
        return find(diagnose(network, x, { targets: y }), "oneClassPredicted")?.role;
      });
    expect(await roleOf(told)).toBe("cause");
    expect(await roleOf(y.map(() => [normal(), normal()]))).toBe("symptom");
    const ring = POINTS.map(([a, b]) => Number(a * a + b * b > 5.5));
    const flat: NetworkSpec = { ...classifier([]), layers: [{ units: 16, activation: "linear" }, { units: 1 }] };
    expect(causesOf(await diagnosisAfter(flat, POINTS, ring, byAdam(40)))).toEqual(["linearNetwork"]);
  });

  test("inputs that are all constant; one of them is not", async () => {
    const constant = POINTS.map(() => [1, 2]);
    expect(causesOf(await diagnosisAfter(classifier([8]), constant, ball, byAdam(5)))).toEqual(["constantInputs"]);
    const one = POINTS.map(([a, b]) => [a, b, 1]);
    expect(causesOf(await diagnosisAfter({ ...classifier([16]), inputs: 3 }, one, ball, byAdam(80)))).toEqual([]);
  });

  test("a layer that began closed, for want of another cause", async () => {
    const spec: NetworkSpec = {
      ...classifier([]),
      layers: [{ units: 32 }, { units: 8, biasInitializer: -20 }, { units: 1 }],
    };
    const diagnosis = await diagnosisAfter(spec, POINTS, ball, byAdam(10));
    expect(causesOf(diagnosis)).toEqual(["collapsedOutput"]);
  });

  test("tanh saturated by raw inputs is not told to be relu; by its weights it is a cause, with usual ones none", async () => {
    const x = randomRows(seededRandom(6), 400, 6, 2);
    const y = x.map(([a, b, c]) => Math.sin(a) + 0.5 * b - 0.3 * c);
    const after = (inputs: Rows, layer: object = {}) => {
      const hidden = { units: 24, activation: "tanh", ...layer } as const;
      const layers = [hidden, hidden, hidden, { units: 1 }];
      const fit = { epochs: 40, optimizer: sgd({ learningRate: 0.02 }) };
      return diagnosisAfter({ ...regression([]), inputs: 6, layers }, inputs, y, fit);
    };
    const years = await after(x.map((row) => row.map((value, i) => 20 * value + 300 * (i + 1))));
    expect(causesOf(years)).toEqual(["uncenteredInputs"]);
    expect(find(years, "vanishingGradient")).toMatchObject({ role: "symptom", figures: { inFirst: 1 } });
    const large = await after(x, { kernelInitializer: { normal: 10 } });
    expect(large.learning!.score).toBeLessThan(0.8);
    expect(causesOf(large)).toEqual(["vanishingGradient"]);
    expect(find(large, "vanishingGradient")!.message).toMatch(/^Layer \d is saturated: its tanh units/);
    expect(causesOf(await after(x))).toEqual([]);
  });

  test("a last layer that is frozen at 0 comes before what inputs do; one that is frozen with weights is none", async () => {
    const x = POINTS.map(([a, b]) => [a + 4, b]);
    const after = (inputs: Rows, last: object) =>
      diagnosisAfter(
        { ...classifier([]), layers: [{ units: 32 }, { units: 1, frozen: true, ...last }] },
        inputs,
        ball,
        byAdam(80),
      );
    const cut = await after(x, { kernelInitializer: "zeros" });
    expect(causesOf(cut)).toEqual(["collapsedOutput"]);
    expect(find(cut, "collapsedOutput")!.advice).toMatch(/^Thaw the last layer/);
    expect(causesOf(await after(POINTS, {}))).toEqual([]);
  });

  test("targets of 1e-5 come before a loss that still falls", async () => {
    const y = POINTS.map(([a, b]) => Math.abs(a) - b);
    const fit: FitOptions = { epochs: 20, optimizer: adam({ learningRate: 0.01 }) };
    const small = await diagnosisAfter(
      regression([24]),
      POINTS,
      y.map((value) => 1e-5 * value),
      fit,
    );
    expect(causesOf(small)).toEqual(["lowTargetVariance"]);
    expect(causesOf(await diagnosisAfter(regression([24]), POINTS, y, fit))).toEqual([]);
  });

  test("two frozen relu units for two columns; not two of tanh, nor four of relu", async () => {
    const y = POINTS.map(([a, b]) => a + Math.abs(b));
    const after = (units: number, activation: LayerActivationName, seed: number) =>
      diagnosisAfter(
        { ...regression([], seed), layers: [{ units, activation, frozen: true }, { units: 32 }, { units: 1 }] },
        POINTS,
        y,
        byAdam(60),
      );
    const said = await Promise.all([1, 2, 3, 4].map(async (seed) => causesOf(await after(2, "relu", seed))));
    expect(
      said.filter((kinds) => kinds.some((kind) => kind === "bottleneck" || kind === "closedSamples")),
    ).toHaveLength(4);
    for (const seed of [1, 2]) expect(causesOf(await after(2, "tanh", seed))).not.toContain("bottleneck");
    expect(causesOf(await after(8, "relu", 1))).not.toContain("bottleneck");
  });

  test("class weights that leave nothing of the other class; balanced ones are none", async () => {
    const rare = POINTS.map(([a, b]) => Number(a + b + 12 * (random() - 0.5) > 3.5));
    const after = (classWeights: number[] | "balanced") =>
      diagnosisAfter(classifier([8]), POINTS, rare, { ...byAdam(30), classWeights });
    const weighed = await after([1, 500]);
    expect(find(weighed, "oneClassPredicted")).toMatchObject({ role: "cause", figures: { class: 1 } });
    expect(causesOf(weighed)).toEqual(["oneClassPredicted"]);
    expect(find(weighed, "oneClassPredicted")!.advice).toContain("balanced");
    expect(causesOf(await after("balanced"))).toEqual([]);
    expect(causesOf(await after([1, 4]))).toEqual([]);
  });

  test("a loss that is no number is said to be none", () =>
    withNetwork(regression([4]), (network) => {
      const x = [
        [3e38, 3e38],
        [-3e38, 1],
      ];
      const { learning } = diagnose(network, x, { targets: [1, 2], proofs: false });
      expect(learning!.verdict).toMatch(/^It has learned nothing: its loss is no finite number/);
    }));
});
