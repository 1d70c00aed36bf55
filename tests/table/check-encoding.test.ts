// An encoding from elsewhere is believed in nothing: every field of it is checked, in each function that takes one.
import { numbersOf } from "../support/sparse.js";
import { describe, expect, it } from "vitest";
import { checkEncoding, decodeOutputs, encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import type { Matrix, TableEncoding } from "../../src/table.js";
import { expectError } from "../support/errors.js";
import { uniform } from "./table-kinds.js";

const text = [
  "day;price;kind;y",
  ...Array.from({ length: 40 }, (_, i) => `${1 + (i % 28)}.03.2020;${i},50 €;${"ab"[i % 2]};${uniform(i)}`),
].join("\n");
const { encoding } = await prepareTable(text, { target: "y" });

type Fields = Record<string, unknown>;
interface Loose {
  inputs: (Fields & { notation: Fields })[];
  target: Fields;
}

function changed(change: (encoding: Loose) => void): never {
  const copy = JSON.parse(JSON.stringify(encoding)) as Loose;
  change(copy);
  return copy as never;
}

describe("checkEncoding", () => {
  it("gives back what prepareTable made, as a copy: the control", () => {
    expect(checkEncoding(JSON.parse(JSON.stringify(encoding)))).toEqual(encoding);
    expect(checkEncoding(encoding)).not.toBe(encoding);
    expect(encoding.inputs.map(({ kind }) => kind)).toEqual(["date", "number", "category"]);
  });

  it.each<[string, (encoding: Loose) => void, path: string]>([
    ["no inputs", (it) => void (it.inputs = []), "inputs"],
    ["inputs that are none", (it) => void (it.inputs = {} as never), "inputs"],
    ["another member", (it) => void ((it as never as Fields).more = 1), ""],
    ["an unknown kind", ({ inputs }) => void (inputs[0].kind = "dates"), "inputs[0].kind"],
    ["a date of an unknown form", ({ inputs }) => void (inputs[0].notation.form = "year"), "inputs[0].notation.form"],
    ["a date of an unknown order", ({ inputs }) => void (inputs[0].notation.order = 1), "inputs[0].notation.order"],
    ["an unknown cycle", ({ inputs }) => void (inputs[0].cycles = ["moon"]), "inputs[0].cycles[0]"],
    ["a cycle twice", ({ inputs }) => void (inputs[0].cycles = ["season", "season"]), "inputs[0].cycles"],
    ["no notation of dates", ({ inputs }) => void delete (inputs[0] as Fields).notation, "inputs[0]"],
    ["a median beyond float32", ({ inputs }) => void (inputs[0].median = 1e39), "inputs[0].median"],
    ["a scale without digits", ({ inputs }) => void (inputs[1].scale = 1e-320), "inputs[1].scale"],
    ["a scale that makes a median endless", ({ inputs }) => void (inputs[1].scale = 1e-40), "inputs[1].scale"],
    ["a target's scale without digits", ({ target }) => void (target.scale = 5e-324), "target.scale"],
    ["a scale of 0", ({ inputs }) => void (inputs[1].scale = 0), "inputs[1].scale"],
    ["an unknown decimal mark", ({ inputs }) => void (inputs[1].notation.decimal = "'"), "inputs[1].notation.decimal"],
    ["a unit that is none", ({ inputs }) => void (inputs[1].notation.unit = 1), "inputs[1].notation.unit"],
    [
      "a unit as long as a book",
      ({ inputs }) => void (inputs[1].notation.unit = "m".repeat(1e6)),
      "inputs[1].notation.unit",
    ],
    ["codes that are none", ({ inputs }) => void (inputs[1].notation.codes = "9"), "inputs[1].notation.codes"],
    ["a code of text", ({ inputs }) => void (inputs[1].notation.codes = ["9"]), "inputs[1].notation.codes[0]"],
    ["many codes", ({ inputs }) => void (inputs[1].notation.codes = Array(1e6).fill(1)), "inputs[1].notation.codes"],
    [
      "a flag of text",
      ({ inputs }) => void (inputs[1].notation.allowsOthers = "no"),
      "inputs[1].notation.allowsOthers",
    ],
    ["a notation of words", ({ inputs }) => void ((inputs[2] as Fields).notation = {}), "inputs[2]"],
    ["a notation too few", ({ inputs }) => void delete inputs[1].notation.codes, "inputs[1].notation"],
    ["categories twice", ({ inputs }) => void (inputs[2].categories = ["a", "a"]), "inputs[2].categories"],
    ["a column twice", ({ inputs }) => void (inputs[2].column = "price"), "inputs and target"],
    ["the target as an input", ({ inputs }) => void (inputs[2].column = "y"), "inputs and target"],
    ["two notations of the target", ({ target }) => void Object.assign(target, { date: {}, notation: {} }), "target"],
    ["a target without a mean", ({ target }) => void delete target.mean, "target"],
  ])("refuses %s, and so does whatever takes one", async (_what, change, path) => {
    const hostile = changed(change);
    const whole = path === "" ? /^encoding/ : `encoding: ${path}`;
    const codes = [];
    for (const use of [
      () => checkEncoding(hostile),
      () => encodeRows(hostile, text),
      () => encodeLabelledRows(hostile, text),
      () => decodeOutputs(hostile, [[1]]),
    ]) {
      const error = await expectErrorOf(use, whole);
      codes.push(error.code);
    }
    expect(new Set(codes).size).toBe(1);
    expect(["format", "value"]).toContain(codes[0]);
  });

  const several = (change: (target: Fields & { outputs: Fields[] }) => void): never =>
    changed((it) => {
      const outputs = [
        { mean: 5, scale: 2 },
        { mean: 0, scale: 1 },
      ];
      it.target = { kind: "numbers", column: "y", outputs };
      change(it.target as Fields & { outputs: Fields[] });
    });

  it("takes a target of several numbers a row, whose outputs are rows of them", async () => {
    const two = several(() => undefined) as TableEncoding;
    expect(checkEncoding(JSON.parse(JSON.stringify(two)))).toEqual(two);
    expect(decodeOutputs(two, [[1, 2], [-1, 0.5]])).toEqual([[7, 2], [3, 0.5]]); // prettier-ignore
    expect(() => decodeOutputs(two, [[1]])).toThrow(expect.objectContaining({ code: "shape" }));
    const withTargets = (cells: (i: number) => string) =>
      text
        .split("\n")
        .map((line, i) => `${line};${i === 0 ? "y 1;y 2" : cells(i)}`)
        .join("\n");
    const later = await encodeLabelledRows(
      two,
      withTargets((i) => (i === 3 ? ";1" : `${i};${-i}`)),
    );
    const y = later.y as Matrix;
    expect([y.rows, y.columns, later.rows.includes(2)]).toEqual([39, 2, false]);
    expect([...y.data.subarray(4, 6)]).toEqual([(4 - 5) / 2, -4]);
    const without = await encodeLabelledRows(two, text);
    expect([without.y, without.notes.at(-1)]).toEqual([
      undefined,
      'there is no column "y 1", the target: no evaluation',
    ]);
    await expectErrorOf(
      () =>
        encodeLabelledRows(
          two,
          withTargets((i) => `${i};b`),
        ),
      /column "y 2"/,
    );
  });

  it.each<[string, Parameters<typeof several>[0], path: string]>([
    ["one output", ({ outputs }) => void outputs.pop(), "target.outputs"],
    ["outputs that are none", (target) => void (target.outputs = {} as never), "target.outputs"],
    ["an output that is none", ({ outputs }) => void (outputs[1] = 1 as never), "target.outputs[1]"],
    ["a scale of 0", ({ outputs }) => void (outputs[1].scale = 0), "target.outputs[1].scale"],
    ["no mean", ({ outputs }) => void delete outputs[0].mean, "target.outputs[0]"],
    ["a mean too many", (target) => void (target.mean = 0), "target"],
  ])("refuses %s of several", async (_what, change, path) => {
    await expectErrorOf(() => checkEncoding(several(change)), `encoding: ${path}`);
  });

  it("refuses an input that is called as one of several targets", async () => {
    const two = several(() => undefined) as TableEncoding;
    expect(checkEncoding(withInput(two, "y 3")).inputs[0].column).toBe("y 3"); // the control
    await expectErrorOf(() => checkEncoding(withInput(two, "y 2")), "encoding: inputs and target");
  });

  it.each([[null], [undefined], [1], ["{}"], [[]], [{ inputs: null, target: null }]])("refuses %j", (value) => {
    expect(() => checkEncoding(value)).toThrow(expect.objectContaining({ name: "RelumineError" }));
  });

  it("has no way to the prototype: names are data", async () => {
    const rows = Array.from(
      { length: 30 },
      (_, i) => `${["__proto__", "constructor", "toString"][i % 3]},${uniform(i)}`,
    );
    const hostile = await prepareTable(["__proto__,y", ...rows].join("\n"), { target: "y" });
    expect(hostile.encoding.inputs[0]).toMatchObject({ categories: ["__proto__", "constructor", "toString"] });
    const later = await encodeRows(hostile.encoding, "__proto__,b\nconstructor,1\nhasOwnProperty,2\n");
    expect(Array.from(numbersOf(later))).toEqual([0, 1, 0, 0, 0, 0]);
  });
});

/** The first input is called so. */
function withInput({ inputs: [first, ...rest], target }: TableEncoding, column: string): TableEncoding {
  return { inputs: [{ ...first, column }, ...rest], target };
}

async function expectErrorOf(call: () => unknown, path: string | RegExp) {
  try {
    return await expectError(call, "format", path);
  } catch {
    return expectError(call, "value", path);
  }
}
