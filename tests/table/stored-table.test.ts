// What a model's file says of the table it was trained on is believed no more than the rest of it.
import { describe, expect, it } from "vitest";
import { prepareNamed, type NamedPreparedTable } from "../../src/cli/prepare-table.js";
import { specFor } from "../../src/cli/network-for-table.js";
import { readStoredTable, tableMetadata } from "../../src/table/stored-table.js";
import { parseTable } from "../../src/table/read/read-table.js";
import { expectRefusal } from "../support/errors.js";
import { seededRandom } from "../support/random.js";

const random = seededRandom(3);
const ISLANDS = ["Biscoe", "Dream", "NA", "__proto__"];
const rows = Array.from({ length: 60 }, (_, row) => [
  (random() * 1e-3).toString(),
  row % 9 === 0 ? "" : (-1e9 * random()).toString(),
  "-0",
  ISLANDS[row % 4],
  row % 2 ? "a" : "ü",
  random().toString(),
]);
const csv = ["tiny,huge,zero,island,class,y", ...rows.map((cells) => cells.join(","))].join("\n");

function prepare(target: string): NamedPreparedTable {
  return prepareNamed({ name: "t.csv", table: parseTable(csv) }, { target, ignore: [], validation: 0.25, seed: 0 });
}

const model = { hidden: [4], activation: "relu", bias: 0, seed: 0 } as const;
const prepared = prepare("class");
const spec = specFor(prepared, model);
const metadata = tableMetadata(prepared);

interface StoredRecord {
  name: unknown;
  inputs: Record<string, unknown>[];
  target: Record<string, unknown> | null;
}

function changed(change: (record: StoredRecord) => void): Record<string, string> {
  const record = JSON.parse(metadata.table) as StoredRecord;
  change(record);
  return { table: JSON.stringify(record) };
}

describe("the record of a table's columns", () => {
  it.each(["class", "y"])("is read back exactly: target %s", (target) => {
    const original = prepare(target);
    expect(readStoredTable(tableMetadata(original), specFor(original, model))).toEqual({
      name: "t.csv",
      encoding: original.encoding,
    });
  });

  const category = ({ inputs }: StoredRecord): Record<string, unknown> =>
    inputs.find(({ kind }) => kind === "category")!;
  it.each<[string, (record: StoredRecord) => void, path: string, given: string]>([
    ["a scale of 0", ({ inputs }) => void (inputs[1].scale = 0), "inputs[1].scale", "0"],
    ["a negative scale", ({ inputs }) => void (inputs[1].scale = -1), "inputs[1].scale", "-1"],
    ["a mean that is none", ({ inputs }) => void (inputs[1].mean = null), "inputs[1].mean", "null"],
    ["a mean past float32", ({ inputs }) => void (inputs[1].mean = 1e39), "inputs[1].mean", "1e+39"],
    ["a median of text", ({ inputs }) => void (inputs[1].median = "1"), "inputs[1].median", '"1"'],
    ["no median", ({ inputs }) => void delete inputs[1].median, "inputs[1]", "median"],
    ["an unknown kind", ({ inputs }) => void (inputs[1].kind = "data"), "inputs[1].kind", '"data"'],
    ["an unknown field", ({ inputs }) => void (inputs[1].more = 1), "inputs[1]", "more"],
    ["a column that is no text", ({ inputs }) => void (inputs[1].column = 7), "inputs[1].column", "7"],
    ["a column twice", ({ inputs }) => void (inputs[1].column = "tiny"), "inputs and target", '"tiny" twice'],
    [
      "the target among the inputs",
      ({ inputs }) => void (inputs[1].column = "class"),
      "inputs and target",
      '"class" twice',
    ],
    ["a column too few", ({ inputs }) => void inputs.pop(), "inputs", "7"],
    [
      "an input that is no object",
      ({ inputs }) => void (inputs[1] = [] as unknown as Record<string, unknown>),
      "inputs[1].kind",
      "undefined",
    ],
    [
      "a category twice",
      (record) => void (category(record).categories = ["a", "a", "b"]),
      "inputs[3].categories",
      '"a" twice',
    ],
    ["no categories", (record) => void (category(record).categories = []), "inputs[3].categories", "length 0"],
    [
      "categories of numbers",
      (record) => void (category(record).categories = [1, 2, 3]),
      "inputs[3].categories[0]",
      "1",
    ],
    ["no inputs", ({ inputs }) => void (inputs.length = 0), "inputs", "length 0"],
    ["too many classes", ({ target }) => void (target!.classes = ["a", "b", "c"]), "target", "3"],
    ["one class", ({ target }) => void (target!.classes = ["a"]), "target.classes", "length 1"],
    ["a class twice", ({ target }) => void (target!.classes = ["a", "a"]), "target.classes", '"a" twice'],
    [
      "another task",
      (record) => void (record.target = { kind: "number", column: "other", mean: 0, scale: 1 }),
      "target",
      "1",
    ],
    ["no target", (record) => void (record.target = null), "target.kind", "undefined"],
    ["a name that is none", (record) => void (record.name = {}), "name", "object"],
  ])("is refused with %s", (_what, change, path, given) =>
    expectRefusal(
      () => readStoredTable(changed(change), spec),
      "format",
      `its record of the table's columns: ${path}`,
      given,
    ),
  );

  it("is refused when it is no JSON, deep, or names a field twice, and accepted as it was: the control", async () => {
    await expectRefusal(
      () => readStoredTable({ table: "{" }, spec),
      "format",
      "its record of the table's columns: the record",
    );
    await expectRefusal(
      () => readStoredTable({ table: "[".repeat(100) }, spec),
      "format",
      "its record of the table's columns: the record",
    );
    await expectRefusal(
      () => readStoredTable({ table: metadata.table.replace("{", '{"name":"x",') }, spec),
      "format",
      "its record of the table's columns: the record",
    );
    await expectRefusal(() => readStoredTable({}, spec), "format", "the file");
    expect(
      readStoredTable(
        changed(() => undefined),
        spec,
      ).name,
    ).toBe("t.csv");
  });

  it("of several numbers a row goes with as many outputs and a loss of numbers, and is read back exactly", async () => {
    const outputs = [1, 2, 3].map((mean) => ({ mean, scale: 0.1 }));
    const { name, encoding } = prepare("y");
    const several = { name, encoding: { ...encoding, target: { kind: "numbers", column: "t", outputs } as const } };
    const fitting = specFor(several, model);
    expect([fitting.layers.at(-1)!.units, fitting.loss]).toEqual([3, "meanSquaredError"]);
    const stored = tableMetadata(several);
    expect(readStoredTable(stored, fitting)).toEqual(several);
    const path = "its record of the table's columns: target";
    const one = { ...fitting, layers: [...fitting.layers.slice(0, -1), { units: 1 }] };
    await expectRefusal(() => readStoredTable(stored, one), "format", path, "3");
    await expectRefusal(() => readStoredTable(stored, { ...fitting, loss: "crossEntropy" }), "format", `${path}.kind`);
  });

  it("of rows as they lie goes with a cross-entropy, one number a row with that of two classes alone", async () => {
    const { name, encoding } = prepare("y");
    const unscaled = { mean: 0, scale: 1 };
    const path = "its record of the table's columns: target.kind";
    const rowsOf = (second: { mean: number; scale: number }) => ({
      name,
      encoding: { ...encoding, target: { kind: "numbers", column: "t", outputs: [unscaled, second] } as const },
    });
    const single = { name, encoding: { ...encoding, target: { kind: "number", column: "y", ...unscaled } as const } };
    const fitting = specFor(rowsOf(unscaled), { ...model, loss: "binaryCrossEntropy" });
    expect(fitting.loss).toBe("binaryCrossEntropy");
    const one = { ...fitting, layers: [...fitting.layers.slice(0, -1), { units: 1 }] };
    expect(readStoredTable(tableMetadata(single), one)).toEqual(single);
    await expectRefusal(
      () => readStoredTable(tableMetadata(single), { ...one, loss: "crossEntropy" }),
      "format",
      path,
      "number",
    );
    for (const loss of ["crossEntropy", "binaryCrossEntropy"] as const) {
      const spec = { ...fitting, loss };
      expect(readStoredTable(tableMetadata(rowsOf(unscaled)), spec)).toEqual(rowsOf(unscaled));
      for (const scaled of [
        { mean: 0.5, scale: 1 },
        { mean: 0, scale: 2 },
      ])
        await expectRefusal(() => readStoredTable(tableMetadata(rowsOf(scaled)), spec), "format", path, "numbers");
    }
  });

  it("must go with the network's loss", async () => {
    await expectRefusal(
      () => readStoredTable(metadata, { ...spec, loss: "meanSquaredError" }),
      "format",
      "its record of the table's columns: target.kind",
    );
    const numbers = prepare("y");
    await expectRefusal(
      () => readStoredTable(tableMetadata(numbers), { ...specFor(numbers, model), loss: "binaryCrossEntropy" }),
      "format",
      "its record of the table's columns: target.kind",
    );
  });
});
