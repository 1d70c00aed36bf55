// What a trace reads of units: open is what is not closed, as everywhere.
import { expect, test } from "vitest";
import { createNetwork } from "../../src/index.js";
import { countOpen, isOpen, UnitReader } from "../../src/diagnosis/trace/unit-readings.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { prepareData } from "../../src/network/data.js";
import { stateOf } from "../../src/network/state/state.js";
import type { RunningFit } from "../../src/network/training/running-fit.js";

test("a NaN is open, exactly 0 is closed: in a reading, in the shares and in the counters", async () => {
  const network = await createNetwork(
    { inputs: 2, layers: [{ units: 2 }, { units: 1 }], loss: "meanSquaredError" },
    { arithmetic: "reproducible" }, // unfused: NaN in any build
  );
  // the first unit is closed but for the last row, where Infinity - Infinity is NaN; the second is 0 everywhere
  network.layers[0]!.setWeights({ kernel: Float32Array.of(2, 0, -2, 0), bias: Float32Array.of(-1, 0) });
  const rows = [
    [0, 0],
    [-1, 1],
    [0, 3],
    [3e38, 3e38],
  ];
  const data = prepareData("samples", { x: rows, y: rows.map(() => 0) }, 2, 1, "meanSquaredError");
  const state = stateOf(network);
  const reader = new UnitReader(
    { plan: { data, batchSize: 2, trainingRows: 4 } } as RunningFit,
    state,
    Uint32Array.from(rows.keys()),
  );
  const units = [0, 1].map((unit) => ({ layer: 0, unit }));
  reader.readRowsOf(Uint32Array.of(0, 1));
  const [first, second] = reader.preactivations(units);
  expect([...first!]).toEqual([-1, -5, -7, Number.NaN]);
  expect([countOpen(first!), isOpen(first!)]).toEqual([1, true]);
  expect([countOpen(second!), isOpen(second!)]).toEqual([0, false]);
  expect(reader.openShares(units)).toEqual([1 / 4, 0]);
  expect(countDead(network, rows).layers[0]).toMatchObject({ dead: 1, neverFired: 1 });
  reader.dispose();
  network.dispose();
});
