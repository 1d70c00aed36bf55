// A diagnosis from an observation made by hand: no network is run, and what the observation lacks is left out.
import { describe, expect, test } from "vitest";
import { judgeObservation } from "../../src/diagnosis/judge-observation.js";
import type { UnitDiagnosis } from "../../src/diagnosis/types.js";
import type { LayerObservation, LayerWeights, Observation } from "../../src/inspect/observation.js";
import type { UnitStatistics } from "../../src/inspect/statistics.js";
import { createNetwork, diagnose } from "../../src/index.js";

type Rows = readonly (readonly number[])[];

const relu = (z: number) => Math.max(0, z);

function statisticsOf(z: readonly number[]): UnitStatistics {
  const mean = z.reduce((sum, value) => sum + value, 0) / z.length;
  return {
    samples: z.length,
    fired: z.filter((value) => value > 0).length,
    min: Math.min(...z),
    max: Math.max(...z),
    mean,
    variance: z.reduce((sum, value) => sum + (value - mean) ** 2, 0) / z.length,
    meanActivation: z.reduce((sum, value) => sum + relu(value), 0) / z.length,
    nearest: Math.min(...z.map(Math.abs)),
  };
}

const column = (rows: Rows, index: number) => rows.map((row) => row[index]);
const columnsOf = (rows: Rows) => rows[0].map((_, index) => statisticsOf(column(rows, index)));
const flat = (rows: Rows) => Float32Array.from(rows.flat());

/** Preactivations, rows x units, by kernel (inputs x units) and bias. */
const dense = (x: Rows, kernel: Rows, bias: readonly number[]): Rows =>
  x.map((row) => bias.map((b, unit) => row.reduce((sum, value, i) => sum + value * kernel[i][unit], b)));

// Layer 0: fires, closed by its bias, closed by its weights. Layer 1: fires, closed by its bias. Then one linear output.
const X: Rows = [
  [1, 2],
  [2, 1],
  [0.5, 0.25],
  [3, 1],
];
const KERNELS: Rows[] = [
  [
    [1, 1, -1],
    [1, 0.5, -2],
  ],
  [
    [1, 1],
    [2, 0],
    [1, 0],
  ],
  [[1], [3]],
];
const BIASES = [[0.1, -9, 0.2], [0, -20], [0.5]];

function layersBelow(): Rows[] {
  let a = X;
  return KERNELS.map((kernel, layer) => {
    const z = dense(a, kernel, BIASES[layer]);
    a = z.map((row) => row.map(relu));
    return z;
  });
}

const Z = layersBelow();

const weightsOf = (layer: number): LayerWeights => ({
  inputs: KERNELS[layer].length,
  units: BIASES[layer].length,
  kernel: flat(KERNELS[layer]),
  bias: Float32Array.from(BIASES[layer]),
});

function layersOf(withWeights: boolean): LayerObservation[] {
  return Z.map((z, layer) => ({
    activation: { name: layer === 2 ? "linear" : "relu" },
    units: columnsOf(z),
    ...(withWeights && { weights: weightsOf(layer) }),
    ...(withWeights && { opening: new Map(z[0].map((_, unit) => [unit, Math.max(...column(z, unit))])) }),
  }));
}

const statistics: Observation = { rows: X.length, layers: layersOf(false) };

const complete: Observation = {
  rows: X.length,
  layers: layersOf(true),
  loss: "meanSquaredError",
  inputs: { x: { rows: X.length, columns: 2, data: flat(X) }, columns: columnsOf(X) },
  again(_options, visit) {
    const activations = Z.map((z) => z.map((row) => row.map(relu)));
    // One row at a time: judgement must not lean on a chunk's size.
    for (let start = 0; start < X.length; start++) {
      visit({
        start,
        rows: 1,
        inputs: (layer) => Float32Array.from(layer === 0 ? X[start] : activations[layer - 1][start]),
        preactivations: (layer) => Float32Array.from(Z[layer][start]),
        activations: (layer) => Float32Array.from(activations[layer][start]),
      });
    }
  },
};

const unitsOf = (observation: Observation): UnitDiagnosis[] =>
  judgeObservation(observation, { proofs: true }).layers.flatMap(({ units }) => units);
const deadOf = (observation: Observation) => unitsOf(observation).filter(({ state }) => state === "dead");

describe("statistics alone", () => {
  test("give states, rates and bounds; all layers are hidden ones", () => {
    const diagnosis = judgeObservation(statistics);
    expect(diagnosis).toMatchObject({ samples: 4, units: 6, dead: 3 });
    expect(diagnosis.layers.map(({ dead }) => dead)).toEqual([2, 1, 0]);
    expect(unitsOf(statistics).map(({ state }) => state)).toEqual([
      "linear",
      "dead",
      "dead",
      "linear",
      "dead",
      "linear",
    ]);
    expect(diagnosis.layers[0].units[0]).toMatchObject({ activity: 1, preactivation: { min: 0.85, max: 4.1 } });
    expect(String(diagnosis)).toMatch(/3/);
  });

  test("say nothing of mechanisms, proofs and biases, and of permanence only what holds whatever the weights", () => {
    for (const unit of deadOf(statistics)) {
      expect(Object.keys(unit)).not.toEqual(expect.arrayContaining(["mechanism"]));
      expect(Object.keys(unit)).not.toEqual(expect.arrayContaining(["biasToRevive"]));
      expect(Object.keys(unit)).not.toEqual(expect.arrayContaining(["proof"]));
    }
    expect(deadOf(statistics).map(({ permanent }) => permanent)).toEqual([true, true, undefined]);
  });

  test("findings need no more than they ask for", () => {
    expect(judgeObservation(statistics).findings.map(({ kind }) => kind)).toEqual(["silentTogether"]);
    const closed = {
      ...statistics,
      layers: [statistics.layers[0], { ...statistics.layers[1], units: columnsOf(X.map(() => [-1, -2])) }],
    };
    expect(judgeObservation(closed).findings.map(({ kind }) => kind)).toContain("noGradientFromAbove");
  });

  test("of a unit whose preactivations are not finite nothing else is said, of the others what was said", () => {
    const units = statistics.layers[0].units.map((unit, i) => (i === 1 ? { ...unit, max: Infinity } : unit));
    const broken = { ...statistics, layers: [{ ...statistics.layers[0], units }] };
    const [layer] = judgeObservation(broken).layers;
    const whole = judgeObservation({ ...statistics, layers: [statistics.layers[0]] }).layers[0];
    expect(layer.units.map(({ state }) => state)).toEqual(
      whole.units.map(({ state }, i) => (i === 1 ? "notFinite" : state)),
    );
    const [finding] = judgeObservation(broken).findings;
    expect(finding).toMatchObject({ kind: "divergence", role: "cause", layer: 0, figures: { units: 1 } });
    expect(judgeObservation(statistics).findings.map(({ kind }) => kind)).not.toContain("divergence");
  });
});

describe("with weights, inputs and the rows to see again", () => {
  test("mechanisms, permanence, biases and proofs", () => {
    const dead = deadOf(complete);
    expect(dead.map(({ layer, unit, mechanism }) => [layer, unit, mechanism])).toEqual([
      [0, 1, "negativeBias"],
      [0, 2, "negativeWeights"],
      [1, 1, "negativeBias"],
    ]);
    expect(dead.map(({ permanent }) => permanent)).toEqual([true, true, false]); // fed by a unit that fires
    expect(dead.map(({ proof }) => proof)).toEqual(["provenDead", "provenDead", "provenDead"]);
    // The largest of four preactivations opens: 3 + 0.5 - 9 in unit 1.
    expect(dead[0].biasToRevive).toBeCloseTo(5.5, 4);
    expect(dead[0].biasToRevive).toBeGreaterThan(5.5);
  });

  test("a network that relumine ran gives the same diagnosis", async () => {
    const network = await createNetwork({
      inputs: 2,
      layers: [{ units: 3 }, { units: 2 }, { units: 1 }],
      loss: "meanSquaredError",
    });
    network.layers.forEach((layer, index) =>
      layer.setWeights({ kernel: flat(KERNELS[index]), bias: Float32Array.from(BIASES[index]) }),
    );
    const own = diagnose(
      network,
      X.map((row) => [...row]),
      { proofs: true },
    );
    const judged = judgeObservation(complete, { proofs: true });
    const shown = ({ layer, unit, state, mechanism, permanent, proof }: UnitDiagnosis) => ({
      layer,
      unit,
      state,
      mechanism,
      permanent,
      proof,
    });
    expect(judged.layers.flatMap(({ units }) => units.map(shown))).toEqual(
      own.layers.flatMap(({ units }) => units.map(shown)),
    );
    expect(judged.findings).toEqual(own.findings);
    expect(judged.dead).toBeGreaterThan(0);
    network.dispose();
  });

  test("an input that opens a unit is found without a network to run, if a corner of the box opens it", () => {
    const box = { low: Float32Array.of(0, 0), high: Float32Array.of(20, 20) };
    const [, closedByBias] = judgeObservation(complete, { box, proofs: true }).layers[0].units;
    expect(closedByBias).toMatchObject({ proof: "refuted", wakingInput: Float32Array.of(20, 20) });
    expect(judgeObservation(complete, { box }).layers[0].units[1]).not.toHaveProperty("proof");
  });

  test("weights of the first layer alone tell of the first layer alone", () => {
    const layers = complete.layers.map((layer, index) =>
      index === 0 ? layer : { activation: layer.activation, units: layer.units },
    );
    const dead = deadOf({ ...complete, layers });
    expect(dead.map(({ mechanism }) => mechanism)).toEqual(["negativeBias", "negativeWeights", undefined]);
    expect(dead.map(({ proof }) => proof)).toEqual(["provenDead", "provenDead", undefined]);
  });

  test("what still moves a permanent unit is read from the motion", () => {
    const still = weightsOf(0);
    const none = { ...still, kernel: still.kernel.map(() => 0), bias: still.bias.map(() => 0) };
    const velocity = [{ ...none, bias: Float32Array.of(0, 0, 0.1) }, weightsOf(1), weightsOf(2)];
    const moved = deadOf({ ...complete, motion: { decays: false, velocity } });
    expect(moved.map(({ stillMovedBy }) => stillMovedBy)).toEqual([undefined, ["momentum"], undefined]);
    const decayed = deadOf({ ...complete, motion: { decays: true } });
    expect(decayed.map(({ stillMovedBy }) => stillMovedBy)).toEqual([["weightDecay"], ["weightDecay"], undefined]);
  });
});
