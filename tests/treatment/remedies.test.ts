// Each remedy by itself: what the units do afterwards, and whose moments are cleared.
import { describe, expect, test } from "vitest";
import { before, brokenPromises } from "./promises.js";
import { withDeadUnits, x, y } from "../support/dead-networks.js";
import { column, relu, sum, times, units } from "../casebook/case.js";
import { withCase } from "../casebook/check.js";
import { toReference, withNetwork } from "../support/networks.js";
import { waves } from "../support/samples.js";
import { forward, gradients } from "../reference/network.js";
import { adam, type Network, type NetworkSpec, sgd, treat } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { rowsForShare, thresholdForCount } from "../../src/treatment/thresholds.js";

describe("liftBias", () => {
  test("the threshold: as many values above it as wanted, or as near as equal ones allow", () => {
    const sorted = (...values: number[]) => Float32Array.from(values).sort();
    for (const values of [
      sorted(1, 2, 3, 4, 5),
      sorted(-1e6, -1e-30, 0, 1e-40, 7),
      sorted(5, 5.0000005, 5.000001, 5.0000015, 5.000002),
    ]) {
      for (let wanted = 1; wanted <= 5; wanted++) {
        const { threshold, above } = thresholdForCount(values, wanted);
        expect(above).toBe(wanted);
        expect(Math.fround(threshold)).toBe(threshold);
        expect(values.filter((value) => Math.fround(value - threshold) > 0)).toHaveLength(wanted);
      }
    }
    const ties: readonly (readonly [number[], number, number])[] = [
      [[1, 2, 2, 2, 3], 2, 1],
      [[1, 2, 2, 2, 3], 3, 4],
      [[4, 4, 4], 1, 3],
      [[0, 0, 0, 9], 2, 1],
      [[0, 9, 9, 9], 1, 3],
      [[7], 1, 1],
    ];
    for (const [values, wanted, expected] of ties) {
      const { threshold, above } = thresholdForCount(sorted(...values), wanted);
      expect(above, `${wanted} of ${values}`).toBe(expected);
      expect(values.filter((value) => value > threshold)).toHaveLength(expected);
    }
    expect([
      rowsForShare(0.1, 30),
      rowsForShare(0.1, 31),
      rowsForShare(1e-9, 7),
      rowsForShare(1, 7),
      rowsForShare(0.29, 100),
    ]).toEqual([3, 4, 1, 7, 29]);
  });

  test("the units learn again: a gradient into their outgoing weights, and weights that grow in 200 steps", () =>
    withDeadUnits(async (network) => {
      const { treated, outputChange } = await treat(network, x, { kind: "liftBias", activity: 0.2 });
      expect(outputChange).toBe(0);
      const last = treated.filter(({ layer }) => layer === 1);
      expect(last.length).toBeGreaterThan(0);
      const gradient = gradients(toReference(network), x, y, "crossEntropy").layers;
      for (const { unit } of last) expect(gradient[2].kernel[unit].some((g) => Math.abs(g) > 1e-5)).toBe(true);
      const start = network.evaluate({ x, y }).loss;
      // 7 steps an epoch: 224 in all
      await network.fit({ x, y }, { epochs: 32, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) });
      for (const { layer, unit } of treated) {
        const { kernel } = network.layers[layer + 1].getWeights();
        const width = network.layers[layer + 1].units;
        expect(
          kernel.subarray(unit * width, (unit + 1) * width).some((w) => Math.abs(w) > 1e-3),
          `layer ${layer}, unit ${unit}`,
        ).toBe(true);
      }
      expect(network.evaluate({ x, y }).loss).toBeLessThan(start);
    }));

  test("a network that was silent as a whole learns afterwards, and does not without", async () => {
    const data = waves(200);
    const spec: NetworkSpec = {
      inputs: 2,
      layers: times(3, () => ({ units: 16, biasInitializer: -9 })).concat([{ units: 1 } as never]),
      loss: "meanSquaredError",
      seed: 3,
    };
    await withNetwork(spec, async (network) => {
      using untreated = await network.clone();
      const treatment = await treat(network, data.x, { kind: "liftBias", activity: 0.3 });
      expect([treatment.before.dead, treatment.after.dead, treatment.treated.length]).toEqual([48, 0, 48]);
      for (const { activity, layer } of treatment.treated) {
        // above the first layer, samples that open nothing below are all the same
        if (layer === 0) expect(Math.abs(activity! - 0.3)).toBeLessThanOrEqual(1 / 200);
        else expect(activity).toBeGreaterThan(0);
      }
      for (const each of [network, untreated])
        await each.fit(data, { epochs: 40, optimizer: adam({ learningRate: 0.01 }) });
      const [cured, dead] = [network.evaluate(data).loss, untreated.evaluate(data).loss];
      expect(dead).toBeGreaterThan(0.5);
      expect(cured).toBeLessThan(dead / 5);
    });
  });

  test("clears the moments of the lifted units and of no other", () =>
    withDeadUnits(async (network) => {
      const { bias: closed } = network.layers[0].getWeights();
      closed.fill(-50, 0, 4); // units that have learnt something
      network.layers[0].setWeights({ bias: closed });
      const old = stateOf(network);
      const momentsBefore = old.lastMoments!.slots.map((slot) => old.floats(slot, old.parameterFloats).slice());
      const { treated } = await treat(network, x, { kind: "liftBias" });
      const state = stateOf(network);
      const isTreated = (layer: number, unit: number) =>
        treated.some((each) => each.layer === layer && each.unit === unit);
      let cleared = 0;
      state.lastMoments!.slots.forEach((slot, s) => {
        const moments = state.floats(slot, state.parameterFloats);
        network.layers.forEach(({ inputs, units: width }, layer) => {
          const { kernel, bias } = state.layout.layers[layer];
          for (let unit = 0; unit < width; unit++) {
            expect(moments[bias / 4 + unit]).toBe(isTreated(layer, unit) ? 0 : momentsBefore[s][bias / 4 + unit]);
            for (let input = 0; input < inputs; input++) {
              const at = kernel / 4 + input * width + unit;
              const isCleared = isTreated(layer, unit) || (layer > 0 && isTreated(layer - 1, input));
              expect(moments[at]).toBe(isCleared ? 0 : momentsBefore[s][at]);
              if (isCleared && momentsBefore[s][at] !== 0) cleared++;
            }
          }
        });
      });
      expect(cleared).toBeGreaterThan(0);
      expect(state.lastMoments!.powers).toEqual(old.lastMoments!.powers);
    }));
});

describe("recycle", () => {
  test("takes the units that ReDo's score names, those of a silent layer too", () =>
    withDeadUnits(async (network) => {
      const layers = toReference(network);
      const { treated, after } = await treat(network, x, { kind: "recycle", dormantBelow: 0.1 });
      const sizes = layers[0].bias.map(
        (_, unit) => forward(layers, x)[0].a.reduce((total, row) => total + Math.abs(row[unit]), 0) / x.length,
      );
      const mean = sizes.reduce((total, size) => total + size, 0) / sizes.length;
      expect(treated.filter(({ layer }) => layer === 0).map(({ unit }) => unit)).toEqual(
        sizes.flatMap((size, unit) => (size / (mean + 1e-9) <= 0.1 ? [unit] : [])),
      );
      expect(after.dead).toBe(0);
      await withCase({ layers: [relu([-1, 0], [-2, 0]), relu([1, 1, -1], [1, 1, -1]), sum(2)] }, async (silent) => {
        const treatment = await treat(silent, [[1], [2], [3]], { kind: "recycle" });
        expect(treatment.treated.map(({ layer, unit }) => [layer, unit])).toEqual([
          [0, 0],
          [0, 1],
          [1, 0],
          [1, 1],
        ]);
        expect([treatment.before.dead, treatment.after.dead, treatment.outputChange]).toEqual([4, 0, 0]);
      });
    }));

  test("what no draw opens gets a bias, and that is said", () =>
    withCase({ layers: [units("relu", [1, -5], [1, -9]), sum(2)] }, async (network) => {
      const treatment = await treat(network, [[0], [0], [0]], { kind: "recycle" }); // w·0 is 0 whatever is drawn
      expect(treatment.treated).toMatchObject([
        { action: "redrawnAndLifted", activity: 1 },
        { action: "redrawnAndLifted", activity: 1 },
      ]);
      expect(treatment.findings.map(({ kind }) => kind)).toContain("shareNotReached");
      expect(treatment.after.dead).toBe(0);
    }));
});

test("reinitialize: where the start's own bias kills, that is said", () =>
  withNetwork(
    { inputs: 2, layers: [{ units: 4, biasInitializer: -50 }, { units: 1 }], loss: "meanSquaredError" },
    async (network) => {
      const { before: was, after, findings } = await treat(network, x, { kind: "reinitialize" });
      expect([was.dead, after.dead]).toEqual([4, 4]);
      expect(findings).toMatchObject([
        { kind: "stillDead", message: expect.stringContaining("4 units dead after the treatment") },
      ]);
      expect(network.layers[0].getWeights().bias).toEqual(new Float32Array(4).fill(-50));
    },
  ));

test("replaceActivation: a tail that stays flat is said", () =>
  withCase({ layers: [relu([0.01, -90], [1, 0]), sum(2)] }, async (network) => {
    const { after, findings } = await treat(network, column(1, 2, -3), {
      kind: "replaceActivation",
      activation: "gelu",
    });
    expect(after.dead).toBe(1);
    expect(findings).toMatchObject([
      { kind: "livingUnitsToo" },
      { kind: "stillDead", message: expect.stringContaining("layer 0: unit 0") },
    ]);
  }));

test("the checker of promises sees a broken one", () =>
  withDeadUnits(async (network) => {
    const old = before(network, x);
    const spoil = async (
      kind: "liftBias" | "recycle" | "reinitialize" | "prune",
      change: (network: Network) => void,
    ) => {
      const treatment = await treat(network, x, { kind });
      expect(brokenPromises(treatment, old, x, false)).toEqual([]);
      change(treatment.network);
      const wrong = brokenPromises(treatment, old, x, false);
      treatment.undo();
      return wrong;
    };
    const shift = (layer: number, part: "kernel" | "bias", by: number) => (changed: Network) => {
      const values = changed.layers[layer].getWeights()[part];
      changed.layers[layer].setWeights({ [part]: values.map((value) => value + by) });
    };
    expect(await spoil("liftBias", shift(2, "kernel", 0.01))).not.toEqual([]);
    expect(await spoil("liftBias", shift(0, "bias", -90))).not.toEqual([]);
    expect(await spoil("recycle", shift(2, "kernel", 0.01))).not.toEqual([]);
    expect(await spoil("reinitialize", shift(0, "bias", 0.5))).not.toEqual([]);
    expect(await spoil("prune", shift(2, "bias", 1e-6))).not.toEqual([]);
    const treatment = await treat(network, x, { kind: "liftBias" });
    expect(brokenPromises({ ...treatment, network, outputChange: 0.1 }, old, x, false)).not.toEqual([]);
  }));
