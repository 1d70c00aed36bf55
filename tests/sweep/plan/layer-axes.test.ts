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

  test("of a path that the base leaves out", () => {
    const [slow] = layersOf({ "spec.layers[0].normalization.momentum": [0.01, 0.5] });
    expect(slow[0].normalization).toEqual({ kind: "batch", momentum: 0.01, epsilon: 1e-5 });
    const [, without] = layersOf({ "spec.layers[1].useBias": [true, false] });
    expect(without.map(({ useBias }) => useBias)).toEqual([undefined, false, undefined]);
  });

  test("is told what the base has", () => {
    const own = (layers: object[]) => ownValue(readPlan(planOf({ bias: [0, 1] }, layers)).base, "normalization");
    const batch = { units: 8, normalization: "batch" };
    expect(own([batch, batch, { units: 3 }])).toBe("batch");
    expect(own(spec.layers)).toBe(false);
    expect(own([batch, { units: 8 }, { units: 3 }])).toBeUndefined();
  });

  test("trains: the same to the bit on any number of workers", async () => {
    const plan = planOf({ normalization: [false, "batch", "layer"] });
    const figures = ({ trials }: Awaited<ReturnType<typeof sweep>>) => trials.map(({ id, loss }) => [id, loss]);
    const first = figures(await sweep(plan, sectors(60), { engine: localEngine({ workers: 1 }) }));
    expect(new Set(first.map(([, loss]) => loss)).size).toBe(3);
    expect(figures(await sweep(plan, sectors(60), { engine: localEngine({ workers: 2 }) }))).toEqual(first);
  });
});

describe("what is no such thing is refused", () => {
  test.each<[SweepPlan["axes"], RegExp]>([
    [{ normalization: [false, "bach"] }, /normalization/],
    [{ normalization: ["layer", { kind: "batch", epsilon: -1 }] }, /normalization\.epsilon$/],
  ])("%j", async (axes, path) => {
    await expectError(() => readPlan(planOf(axes)), "value", path);
  });

  test("in a task from anywhere", async () => {
    const plan = readPlan(planOf({ normalization: ["batch", "layer"] }));
    const { settings } = trialOf(plan, 0);
    const task = JSON.parse(JSON.stringify({ settings, seed: 1, epochs: 2, look: "units" })) as {
      settings: { spec: { layers: Record<string, unknown>[] } };
    };
    expect(JSON.parse(JSON.stringify(readTask(task)))).toEqual(task);
    for (const [name, value] of Object.entries({
      useBias: 0,
      normalization: { kind: "group" },
      normalisation: "batch",
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
