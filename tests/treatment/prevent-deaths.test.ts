import { describe, expect, test } from "vitest";
import {
  adam,
  type Callback,
  type PackageCallback,
  createNetwork,
  diagnose,
  type NetworkSpec,
  preventDeaths,
  rmsprop,
  sgd,
} from "../../src/index.js";
import { expectRefusal } from "../support/errors.js";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(192);
const wide: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 32 }, { units: 32 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 6,
};
/** Throws a unit of the first layer far down at one step, as a single bad update would. */
const blow = (at: number, unit: number, by = -50): Callback => ({
  onBatchEnd({ step }, { network }) {
    if (step !== at) return;
    const { bias } = network.layers[0]!.getWeights();
    bias[unit]! += by;
    network.layers[0]!.setWeights({ bias });
  },
});

describe("preventDeaths", () => {
  test.each([
    ["sgd", () => sgd({ learningRate: 0.01, momentum: 0.5 })],
    ["adam", () => adam({ learningRate: 1e-3 })],
    ["rmsprop", () => rmsprop({ learningRate: 1e-4, momentum: 0.5 })],
  ] as const)(
    "a unit that one update closed permanently lives, on the wanted share of the rows (%s)",
    async (_, optimizer) => {
      await withNetwork(wide, async (network) => {
        using unguarded = await network.clone();
        const unit = diagnose(network, data.x).layers[0]!.units.findIndex(
          ({ activity }) => activity > 0.4 && activity < 0.6,
        );
        const guard = preventDeaths({ activity: 0.1 });
        const opened: number[] = [];
        const watch: Callback = {
          onBatchEnd({ step }, context) {
            const last = guard.prevented.at(-1);
            if (last?.step === step && last.layer === 0 && last.unit === unit)
              opened.push(diagnose(context.network, data.x, { proofs: false }).layers[0]!.units[unit]!.activity);
          },
        };
        await network.fit(data, {
          epochs: 12,
          batchSize: 16,
          optimizer: optimizer(),
          callbacks: [blow(40, unit), guard, watch],
        });
        await unguarded.fit(data, { epochs: 12, batchSize: 16, optimizer: optimizer(), callbacks: [blow(40, unit)] });
        expect(diagnose(unguarded, data.x).layers[0]!.units[unit]!.state).toBe("dead");
        expect(diagnose(network, data.x).layers[0]!.units[unit]!.state).not.toBe("dead");
        const rescues = guard.prevented.filter((each) => each.layer === 0 && each.unit === unit);
        expect(rescues).toHaveLength(1);
        expect(rescues[0]!.step).toBeLessThanOrEqual(44);
        expect(rescues[0]!.scale).toBeGreaterThan(0);
        expect(rescues[0]!.scale).toBeLessThan(0.2); // of a fall by 50
        expect(opened).toHaveLength(1);
        expect(opened[0]!).toBeGreaterThanOrEqual(0.1);
        expect(opened[0]!).toBeLessThan(0.13); // and no further back than that
        expect(guard.lost.filter(({ layer }) => layer === 0)).toEqual([]);
      });
    },
  );

  test("where nothing dies no bit changes", async () => {
    const trained = async (callbacks: PackageCallback[]) =>
      withNetwork(wide, async (network) => {
        await network.fit(data, { epochs: 20, optimizer: adam(), callbacks });
        return weightsOf(network);
      });
    const guard = preventDeaths();
    expect(await trained([guard])).toEqual(await trained([]));
    expect(guard.prevented).toEqual([]);
  });

  test("a unit that fell with its inputs is left alone and said to be lost", async () => {
    const leaky = { units: 16, activation: "leakyRelu" } as const;
    await withNetwork({ ...wide, layers: [leaky, { units: 8 }, { units: 3 }] }, async (network) => {
      const { kernel } = network.layers[1]!.getWeights();
      for (let input = 0; input < 16; input++) kernel[input * 8 + 5] = 0.1; // opens where its inputs are above 0
      network.layers[1]!.setWeights({ kernel });
      const drown: Callback = {
        onBatchEnd({ step }, context) {
          if (step === 40) context.network.layers[0]!.setWeights({ bias: new Float32Array(16).fill(-1e3) });
        },
      };
      const before: number[][] = [];
      const guard = preventDeaths();
      const watch: Callback = {
        onBatchEnd({ step }, context) {
          if (step >= 40) before.push(weightsOf(context.network));
        },
      };
      await network.fit(data, {
        epochs: 6,
        batchSize: 16,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [drown, guard, watch],
      });
      expect(guard.lost).toContainEqual({ layer: 1, unit: 5, step: 44 });
      expect(guard.prevented.filter(({ unit }) => unit === 5)).toEqual([]);
      for (const weights of before) expect(weights).toEqual(before[0]);
    });
  });

  test("a rate that kills: over sixteen seeds, fewer units die than without", async () => {
    const dead = async (seed: number, callbacks: PackageCallback[]) =>
      withNetwork({ ...wide, seed }, async (network) => {
        await network.fit(data, { epochs: 40, batchSize: 16, optimizer: sgd({ learningRate: 1.2 }), callbacks });
        return diagnose(network, data.x).dead;
      });
    let [without, guarded, prevented] = [0, 0, 0];
    for (let seed = 0; seed < 16; seed++) {
      const guard = preventDeaths();
      without += await dead(seed, []);
      guarded += await dead(seed, [guard]);
      prevented += guard.prevented.length;
    }
    expect(without).toBeGreaterThan(8 * 16);
    expect(guarded).toBeLessThan(without / 2); // of one run at such a rate the last bit decides how it ends
    expect(prevented).toBeGreaterThan(without - guarded);
  });

  test("units that can't die are not watched; wrong options and a second fit at once are refused", async () => {
    await withNetwork(
      {
        ...classifier,
        layers: [{ units: 8, activation: "tanh" }, { units: 8, activation: "leakyRelu" }, { units: 3 }],
      },
      async (network) => {
        const guard = preventDeaths();
        await network.fit(data, { epochs: 5, callbacks: [blow(10, 2), guard] });
        expect([guard.prevented, guard.lost]).toEqual([[], []]);
      },
    );
    await expectRefusal(() => preventDeaths({ activity: 0 }), "value", "activity");
    await expectRefusal(() => preventDeaths({ share: 1 } as object), "value", "preventDeaths.share", "share");
    const guard = preventDeaths();
    using first = await createNetwork(classifier);
    using second = await createNetwork(classifier);
    const running = first.fit(data, { epochs: 30, callbacks: [guard] });
    await expectRefusal(() => second.fit(data, { callbacks: [guard] }), "value", "callbacks");
    await running;
  });
});
