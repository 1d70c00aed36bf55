// Units whose activations have equal sums are compared row by row, and no further than they are equal.
import { expect, test } from "vitest";
import { judgeObservation } from "../../../src/diagnosis/judge-observation.js";
import { createNetwork } from "../../../src/index.js";
import { withInspector } from "../../../src/inspect/inspector.js";
import { observe } from "../../../src/inspect/observation.js";
import { stateOf } from "../../../src/network/state/state.js";

const ROWS = 1000;

/** The chunks that are run again, of those that there are, and the twins that are told. */
async function look(kernel: readonly number[]) {
  const network = await createNetwork({ inputs: 2, layers: [{ units: 2 }, { units: 1 }], loss: "meanSquaredError" });
  network.layers[0]!.setWeights({ kernel: Float32Array.from(kernel), bias: Float32Array.of(0, 0) });
  const data = Float32Array.from({ length: 2 * ROWS }, (_, i) => (i % 4 === 0 || i % 4 === 3 ? 1 : 2));
  const x = { rows: ROWS, columns: 2, data };
  const found = withInspector(stateOf(network), (inspector) => {
    const observation = observe(inspector, x);
    let chunks = 0;
    const { findings } = judgeObservation({
      ...observation,
      again: (options, visit) =>
        observation.again!(options, (chunk) => {
          chunks++;
          return visit(chunk);
        }),
    });
    const all = Math.ceil(ROWS / inspector.chunkRows(ROWS));
    return { chunks, all, twins: findings.filter(({ kind }) => kind === "constantTogether").length };
  });
  network.dispose();
  return found;
}

test("sums that are equal by chance cost one chunk", async () => {
  const { chunks, all, twins } = await look([1, 0, 0, 1]); // 1, 2, 1, 2 and 2, 1, 2, 1
  expect([chunks, twins]).toEqual([1, 0]);
  expect(all).toBeGreaterThan(2);
});

test("units that are equal are compared on all rows", async () => {
  const { chunks, all, twins } = await look([1, 1, 0, 0]);
  expect([chunks, twins]).toEqual([all, 1]);
});
