import { describe, expect, test, vi } from "vitest";
import { Pace } from "../../src/core/pace.js";
import { toMatrix } from "../../src/core/matrix.js";
import { Passes } from "../../src/network/state/passes.js";
import { withInspector } from "../../src/inspect/inspector.js";
import { KeptLayers, LayerSweep } from "../../src/inspect/layer-sweep.js";
import { RereadRows } from "../../src/inspect/row-stream.js";
import { cut } from "../support/blocks.js";
import type { UnitStatistics } from "../../src/inspect/statistics.js";
import type { NetworkSpec } from "../../src/index.js";
import { type NetworkState, stateOf } from "../../src/network/state/state.js";
import { ARITHMETICS, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";

const spec: NetworkSpec = {
  inputs: 5,
  layers: [
    { units: 19, activation: "prelu" },
    { units: 33, activation: "tanh" },
    { units: 7 },
    { units: 4, activation: "softmax" },
  ],
  loss: "crossEntropy",
  seed: 3,
};

const wholePass = (state: NetworkState, x: number[][]) =>
  withInspector(state, (inspector) => inspector.statistics(toMatrix("x", x)));

/** The same rows, read anew for each pass. */
function reread(x: number[][]): RereadRows {
  const matrix = toMatrix("x", x);
  return new RereadRows({ blocks: () => cut(matrix, 100, 3, 64) }, matrix.columns, matrix.rows, undefined);
}

async function withSweep<T>(
  state: NetworkState,
  x: number[][],
  mostFloats: number | undefined,
  use: (sweep: LayerSweep) => Promise<T>,
  isReread = false,
): Promise<T> {
  const { used } = state.runtime.heap;
  const rows = isReread ? reread(x) : toMatrix("x", x);
  const sweep = new LayerSweep(state, rows, new Pace(), { mostFloats });
  try {
    return await use(sweep);
  } finally {
    sweep.dispose();
    // less, where networks that other files have forgotten were collected while the sweep let others have their turn
    expect(state.runtime.heap.used).toBeLessThanOrEqual(used);
  }
}

/** All is kept; the first layer's outputs alone; nothing. */
const ROOMS = [undefined, 700 * 19, 0];
const CASES = [false, true].flatMap((isReread) => ROOMS.map((room) => [room, isReread] as const));

describe.each(ARITHMETICS)("a sweep, %s", (arithmetic) => {
  describe.each([1, 3, 255, 700])("over %d rows", (rows) => {
    const x = randomRows(seededRandom(rows), rows, 5, 2);

    test.each(CASES)(
      "counts what a pass does, to the bit, with room for %s floats, read anew: %s",
      (mostFloats, isReread) =>
        withNetwork(
          spec,
          async (network) => {
            const state = stateOf(network);
            const outputs: number[] = [];
            const found = await withSweep(
              state,
              x,
              mostFloats,
              async (sweep) => {
                const statistics: UnitStatistics[][] = [];
                for (; sweep.layer < 4; sweep.next())
                  statistics.push(
                    await sweep.run(({ activations }) => void (sweep.layer === 3 && outputs.push(...activations))),
                  );
                return statistics;
              },
              isReread,
            );
            expect(found).toEqual(wholePass(state, x));
            expect(outputs).toEqual([...network.predict(x).data]);
          },
          { arithmetic },
        ),
    );

    test.each(CASES)("runs changed units again, with room for %s floats, read anew: %s", (mostFloats, isReread) =>
      withNetwork(
        spec,
        async (network) => {
          const state = stateOf(network);
          const changed = [2, 3, 17];
          await withSweep(
            state,
            x,
            mostFloats,
            async (sweep) => {
              for (; sweep.layer < 3; sweep.next()) {
                const { layer } = sweep;
                const before = await sweep.run();
                const units = layer === 2 ? [0, 6] : changed;
                const { kernel, bias, alpha } = state.layer(layer);
                for (const unit of units) {
                  bias[unit] += 0.75;
                  if (alpha) alpha[unit] = -0.5;
                  for (let at = unit; at < kernel.length; at += bias.length) kernel[at] *= -1.25;
                }
                const again = await sweep.again(units);
                const now = wholePass(state, x)[layer]!;
                expect(again).toEqual(units.map((unit) => now[unit]));
                expect(again).not.toEqual(units.map((unit) => before[unit]));
              }
              expect(await sweep.run()).toEqual(wholePass(state, x)[3]);
            },
            isReread,
          );
        },
        { arithmetic },
      ),
    );

    test.each(CASES)("hands on each unit's products, with room for %s floats, read anew: %s", (mostFloats, isReread) =>
      withNetwork(
        spec,
        async (network) => {
          const state = stateOf(network);
          const wanted = [0, 1, 5, 18];
          const columns = withInspector(state, (inspector) =>
            inspector.columns(
              toMatrix("x", x),
              wanted.map((unit) => ({ layer: 1, unit })),
            ),
          );
          await withSweep(
            state,
            x,
            mostFloats,
            async (sweep) => {
              await sweep.run();
              sweep.next();
              const seen: number[] = [];
              await sweep.forEachProduct(wanted, (unit, values) => {
                const { bias } = state.layer(1);
                expect(values.map((value) => value + bias[unit]!)).toEqual(columns[seen.length]);
                seen.push(unit);
                values.fill(NaN); // it is ours
              });
              expect(seen).toEqual(wanted);
              const products = await sweep.products();
              const [direct, known] = [await sweep.run(), await sweep.run(undefined, products)];
              expect(known).toEqual(direct);
            },
            isReread,
          );
        },
        { arithmetic },
      ),
    );
  });
});

describe("layers that are known", () => {
  const x = randomRows(seededRandom(5), 700, 5, 2);
  const matrix = toMatrix("x", x);

  test.each([undefined, 700 * 19, 700 * 19 - 1])("are not run until something has changed: room for %s", (room) =>
    withNetwork(spec, async (network) => {
      const state = stateOf(network);
      const kept = new KeptLayers(state, matrix.rows, room);
      const statistics = withInspector(state, (inspector) => inspector.statistics(matrix, kept.visit));
      const count = room === undefined ? 3 : Number(room >= 700 * 19);
      expect(kept.outputs.length).toBe(count);
      const sweep = new LayerSweep(state, matrix, new Pace(), { known: { ...kept, statistics } });
      const product = vi.spyOn(Passes.prototype, "product");
      try {
        expect(await sweep.run()).toEqual(statistics[0]);
        expect(product.mock.calls.length > 0).toBe(count === 0);
        sweep.next();
        expect(await sweep.run()).toEqual(statistics[1]);
        expect(product.mock.calls.length > 0).toBe(count < 2);
        const { bias } = state.layer(1);
        state.edit(() => bias.fill(0.5, 3, 6));
        const products = await sweep.forEachProduct([3, 4, 5], () => {});
        product.mockClear();
        const again = await sweep.again([3, 4, 5], products);
        expect(product).not.toHaveBeenCalled();
        const now = wholePass(state, x);
        expect(again).toEqual(now[1]!.slice(3, 6));
        expect(again).not.toEqual(statistics[1]!.slice(3, 6));
        for (const layer of [2, 3]) {
          sweep.next();
          expect(await sweep.run()).toEqual(now[layer]);
          expect(now[layer]).not.toEqual(statistics[layer]);
        }
      } finally {
        product.mockRestore();
        sweep.dispose();
      }
    }),
  );
});
