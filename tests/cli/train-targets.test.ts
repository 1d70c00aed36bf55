// `relumine train X.npy Y.npy` where a row has several targets: a regression of so many outputs, to the bits of the
// same training by hand; its file says how each number was scaled; what can't be is refused by name.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createNetwork, importNetwork, type Matrix } from "../../src/index.js";
import { openRows } from "../../src/node.js";
import { checkEncoding, decodeOutputs, encodeLabelledRows, encodeRows, type NumbersTarget } from "../../src/table.js";
import type { TableEncoding } from "../../src/table.js";
import { npyFile, npyWith, npzFile } from "../support/array-files.js";
import { Folder, relumine } from "./run.js";

const folder = new Folder();
const place = (name: string): string => join(folder.path, name);

const ROWS = 600;
const noise = (i: number): number => Math.sin(i * 12.9898) + Math.sin(i * 78.233);
const inputs = Float32Array.from({ length: ROWS * 3 }, (_, i) => 5 * noise(i) + 20);
const at = (row: number, column: number): number => inputs[row * 3 + column];
/** Three numbers of other sizes; the second goes against the first. */
const targets = Float32Array.from({ length: ROWS }, (_, row) => row).reduce(
  (all, _, row) => {
    all.set([1000 + 8 * at(row, 0), -at(row, 0) / 100, at(row, 1) - at(row, 2)], row * 3);
    return all;
  },
  new Float32Array(ROWS * 3),
);
const X = folder.write("X.npy", npyFile([ROWS, 3], inputs));
const Y = folder.write("Y.npy", npyFile([ROWS, 3], targets));
const csv = (columns: readonly string[], rowAt: (row: number) => readonly number[]): string =>
  [columns, ...Array.from({ length: ROWS }, (_, row) => rowAt(row))].map((cells) => cells.join(",")).join("\n");
const SHORT = ["--hidden", "12", "--epochs", "6"];

interface Figures {
  readonly name: string;
  readonly r2?: number;
  readonly meanAbsoluteError: number;
  readonly rootMeanSquaredError: number;
}

interface Document {
  readonly data: { task: string; trainingRows: number; heldOutRows: number; notes: string[] };
  readonly validation: { loss: number; r2?: number; outputs?: Figures[]; accuracy?: number };
  readonly evaluation: Document["validation"];
  readonly history: { epochs: { loss: number; validation?: { loss: number } }[] };
  readonly network: { spec: { layers: { units: number }[]; loss: string }; preprocessing: TableEncoding };
  readonly diagnosis: { samples: number; layers: unknown[] };
  readonly learning: { constant: number[]; score: number };
}

async function documentOf(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

const train = (...args: string[]): Promise<Document> => documentOf("train", ...args);
const lossesOf = ({ history }: Document) => history.epochs.map(({ loss, validation }) => [loss, validation?.loss]);

async function refused(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await relumine(...args);
  expect([code, stdout.includes("held out:")], args.join(" ")).toEqual([1, false]);
  expect(stderr).not.toContain("fault in relumine");
  return stderr;
}

describe("rows of several targets", () => {
  const out = place("three.safetensors");
  let trained: Document;
  beforeAll(async () => {
    trained = await train(X, Y, "--hidden", "24", "--epochs", "60", "--out", out);
  });

  it("are a regression of so many outputs, each standardized, told one by one", () => {
    const { data, network, validation, learning, diagnosis } = trained;
    expect(data).toMatchObject({ task: "regression", trainingRows: 480, heldOutRows: 120 });
    expect(data.notes[0]).toBe("Y (target): 3 numbers a row (columns)");
    expect([network.spec.layers.at(-1)!.units, network.spec.loss]).toEqual([3, "meanSquaredError"]);
    const { kind, column, outputs } = network.preprocessing.target as NumbersTarget;
    expect([kind, column, outputs.length, diagnosis.samples]).toEqual(["numbers", "Y", 3, 480]);
    expect(outputs[0].mean).toBeGreaterThan(1100);
    expect(outputs[0].scale / outputs[1].scale).toBeCloseTo(800, 0);
    expect(validation.outputs!.map(({ name }) => name)).toEqual(["Y 1", "Y 2", "Y 3"]);
    for (const { r2 } of validation.outputs!) expect(r2).toBeGreaterThan(0.95);
    const mean = validation.outputs!.reduce((sum, { r2 }) => sum + r2! / 3, 0);
    expect(validation.r2).toBeCloseTo(mean, 12);
    expect(validation.accuracy).toBeUndefined();
    expect([learning.constant.length, learning.score > 0.95]).toEqual([3, true]);
  });

  it("train to the bits of the same rows by hand", async () => {
    const document = await train(X, Y, ...SHORT, "--validation", "0");
    const { inputs: columns, target } = document.network.preprocessing;
    const { outputs } = target as NumbersTarget;
    const rows = await openRows(X, Y, { batchSize: 32, seed: 0 });
    const scale = (of: readonly { mean: number; scale: number }[], { data, ...shape }: Matrix): Matrix => ({
      ...shape,
      data: data.map((value, i) => (value - of[i % of.length].mean) / of[i % of.length].scale),
    });
    const network = await createNetwork({
      inputs: 3,
      layers: [{ units: 12, activation: "relu" }, { units: 3 }],
      loss: "meanSquaredError",
      seed: 0,
    });
    const source = {
      rows: ROWS,
      batchSize: 32,
      async *batches(...given: Parameters<typeof rows.batches>) {
        for await (const { x, y } of rows.batches(...given))
          yield {
            x: scale(columns as readonly { mean: number; scale: number }[], x as Matrix),
            y: scale(outputs, y as Matrix),
          };
      },
    };
    const { epochs } = await network.fit(source, { epochs: 6 });
    await rows.close();
    network.dispose();
    expect(document.history.epochs.map(({ loss }) => loss)).toEqual(epochs.map(({ loss }) => loss));
  });

  it("are judged from the saved network, in units of each number, as its outputs are", async () => {
    const { evaluation, diagnosis } = await documentOf("diagnose", out, X, "--target", Y);
    const { preprocessing } = trained.network;
    const network = await importNetwork(readFileSync(out));
    const x = await encodeRows(
      preprocessing,
      csv(["column 1", "column 2", "column 3"], (row) => [at(row, 0), at(row, 1), at(row, 2)]),
    );
    const predicted = decodeOutputs(preprocessing, network.predict(x)) as number[][];
    network.dispose();
    expect(diagnosis.samples).toBe(ROWS);
    evaluation.outputs!.forEach(({ rootMeanSquaredError, meanAbsoluteError }, c) => {
      const errors = predicted.map((row, r) => row[c] - targets[r * 3 + c]);
      const [square, absolute] = [errors.map((each) => each ** 2), errors.map(Math.abs)].map(
        (all) => all.reduce((sum, value) => sum + value, 0) / ROWS,
      );
      expect(rootMeanSquaredError / Math.sqrt(square)).toBeCloseTo(1, 4);
      expect(meanAbsoluteError / absolute).toBeCloseTo(1, 4);
    });
    const bare = await documentOf("diagnose", out, X);
    expect(bare.evaluation).toBeUndefined();
    const other = await documentOf("diagnose", out, X, "--target", X);
    expect(other.evaluation.r2).toBeLessThan(0); // the control: the figures hang on the targets
  });

  it("are read from one file, too, and from a table that names its columns so", async () => {
    const { evaluation } = await documentOf("diagnose", out, X, "--target", Y);
    const both = folder.write("both.npz", npzFile({ x: readFileSync(X), Y: readFileSync(Y) }));
    expect((await documentOf("diagnose", out, both)).evaluation).toEqual(evaluation);
    const names = [1, 2, 3].flatMap((c) => [`column ${c}`, `Y ${c}`]);
    const table = csv(names, (row) => [0, 1, 2].flatMap((c) => [at(row, c), targets[row * 3 + c]]));
    const file = folder.write("both.csv", table);
    const fromTable = (await documentOf("diagnose", out, file)).evaluation;
    expect(fromTable.loss).toBeCloseTo(evaluation.loss, 6);
    const encoding = checkEncoding(JSON.parse(JSON.stringify(trained.network.preprocessing)));
    const holed = table.replace(/\n[^\n]*,[^\n,]*\n/, (line) => line.replace(/,[^,]*\n$/, ",\n"));
    const { y, rows, notes } = await encodeLabelledRows(encoding, holed);
    expect([(y as Matrix).columns, (y as Matrix).rows, rows[0], notes]).toEqual([
      3,
      ROWS - 1,
      1,
      ["1 row without a target left out"],
    ]);
  });

  it("are told in lines and on pages, and treated", async () => {
    const [html, page, better] = ["train.html", "diagnose.html", "better.safetensors"].map(place);
    const told = await relumine("train", X, Y, ...SHORT, "--html", html);
    expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(/^held out: .*of 3 numbers a row$/m)]);
    expect(told.stdout).toMatch(/^number +mean absolute error +root mean square +R²\n(?:Y [123] .*\n){3}/m);
    expect(readFileSync(html, "utf8")).toMatch(/By number of a row, held out[\s\S]*Y\.npy[\s\S]*Y, 3 numbers a row/);
    const judged = await relumine("diagnose", out, X, "--target", Y, "--html", page);
    expect([judged.code, judged.stdout]).toEqual([0, expect.stringMatching(/^Y 3 /m)]);
    expect(readFileSync(page, "utf8")).toContain("By number of a row, on these rows");
    const treated = await relumine("treat", out, X, "--target", Y, "--remedy", "prune", "--out", better);
    expect([treated.code, treated.stderr]).toEqual([0, ""]);
    const after = await documentOf("diagnose", better, X, "--target", Y);
    expect(after.evaluation).toEqual((await documentOf("diagnose", out, X, "--target", Y)).evaluation);
  });

  it("go on from a checkpoint to the same bits, with these targets alone", async () => {
    const stored = place("three.training");
    const whole = await train(X, Y, ...SHORT, "--accumulate", "2");
    await train(X, Y, ...SHORT, "--accumulate", "2", "--epochs", "2", "--checkpoint", stored);
    const goneOn = await train(X, Y, "--resume", stored, "--epochs", "6");
    expect([lossesOf(goneOn), goneOn.validation]).toEqual([lossesOf(whole), whole.validation]);
    const changed = targets.slice();
    changed[1000] += 1;
    for (const other of [
      folder.write("changed.npy", npyFile([ROWS, 3], changed)),
      folder.write("two-of.npy", npyFile([ROWS, 2], targets.subarray(0, ROWS * 2))),
      folder.write("one-of.npy", npyFile([ROWS], targets.subarray(0, ROWS))),
    ])
      expect(await refused("train", X, other, "--resume", stored)).toContain("begun with");
  });
});

describe("how they lie", () => {
  const plainTwo = targets.filter((_, i) => i % 3 < 2);
  const two = folder.write("two.npy", npyFile([ROWS, 2], plainTwo));

  it("without a header, in three axes, in bytes: the bits of the same numbers", async () => {
    const plain = await train(X, two, ...SHORT);
    const raw = folder.write("two.bin", new Uint8Array(plainTwo.buffer));
    expect(lossesOf(await train(X, raw, "--raw-target", "float32:2", ...SHORT))).toEqual(lossesOf(plain));
    const axes = folder.write("axes.npy", npyFile([ROWS, 1, 2], plainTwo));
    expect(lossesOf(await train(X, axes, ...SHORT))).toEqual(lossesOf(plain));
    const whole = Array.from({ length: ROWS * 2 }, (_, i) => (i * 37) % 256);
    const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${ROWS}, 2), }`;
    const bytes = await train(X, folder.write("u8.npy", npyWith(header, Uint8Array.from(whole))), ...SHORT);
    expect(lossesOf(bytes)).toEqual(
      lossesOf(await train(X, folder.write("f4.npy", npyFile([ROWS, 2], whole)), ...SHORT)),
    );
    const { evaluation } = await (async () => {
      const out = place("two.safetensors");
      await train(X, two, ...SHORT, "--out", out);
      const byHeader = await documentOf("diagnose", out, X, "--target", two);
      const byShape = await documentOf("diagnose", out, X, "--target", raw, "--raw-target", "float32:2");
      expect(byShape.evaluation).toEqual(byHeader.evaluation);
      return byHeader;
    })();
    expect(evaluation.outputs).toHaveLength(2);
  });

  it("in one column: a number a row, as a list is", async () => {
    const first = targets.filter((_, i) => i % 3 === 0);
    const [list, column] = [
      folder.write("list.npy", npyFile([ROWS], first)),
      folder.write("list-2.npy", npyFile([ROWS, 1], first)),
    ];
    const [a, b] = [await train(X, list, ...SHORT), await train(X, column, ...SHORT)];
    expect([lossesOf(b), b.network.preprocessing.target.kind]).toEqual([lossesOf(a), "number"]);
    expect(b.validation.outputs).toBeUndefined();
  });

  it("in doubles keep digits that float32 has not", async () => {
    const times = Float64Array.from({ length: ROWS * 2 }, (_, i) => 1.7e9 + (i % 2 ? at(i >> 1, 0) : at(i >> 1, 1)));
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${ROWS}, 2), }`;
    const file = folder.write("times.npy", npyWith(header, new Uint8Array(times.buffer)));
    const out = place("times.safetensors");
    const { validation } = await train(X, file, "--hidden", "16", "--epochs", "60", "--out", out);
    for (const { r2 } of validation.outputs!) expect(r2).toBeGreaterThan(0.95);
    const { evaluation } = await documentOf("diagnose", out, X, "--target", file);
    for (const { r2 } of evaluation.outputs!) expect(r2).toBeGreaterThan(0.95);
  });

  it("whole numbers are numbers; rows of a single 1 are so with a note", async () => {
    const labels = Array.from({ length: ROWS * 2 }, (_, i) => (i * 7) % 3);
    const { data } = await train(X, folder.write("labels.npy", npyFile([ROWS, 2], labels)), ...SHORT);
    expect([data.task, data.notes.some((note) => note.includes("single 1"))]).toEqual(["regression", false]);
    const hot = Array.from({ length: ROWS * 3 }, (_, i) => Number(i % 3 === Math.floor(i / 3) % 3));
    const oneHot = await train(X, folder.write("hot.npy", npyFile([ROWS, 3], hot)), ...SHORT);
    expect(oneHot.data.notes.some((note) => note.includes("single 1"))).toBe(true);
    expect(oneHot.network.spec.loss).toBe("meanSquaredError");
  });

  it("one that never changes is noted, and has errors without an R²", async () => {
    const still = targets.map((value, i) => (i % 3 === 1 ? 7 : value));
    const { data, validation } = await train(X, folder.write("still.npy", npyFile([ROWS, 3], still)), ...SHORT);
    expect(data.notes[1]).toMatch(/^still \(target\): 1 column with the same value in every training row$/);
    const [first, second, third] = validation.outputs!;
    expect([second.r2, second.meanAbsoluteError >= 0]).toEqual([undefined, true]);
    expect(validation.r2).toBeCloseTo((first.r2! + third.r2!) / 2, 12);
  });

  it("in a file that is called as inputs are, a network is saved that can be read", async () => {
    const out = place("column.safetensors");
    const file = folder.write("column.npy", npyFile([ROWS, 2], plainTwo));
    const { network } = await train(X, file, ...SHORT, "--out", out);
    expect(network.preprocessing.target.column).toBe("target");
    expect((await documentOf("diagnose", out, X, "--target", file)).evaluation.outputs).toHaveLength(2);
  });
});

describe("what can't be is refused by name", () => {
  const spoilt = (value: number): Float32Array => {
    const all = targets.slice();
    all[100 * 3 + 2] = value;
    return all;
  };
  const header = (shape: string) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  it.each<[string, string, readonly string[], RegExp]>([
    ["other rows", folder.write("few.npy", npyFile([ROWS - 1, 3], targets.subarray(3))), [], /few\.npy.*600 rows.*599/],
    ["no columns", folder.write("none.npy", npyWith(header(`(${ROWS}, 0)`), [])), [], /none\.npy.*one or more numbers/],
    ["NaN", folder.write("nan.npy", npyFile([ROWS, 3], spoilt(NaN))), [], /nan\.npy: row 101, column 3.*NaN/],
    ["infinity", folder.write("inf.npy", npyFile([ROWS, 3], spoilt(-Infinity))), [], /inf\.npy: row 101, column 3/],
    [
      "what float32 does not hold",
      folder.write(
        "huge.npy",
        npyWith(
          header(`(${ROWS}, 2)`).replace("f4", "f8"),
          new Uint8Array(Float64Array.from({ length: ROWS * 2 }, (_, i) => (i === 9 ? 1e300 : i)).buffer),
        ),
      ),
      [],
      /huge\.npy: row 5, column 2.*float32.*1e\+300/,
    ],
    [
      "nothing that changes",
      folder.write(
        "same.npy",
        npyFile(
          [ROWS, 2],
          Array.from({ length: ROWS * 2 }, (_, i) => i % 2),
        ),
      ),
      [],
      /same\.npy.*two different values/,
    ],
    ["too many columns", folder.write("wide.npy", npyWith(header(`(${ROWS}, 100001)`), [])), [], /wide\.npy/],
    ["cut bytes", folder.write("cut.npy", npyFile([ROWS, 3], targets).subarray(0, 999)), [], /cut\.npy.*bytes/],
    ["classes", Y, ["--task", "classification"], /Y\.npy.*one label a row.*3 numbers.*argmax/],
    ["weights of classes", Y, ["--class-weights", "balanced"], /--class-weights.*no classes/],
    ["smoothed labels", Y, ["--label-smoothing", "0.1"], /--label-smoothing.*no classes/],
  ])("%s", async (_what, file, options, message) => {
    const out = place("refused.safetensors");
    expect(await refused("train", X, file, ...SHORT, ...options, "--out", out)).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  it("targets that the network has not, and a network of several where a table has one", async () => {
    const [out, both] = [place("model.safetensors"), folder.write("t.npz", npzFile({ x: readFileSync(X) }))];
    await train(X, Y, ...SHORT, "--out", out);
    const two = folder.write("pair.npy", npyFile([ROWS, 2], targets.subarray(0, ROWS * 2)));
    const few = folder.write("short.npy", npyFile([ROWS - 1, 3], targets.subarray(3)));
    const one = folder.write("single.npy", npyFile([ROWS], targets.subarray(0, ROWS)));
    for (const file of [two, few, one])
      expect(await refused("diagnose", out, X, "--target", file)).toMatch(/600 rows of 3 numbers/);
    const single = place("single.safetensors");
    await train(X, one, ...SHORT, "--out", single);
    expect(await refused("diagnose", single, X, "--target", Y)).toMatch(/600 numbers, one a row.*600, 3/);
    for (const command of ["cure", "rates"])
      expect(await refused(command, both, "--model", out)).toMatch(/--model.*one target a row.*one of 3/);
    const table = folder.write("table.npz", npzFile({ x: readFileSync(X), y: readFileSync(Y) }));
    for (const command of ["train", "cure", "rates", "crossvalidate", "checkup"])
      expect(await refused(command, table, "--target", "y")).toMatch(/600 numbers, one a row.*600, 3/);
  });

  it("a row that is held out and scaled beyond float32", async () => {
    const doubles = (place: number) =>
      Float64Array.from({ length: ROWS * 2 }, (_, i) => (i === place * 2 ? 3e38 : (i % 7) * 1e-30));
    const refusals: string[] = [];
    for (let row = 0; row < 12; row++) {
      const file = folder.write(
        "far.npy",
        npyWith(header(`(${ROWS}, 2)`).replace("f4", "f8"), new Uint8Array(doubles(row).buffer)),
      );
      const { code, stderr } = await relumine("train", X, file, "--hidden", "4", "--epochs", "1");
      expect(stderr).not.toContain("fault in relumine");
      if (code !== 0) refusals.push(stderr);
    }
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.length).toBeLessThan(12);
    for (const text of refusals) expect(text).toMatch(/far\.npy: row \d+, column 1 .*once it is scaled/);
  });
});
