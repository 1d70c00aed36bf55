// What layers are told, as axes of a sweep and in tasks from anywhere; today's trials keep their ids.
import { describe, expect, test } from "vitest";
import { readTask, nameTrial } from "../../../src/sweep/task.js";
import { readPlan, trialOf } from "../../../src/sweep/plan/plan.js";
import { localEngine, sweep, type SweepPlan } from "../../../src/sweep.js";
import { ownValue } from "../../../src/sweep/map/own-setting.js";
import { expectError } from "../../support/errors.js";
import { sectors } from "../../support/samples.js";

const spec = { inputs: 2, layers: [{ units: 8 }, { units: 8 }, { units: 3 }], loss: "crossEntropy" as const };
const planOf = (axes: SweepPlan["axes"], layers: object[] = spec.layers): SweepPlan => ({
  base: { spec: { ...spec, layers: layers as typeof spec.layers }, fit: { epochs: 2 } },
  axes,
});

/** The layers of each cell. */
function layersOf(axes: SweepPlan["axes"], layers?: object[]) {
  const plan = readPlan(planOf(axes, layers));
  return Array.from({ length: plan.cells }, (_, cell) => trialOf(plan, cell).settings.spec.layers);
}

describe("an axis", () => {
  test("of normalization: all hidden layers, false is without", () => {
    const [without, batch, layer] = layersOf({ normalization: [false, "batch", "layer"] });
    expect(without.map(({ normalization }) => normalization)).toEqual([undefined, undefined, undefined]);
    const kinds = (layers: typeof batch) => layers.map(({ normalization }) => normalization?.kind);
    expect([kinds(batch), kinds(layer)]).toEqual([
      ["batch", "batch", undefined],
      ["layer", "layer", undefined],
    ]);
    const given = [{ units: 8, normalization: "layer" }, { units: 8, normalization: "layer" }, { units: 3 }];
    expect(kinds(layersOf({ normalization: [false, "batch"] }, given)[0])).toEqual([undefined, undefined, undefined]);
  });

  test("of dropout, of maxNorm: all hidden layers", () => {
    const [none, half] = layersOf({ dropout: [0, 0.5] });
    expect(none.map((each) => each.dropout)).toEqual([undefined, undefined, undefined]);
    expect(half.map((each) => each.dropout)).toEqual([0.5, 0.5, undefined]);
    const [free, held] = layersOf({ maxNorm: [false, 2] });
    expect([free, held].map((layers) => layers.map((each) => each.maxNorm))).toEqual([
      [undefined, undefined, undefined],
      [2, 2, undefined],
    ]);
  });

  test("of l1 and l2: the kernels of all layers, together and beside what is there", () => {
    const given = spec.layers.map((layer) => ({ ...layer, kernelRegularizer: { l1: 0.5 } }));
    const [, second] = layersOf({ l2: [0, 0.01] }, given);
    expect(second.map((each) => each.kernelRegularizer)).toEqual(
      Array.from({ length: 3 }, () => ({ l1: 0.5, l2: 0.01 })),
    );
    const all = layersOf({ l1: [0, 1], l2: [0, 2] });
    expect(all.map(([{ kernelRegularizer }]) => kernelRegularizer)).toEqual([
      undefined,
      { l1: 0, l2: 2 },
      { l1: 1, l2: 0 },
      { l1: 1, l2: 2 },
    ]);
  });

  test("of a path that the base leaves out", () => {
    const [slow] = layersOf({ "spec.layers[0].normalization.momentum": [0.01, 0.5] });
    expect(slow[0].normalization).toEqual({ kind: "batch", momentum: 0.01, epsilon: 1e-5 });
    const [, without] = layersOf({ "spec.layers[1].useBias": [true, false] });
    expect(without.map(({ useBias }) => useBias)).toEqual([undefined, false, undefined]);
    const [, passed] = layersOf({ "spec.layers[1].residual": [false, true] });
    expect(passed.map(({ residual }) => residual)).toEqual([undefined, true, undefined]);
  });

  test("is told what the base has", () => {
    const own = (name: string, layers: object[]) => ownValue(readPlan(planOf({ l2: [0, 1] }, layers)).base, name);
    const told = [
      { units: 8, dropout: 0.2, normalization: "batch", maxNorm: 3 },
      { units: 8, dropout: 0.2, normalization: "batch", maxNorm: 3 },
      { units: 3 },
    ];
    expect(["dropout", "normalization", "maxNorm", "l2"].map((name) => own(name, told))).toEqual([0.2, "batch", 3, 0]);
    expect(["dropout", "normalization", "maxNorm"].map((name) => own(name, spec.layers))).toEqual([0, false, false]);
    expect(own("dropout", [{ units: 8, dropout: 0.2 }, { units: 8 }, { units: 3 }])).toBeUndefined();
  });

  test("trains: the same to the bit on any number of workers", async () => {
    const plan = planOf({ normalization: [false, "batch"], dropout: [0, 0.3] });
    const figures = ({ trials }: Awaited<ReturnType<typeof sweep>>) => trials.map(({ id, loss }) => [id, loss]);
    const first = figures(await sweep(plan, sectors(60), { engine: localEngine({ workers: 1 }) }));
    expect(new Set(first.map(([, loss]) => loss)).size).toBe(4);
    expect(figures(await sweep(plan, sectors(60), { engine: localEngine({ workers: 2 }) }))).toEqual(first);
  });
});

describe("what is no such thing is refused", () => {
  test.each<[SweepPlan["axes"], RegExp]>([
    [{ dropout: [0, 1] }, /dropout$/],
    [{ dropout: [-0.1, 0.5] }, /dropout$/],
    [{ dropout: [0, "half"] }, /dropout$/],
    [{ normalization: [false, "bach"] }, /normalization/],
    [{ normalization: ["layer", { kind: "batch", epsilon: -1 }] }, /normalization\.epsilon$/],
    [{ maxNorm: [0, 1] }, /maxNorm$/],
    [{ l2: [0, -1] }, /kernelRegularizer\.l2$/],
    [{ l1: [0, [1]] }, /kernelRegularizer\.l1$/],
    [{ "spec.layers[1].residual": [false, 1] }, /residual$/],
    [{ "spec.layers[0].residual": [false, true] }, /residual$/],
  ])("%j", async (axes, path) => {
    await expectError(() => readPlan(planOf(axes)), "value", path);
  });

  test("in a task from anywhere", async () => {
    const plan = readPlan(planOf({ normalization: ["batch", "layer"], dropout: [0.1, 0.2] }));
    const { settings } = trialOf(plan, 0);
    const task = JSON.parse(JSON.stringify({ settings, seed: 1, epochs: 2, look: "units" })) as {
      settings: { spec: { layers: Record<string, unknown>[] } };
    };
    expect(JSON.parse(JSON.stringify(readTask(task)))).toEqual(task);
    for (const [name, value] of Object.entries({
      dropout: 2,
      normalization: { kind: "group" },
      maxNorm: -1,
      droput: 0.1,
    })) {
      const hostile = structuredClone(task);
      hostile.settings.spec.layers[0][name] = value;
      await expectError(() => readTask(hostile), "format");
    }
  });
});

test("trials that are told none of it are named as they were: journals of before stay valid", () => {
  const plan = readPlan({
    base: {
      spec: { inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy" },
      fit: { optimizer: "sgd", epochs: 6 },
    },
    axes: { learningRate: [0.1, 1], bias: [-1, 0] },
  });
  const { settings, seed, epochs } = trialOf(plan, 1);
  const { id } = nameTrial({ settings, seed, epochs, look: plan.look }, "rows", "build");
  expect(id).toBe("f03beb1f573e604c98cce7d79e80eef29d51a3b7cc5448adc8985cd2d7a3b19a");
});
