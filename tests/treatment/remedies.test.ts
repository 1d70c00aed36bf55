// Each remedy by itself: what the units do afterwards, whose moments are cleared, and which bits stay.
import { describe, expect, test } from "vitest";
import { before, brokenPromises } from "./promises.js";
import { column, relu, sum, times, units } from "../casebook/case.js";
import { withCase } from "../casebook/check.js";
import { ARITHMETICS, randomRows, sectors, seededRandom, toReference, waves, withNetwork } from "../network/helpers.js";
import { forward, gradients } from "../reference.js";
import { adam, diagnose, type Network, type NetworkSpec, sgd, treat } from "../../src/index.js";
import { stateOf } from "../../src/network/state.js";
import { thresholdFor, wantedSamples } from "../../src/treatment/lift-bias.js";

const { x, y } = sectors(200);
const sickSpec: NetworkSpec = { inputs: 2, layers: [{ units: 12, biasInitializer: -0.6 }, { units: 9, biasInitializer: -0.4 }, { units: 3 }], loss: "crossEntropy", seed: 5 };

async function sick<T>(use: (network: Network) => Promise<T>, spec = sickSpec): Promise<T> {
  return withNetwork(spec, async (network) => {
    await network.fit({ x, y }, { epochs: 2, optimizer: adam() });
    expect(diagnose(network, x).dead).toBeGreaterThan(2);
    return use(network);
  });
}

describe("liftBias", () => {
  test("the threshold: as many values above it as wanted, or as near as equal ones allow", () => {
    const sorted = (...values: number[]) => Float32Array.from(values).sort();
    for (const values of [sorted(1, 2, 3, 4, 5), sorted(-1e6, -1e-30, 0, 1e-40, 7), sorted(5, 5.0000005, 5.000001, 5.0000015, 5.000002)]) {
      for (let wanted = 1; wanted <= 5; wanted++) {
        const { threshold, above } = thresholdFor(values, wanted);
        expect(above).toBe(wanted);
        expect(Math.fround(threshold)).toBe(threshold);
        expect(values.filter((value) => Math.fround(value - threshold) > 0)).toHaveLength(wanted);
      }
    }
    const ties: readonly (readonly [number[], number, number])[] = [[[1, 2, 2, 2, 3], 2, 1], [[1, 2, 2, 2, 3], 3, 4], [[4, 4, 4], 1, 3], [[0, 0, 0, 9], 2, 1], [[0, 9, 9, 9], 1, 3], [[7], 1, 1]];
    for (const [values, wanted, expected] of ties) {
      const { threshold, above } = thresholdFor(sorted(...values), wanted);
      expect(above, `${wanted} of ${values}`).toBe(expected);
      expect(values.filter((value) => value > threshold)).toHaveLength(expected);
    }
    expect([wantedSamples(0.1, 30), wantedSamples(0.1, 31), wantedSamples(1e-9, 7), wantedSamples(1, 7), wantedSamples(0.29, 100)]).toEqual([3, 4, 1, 7, 29]);
  });

  test("the units learn again: a gradient into their outgoing weights, and weights that grow in 200 steps", () => sick(async (network) => {
    const { treated, outputChange } = await treat(network, x, { kind: "liftBias", activity: 0.2 });
    expect(outputChange).toBe(0);
    const last = treated.filter(({ layer }) => layer === 1);
    expect(last.length).toBeGreaterThan(0);
    const gradient = gradients(toReference(network), x, y, "crossEntropy").layers;
    for (const { unit } of last) expect(gradient[2].kernel[unit].some((g) => Math.abs(g) > 1e-5)).toBe(true);
    const start = network.evaluate({ x, y }).loss;
    await network.fit({ x, y }, { epochs: 32, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }) }); // 7 steps an epoch: 224 in all
    for (const { layer, unit } of treated) {
      const { kernel } = network.layers[layer + 1].getWeights();
      const width = network.layers[layer + 1].units;
      expect(kernel.subarray(unit * width, (unit + 1) * width).some((w) => Math.abs(w) > 1e-3), `layer ${layer}, unit ${unit}`).toBe(true);
    }
    expect(network.evaluate({ x, y }).loss).toBeLessThan(start);
  }));

  test("a network that was silent as a whole learns afterwards, and does not without", async () => {
    const data = waves(200);
    const spec: NetworkSpec = { inputs: 2, layers: times(3, () => ({ units: 16, biasInitializer: -9 })).concat([{ units: 1 } as never]), loss: "meanSquaredError", seed: 3 };
    await withNetwork(spec, async (network) => {
      using untreated = await network.clone();
      const treatment = await treat(network, data.x, { kind: "liftBias", activity: 0.3 });
      expect([treatment.before.dead, treatment.after.dead, treatment.treated.length]).toEqual([48, 0, 48]);
      for (const { activity, layer } of treatment.treated) { // above the first layer, samples that open nothing below are all the same
        if (layer === 0) expect(Math.abs(activity! - 0.3)).toBeLessThanOrEqual(1 / 200);
        else expect(activity).toBeGreaterThan(0);
      }
      for (const each of [network, untreated]) await each.fit(data, { epochs: 40, optimizer: adam({ learningRate: 0.01 }) });
      const [cured, dead] = [network.evaluate(data).loss, untreated.evaluate(data).loss];
      expect(dead).toBeGreaterThan(0.5);
      expect(cured).toBeLessThan(dead / 5);
    });
  });

  test("clears the moments of the lifted units and of no other", () => sick(async (network) => {
    const { bias: closed } = network.layers[0].getWeights();
    closed.fill(-50, 0, 4); // units that have learnt something
    network.layers[0].setWeights({ bias: closed });
    const old = stateOf(network);
    const momentsBefore = old.lastMoments!.slots.map((slot) => old.floats(slot, old.parameterFloats).slice());
    const { treated } = await treat(network, x, { kind: "liftBias" });
    const state = stateOf(network);
    const isTreated = (layer: number, unit: number) => treated.some((each) => each.layer === layer && each.unit === unit);
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
  test("takes the units that ReDo's score names, those of a silent layer too", () => sick(async (network) => {
    const layers = toReference(network);
    const { treated, after } = await treat(network, x, { kind: "recycle", tau: 0.1 });
    const sizes = layers[0].bias.map((_, unit) => forward(layers, x)[0].a.reduce((total, row) => total + Math.abs(row[unit]), 0) / x.length);
    const mean = sizes.reduce((total, size) => total + size, 0) / sizes.length;
    expect(treated.filter(({ layer }) => layer === 0).map(({ unit }) => unit)).toEqual(sizes.flatMap((size, unit) => (size / (mean + 1e-9) <= 0.1 ? [unit] : [])));
    expect(after.dead).toBe(0);
    await withCase({ layers: [relu([-1, 0], [-2, 0]), relu([1, 1, -1], [1, 1, -1]), sum(2)] }, async (silent) => {
      const treatment = await treat(silent, [[1], [2], [3]], { kind: "recycle" });
      expect(treatment.treated.map(({ layer, unit }) => [layer, unit])).toEqual([[0, 0], [0, 1], [1, 0], [1, 1]]);
      expect([treatment.before.dead, treatment.after.dead, treatment.outputChange]).toEqual([4, 0, 0]);
    });
  }));

  test("what no draw opens gets a bias, and that is said", () =>
    withCase({ layers: [units("relu", [1, -5], [1, -9]), sum(2)] }, async (network) => {
      const treatment = await treat(network, [[0], [0], [0]], { kind: "recycle" }); // w·0 is 0 whatever is drawn
      expect(treatment.treated).toMatchObject([{ action: "redrawnAndLifted", activity: 1 }, { action: "redrawnAndLifted", activity: 1 }]);
      expect(treatment.findings.map(({ kind }) => kind)).toContain("shareNotReached");
      expect(treatment.after.dead).toBe(0);
    }));
});

test("reinitialize: where the start's own bias kills, that is said", () =>
  withNetwork({ inputs: 2, layers: [{ units: 4, biasInitializer: -50 }, { units: 1 }], loss: "meanSquaredError" }, async (network) => {
    const { before: was, after, findings } = await treat(network, x, { kind: "reinitialize" });
    expect([was.dead, after.dead]).toEqual([4, 4]);
    expect(findings).toMatchObject([{ kind: "stillDead", message: expect.stringContaining("4 units dead after the treatment") }]);
    expect(network.layers[0].getWeights().bias).toEqual(new Float32Array(4).fill(-50));
  }));

test("replaceActivation: a tail that stays flat is said", () =>
  withCase({ layers: [relu([0.01, -90], [1, 0]), sum(2)] }, async (network) => {
    const { after, findings } = await treat(network, column(1, 2, -3), { kind: "replaceActivation", activation: "gelu" });
    expect(after.dead).toBe(1);
    expect(findings).toMatchObject([{ kind: "livingUnitsToo" }, { kind: "stillDead", message: expect.stringContaining("layer 0: unit 0") }]);
  }));

describe("prune", () => {
  test.each(ARITHMETICS)("%s: the same bits, though the sums shrink from three blocks of the product to one", (arithmetic) => {
    const random = seededRandom(4);
    const wide = randomRows(random, 300, 5);
    const spec: NetworkSpec = { inputs: 5, layers: [{ units: 700 }, { units: 400, activation: "tanh" }, { units: 40 }], loss: "meanSquaredError", seed: 2 };
    return withNetwork(spec, async (network) => {
      const bias = Float32Array.from({ length: 700 }, (_, unit) => (unit % 7 < 4 ? -30 : 0.1));
      network.layers[0].setWeights({ bias });
      const { kernel } = network.layers[2].getWeights();
      for (let unit = 0; unit < 400; unit += 3) kernel.fill(0, unit * 40, (unit + 1) * 40);
      network.layers[2].setWeights({ kernel });
      const logits = network.predict(wide).data;
      const single = network.predict([wide[17]]).data;
      const { network: smaller, treated, outputChange, findings } = await treat(network, wide, { kind: "prune" });
      expect(smaller.layers.map((layer) => [layer.inputs, layer.units])).toEqual([[5, 300], [300, 266], [266, 40]]);
      expect(treated.every(({ action }) => action === "removed")).toBe(true);
      expect(findings.map(({ kind }) => kind)).toEqual(["lossless"]);
      expect(outputChange).toBe(0);
      expect(smaller.predict(wide).data).toEqual(logits);
      expect(smaller.predict([wide[17]]).data).toEqual(single);
      smaller.dispose();
    }, { arithmetic });
  });

  test("keeps the moments and the place in the sequence of epochs of what stays", () => sick(async (network) => {
    const old = stateOf(network);
    const { network: smaller, treated } = await treat(network, x, { kind: "prune" });
    const state = stateOf(smaller);
    const kept = network.layers.map(({ units: width }, layer) => times(width, (unit) => unit).filter((unit) => !treated.some((each) => each.layer === layer && each.unit === unit)));
    old.lastMoments!.slots.forEach((slot, s) => {
      const from = old.floats(slot, old.parameterFloats), to = state.floats(state.lastMoments!.slots[s], state.parameterFloats);
      kept.forEach((columns, layer) => {
        const rows = layer === 0 ? [0, 1] : kept[layer - 1];
        rows.forEach((row, r) => columns.forEach((unit, c) =>
          expect(to[state.layout.layers[layer].kernel / 4 + r * columns.length + c]).toBe(from[old.layout.layers[layer].kernel / 4 + row * network.layers[layer].units + unit])));
        columns.forEach((unit, c) => expect(to[state.layout.layers[layer].bias / 4 + c]).toBe(from[old.layout.layers[layer].bias / 4 + unit]));
      });
    });
    expect([state.epochsBegun, state.redraws, state.lastMoments!.powers, state.lastMoments!.recipe]).toEqual([old.epochsBegun, old.redraws, old.lastMoments!.powers, old.lastMoments!.recipe]);
    expect(smaller.parameterCount).toBeLessThan(network.parameterCount);
    expect(state.stepCounts).toBeUndefined();
    smaller.dispose();
  }));

  test("keeps the step counts of units that were begun anew", () => sick(async (network) => {
    const lifted = await treat(network, x, { kind: "liftBias" });
    const counts = stateOf(network).stepCounts!;
    const { powers } = stateOf(network).lastMoments!;
    const anew = lifted.treated.map(({ layer, unit }) => layer * 12 + unit);
    expect([...counts]).toEqual(times(42, (at) => (anew.includes(at % 21) ? 1 : at < 21 ? powers.beta1 : powers.beta2)));
    const closed = network.layers[0].getWeights().bias;
    closed[anew.includes(0) ? 1 : 0] = -90; // one that is as old as the network goes
    network.layers[0].setWeights({ bias: closed });
    const { network: smaller, treated } = await treat(network, x, { kind: "prune" });
    const gone = treated.map(({ layer, unit }) => layer * 12 + unit);
    expect(gone.length).toBeGreaterThan(0);
    expect([...stateOf(smaller).stepCounts!]).toEqual([...counts].filter((_, at) => !gone.includes(at % 21)));
    const leaky = await treat(network, x, { kind: "replaceActivation", activation: "prelu" });
    expect(leaky.treated.length).toBeGreaterThan(0);
    expect([...stateOf(network).stepCounts!]).toEqual([...counts]);
    smaller.dispose();
  }));

  test("constants go into the next bias, what feeds nothing but removed units goes too", () =>
    withCase({
      // unit 0 is 2 on every sample, unit 1 feeds the dead unit alone, unit 2 lives
      layers: [relu([0, 2], [1, 0], [1, -1.5]), relu([0.25, 0, 1, 0], [0, 1, 0, -9]), sum(2)],
    }, async (network) => {
      const samples = column(1, 2, 3);
      const treatment = await treat(network, samples, { kind: "prune" });
      expect(treatment.treated).toEqual([{ layer: 0, unit: 0, action: "folded" }, { layer: 0, unit: 1, action: "removed" }, { layer: 1, unit: 1, action: "removed" }]);
      expect(toReference(treatment.network).map(({ kernel, bias }) => ({ kernel, bias }))).toEqual([{ kernel: [[1]], bias: [-1.5] }, { kernel: [[1]], bias: [0.5] }, { kernel: [[1]], bias: [0] }]);
      expect(treatment.outputChange).toBe(0);
      expect(treatment.findings.map(({ kind }) => kind)).toEqual(["lossless"]);
      treatment.network.dispose();
    }));

  test("a unit that other inputs in the box open is pruned on these samples alone, and that is said", () =>
    withCase({ layers: [relu([1, 1, -1.5], [1, -1, 0]), sum(2)] }, async (network) => {
      const { findings, treated, network: smaller } = await treat(network, [[1, 0], [0, 1]], { kind: "prune" });
      expect(treated).toEqual([{ layer: 0, unit: 0, action: "removed" }]);
      expect(findings).toMatchObject([{ kind: "onTheseSamples", message: expect.stringContaining("1 of them open on other inputs") }]);
      smaller.dispose();
    }));

  test("a layer that dies out is folded away with a finding: the output layer is left, with the same bits", () =>
    withCase({ layers: [relu([1, 0.1], [1, 0.2]), relu([1, 1, -90]), relu([3, 0.3], [1, -1]), units("sigmoid", [1, 1, 0.7])] }, async (network) => {
      const samples = column(1, 2, 3);
      const outputs = network.predict(samples).data;
      const treatment = await treat(network, samples, { kind: "prune" });
      expect(treatment.network.layers.map(({ inputs, units: width, activation }) => [inputs, width, activation.name])).toEqual([[1, 1, "sigmoid"]]);
      expect(treatment.findings).toMatchObject([{ kind: "constantNetwork", layer: 1 }, { kind: "lossless" }]);
      expect(treatment.network.predict(samples).data).toEqual(outputs);
      expect(treatment.network.predict(column(-55)).data[0]).toBe(outputs[0]);
      await treatment.network.fit({ x: samples, y: [[0], [1], [0]] }, { epochs: 1 });
      treatment.network.dispose();
    }));

  test("samples that do not vary say nothing of constants", () =>
    withCase({ layers: [relu([1, 0], [1, -9]), sum(2)] }, async (network) => {
      const { treated, network: smaller } = await treat(network, [[2], [2]], { kind: "prune" });
      expect(treated).toEqual([{ layer: 0, unit: 1, action: "removed" }]);
      smaller.dispose();
    }));
});

test("the checker of promises sees a broken one", () => sick(async (network) => {
  const old = before(network, x);
  const spoil = async (kind: "liftBias" | "recycle" | "reinitialize" | "prune", change: (network: Network) => void) => {
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
