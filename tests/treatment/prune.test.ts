// Prune: which bits stay, what is kept of the optimizer, and what is said of the evidence.
import { describe, expect, test } from "vitest";
import { withDeadUnits, x } from "../support/dead-networks.js";
import { column, relu, sum, times, units } from "../casebook/case.js";
import { withCase } from "../casebook/check.js";
import { ARITHMETICS, toReference, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { type NetworkSpec, treat } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";

describe("prune", () => {
  test.each(ARITHMETICS)(
    "%s: the same bits, though the sums shrink from three blocks of the product to one",
    (arithmetic) => {
      const random = seededRandom(4);
      const wide = randomRows(random, 300, 5);
      const spec: NetworkSpec = {
        inputs: 5,
        layers: [{ units: 700 }, { units: 400, activation: "tanh" }, { units: 40 }],
        loss: "meanSquaredError",
        seed: 2,
      };
      return withNetwork(
        spec,
        async (network) => {
          const bias = Float32Array.from({ length: 700 }, (_, unit) => (unit % 7 < 4 ? -30 : 0.1));
          network.layers[0].setWeights({ bias });
          const { kernel } = network.layers[2].getWeights();
          for (let unit = 0; unit < 400; unit += 3) kernel.fill(0, unit * 40, (unit + 1) * 40);
          network.layers[2].setWeights({ kernel });
          const logits = network.predict(wide).data;
          const single = network.predict([wide[17]]).data;
          const { network: smaller, treated, outputChange, findings } = await treat(network, wide, { kind: "prune" });
          expect(smaller.layers.map((layer) => [layer.inputs, layer.units])).toEqual([
            [5, 300],
            [300, 266],
            [266, 40],
          ]);
          expect(treated.every(({ action }) => action === "removed")).toBe(true);
          expect(findings.map(({ kind }) => kind)).toEqual(["lossless"]);
          expect(outputChange).toBe(0);
          expect(smaller.predict(wide).data).toEqual(logits);
          expect(smaller.predict([wide[17]]).data).toEqual(single);
          smaller.dispose();
        },
        { arithmetic },
      );
    },
  );

  test("keeps the moments and the place in the sequence of epochs of what stays", () =>
    withDeadUnits(async (network) => {
      const old = stateOf(network);
      const { network: smaller, treated } = await treat(network, x, { kind: "prune" });
      const state = stateOf(smaller);
      const kept = network.layers.map(({ units: width }, layer) =>
        times(width, (unit) => unit).filter(
          (unit) => !treated.some((each) => each.layer === layer && each.unit === unit),
        ),
      );
      old.lastMoments!.slots.forEach((slot, s) => {
        const from = old.floats(slot, old.parameterFloats),
          to = state.floats(state.lastMoments!.slots[s], state.parameterFloats);
        kept.forEach((columns, layer) => {
          const rows = layer === 0 ? [0, 1] : kept[layer - 1];
          rows.forEach((row, r) =>
            columns.forEach((unit, c) =>
              expect(to[state.layout.layers[layer].kernel / 4 + r * columns.length + c]).toBe(
                from[old.layout.layers[layer].kernel / 4 + row * network.layers[layer].units + unit],
              ),
            ),
          );
          columns.forEach((unit, c) =>
            expect(to[state.layout.layers[layer].bias / 4 + c]).toBe(from[old.layout.layers[layer].bias / 4 + unit]),
          );
        });
      });
      expect([state.epochsBegun, state.redraws, state.lastMoments!.powers, state.lastMoments!.recipe]).toEqual([
        old.epochsBegun,
        old.redraws,
        old.lastMoments!.powers,
        old.lastMoments!.recipe,
      ]);
      expect(smaller.parameterCount).toBeLessThan(network.parameterCount);
      expect(state.stepCounts).toBeUndefined();
      smaller.dispose();
    }));

  test("keeps the step counts of units that were reset", () =>
    withDeadUnits(async (network) => {
      const lifted = await treat(network, x, { kind: "liftBias" });
      const counts = stateOf(network).stepCounts!;
      const anew = lifted.treated.map(({ layer, unit }) => layer * 12 + unit);
      expect([...counts]).toEqual(times(42, (at) => (anew.includes(at % 21) ? 1 : 0)));
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
    withCase(
      {
        // unit 0 is 2 on every sample, unit 1 feeds the dead unit alone, unit 2 lives
        layers: [relu([0, 2], [1, 0], [1, -1.5]), relu([0.25, 0, 1, 0], [0, 1, 0, -9]), sum(2)],
      },
      async (network) => {
        const samples = column(1, 2, 3);
        const treatment = await treat(network, samples, { kind: "prune" });
        expect(treatment.treated).toEqual([
          { layer: 0, unit: 0, action: "folded" },
          { layer: 0, unit: 1, action: "removed" },
          { layer: 1, unit: 1, action: "removed" },
        ]);
        expect(toReference(treatment.network).map(({ kernel, bias }) => ({ kernel, bias }))).toEqual([
          { kernel: [[1]], bias: [-1.5] },
          { kernel: [[1]], bias: [0.5] },
          { kernel: [[1]], bias: [0] },
        ]);
        expect(treatment.outputChange).toBe(0);
        expect(treatment.findings.map(({ kind }) => kind)).toEqual(["lossless"]);
        treatment.network.dispose();
      },
    ));

  test("a unit that other inputs in the box open is pruned on these samples alone, and that is said", () =>
    withCase({ layers: [relu([1, 1, -1.5], [1, -1, 0]), sum(2)] }, async (network) => {
      const {
        findings,
        treated,
        network: smaller,
      } = await treat(
        network,
        [
          [1, 0],
          [0, 1],
        ],
        { kind: "prune" },
      );
      expect(treated).toEqual([{ layer: 0, unit: 0, action: "removed" }]);
      expect(findings).toMatchObject([
        { kind: "onTheseSamples", message: expect.stringContaining("1 of them open on other inputs") },
      ]);
      smaller.dispose();
    }));

  test("its budget decides what is said of the range of x, never what is taken out", () =>
    withNetwork(
      {
        inputs: 6,
        layers: [{ units: 24 }, { units: 24, biasInitializer: -1.1 }, { units: 2 }],
        loss: "huber",
        seed: 2,
      },
      async (network) => {
        const samples = randomRows(seededRandom(8), 60, 6);
        const { bias } = network.layers[1].getWeights();
        network.layers[1].setWeights({ bias: bias.fill(-30, 0, 3) });
        const proofs: Record<string, number>[] = [];
        const kept: unknown[] = [];
        for (const budget of [0, 1e5, undefined]) {
          const treatment = await treat(network, samples, { kind: "prune", ...(budget !== undefined && { budget }) });
          const dead = treatment.before.layers.flatMap(({ units: all }) => all.filter(({ state }) => state === "dead"));
          proofs.push(
            Object.fromEntries(
              ["provenDead", "refuted", "open"].map((proof) => [
                proof,
                dead.filter((unit) => unit.proof === proof).length,
              ]),
            ),
          );
          expect(treatment.remedy).toEqual({ kind: "prune", budget: budget ?? 1.2e9 });
          kept.push([treatment.treated, toReference(treatment.network)]);
          treatment.network.dispose();
        }
        expect(kept[1]).toEqual(kept[0]);
        expect(kept[2]).toEqual(kept[0]);
        const [none, some, usual] = proofs;
        expect(none!.refuted).toBe(0);
        expect(none!.provenDead).toBeGreaterThan(0);
        expect(none!.open).toBeGreaterThan(0);
        expect(some!.provenDead).toBeGreaterThanOrEqual(none!.provenDead!);
        expect(usual!.provenDead).toBeGreaterThanOrEqual(some!.provenDead!);
        expect(usual!.open).toBe(0);
      },
    ));

  test("a layer that dies out is folded away with a finding: the output layer is left, with the same bits", () =>
    withCase(
      { layers: [relu([1, 0.1], [1, 0.2]), relu([1, 1, -90]), relu([3, 0.3], [1, -1]), units("sigmoid", [1, 1, 0.7])] },
      async (network) => {
        const samples = column(1, 2, 3);
        const outputs = network.predict(samples).data;
        const treatment = await treat(network, samples, { kind: "prune" });
        expect(
          treatment.network.layers.map(({ inputs, units: width, activation }) => [inputs, width, activation.name]),
        ).toEqual([[1, 1, "sigmoid"]]);
        expect(treatment.findings).toMatchObject([{ kind: "constantNetwork", layer: 1 }, { kind: "lossless" }]);
        expect(treatment.network.predict(samples).data).toEqual(outputs);
        expect(treatment.network.predict(column(-55)).data[0]).toBe(outputs[0]);
        await treatment.network.fit({ x: samples, y: [[0], [1], [0]] }, { epochs: 1 });
        treatment.network.dispose();
      },
    ));

  test("samples that do not vary say nothing of constants", () =>
    withCase({ layers: [relu([1, 0], [1, -9]), sum(2)] }, async (network) => {
      const { treated, network: smaller } = await treat(network, [[2], [2]], { kind: "prune" });
      expect(treated).toEqual([{ layer: 0, unit: 1, action: "removed" }]);
      smaller.dispose();
    }));
});
