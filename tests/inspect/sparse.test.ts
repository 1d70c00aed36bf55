// An Inspector on sparse rows sees what it sees on the same rows with their zeros.
import { expect, test } from "vitest";
import { expectSameNumbers } from "../support/arrays.js";
import { withNetwork } from "../support/networks.js";
import { drawSparse, withZeros } from "../support/sparse.js";
import { denseRows, type SampleRows, toSamples } from "../../src/core/matrix.js";
import { type Rows, withInspector } from "../../src/inspect/inspector.js";
import { stateOf } from "../../src/network/state/state.js";

const COLUMNS = 50;
const spec = {
  inputs: COLUMNS,
  layers: [{ units: 20 }, { units: 9, activation: "tanh" }, { units: 3 }],
  loss: "crossEntropy",
  seed: 4,
} as const;
const drawn = drawSparse(600, COLUMNS, 0.15, 6);
const sparse = toSamples("x", drawn);
const dense = toSamples("x", withZeros(drawn));
const heaviest = Array.from({ length: 600 }, (_, row) => row).sort(
  (a, b) => drawn.rowOffsets[b + 1]! - drawn.rowOffsets[b]! - (drawn.rowOffsets[a + 1]! - drawn.rowOffsets[a]!),
);

/** As they lie, and by indices, some of them again and again: those of the rows with most entries. */
const rowsOf = (x: SampleRows): Rows[] => [
  x,
  ...[Uint32Array.from(heaviest.slice(0, 30)), new Uint32Array(300).fill(heaviest[0]!)].map((indices) => ({
    data: { rows: 600, x, views: [], y: { kind: "labels" as const, labels: new Int32Array(600) } },
    indices,
  })),
];

test("statistics, columns of chosen units, and what feeds the layers", () =>
  withNetwork(spec, (network) =>
    withInspector(stateOf(network), (inspector) => {
      rowsOf(sparse).forEach((rows, i) => {
        const wanted = rowsOf(dense)[i]!;
        expect(inspector.statistics(rows)).toEqual(inspector.statistics(wanted));
        const units = [
          { layer: 0, unit: 3 },
          { layer: 0, unit: 17 },
        ];
        const columns = inspector.columns(wanted, units);
        inspector.columns(rows, units).forEach((column, c) => expectSameNumbers(column, columns[c]!));
        const inputs: number[] = [];
        inspector.run(wanted, { layers: 0 }, (chunk) => void inputs.push(...chunk.inputs(0)));
        inspector.run(rows, { layers: 0 }, (chunk) => {
          const part = inputs.slice(chunk.start * COLUMNS, (chunk.start + chunk.rows) * COLUMNS);
          expectSameNumbers(chunk.inputs(0), part);
          expectSameNumbers(chunk.inputs(0), part, "a second time");
        });
      });
    }),
  ));

test("a gradient by the inputs", () =>
  withNetwork(spec, (network) =>
    withInspector(stateOf(network), (inspector) => {
      const gradientOf = (rows: SampleRows) => {
        let gradient = new Float32Array(0);
        inspector.run(denseRows(rows, 0, 20), {}, (chunk) => {
          gradient = inspector.pushBack(chunk, 2, (seed) => seed.fill(1)).slice();
        });
        return gradient;
      };
      expectSameNumbers(gradientOf(sparse), gradientOf(dense));
    }),
  ));
