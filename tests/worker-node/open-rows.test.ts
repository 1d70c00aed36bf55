// Rows in files train a network in a worker: read on this side, to the bits of a fit here; a file that changes ends it.
import { rmSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { createNetwork as createHere } from "../../src/index.js";
import { openRows, type OpenRows } from "../../src/node.js";
import { createNetwork } from "../../src/worker.js";
import { npyFile } from "../support/array-files.js";
import { expectError } from "../support/errors.js";
import { newFolder } from "../support/folder.js";
import { classifier } from "../support/networks.js";

const ROWS = 203;
const folder = newFolder("worker-rows");
afterAll(() => rmSync(folder, { recursive: true }));
const [x, y] = [join(folder, "x.npy"), join(folder, "y.npy")];
const numbers = Array.from({ length: 2 * ROWS }, (_, i) => Math.sin(i * 1.7));
await writeFile(x, npyFile([ROWS, 2], numbers));
await writeFile(
  y,
  npyFile(
    [ROWS],
    numbers.slice(0, ROWS).map((_, r) => (r * 7) % 3),
  ),
);

async function opened(file: string): Promise<OpenRows> {
  const rows = await openRows(file, y, { batchSize: 8, shuffle: { block: 5, window: 3 } });
  onTestFinished(() => rows.close());
  return rows;
}

test("the same bits as here", async () => {
  using here = await createHere(classifier);
  await using there = await createNetwork(classifier);
  const expected = await here.fit(await opened(x), { epochs: 3 });
  const history = await there.fit(await opened(x), { epochs: 3 });
  expect(history.sample).toEqual(expected.sample);
  expect(await there.layers[1].getWeights()).toEqual(here.layers[1].getWeights());
  expect(history.epochs.map(({ loss }) => loss)).toEqual(expected.epochs.map(({ loss }) => loss));
});

test("a file that is cut meanwhile ends the fit by its name, and can be closed", async () => {
  const file = join(folder, "cut.npy");
  await writeFile(file, npyFile([ROWS, 2], numbers));
  const rows = await opened(file);
  await using network = await createNetwork(classifier);
  let isCut = false;
  const onEpochEnd = async () => {
    if (!isCut) await truncate(file, 200);
    isCut = true;
  };
  await expectError(network.fit(rows, { epochs: 10_000, callbacks: [{ onEpochEnd }] }), "format", file);
  await rows.close();
  await network.fit({ x: [[1, 2]], y: [0] }, { epochs: 1 });
});
