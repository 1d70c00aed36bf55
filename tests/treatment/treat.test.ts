// treat as its callers meet it: what is refused, what undo gives back, and that nothing goes wrong halfway.
import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryOf } from "./promises.js";
import { expectRefusal } from "../support/errors.js";
import { expectUntouched, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import {
  adam,
  createNetwork,
  diagnose,
  type Network,
  type NetworkSpec,
  type Remedy,
  RelumineError,
  treat,
  type Treatment,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";

const { x, y } = sectors(150);
/** Some of its units are dead on x, in both hidden layers. */
const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 12, biasInitializer: -0.6 }, { units: 9, biasInitializer: -0.4 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};
const ALL: readonly Remedy[] = [
  { kind: "liftBias" },
  { kind: "recycle" },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "prelu" },
  { kind: "prune" },
];
const optimizer = adam();
const train = (network: Network) => network.fit({ x, y }, { epochs: 2, optimizer });
const withDeadUnits = <T>(use: (network: Network) => Promise<T>) =>
  withNetwork(spec, async (network) => {
    await train(network);
    expect(diagnose(network, x).layers.every(({ dead }) => dead > 0)).toBe(true);
    return use(network);
  });

afterEach(() => void vi.restoreAllMocks());

describe("what is refused", () => {
  const refused: readonly (readonly [unknown, path: string, ...given: string[]])[] = [
    [{ kind: "liftBais" }, "remedy.kind", '"liftBias"'],
    [{ kind: "Prune" }, "remedy.kind", '"prune"'],
    [{}, "remedy.kind", "undefined"],
    ["prune", "remedy", '"prune"'],
    [undefined, "remedy", "undefined"],
    [[], "remedy", "array"],
    [{ kind: "liftBias", activity: 0 }, "activity", "0"],
    [{ kind: "liftBias", activity: 1.01 }, "activity", "1.01"],
    [{ kind: "liftBias", activity: Number.NaN }, "activity", "NaN"],
    [{ kind: "liftBias", activity: "0.1" }, "activity", '"0.1"'],
    [{ kind: "liftBias", activty: 0.1 }, "remedy.activty", '"activity"'],
    [{ kind: "recycle", dormantBelow: -1 }, "dormantBelow", "-1"],
    [{ kind: "recycle", activity: 0.1 }, "remedy.activity"],
    [{ kind: "reinitialize", kernelInitializer: "heNorml" }, "kernelInitializer", '"heNormal"'],
    [{ kind: "replaceActivation" }, "activation", "undefined"],
    [{ kind: "replaceActivation", activation: "leakyrelu" }, "activation", '"leakyRelu"'],
    [{ kind: "replaceActivation", activation: { name: "relu", alpha: 1 } }, "activation.alpha", "relu"],
    [{ kind: "prune", activation: "relu" }, "remedy.activation"],
    [{ kind: "prune", budget: -1 }, "budget", "-1"],
    [{ kind: "prune", budget: Number.POSITIVE_INFINITY }, "budget", "Infinity"],
  ];

  test.each(refused.map(([remedy, ...words]) => [remedy, words] as const))("the remedy %j", (remedy, words) =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      await expectRefusal(() => treat(network, x, remedy as Remedy), "value", ...words);
      expect(memoryOf(network)).toEqual(memory);
    }),
  );

  test.each(ALL)("$kind: samples, networks", (remedy) =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      await expectRefusal(() => treat(network, [[1, 2, 3]], remedy), "shape", "x");
      await expectRefusal(() => treat(network, [], remedy), "shape", "x");
      await expectRefusal(() => treat(network, [[1, Number.NaN]], remedy), "value", "x", "NaN");
      await expectRefusal(() => treat({} as Network, x, remedy), "value", "network");
      await expectRefusal(() => treat(undefined as unknown as Network, x, remedy), "value", "network");
      expect(memoryOf(network)).toEqual(memory);
      const gone = await createNetwork(spec);
      gone.dispose();
      await expectRefusal(() => treat(gone, x, remedy), "disposed", "network");
      const broken = await network.clone();
      stateOf(broken).allWeights()[3] = Number.NaN;
      await expectRefusal(() => treat(broken, x, remedy), "value", "layers[0].kernel");
      broken.dispose();
    }),
  );

  test("a network that is training, to treat it and to undo a treatment; afterwards both are done", () =>
    withDeadUnits(async (network) => {
      const treatment = await treat(network, x, { kind: "liftBias" });
      const codes: string[] = [];
      const note = async (call: () => unknown) => {
        try {
          await call();
        } catch (error) {
          codes.push(`${(error as RelumineError).code} ${(error as RelumineError).path}`);
        }
      };
      await network.fit(
        { x, y },
        {
          epochs: 1,
          optimizer,
          callbacks: [
            {
              async onEpochEnd() {
                await note(() => treat(network, x, { kind: "prune" }));
                await note(() => treatment.undo());
              },
            },
          ],
        },
      );
      expect(codes).toEqual(["value network", "value network"]);
      treatment.undo();
      expect(diagnose(network, x).dead).toBe(treatment.before.dead);
    }));

  test("a network whose training begins, or that is disposed of, while treat waits", () =>
    withDeadUnits(async (network) => {
      const waiting = treat(network, x, { kind: "liftBias" });
      const training = train(network);
      await expectRefusal(() => waiting, "value", "network");
      await training;
      const again = treat(network, x, { kind: "liftBias" });
      network.dispose();
      await expectRefusal(() => again, "disposed");
    }));
});

describe("a failure on the way leaves everything as it was", () => {
  test.each(ALL)("$kind, whichever block of memory is refused", (remedy) =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      const { heap } = stateOf(network).runtime;
      stateOf(network).buffers.ensure(256, false); // what predict would keep
      const takeBack = (treatment: Treatment) => {
        treatment.undo();
        if (treatment.network !== network) treatment.network.dispose(); // else whenever it is found to be garbage
      };
      takeBack(await treat(network, x, remedy));
      const { used } = heap;
      const allocate = heap.allocate.bind(heap);
      let failures = 0;
      for (let allowed = 0; ; allowed++) {
        let count = 0;
        const spy = vi.spyOn(heap, "allocate").mockImplementation((bytes, purpose) => {
          if (count++ === allowed) throw new RelumineError("memory", purpose, "to be allowed", "a refusal by the test");
          return allocate(bytes, purpose);
        });
        let treatment: Treatment | undefined;
        try {
          treatment = await treat(network, x, remedy);
        } catch (error) {
          expect((error as RelumineError).code).toBe("memory");
          failures++;
        }
        spy.mockRestore();
        if (treatment) takeBack(treatment);
        expect(memoryOf(network)).toEqual(memory);
        expect(heap.used).toBe(used);
        if (treatment) break;
      }
      expect(failures).toBeGreaterThan(10);
    }),
  );

  test.each(ALL)("$kind, with samples that throw midway or change while it waits", (remedy) =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      const { used } = stateOf(network).runtime.heap;
      const torn = new TypeError("torn page");
      const row = {
        length: 2,
        0: 1,
        get 1(): number {
          throw torn;
        },
      };
      await expect(treat(network, [...x.slice(0, 9), row], remedy)).rejects.toThrow(torn);
      const data = Float32Array.from(x.flat());
      const waiting = treat(network, { rows: x.length, columns: 2, data }, remedy);
      data[7] = Number.NaN;
      await expectRefusal(() => waiting, "value", "x", "row 3");
      expect(memoryOf(network)).toEqual(memory);
      expect(stateOf(network).runtime.heap.used).toBe(used);
    }),
  );
});

describe("undo", () => {
  test.each(ALL.slice(0, 4))("$kind: after more training, once, and for the layers that were handed out", (remedy) =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      const [layer] = network.layers;
      const { kernel } = layer.getWeights();
      const predictions = network.predict(x);
      const treatment = await treat(network, x, remedy);
      expect(treatment.network).toBe(network);
      if (remedy.kind === "replaceActivation") expect(layer.activation).toEqual({ name: "prelu", alpha: 0.25 });
      if (remedy.kind === "replaceActivation") expect(layer.getWeights().alpha).toHaveLength(12);
      await train(network);
      treatment.undo();
      expect(memoryOf(network)).toEqual(memory);
      expect(network.predict(x)).toEqual(predictions);
      expect(layer.getWeights().kernel).toEqual(kernel);
      expect(layer.activation).toEqual({ name: "relu" });
      layer.setWeights({ bias: new Float32Array(12) });
      expect(network.layers[0].getWeights().bias).toEqual(new Float32Array(12));
      const since = memoryOf(network);
      treatment.undo();
      expect(memoryOf(network)).toEqual(since);
    }),
  );

  test("prune: the old network stays as it is and usable, the new one is disposed of", () =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      const treatment = await treat(network, x, { kind: "prune" });
      expect(treatment.network).not.toBe(network);
      await train(treatment.network);
      expect(memoryOf(network)).toEqual(memory);
      treatment.undo();
      expect(memoryOf(network)).toEqual(memory);
      await expectRefusal(() => treatment.network.predict(x), "disposed");
      treatment.undo();
      const again = await treat(network, x, { kind: "prune" });
      network.dispose();
      expect(again.network.predict(x).rows).toBe(x.length);
      await expectRefusal(() => again.undo(), "disposed");
      expect(again.network.predict(x).rows).toBe(x.length);
      again.network.dispose();
    }));

  test("of an earlier treatment undoes the later ones; theirs is refused then", () =>
    withDeadUnits(async (network) => {
      const memory = memoryOf(network);
      const first = await treat(network, x, { kind: "replaceActivation", activation: "leakyRelu" });
      const second = await treat(network, x, { kind: "recycle", dormantBelow: 0.9 });
      const third = await treat(network, x, { kind: "recycle", dormantBelow: 0.9 });
      third.undo();
      first.undo();
      expect(memoryOf(network)).toEqual(memory);
      await expectRefusal(() => second.undo(), "value", "treatment");
      expect(memoryOf(network)).toEqual(memory);
    }));

  test("after the network was disposed of is refused, and all memory is given back", async () => {
    const probe = await createNetwork(spec);
    const { heap } = stateOf(probe).runtime;
    probe.dispose();
    const { used } = heap;
    await withDeadUnits(async (network) => {
      const treatments = [];
      for (const remedy of ALL.slice(0, 3))
        treatments.push(
          await treat(network, x, { ...remedy, ...(remedy.kind === "recycle" && { dormantBelow: 0.9 }) } as Remedy),
        );
      network.dispose();
      expect(heap.used).toBe(used);
      for (const treatment of treatments.slice(0, 2)) await expectRefusal(() => treatment.undo(), "disposed");
    });
  });
});

describe("nothing to do is said, and nothing is done", () => {
  const healthy: NetworkSpec = {
    inputs: 2,
    layers: [{ units: 6, activation: "tanh" }, { units: 1 }],
    loss: "meanSquaredError",
    seed: 1,
  };
  test.each(ALL)("$kind on a network whose units are all alive", (remedy) =>
    withNetwork(healthy, async (network) => {
      const memory = memoryOf(network);
      const { changes } = stateOf(network);
      const treatment = await treat(network, x, remedy);
      expect(treatment.findings.map(({ kind }) => kind)).toEqual(["nothingToTreat"]);
      expect(String(treatment)).toContain("nothing was done");
      expect(treatment.network).toBe(network);
      expect(treatment.treated).toEqual([]);
      expect(memoryOf(network)).toEqual(memory);
      treatment.undo();
      expect(stateOf(network).changes).toBe(changes);
      expect(network.predict(x).rows).toBe(x.length);
    }),
  );

  test("an activation that is there already", () =>
    withDeadUnits(async (network) => {
      const { findings } = await treat(network, x, { kind: "replaceActivation", activation: "relu" });
      expect(findings).toMatchObject([{ kind: "nothingToTreat", message: expect.stringContaining("relu already") }]);
    }));

  test.each(ALL)("$kind on a network without hidden layers", (remedy) =>
    withNetwork({ inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" }, async (network) => {
      expect((await treat(network, x, remedy)).findings).toMatchObject([{ kind: "nothingToTreat" }]);
    }),
  );
});

test("a clone of a treated network is one of the treated network", () =>
  withDeadUnits(async (network) => {
    await treat(network, x, { kind: "replaceActivation", activation: "prelu" });
    using clone = await network.clone();
    expect(memoryOf(clone)).toEqual(memoryOf(network));
    expect(network.summary()).toContain("prelu 0.25");
    expect(network.parameterCount).toBe(2 * 12 + 12 + 12 + 12 * 9 + 9 + 9 + 9 * 3 + 3);
  }));

describe("numbers that overflow behind an activation that hides it", () => {
  const x = [[1], [2], [3]];
  test.each(["softmax", "sigmoid", "tanh"] as const)("%s: refused, and nothing is changed", async (activation) => {
    const units = activation === "softmax" ? 2 : 1;
    const spec: NetworkSpec = {
      inputs: 1,
      layers: [{ units: 3 }, { units, activation }],
      loss: activation === "softmax" ? "crossEntropy" : "meanSquaredError",
      seed: 1,
    };
    await withNetwork(spec, async (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1, 1, -1), bias: new Float32Array(3) });
      const set = (size: number) =>
        network.layers[1].setWeights({ kernel: new Float32Array(3 * units).map((_, i) => (i < units ? size : 0.1)) });
      set(3e38);
      if (units === 2) network.layers[1].setWeights({ kernel: Float32Array.of(3e38, 1, 0.1, 0.1, 0.1, 0.1) });
      expect([...network.predict(x).data].every(Number.isFinite)).toBe(true);
      for (const kind of ["liftBias", "recycle", "reinitialize", "prune"] as const)
        await expectUntouched(network, () => treat(network, x, { kind }), "value", "layers[1]");
      set(1e30);
      const { before, after } = await treat(network, x, { kind: "liftBias" });
      expect([before.dead, after.dead]).toEqual([1, 0]);
    });
  });
});
