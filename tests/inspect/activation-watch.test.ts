// An observation of layers that another program ran: against naive sums in float64, and against this package's own.
import { describe, expect, it } from "vitest";
import { ACTIVATION_NAMES } from "../../src/activations/activations.js";
import { factsOf, firesAbove } from "../../src/activations/analysis.js";
import { resolveObserved } from "../../src/activations/observed.js";
import { judgeObservation } from "../../src/diagnosis/judge-observation.js";
import { ActivationWatch, type WatchedLayer } from "../../src/inspect/activation-watch.js";
import { withInspector } from "../../src/inspect/inspector.js";
import { createNetwork, diagnose } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { judged, naiveOpening, naiveTotals } from "../reference/activation-totals.js";
import { expectRefusal, relumineError } from "../support/errors.js";
import fc from "../support/property.js";
import { normal, seededRandom } from "../support/random.js";

const names = [
  ...ACTIVATION_NAMES,
  ...(Object.keys(judged) as (keyof typeof judged)[]),
] as WatchedLayer["activation"][];

/** Numbers of rows x units x places; unit 0 is closed, unit 1 open, if there are so many. */
function makeValues(seed: number, rows: number, units: number, places: number): number[][][] {
  const random = normal(seededRandom(seed));
  const shift = (unit: number) => [-9, 9][unit] ?? 0;
  return Array.from({ length: rows }, () =>
    Array.from({ length: units }, (_, unit) =>
      Array.from({ length: places }, () => Math.fround(random() * 2 + shift(unit))),
    ),
  );
}

/** As [rows, units, places] or [rows, places, units]. */
function flatten(values: readonly (readonly (readonly number[])[])[], channels: "first" | "last"): Float32Array {
  if (channels === "first") return Float32Array.from(values.flat(2));
  return Float32Array.from(values.flatMap((row) => row[0].flatMap((_, place) => row.map((unit) => unit[place]))));
}

const layouts = fc.record({
  seed: fc.integer(),
  rows: fc.integer({ min: 1, max: 260 }),
  units: fc.integer({ min: 1, max: 9 }),
  places: fc.integer({ min: 1, max: 4 }),
  cut: fc.integer({ min: 1, max: 100 }),
  activation: fc.constantFrom(...names),
});

function watchAll(
  values: readonly (readonly (readonly number[])[])[],
  activation: WatchedLayer["activation"],
  channels: "first" | "last",
  cut: number,
) {
  const [units, places] = [values[0].length, values[0][0].length];
  const watch = new ActivationWatch([{ name: "layer", units, channels, ...(activation && { activation }) }]);
  for (let start = 0; start < values.length; start += cut) {
    const part = values.slice(start, start + cut);
    const shape = channels === "first" ? [part.length, units, places] : [part.length, places, units];
    watch.add(0, flatten(part, channels), shape, "preactivations");
  }
  return watch.finish();
}

describe("properties", () => {
  it("totals are the naive ones, however rows are cut and lie", () => {
    fc.assert(
      fc.property(layouts, ({ seed, rows, units, places, cut, activation }) => {
        const values = makeValues(seed, rows, units, places);
        const resolved = resolveObserved("activation", activation!);
        const { alpha = 0 } = resolved;
        const whole = watchAll(values, activation, "first", rows);
        expect(watchAll(values, activation, "first", cut)).toEqual(whole);
        expect(watchAll(values, activation, "last", cut)).toEqual(whole);
        const [layer] = whole.layers;
        const above = firesAbove(resolved);
        layer.units.forEach((unit, index) => {
          const own = values.map((row) => row[index]);
          const wanted = naiveTotals(own, (z) => factsOf(resolved).value(z, alpha), above);
          for (const key of ["samples", "fired", "min", "max"] as const) expect(unit[key]).toBe(wanted[key]);
          for (const key of ["mean", "variance", "meanActivation"] as const)
            expect(Math.abs(unit[key] - wanted[key])).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted[key])));
          expect(layer.opening!.get(index)).toBe(unit.fired === 0 ? naiveOpening(own) : undefined);
        });
        const closed = values.flatMap((row, i) => (row.flat().every((z) => z <= above) ? [i] : []));
        if (layer.closedRows) expect([...layer.closedRows]).toEqual(closed);
      }),
    );
  });

  it("says of a layer of this package what diagnose says", async () => {
    const network = await createNetwork({
      inputs: 5,
      seed: 3,
      layers: [{ units: 40, activation: "relu", biasInitializer: -0.6 }, { units: 1 }],
      loss: "meanSquaredError",
    });
    const random = normal(seededRandom(4));
    const x = Array.from({ length: 333 }, () => Array.from({ length: 5 }, () => random() / 3));
    const own = diagnose(network, x).layers[0];
    const { kernel, bias } = network.layers[0].getWeights();
    const watch = new ActivationWatch([{ name: "only", units: 40, kernel, bias, inputs: "rows" }]);
    withInspector(stateOf(network), (inspector) =>
      inspector.run({ rows: 333, columns: 5, data: Float32Array.from(x.flat()) }, {}, (chunk) => {
        watch.add("only", chunk.preactivations(0), [chunk.rows, 40], "preactivations");
      }),
    );
    const [layer] = judgeObservation(watch.finish()).layers;
    expect(own.dead).toBeGreaterThan(2);
    expect(own.dead).toBeLessThan(40);
    layer.units.forEach(({ dormancy, preactivation, ...unit }, index) => {
      const { dormancy: ownDormancy, preactivation: ownSpread, ...rest } = own.units[index];
      expect(unit).toEqual(rest); // state, activity, bound, mechanism, permanent, biasToRevive to the bit
      expect(dormancy).toBeCloseTo(ownDormancy, 5);
      expect(preactivation.max).toBe(ownSpread.max);
      expect(preactivation.mean).toBeCloseTo(ownSpread.mean, 5);
    });
  });
});

const states = (layer: Omit<WatchedLayer, "name">, values: number[][], which: "preactivations" | "activations") => {
  const watch = new ActivationWatch([{ name: "layer", ...layer }]);
  watch.add(0, Float32Array.from(values.flat()), [values.length, values[0].length], which);
  return judgeObservation(watch.finish()).layers[0].units.map(({ state }) => state);
};

const repeated = (...values: number[][]) => Array.from({ length: 60 }, (_, i) => values[i % values.length]);

describe("states", () => {
  it.each([
    [
      "relu",
      [
        [-1, 1, 1],
        [0, 2, -3],
      ],
      ["dead", "linear", "alive"],
    ],
    [
      "relu6",
      [
        [-1, 7, 7, 7],
        [-2, 8, 3, -1],
      ],
      ["dead", "saturated", "alive", "saturated"],
    ],
    [
      "hardSigmoid",
      [
        [-3, 3, -4],
        [-5, 4, 4],
      ],
      ["dead", "saturated", "saturated"],
    ],
    [
      "hardTanh",
      [
        [-1, 0.5],
        [2, 7],
      ],
      ["saturated", "alive"],
    ],
    [
      "thresholdedRelu",
      [
        [0.9, 1.1],
        [0.3, 0.2],
      ],
      ["dead", "alive"],
    ],
    [
      "reluSquared",
      [
        [-1, 1],
        [0, 2],
      ],
      ["dead", "alive"],
    ],
    [
      "mish",
      [
        [-200, -20, 1],
        [-150, -30, 2],
      ],
      ["dead", "saturated", "alive"],
    ],
    [
      "geluTanh",
      [
        [-20, -8, 1],
        [-30, -7, 2],
      ],
      ["dead", "saturated", "alive"],
    ],
    [
      "logSigmoid",
      [
        [20, -1],
        [30, 20],
      ],
      ["saturated", "alive"],
    ],
    [
      "softsign",
      [
        [-50, -1],
        [50, 2],
      ],
      ["saturated", "alive"],
    ],
    [
      "celu",
      [
        [-20, 1],
        [-15, -1],
      ],
      ["saturated", "alive"],
    ],
    [
      "gelu",
      [
        [-20, NaN, Infinity],
        [-30, 1, 2],
      ],
      ["dead", "notFinite", "notFinite"],
    ],
  ] as const)("%s by preactivations", (activation, values, expected) => {
    const given = values.map((row) => [...row]);
    expect(states({ activation, units: given[0].length }, repeated(...given), "preactivations")).toEqual(expected);
  });

  it.each([
    [
      "relu",
      [
        [0, 1, 1, NaN],
        [0, 2, 0, 1],
      ],
      ["dead", "linear", "alive", "notFinite"],
    ],
    [
      "relu6",
      [
        [0, 6, 6, 0],
        [0, 6, 3, 6],
      ],
      ["dead", "saturated", "alive", "saturated"],
    ],
    [
      "sigmoid",
      [
        [1, 0, 0.3],
        [1, 0, 0.6],
      ],
      ["saturated", "dead", "alive"],
    ],
    [
      "tanh",
      [
        [1, 0.1],
        [-1, -0.2],
      ],
      ["saturated", "alive"],
    ],
    [
      "elu",
      [
        [-1, -0.5],
        [-1, 1],
      ],
      ["saturated", "alive"],
    ],
    [
      "softplus",
      [
        [0, 0.7],
        [0, 0.1],
      ],
      ["dead", "alive"],
    ],
    [
      "leakyRelu",
      [
        [-0.1, 1],
        [-0.2, -0.1],
      ],
      ["linear", "alive"],
    ],
    // 0 may be that of a closed unit, or of z = 0, where the slope is 1/2
    [
      "gelu",
      [
        [0, 1],
        [0, -0.1],
      ],
      ["dormant", "alive"],
    ],
  ] as const)("%s by activations", (activation, values, expected) => {
    const given = values.map((row) => [...row]);
    expect(states({ activation, units: given[0].length }, repeated(...given), "activations")).toEqual(expected);
  });
});

describe("what is not known is left out", () => {
  it("of activations alone: preactivation, mechanism, permanence, bias to revive", () => {
    const watch = new ActivationWatch([
      { name: "a", units: 2, kernel: Float32Array.of(1, 1), bias: Float32Array.of(-1, 0) },
    ]);
    watch.add("a", Float32Array.of(0, 1, 0, 2), [2, 2], "activations");
    const [unit] = judgeObservation(watch.finish()).layers[0].units;
    expect(Object.keys(unit).sort()).toEqual(
      ["activation", "activity", "activityBound", "dormancy", "layer", "state", "unit"].sort(),
    );
  });

  it("of activations that their function does not give: they may be preactivations", async () => {
    const seen = (activation: WatchedLayer["activation"], ...values: number[]) => {
      const watch = new ActivationWatch([{ name: "a", units: 1, ...(activation && { activation }) }]);
      watch.add("a", Float32Array.from(values), [values.length, 1], "activations");
      return watch.finish();
    };
    await expectRefusal(() => seen("relu", 1, -0.5), "value", "layers[0].activations");
    await expectRefusal(() => seen("sigmoid", 0.5, 1.2), "value", "layers[0].activations");
    for (const [activation, value] of [
      ["relu", 3],
      ["sigmoid", 1],
      ["elu", -1],
      ["gelu", -0.16997],
      ["tanh", -1],
    ] as const)
      expect(seen(activation, value, value).rows).toBe(2);
    expect(seen("relu", NaN, -Infinity, 1).rows).toBe(3); // told as units that are not finite
  });

  it("of preactivations without weights: mechanism, permanence, bias to revive", () => {
    const watch = new ActivationWatch([{ name: "a", units: 2 }]);
    watch.add("a", Float32Array.of(-3, 1, -1, 2), [2, 2], "preactivations");
    const [unit] = judgeObservation(watch.finish()).layers[0].units;
    expect(unit.preactivation).toEqual({ min: -3, max: -1, mean: -2, std: 1 });
    expect("mechanism" in unit || "biasToRevive" in unit || "permanent" in unit).toBe(false);
  });

  it("a bias alone tells how a unit is closed", () => {
    const watch = new ActivationWatch([{ name: "a", units: 2, bias: Float32Array.of(-5, 0) }]);
    watch.add("a", Float32Array.of(-3, -1, -1, -2), [2, 2], "preactivations");
    const units = judgeObservation(watch.finish()).layers[0].units;
    expect(units.map(({ mechanism }) => mechanism)).toEqual(["negativeBias", "negativeWeights"]);
    expect(units[0].biasToRevive).toBeCloseTo(1, 4);
  });
});

describe("what feeds a layer", () => {
  const fed = (inputs: string | undefined, kernel: Float32Array) => {
    const watch = new ActivationWatch([
      { name: "first", units: 2, inputs: "rows" },
      { name: "second", units: 2, kernel, inputs },
    ]);
    watch.add("first", Float32Array.of(-1, -1, -2, 1), [2, 2], "preactivations");
    watch.add("second", Float32Array.of(-1, -1, -2, -1), [2, 2], "preactivations");
    return judgeObservation(watch.finish()).layers[1].units;
  };

  it("silent inputs, by the weights that are not 0", () => {
    const kernel = Float32Array.of(1, 1, 0, 1); // unit 0 is fed by the dead one alone
    expect(fed("first", kernel).map(({ mechanism }) => mechanism)).toEqual(["silentInputs", "negativeWeights"]);
    expect(fed("first", kernel).map(({ permanent }) => permanent)).toEqual([true, false]);
    expect(fed(undefined, kernel).map(({ mechanism }) => mechanism)).toEqual(["negativeWeights", "negativeWeights"]);
    expect(fed(undefined, kernel).map(({ permanent }) => permanent)).toEqual([undefined, undefined]);
  });

  it("a kernel of several places, those of a unit together", () => {
    const kernel = Float32Array.of(0, 1, 1, 0, 0, 0, 0, 1);
    expect(fed("first", kernel).map(({ mechanism }) => mechanism)).toEqual(["silentInputs", "negativeWeights"]);
  });
});

describe("refusals", () => {
  const one = (layer: object = {}) => new ActivationWatch([{ name: "a", units: 2, ...layer }]);
  it.each([
    ["no layers", () => new ActivationWatch([]), "shape", "layers"],
    [
      "a name twice",
      () =>
        new ActivationWatch([
          { name: "a", units: 1 },
          { name: "a", units: 1 },
        ]),
      "value",
      "layers[1].name",
    ],
    ["no units", () => one({ units: 0 }), "value", "layers[0].units"],
    ["an activation that is none", () => one({ activation: "rel" }), "value", "layers[0].activation"],
    ["a short bias", () => one({ bias: new Float32Array(1) }), "shape", "layers[0].bias"],
    ["an uneven kernel", () => one({ kernel: new Float32Array(3) }), "shape", "layers[0].kernel"],
    ["slopes of a relu", () => one({ slopes: new Float32Array(2) }), "value", "layers[0].slopes"],
    ["inputs of a layer that comes later", () => one({ inputs: "b" }), "value", "layers[0].inputs"],
    ["another width", () => one().add(0, new Float32Array(3), [1, 3], "activations"), "shape", "layers[0].activations"],
    [
      "a shape that lies",
      () => one().add(0, new Float32Array(3), [2, 2], "activations"),
      "shape",
      "layers[0].activations",
    ],
    [
      "a negative size",
      () => one().add(0, new Float32Array(4), [-2, -2], "activations"),
      "value",
      "layers[0].activations.shape[0]",
    ],
    ["a layer that is not there", () => one().add("b", new Float32Array(2), [1, 2], "activations"), "value", "layer"],
    ["no rows", () => one().finish(), "shape", "layers[0]"],
  ] as const)("%s", (_, call, code, path) => {
    expect(call).toThrow(relumineError(code, path));
  });

  it("other kinds of numbers, and other numbers of rows", () => {
    const watch = new ActivationWatch([
      { name: "a", units: 1 },
      { name: "b", units: 1 },
    ]);
    watch.add("a", Float32Array.of(1, 2), [2, 1], "activations");
    expect(() => watch.add("a", Float32Array.of(1), [1, 1], "preactivations")).toThrow(
      relumineError("value", "layers[0].preactivations"),
    );
    watch.add("b", Float32Array.of(1), [1, 1], "activations");
    expect(() => watch.finish()).toThrow(relumineError("shape", "layers[1]"));
    watch.add("b", Float32Array.of(1), [1, 1], "activations");
    expect(watch.finish().rows).toBe(2);
  });

  it("activations of a prelu that folds", () => {
    const watch = new ActivationWatch([{ name: "a", units: 1, activation: "prelu", slopes: Float32Array.of(-1) }]);
    expect(() => watch.add("a", Float32Array.of(1), [1, 1], "activations")).toThrow(
      relumineError("value", "layers[0].activations"),
    );
  });
});
