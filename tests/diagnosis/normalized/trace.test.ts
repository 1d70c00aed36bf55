// Deaths of units of normalized layers: the parts of a fall add up, and no cause is named that may be wrong.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { randomRows, seededRandom } from "../../support/random.js";
import { type Death, type NetworkSpec, sgd, traceDeaths } from "../../../src/index.js";
import { causeOf } from "../../../src/diagnosis/trace/replayed-update.js";
import { RateLine } from "../../../src/diagnosis/trace/rate-line.js";
import { total } from "../../../src/diagnosis/trace/types.js";
import { resolveSpec } from "../../../src/network/spec.js";

const x = randomRows(seededRandom(1), 60, 3);
const y = x.map(([a, b]) => 3 * a! * b! - 4);

const specOf = (first: object, second: object): NetworkSpec => ({
  inputs: 3,
  layers: [{ units: 8, ...first }, { units: 8, ...second }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 3,
});

const deathsOf = (spec: NetworkSpec, rate: number): Promise<readonly Death[]> =>
  withNetwork(spec, async (network) => {
    const trace = traceDeaths({ window: 20, explain: 1000 });
    await network.fit(
      { x, y },
      { epochs: 12, batchSize: 12, optimizer: sgd({ learningRate: rate }), callbacks: [trace] },
    );
    return trace.deaths;
  });

describe.each([
  ["both", { normalization: "batch" }, { normalization: "batch" }],
  ["the first", { normalization: "batch" }, {}],
  ["the second", {}, { normalization: "batch" }],
] as const)("batch normalization of %s", (_name, first, second) => {
  test.each([0.3, 0.5])("parts of falls add up to them, at a rate of %d", async (rate) => {
    const deaths = (await deathsOf(specOf(first, second), rate)).filter(({ step }) => step > 0);
    expect(deaths.length).toBeGreaterThan(0);
    for (const { lastStraw } of deaths) {
      const { before, after, change, cause } = lastStraw;
      if (Number.isNaN(total(change))) continue;
      const size = Math.max(1, Math.abs(before.mean), Math.abs(after.mean));
      if (after.mean < after.max)
        expect(Math.abs(total(change) - (after.mean - before.mean))).toBeLessThan(1e-4 * size);
      const { statistics = 0 } = change;
      if (cause === "learningRate") expect(statistics >= 0 || statistics >= total(change) / 2).toBe(true);
    }
  });
});

test("under layer normalization the parts are not known, nor a cause that hangs on them", async () => {
  const deaths = await deathsOf(specOf({ normalization: "layer" }, { normalization: "layer" }), 1);
  const late = deaths.filter(({ step }) => step > 0);
  for (const { lastStraw } of late) {
    expect(lastStraw.change.weights).toBeNaN();
    expect(["unknown", "drift"]).toContain(lastStraw.cause);
  }
  expect(late.length).toBeGreaterThan(0);
});

test("what running statistics may have done has no cause; what they have not, as without them", () => {
  const fall = { weights: -1, bias: 0, inputs: 0 };
  const at = { windowMean: 0.1, after: { summary: { mean: -1 } } as never, without: {} };
  expect(causeOf({ ...at, fall })).toBe("learningRate");
  expect(causeOf({ ...at, fall: { ...fall, statistics: -0.5 } })).toBe("learningRate");
  expect(causeOf({ ...at, fall: { ...fall, statistics: -1.5 } })).toBe("unknown");
  expect(causeOf({ ...at, windowMean: -2, fall: { ...fall, weights: 1, statistics: -0.5 } })).toBe("unknown");
  expect(causeOf({ ...at, fall: { ...fall, statistics: NaN } })).toBe("unknown");
  const saved = { momentum: { lives: true, mean: 1 } };
  expect(causeOf({ ...at, fall: { ...fall, statistics: -1.5 }, without: saved })).toBe("momentum");
  expect(causeOf({ ...at, fall: { ...fall, inputs: -3, statistics: -1 } })).toBe("upstream");
});

test("preactivations run on straight lines in the rate where nothing up to them is normalized", () => {
  const serves = (first: object, second: object) => RateLine.serves(resolveSpec(specOf(first, second)), 1);
  expect(serves({}, {})).toBe(true);
  expect(serves({ normalization: "batch" }, {})).toBe(false);
  expect(serves({}, { normalization: "layer" })).toBe(false);
});
