// The Inspector against sums in float64: what each unit did on given rows, and how the inputs move it.
import { describe, expect, test } from "vitest";
import { forward, type Rows as ReferenceRows, slope } from "../reference/network.js";
import { ARITHMETICS, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { adam, createNetwork, type Network, type NetworkSpec } from "../../src/index.js";
import { toMatrix } from "../../src/core/matrix.js";
import { prepareData } from "../../src/network/data.js";
import { stateOf } from "../../src/network/state/state.js";
import { Inspector, type Rows, withInspector } from "../../src/inspect/inspector.js";
import type { UnitStatistics } from "../../src/inspect/statistics.js";

const INPUTS = 5;
const spec: NetworkSpec = {
  inputs: INPUTS,
  layers: [{ units: 33 }, { units: 6, activation: "sigmoid" }, { units: 9, activation: "tanh" }, { units: 3 }],
  loss: "meanSquaredError",
  seed: 21,
};
const data = randomRows(seededRandom(8), 600, INPUTS, 2);
const targets = data.map(([a, b, c]) => [a * b, b - c, Math.sin(c)].map(Math.fround));

/** The same rows as a matrix, and by their indices in a larger set, in disorder and some of them twice. */
function bothWays(count: number): (readonly [name: string, rows: Rows, x: ReferenceRows])[] {
  const indices = Uint32Array.from({ length: count }, (_, i) => (i * 277 + 3) % 590);
  const prepared = prepareData("data", { x: data, y: targets }, INPUTS, 3, spec.loss);
  return [
    ["a matrix", toMatrix("x", data.slice(0, count)), data.slice(0, count)],
    ["indices", { data: prepared, indices }, Array.from(indices, (row) => data[row])],
  ];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** One unit's numbers by their definitions. */
function naive(z: readonly number[], a: readonly number[], isTwoSided: boolean): UnitStatistics {
  const [min, max] = [Math.min(...z), Math.max(...z)];
  const bound = min > 0 || max < 0 ? Math.min(Math.abs(min), Math.abs(max)) : 0;
  return {
    samples: z.length,
    fired: z.filter((value) => value > 0).length,
    min,
    max,
    mean: mean(z),
    variance: mean(z.map((value) => (value - mean(z)) ** 2)),
    meanActivation: mean(a.map(Math.abs)),
    nearest: isTwoSided ? Math.min(...z.map(Math.abs)) : bound,
  };
}

function naiveStatistics(network: Network, x: ReferenceRows): UnitStatistics[][] {
  return forward(toReference(network), x).map(({ z, a }, layer) => {
    const isTwoSided = ["sigmoid", "tanh"].includes(network.layers[layer].activation.name);
    return z[0].map((_, unit) => {
      const column = (rows: ReferenceRows) => rows.map((row) => row[unit]);
      return naive(column(z), column(a), isTwoSided);
    });
  });
}

/** Where they differ: "layer.unit.name". */
function differing(given: readonly UnitStatistics[][], expected: readonly UnitStatistics[][]): string[] {
  expect(given.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  return expected.flatMap((units, layer) =>
    units.flatMap((unit, index) =>
      (Object.keys(unit) as Exclude<keyof UnitStatistics, "steepest">[]).flatMap((name) =>
        Math.abs(given[layer][index][name] - unit[name]) <= 2e-5 * Math.max(1, Math.abs(unit[name]))
          ? []
          : [`${layer}.${index}.${name}`],
      ),
    ),
  );
}

const withLook = (look: (inspector: Inspector, network: Network) => void) =>
  withNetwork(spec, (network) => withInspector(stateOf(network), (inspector) => look(inspector, network)));

describe.each([1, 2, 31, 256, 257, 590])("%d rows", (count) => {
  test.each(bothWays(count))("given as %s: statistics and columns", (_name, rows, x) =>
    withLook((inspector, network) => {
      const expected = naiveStatistics(network, x);
      const given = inspector.statistics(rows);
      expect(differing(given, expected)).toEqual([]);
      const passes = forward(toReference(network), x);
      const units = expected.flatMap((each, layer) => each.map((_, unit) => ({ layer, unit })));
      const columns = inspector.columns(rows, units);
      units.forEach(({ layer, unit }, i) => {
        expect(columns[i].length).toBe(count);
        const furthest = columns[i].reduce((most, z, r) => Math.max(most, Math.abs(z - passes[layer].z[r][unit])), 0);
        expect(furthest).toBeLessThan(1e-5);
        expect(columns[i].filter((z) => z > 0).length).toBe(given[layer][unit].fired);
        expect(columns[i].reduce((least, z) => Math.min(least, z), Infinity)).toBe(given[layer][unit].min);
      });
    }),
  );
});

test("the check notices one number of one unit, and rows in another order", () =>
  withLook((inspector, network) => {
    const [, [, rows, x]] = bothWays(257);
    const expected = naiveStatistics(network, x);
    const given = inspector.statistics(rows);
    given[1][4] = { ...given[1][4], nearest: given[1][4].nearest + 1e-3 };
    expect(differing(given, expected)).toEqual(["1.4.nearest"]);
    expect(differing(inspector.statistics(rows), naiveStatistics(network, x.slice(1)))).not.toEqual([]);
    const forwards = inspector.columns(rows, [{ layer: 2, unit: 8 }])[0];
    const backwards = inspector.columns(toMatrix("x", x.toReversed()), [{ layer: 2, unit: 8 }])[0];
    expect(backwards).not.toEqual(forwards);
    expect(backwards.reverse()).toEqual(forwards);
  }));

test("statistics of some layers alone are the same numbers, whatever the layers above are", () =>
  withLook((inspector, network) => {
    const x = toMatrix("x", data);
    const all = inspector.statistics(x);
    expect(all.length).toBe(4);
    expect(inspector.statistics(x, undefined, 2)).toEqual(all.slice(0, 2));
    expect(inspector.statistics(x, undefined, 3, 2)).toEqual(all.slice(2, 3));
    network.layers[2].setWeights({ bias: new Float32Array(9).fill(5) });
    expect(inspector.statistics(x, undefined, 2)).toEqual(all.slice(0, 2));
  }));

test("a visit sees every row once, in order", () =>
  withLook((inspector) => {
    const [starts, inputs]: number[][] = [[], []];
    inspector.statistics(toMatrix("x", data), (chunk) => {
      starts.push(chunk.start);
      inputs.push(...chunk.inputs(0));
    });
    expect(starts).toEqual([0, 256, 512]);
    expect(inputs).toEqual(data.flat());
  }));

test("statistics after gradientNorms are the same as before it", () =>
  withLook((inspector) => {
    const x = toMatrix("x", data);
    const before = inspector.statistics(x);
    const few = toMatrix("x", data.slice(0, 300));
    const norms = inspector.gradientNorms(few, undefined);
    expect(norms.map(({ arriving, passed }) => arriving >= passed && passed > 0)).toEqual([true, true, true, true]);
    expect(inspector.statistics(x)).toEqual(before);
  }));

/** d(preactivation of a unit)/d(inputs) on each row, rows x inputs, by pushBack: its own activation passes it through. */
function slopesOf(inspector: Inspector, x: ReferenceRows, layer: number, unit: number): number[] {
  const { units, activation } = inspector.state.spec.layers[layer];
  let slopes: number[] = [];
  inspector.run(toMatrix("x", x), { layers: layer + 1 }, (chunk) => {
    const f = Array.from(chunk.preactivations(layer), (z) => slope(activation.name, z));
    const seed = (gradient: Float32Array) => {
      gradient.fill(0);
      for (let r = 0; r < chunk.rows; r++) gradient[r * units + unit] = 1 / f[r * units + unit];
    };
    slopes = [...inspector.pushBack(chunk, layer, seed)];
  });
  return slopes;
}

test.each([1, 2, 3])("pushBack from layer %d: the finite differences of a unit's preactivation", (layer) =>
  withLook((inspector, network) => {
    const [x, unit] = [data.slice(0, 29), 1];
    const reference = toReference(network);
    const zOf = (row: number[]) => forward(reference, [row])[layer].z[0][unit];
    const h = 1e-7; // in float64, so small that hardly any ReLU switches between
    const expected = x.flatMap((row) =>
      row.map((_, i) => (zOf(row.with(i, row[i] + h)) - zOf(row.with(i, row[i] - h))) / (2 * h)),
    );
    const far = (slopes: readonly number[]) => slopes.filter((each, i) => Math.abs(each - expected[i]) > 1e-5).length;
    expect(far(slopesOf(inspector, x, layer, unit))).toBe(0);
    expect(far(slopesOf(inspector, x, layer, 0))).toBeGreaterThan(x.length);
  }),
);

test.each(ARITHMETICS)(
  "a training (%s) that an Inspector watches keeps its bits; memory is given back",
  async (arithmetic) => {
    const train = async (look: boolean) => {
      const network = await createNetwork(spec, { arithmetic });
      const { heap } = stateOf(network).runtime;
      let seen = 0;
      const onBatchEnd = () => {
        const { used } = heap;
        const inspector = new Inspector(stateOf(network));
        seen += inspector.statistics(toMatrix("x", data))[0][0].samples;
        inspector.gradientNorms(toMatrix("x", data.slice(0, 40)), undefined);
        for (const [, rows] of bothWays(300)) inspector.columns(rows, [{ layer: 1, unit: 2 }]);
        expect(heap.used).toBeGreaterThan(used);
        inspector.dispose();
        expect(heap.used).toBe(used);
      };
      const options = { epochs: 2, optimizer: adam(), callbacks: look ? [{ onBatchEnd }] : [] };
      const { epochs } = await network.fit({ x: data, y: targets }, options);
      const weights = weightsOf(network);
      network.dispose();
      return { seen, weights, epochs: epochs.map((log) => ({ ...log, seconds: 0 })) };
    };
    const [alone, watched] = [await train(false), await train(true)];
    expect(watched.seen).toBe(2 * 19 * data.length);
    expect({ ...watched, seen: 0 }).toEqual(alone);
  },
);
