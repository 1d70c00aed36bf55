// Tables whose rows are mostly zeros: many words, each an input, and texts that are hashed.
import { expect, test } from "vitest";
import { expectError, relumineError } from "../support/errors.js";
import { weightsOf } from "../support/networks.js";
import { numbersOf } from "../support/sparse.js";
import { createNetwork, sgd } from "../../src/index.js";
import { checkEncoding, encodeLabelledRows, encodeRows, prepareTable } from "../../src/table.js";
import { isSparse } from "../../src/core/sparse.js";
import { hashTexts } from "../../src/table/reading/hashed-words.js";

const ROWS = 400;
const cities = (count: number) => Array.from({ length: ROWS }, (_, i) => `city${(i * 7) % count}`);

/** One column of so many words, one of numbers, and a target of two classes. */
const tableOf = (words: number) =>
  ["city,size,label", ...cities(words).map((city, i) => `${city},${(i * 13) % 29},${i % 3 === 0 ? "a" : "b"}`)].join(
    "\n",
  );

test("rows are sparse where at most a tenth of the inputs can be other than 0", async () => {
  for (const [words, wanted] of [
    [18, false],
    [19, true],
    [40, true],
  ] as const) {
    const { training, columns, encoding } = await prepareTable(tableOf(words), { target: "label" });
    expect(columns).toHaveLength(words + 1);
    expect(isSparse(training.x)).toBe(wanted);
    // later rows have the same form, whatever is in them
    expect(isSparse(await encodeRows(encoding, "city,size\ncity1,3\n"))).toBe(wanted);
  }
});

test("numbers, words, words that are not known and missing ones stand where they would", async () => {
  const { encoding } = await prepareTable(tableOf(40), { target: "label" });
  const [city, size] = encoding.inputs as unknown as [
    { categories: string[] },
    { mean: number; scale: number; median: number },
  ];
  const x = await encodeRows(encoding, "size,city\n3,city5\n,nowhere\n7,city39\n");
  const wanted = [3, size.median, 7].map((value, row) => {
    const inputs = new Array<number>(41).fill(0);
    const place = city.categories.indexOf(["city5", "nowhere", "city39"][row]!);
    if (place >= 0) inputs[place] = 1;
    inputs[40] = Math.fround((value - size.mean) / size.scale);
    return inputs;
  });
  expect([...numbersOf(x)]).toEqual(wanted.flat());
});

test("they train to the same bits as with their zeros", async () => {
  const { training, heldOut, columns } = await prepareTable(tableOf(40), { target: "label" });
  const dense = ({ x, y }: typeof training) => ({
    x: { rows: x.rows, columns: x.columns, data: numbersOf(x) },
    y,
  });
  const run = async (isDense: boolean) => {
    const layers = [{ units: 8 }, { units: 2 }];
    using network = await createNetwork({ inputs: columns.length, layers, loss: "crossEntropy", seed: 1 });
    const [data, validation] = [training, heldOut].map((rows) => (isDense ? dense(rows) : rows));
    const { epochs } = await network.fit(data!, { epochs: 4, optimizer: sgd({ learningRate: 0.1 }), validation });
    return [weightsOf(network), epochs.map(({ loss, validation: held }) => [loss, held])];
  };
  expect(await run(false)).toEqual(await run(true));
});

const TEXTS = [
  "The quick brown fox",
  "the QUICK, brown fox!",
  "jumps over the lazy dog, and the dog sleeps",
  "",
  "Ein Füchslein – schnell & braun",
];
const texts = [
  "note,label",
  ...Array.from(
    { length: 60 },
    (_, i) => `"${TEXTS[i % 5]} ${i % 5 === 3 ? "" : `no${i}`}",${i % 2 === 0 ? "x" : "y"}`,
  ),
].join("\n");

test("a column of text by hashing", async () => {
  const options = { target: "label", columns: { note: { kind: "hash", buckets: 512 } } } as const;
  const { training, columns, encoding, notes } = await prepareTable(texts, options);
  expect(columns).toHaveLength(512);
  expect(columns[3]).toBe("note #3");
  expect(isSparse(training.x)).toBe(true);
  expect(encoding.inputs).toEqual([{ kind: "hash", column: "note", buckets: 512 }]);
  expect(notes.join()).toContain("hashed into 512 inputs");
  const later = await encodeRows(
    checkEncoding(JSON.parse(JSON.stringify(encoding))),
    ["note", ...TEXTS.map((text) => `"${text}"`), "12345", "n/a"].join("\n"),
  );
  const rows = numbersOf(later);
  const row = (r: number) => rows.subarray(r * 512, (r + 1) * 512);
  expect(row(0)).toEqual(row(1)); // case and punctuation aside
  expect([...row(3), ...row(6)].every((value) => value === 0)).toBe(true);
  for (const r of [0, 2, 4, 5]) expect(row(r).reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 6);
  expect(row(0).filter((value) => value > 0)).toEqual(new Float32Array(4).fill(0.5));
  expect(row(5).filter((value) => value > 0)).toEqual(Float32Array.of(1));
  const again = await encodeLabelledRows(encoding, texts);
  expect(again.y).toHaveLength(60);
});

test("the same buckets on every machine", () => {
  const { buckets } = hashTexts(
    { texts: ["fox", "Fuchs", "狐", "renard"], textOf: Int32Array.of(0, 1, 2, 3) },
    2 ** 24,
  );
  expect([...buckets]).toEqual([855_328, 8_424_258, 4_196_741, 6_960_291]);
});

test("few buckets are shared, and rows of them are no longer mostly 0", async () => {
  const columns = { note: { kind: "hash", buckets: 3 } } as const;
  const { training } = await prepareTable(texts, { target: "label", columns });
  expect(isSparse(training.x)).toBe(false);
  expect(training.x.columns).toBe(3);
});

test("refuses what is wrong", async () => {
  for (const [path, choice] of [
    ['columns["note"].buckets', { kind: "hash", buckets: 0 }],
    ['columns["note"].buckets', { kind: "hash" }],
    ['columns["note"].kind', { kind: "hashed", buckets: 8 }],
    ['columns["note"].size', { kind: "hash", buckets: 8, size: 1 }],
  ] as const)
    await expectError(prepareTable(texts, { target: "label", columns: { note: choice as never } }), "value", path);
  const columns = { label: { kind: "hash", buckets: 8 } } as const;
  await expectError(prepareTable(texts, { target: "label", columns }), "value", "columns");
  const target = { kind: "classes", column: "b", classes: ["x", "y"] };
  for (const buckets of [0, 1.5, 2 ** 25, "8"])
    expect(() => checkEncoding({ inputs: [{ kind: "hash", column: "a", buckets }], target })).toThrow(
      relumineError("value", "encoding: inputs[0].buckets"),
    );
});
