// readRows as a page calls it: files that a person chose.
import { expect, test } from "vitest";
import { readRows } from "../../src/table.js";
import { npyFile, npzFile } from "../support/array-files.js";

test.each<[string, () => BlobPart]>([
  ["x.npy", () => npyFile([2, 2], [1, 2, 3, 4])],
  ["x.npz", () => new Uint8Array(npzFile({ x: npyFile([2, 2], [1, 2, 3, 4]) }, 9))],
  ["x.csv", () => "a,b\n1,2\n3,4\n"],
])("a File, %s", async (name, make) => {
  const { x, shape } = await readRows(new File([make()], name), { inputs: 2 });
  expect([shape, x]).toMatchObject([[2, 2], { rows: 2, columns: 2, data: Float32Array.of(1, 2, 3, 4) }]);
});
