// Columns that are chosen as words keep their cells as they are written: codes with leading zeros are no numbers.
import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { decodeOutputs, encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import { expectError } from "../support/errors.js";
import { uniform } from "./table-kinds.js";

const ZIPS = ["02139", "2139", "02139.0", "1e3"];
const table = (target: (i: number) => string): string =>
  ["zip,x,y", ...Array.from({ length: 40 }, (_, i) => `${ZIPS[i % 4]},${uniform(i)},${target(i)}`)].join("\n");

describe("an input of words", () => {
  it("has a category for each text, and knows it in later rows", async () => {
    const text = table((i) => String(uniform(i, 3)));
    const { columns, encoding, training } = await prepareTable(text, { target: "y", columns: { zip: "words" } });
    expect(columns.slice(0, 4)).toEqual(["zip = 02139", "zip = 02139.0", "zip = 1e3", "zip = 2139"]);
    expect(encoding.inputs[0]).toMatchObject({ kind: "category", literal: true });
    const stored = JSON.parse(JSON.stringify(encoding)) as typeof encoding;
    const later = await encodeRows(stored, "x,zip\n1,2139\n1,02139\n1,1e3\n1,1000\n1,\n");
    const places = Array.from({ length: 5 }, (_, row) =>
      numbersOf(later)
        .subarray(row * 5, row * 5 + 4)
        .indexOf(1),
    );
    expect(places).toEqual([3, 0, 2, -1, -1]);
    expect(numbersOf((await encodeLabelledRows(stored, text)).x)).toHaveLength(40 * 5);
    expect(training.x.columns).toBe(5);
  });

  it("is of numbers without the choice: the control", async () => {
    const { encoding } = await prepareTable(
      table((i) => String(uniform(i, 3))),
      { target: "y" },
    );
    expect(encoding.inputs[0].kind).toBe("number");
  });

  it("takes no number for a word in the other columns", async () => {
    const text = table((i) => String(uniform(i, 3)));
    const { encoding } = await prepareTable(text, { target: "y", columns: { zip: "words" } });
    expect(encoding.inputs[1]).toMatchObject({ kind: "number", column: "x" });
    expect(encoding.inputs[1]).not.toHaveProperty("notation");
  });
});

describe("a target of words", () => {
  it("is decoded as it is written", async () => {
    const text = table((i) => ["007", "7", "0"][i % 3]);
    const { encoding } = await prepareTable(text, { target: "y", columns: { y: "words" } });
    expect(encoding.target).toEqual({ kind: "classes", column: "y", classes: ["0", "007", "7"], literal: true });
    // prettier-ignore
    expect(decodeOutputs(encoding, [[0, 1, 0], [0, 0, 1]])).toEqual(["007", "7"]);
    const { y } = await encodeLabelledRows(encoding, "zip,x,y\n1,1,007\n1,1,7\n1,1,0\n");
    expect(y).toEqual([1, 2, 0]);
  });
});

it("an encoding says so by true or false", async () => {
  const text = table((i) => "ab"[i % 2]);
  const { encoding } = await prepareTable(text, { target: "y", columns: { zip: "words" } });
  const [zip, x] = encoding.inputs;
  const bad = { ...encoding, inputs: [{ ...zip, literal: "yes" }, x] } as never;
  await expectError(() => encodeRows(bad, "zip,x\n1,1\n"), "value", "encoding: inputs[0].literal");
});
