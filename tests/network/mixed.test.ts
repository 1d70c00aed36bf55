// Specs, data and fits that mix everything; mixed.slow.test.ts does a thousand of them. Faults that are planted in what
// they are held against show.
import { expect, test } from "vitest";
import { mixed, type Mixed } from "./mixed/draw.js";
import { expectSound, nothingSeen, type Referees, TRUE_REFEREES } from "./mixed/properties.js";
import { type Evaluated, evaluateLayers } from "../support/evaluated.js";
import fc from "../support/property.js";
import type { DenseSpec, Weights } from "../../src/index.js";

test("sixty mixed trainings repeat, go on from files, and are judged and treated soundly", async () => {
  const seen = nothingSeen();
  await fc.assert(
    fc.asyncProperty(mixed, (given) => expectSound(given, seen)),
    { numRuns: 60 },
  );
  expect(seen.deaths + seen.treated).toBeGreaterThan(0);
  expect(seen.evaluated).toBeGreaterThan(0);
});

type Rest = [readonly (readonly number[])[], { isTraining?: boolean }?];
/** Evaluates layers, or their weights, as others than they are. */
const taking =
  (change: (layer: DenseSpec, weights: Weights) => { layer?: DenseSpec; weights?: Partial<Weights> }) =>
  ({ spec, layers }: Evaluated, ...rest: Rest) => {
    const changed = layers.map((each, l) => change(spec.layers[l], each.getWeights()));
    return evaluateLayers(
      {
        spec: { ...spec, layers: spec.layers.map((layer, l) => changed[l].layer ?? layer) },
        layers: layers.map((each, l) => ({
          ...each,
          units: each.units,
          getWeights: () => ({ ...each.getWeights(), ...changed[l].weights }),
        })) as unknown as Evaluated["layers"],
      },
      ...rest,
    );
  };
const zeros = ({ length }: { length: number }) => new Float32Array(length);

const hasLayer = (has: (layer: DenseSpec) => unknown) => (given: Mixed) => given.spec.layers.some(has);
const kindOf = ({ normalization }: DenseSpec) =>
  typeof normalization === "object" ? normalization.kind : normalization;
/** Where it may show, and what is wrong. */
const FAULTS: Readonly<Record<string, readonly [(given: Mixed) => boolean, Partial<Referees>]>> = {
  "what passes a layer by is forgotten": [
    hasLayer(({ residual }) => residual),
    { evaluate: taking((layer) => ({ layer: { ...layer, residual: false } })) },
  ],
  "rows are not normalized": [
    hasLayer((layer) => kindOf(layer) === "layer"),
    { evaluate: taking((layer) => ({ layer: { ...layer, normalization: undefined } })) },
  ],
  "running means are 0": [
    hasLayer((layer) => kindOf(layer) === "batch" && !layer.frozen),
    { evaluate: taking((_, { runningMean }) => (runningMean ? { weights: { runningMean: zeros(runningMean) } } : {})) },
  ],
  "beta is left out": [
    hasLayer((layer) => kindOf(layer) === "layer" && !layer.frozen),
    { evaluate: taking((_, { beta }) => (beta ? { weights: { beta: zeros(beta) } } : {})) },
  ],
  "slopes are those of the spec": [
    hasLayer(({ activation, frozen }) => activation === "prelu" && !frozen),
    { evaluate: taking((_, { alpha }) => (alpha ? { weights: { alpha: undefined } } : {})) },
  ],
  "penalties are another": [
    hasLayer(({ activityRegularizer, dropout, frozen }) => activityRegularizer && !dropout && !frozen),
    {
      evaluate: ({ spec, layers }, ...rest) =>
        evaluateLayers({ spec, layers }, ...rest).map((pass) => ({
          ...pass,
          h: pass.h.map((row) => row.map((value) => 1.01 * value)),
        })),
    },
  ],
  "another share is dropped": [
    hasLayer(({ dropout, activation }) => dropout === 0.5 && activation === "relu"),
    {
      twinOf: (given) => ({
        ...given,
        spec: {
          ...given.spec,
          layers: given.spec.layers.map((layer) => (layer.dropout ? { ...layer, dropout: 0.51 } : layer)),
        },
      }),
    },
  ],
  "another group is one step": [
    ({ fit }) => fit.accumulate === 2,
    { twinOf: (given) => ({ ...given, fit: { ...given.fit, accumulate: 3 } }) },
  ],
  "no schedule runs": [
    ({ schedule }) => schedule?.name === "warmup",
    { twinOf: (given) => ({ ...given, schedule: undefined }) },
  ],
};

test.each(Object.entries(FAULTS))("it shows when %s", async (_name, [where, wrong]) => {
  const run = await fc.check(
    fc.asyncProperty(mixed.filter(where), (given) => expectSound(given, nothingSeen(), { ...TRUE_REFEREES, ...wrong })),
    { numRuns: 40, endOnFailure: true },
  );
  expect(run.failed).toBe(true);
  expect(String(run.errorInstance)).toMatch(/^AssertionError/);
});
