// `relumine train X.npy Y.npy --loss`: classes one-hot or as shares, and several labels a row, train by a cross-entropy
// to the bits of the same training by hand; what the loss does not take is refused by its row.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { createNetwork, importNetwork, type Matrix, type NetworkSpec } from "../../src/index.js";
import { openRows } from "../../src/node.js";
import { decodeOutputs, type NumberEncoding, type TableEncoding } from "../../src/table.js";
import { npyFile, npzFile } from "../support/array-files.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();
const place = (name: string): string => join(folder.path, name);

const ROWS = 600;
const noise = (i: number): number => Math.sin(i * 12.9898) + Math.sin(i * 78.233);
const inputs = Float32Array.from({ length: ROWS * 3 }, (_, i) => 5 * noise(i) + 20);
const X = folder.write("X.npy", npyFile([ROWS, 3], inputs));
const rowAt = (row: number): number[] => [...inputs.subarray(row * 3, row * 3 + 3)];
const labelAt = (row: number): number => rowAt(row).indexOf(Math.max(...rowAt(row)));
const written = (name: string, targetsAt: (row: number) => readonly number[]): string => {
  const all = Array.from({ length: ROWS }, (_, row) => targetsAt(row));
  return folder.write(name, npyFile([ROWS, all[0].length], all.flat()));
};
const oneHotAt = (row: number): number[] => [0, 1, 2].map((c) => Number(c === labelAt(row)));
const sharesAt = (row: number): number[] => {
  const odds = rowAt(row).map((value) => Math.exp((value - 20) / 3));
  return odds.map((each) => each / odds.reduce((sum, other) => sum + other));
};
const labelsAt = (row: number): number[] => rowAt(row).map((value) => Number(value > 20));
const HOT = written("hot.npy", oneHotAt);
const SHARES = written("shares.npy", sharesAt);
const LABELS = written("labels.npy", labelsAt);
const YES = written("yes.npy", (row) => [labelsAt(row)[0]]);
const CHANCE = written("chance.npy", (row) => [1 / (1 + Math.exp(20 - rowAt(row)[0]))]);
const CROSS = ["--loss", "crossEntropy"];
const BINARY = ["--loss", "binaryCrossEntropy"];
const SHORT = ["--hidden", "12", "--epochs", "6"];

interface ClassFigures {
  readonly name: string;
  readonly rows: number;
  readonly right: number;
  readonly recall?: number;
}

interface Figures {
  readonly loss: number;
  readonly accuracy?: number;
  readonly auc?: number;
  readonly f1?: number;
  readonly r2?: number;
  readonly confusion?: number[][];
  readonly classes?: ClassFigures[];
  readonly outputs?: unknown[];
}

interface Document {
  readonly data: { task: string; trainingRows: number; heldOutRows: number; notes: string[] };
  readonly validation: Figures;
  readonly evaluation: Figures;
  readonly history: { epochs: { loss: number; accuracy?: number; validation?: { loss: number } }[] };
  readonly network: { spec: { layers: { units: number }[]; loss: unknown }; preprocessing: TableEncoding };
  readonly learning: { score: number; accuracy?: number; constant: number[] };
}

async function documentOf(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

const train = (...args: string[]): Promise<Document> => documentOf("train", ...args);
const lossesOf = ({ history }: Document) =>
  history.epochs.map(({ loss, accuracy, validation }) => [loss, accuracy, validation?.loss]);

async function refused(code: number, ...args: string[]): Promise<string> {
  const { code: given, stdout, stderr } = await relumine(...args);
  expect([given, stdout.includes("held out:")], `${args.join(" ")}\n${stderr}`).toEqual([code, false]);
  expect(stderr).not.toContain("fault in relumine");
  return stderr;
}

const trainedOf = ({ history }: Document) => history.epochs.map(({ loss, accuracy }) => [loss, accuracy]);

/** The same by hand: the inputs scaled, the targets as they lie, batches in the files' order. */
async function byHand(
  file: string,
  { network: { preprocessing } }: Document,
  loss: NetworkSpec["loss"],
  units: number,
  more: { classWeights?: readonly number[] } = {},
): Promise<unknown[]> {
  const scalings = preprocessing.inputs as readonly NumberEncoding[];
  const rows = await openRows(X, file, { batchSize: 32, seed: 0 });
  const network = await createNetwork({
    inputs: 3,
    layers: [{ units: 12, activation: "relu" }, { units }],
    loss,
    seed: 0,
  });
  const { epochs } = await network.fit(
    {
      rows: ROWS,
      batchSize: 32,
      async *batches(...given) {
        for await (const { x, y } of rows.batches(...given)) {
          const { data, ...shape } = x as Matrix;
          const scaled = data.map((value, i) => (value - scalings[i % 3].mean) / scalings[i % 3].scale);
          const targets = "data" in (y as object) ? (y as Matrix).data : Float32Array.from(y as ArrayLike<number>);
          yield { x: { ...shape, data: scaled }, y: { rows: shape.rows, columns: units, data: targets } };
        }
      },
    },
    { epochs: 6, ...more },
  );
  await rows.close();
  network.dispose();
  return epochs.map((each) => [each.loss, each.accuracy]);
}

describe("one-hot rows by crossEntropy", () => {
  const out = place("hot.safetensors");
  let trained: Document;
  beforeAll(async () => {
    trained = await train(X, HOT, ...CROSS, "--hidden", "24", "--epochs", "40", "--out", out);
  });

  it("are classes, with accuracy and figures of each", () => {
    const { data, network, validation, learning } = trained;
    expect(data).toMatchObject({ task: "classification", trainingRows: 480, heldOutRows: 120 });
    expect(data.notes[0]).toBe("hot (target): 3 classes, one-hot (asked for)");
    expect(data.notes.some((note) => note.includes("--loss"))).toBe(false);
    expect([network.spec.layers.at(-1)!.units, network.spec.loss]).toEqual([3, "crossEntropy"]);
    const unscaled = { mean: 0, scale: 1 };
    expect(network.preprocessing.target).toEqual({
      kind: "numbers",
      column: "hot",
      outputs: [unscaled, unscaled, unscaled],
    });
    expect(validation.accuracy).toBeGreaterThan(0.9);
    expect(validation.auc).toBeGreaterThan(0.95);
    expect([validation.r2, validation.outputs]).toEqual([undefined, undefined]);
    const { confusion, classes } = validation;
    expect(classes!.map(({ name, right }) => [name, right])).toEqual(
      [1, 2, 3].map((c) => [`hot ${c}`, confusion![c - 1][c - 1]]),
    );
    expect(confusion!.flat().reduce((sum, count) => sum + count)).toBe(120);
    expect(learning.accuracy).toBeGreaterThan(0.9);
  });

  it("say the same as their labels do", async () => {
    const labels = folder.write(
      "argmax.npy",
      npyFile(
        [ROWS],
        Array.from({ length: ROWS }, (_, row) => labelAt(row)),
      ),
    );
    const [a, b] = [await train(X, HOT, ...CROSS, ...SHORT), await train(X, labels, ...SHORT)];
    expect(a.validation.confusion).toEqual(b.validation.confusion);
    a.history.epochs.forEach(({ loss }, e) => expect(loss).toBeCloseTo(b.history.epochs[e].loss, 5));
    // it is the loss of labels anyhow
    expect(lossesOf(await train(X, labels, ...CROSS, ...SHORT))).toEqual(lossesOf(b));
  });

  it("are judged from the saved network, and decoded as shares", async () => {
    const { evaluation } = await documentOf("diagnose", out, X, "--target", HOT);
    const network = await importNetwork(readFileSync(out));
    const { preprocessing } = trained.network;
    const scalings = preprocessing.inputs as readonly NumberEncoding[];
    const x = {
      rows: ROWS,
      columns: 3,
      data: inputs.map((value, i) => (value - scalings[i % 3].mean) / scalings[i % 3].scale),
    };
    const y = Array.from({ length: ROWS }, (_, row) => labelAt(row));
    const { accuracy, auc, f1, confusion } = network.evaluate({ x, y });
    expect(evaluation).toMatchObject({ accuracy, auc, f1, confusion });
    const [first] = decodeOutputs(preprocessing, network.predict(x)) as number[][];
    network.dispose();
    expect(first.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
    expect(first.indexOf(Math.max(...first))).toBe(y[0]);
    const both = folder.write("both.npz", npzFile({ x: readFileSync(X), hot: readFileSync(HOT) }));
    expect((await documentOf("diagnose", out, both)).evaluation).toEqual(evaluation);
    const better = place("pruned.safetensors");
    expect((await relumine("treat", out, X, "--target", HOT, "--remedy", "prune", "--out", better)).code).toBe(0);
    expect((await documentOf("diagnose", better, X, "--target", HOT)).evaluation.accuracy).toBe(accuracy);
  });

  it("without a header, in bytes: the bits of the same rows", async () => {
    const bytes = Array.from({ length: ROWS }, (_, row) => oneHotAt(row)).flat();
    const raw = folder.write("hot.bin", Uint8Array.from(bytes));
    const plain = await train(X, HOT, ...CROSS, ...SHORT);
    expect(lossesOf(await train(X, raw, "--raw-target", "uint8:3", ...CROSS, ...SHORT))).toEqual(lossesOf(plain));
  });

  it("refuse other targets of a saved network by their row, and a table's commands", async () => {
    const bad = written("bad-later.npy", (row) => (row === 41 ? [0.5, 0.5, 0.5] : oneHotAt(row)));
    expect(await refused(1, "diagnose", out, X, "--target", bad)).toMatch(/row 42 of "hot" to sum to 1.*1\.5/);
    expect(await refused(1, "cure", PENGUINS, "--model", out)).toMatch(/one target a row/);
  });

  it("are told in lines and on pages", async () => {
    const [html, page] = ["train.html", "diagnose.html"].map(place);
    const told = await relumine("train", X, HOT, ...CROSS, ...SHORT, "--html", html);
    expect([told.code, told.stdout]).toEqual([0, expect.stringMatching(/^held out: accuracy .*AUC .*loss /m)]);
    expect(told.stdout).toMatch(/^class +held out +right +recall +precision +most often.*\n(?:hot [123] .*\n){3}/m);
    expect(readFileSync(html, "utf8")).toMatch(/By class, held out[\s\S]*hot\.npy[\s\S]*hot, 3 classes/);
    const judged = await relumine("diagnose", out, X, "--target", HOT, "--html", page);
    expect([judged.code, judged.stdout]).toEqual([0, expect.stringMatching(/^on these rows: accuracy /m)]);
    expect(readFileSync(page, "utf8")).toContain("By class, on these rows");
  });
});

describe("to the bits of the same rows by hand", () => {
  it.each<[string, string, readonly string[], NetworkSpec["loss"], number]>([
    ["one-hot", HOT, CROSS, "crossEntropy", 3],
    ["shares", SHARES, CROSS, "crossEntropy", 3],
    ["several labels", LABELS, BINARY, "binaryCrossEntropy", 3],
    ["numbers from 0 to 1", SHARES, BINARY, "binaryCrossEntropy", 3],
    ["yes and no", YES, BINARY, "binaryCrossEntropy", 1],
    ["a chance", CHANCE, BINARY, "binaryCrossEntropy", 1],
    [
      "smoothed",
      HOT,
      [...CROSS, "--label-smoothing", "0.1"],
      { name: "crossEntropy", from: "logits", labelSmoothing: 0.1 },
      3,
    ],
  ])("%s", async (_what, file, options, loss, units) => {
    const document = await train(X, file, ...options, ...SHORT, "--validation", "0");
    expect(document.network.spec.loss).toEqual(loss);
    expect(trainedOf(document)).toEqual(await byHand(file, document, loss, units));
  });

  it("with classes that count the same", async () => {
    const rare = (row: number): number[] => (row % 7 === 0 ? [1, 0, 0] : [0, row % 2, 1 - (row % 2)]);
    const file = written("rare.npy", rare);
    const counts = [0, 1, 2].map((c) => Array.from({ length: ROWS }, (_, row) => rare(row)[c]).filter(Boolean).length);
    const classWeights = counts.map((count) => ROWS / (3 * count));
    const args = [X, file, ...CROSS, ...SHORT, "--validation", "0"];
    const balanced = await train(...args, "--class-weights", "balanced");
    const own = await byHand(file, balanced, "crossEntropy", 3, { classWeights });
    expect(trainedOf(balanced)).toEqual(own);
    expect(trainedOf(await train(...args))).not.toEqual(own);
    const yes = [X, YES, ...BINARY, ...SHORT, "--validation", "0"];
    const ones = Array.from({ length: ROWS }, (_, row) => labelsAt(row)[0]).filter(Boolean).length;
    const weighed = await train(...yes, "--class-weights", "balanced");
    const weights = { classWeights: [ROWS / (2 * (ROWS - ones)), ROWS / (2 * ones)] };
    expect(trainedOf(weighed)).toEqual(await byHand(YES, weighed, "binaryCrossEntropy", 1, weights));
  });
});

describe("several labels a row by binaryCrossEntropy", () => {
  it("are told one by one, without a confusion, from the saved network too", async () => {
    const [out, html] = [place("labels.safetensors"), place("labels.html")];
    const args = [X, LABELS, ...BINARY, "--hidden", "16", "--epochs", "30"];
    const { data, validation } = await train(...args, "--out", out);
    expect(data.notes[0]).toBe("labels (target): 3 labels a row (asked for)");
    expect(validation.confusion).toBeUndefined();
    expect(validation.accuracy).toBeGreaterThan(0.9);
    for (const { rows, right, recall } of validation.classes!) expect(right).toBeCloseTo(recall! * rows, 9);
    const { evaluation } = await documentOf("diagnose", out, X, "--target", LABELS);
    expect(evaluation.classes!.map(({ name, rows }) => [name, rows])).toEqual(
      [0, 1, 2].map((c) => [
        `labels ${c + 1}`,
        Array.from({ length: ROWS }, (_, row) => labelsAt(row)[c]).filter(Boolean).length,
      ]),
    );
    const told = await relumine("train", ...args, "--html", html);
    expect(told.stdout).toMatch(/^class +held out +right +recall +precision\n(?:labels [123] .*%\n){3}/m);
    expect(readFileSync(html, "utf8")).toMatch(/labels, 3 classes/);
  });

  it("and a single one: yes or no, or a chance, from the saved network too", async () => {
    for (const [file, name] of [
      [YES, "yes"],
      [CHANCE, "chance"],
    ]) {
      const out = place(`${name}.safetensors`);
      const { data, network, validation } = await train(X, file, ...BINARY, "--epochs", "30", "--out", out);
      expect(data.notes[0]).toBe(`${name} (target): a label, 0 or 1 (asked for)`);
      expect(network.preprocessing.target).toEqual({ kind: "number", column: name, mean: 0, scale: 1 });
      expect(validation.classes!.map((each) => each.name)).toEqual(["0", "1"]);
      const { evaluation } = await documentOf("diagnose", out, X, "--target", file);
      expect([evaluation.accuracy! > 0.9, evaluation.confusion!.flat().length]).toEqual([true, 4]);
    }
  });
});

describe("numbers", () => {
  it("by other losses are standardized, and told in their own units", async () => {
    const plain = await train(X, SHARES, ...SHORT);
    expect(lossesOf(await train(X, SHARES, ...SHORT, "--loss", "meanSquaredError"))).toEqual(lossesOf(plain));
    for (const loss of ["meanAbsoluteError", "huber"]) {
      const out = place(`${loss}.safetensors`);
      const { network, validation } = await train(X, SHARES, ...SHORT, "--loss", loss, "--out", out);
      expect([network.spec.loss, network.preprocessing.target]).toEqual([loss, plain.network.preprocessing.target]);
      expect(validation.outputs).toHaveLength(3);
      const { evaluation } = await documentOf("diagnose", out, X, "--target", SHARES);
      expect(evaluation.outputs).toHaveLength(3);
    }
  });

  it("are what rows are without --loss: a note names the one that they look like", async () => {
    const notes = async (file: string): Promise<string[]> => {
      const { data, network } = await train(X, file, ...SHORT);
      expect([data.task, network.spec.loss]).toEqual(["regression", "meanSquaredError"]);
      return data.notes.filter((note) => note.includes("--loss"));
    };
    expect(await notes(HOT)).toEqual([expect.stringMatching(/^hot \(target\): .*single 1.*--loss crossEntropy/)]);
    expect(await notes(SHARES)).toEqual([expect.stringMatching(/sums to 1.*--loss crossEntropy/)]);
    expect(await notes(LABELS)).toEqual([expect.stringMatching(/0 or 1.*--loss binaryCrossEntropy/)]);
    expect(await notes(X)).toEqual([]);
    const last = written("last.npy", (row) => (row === ROWS - 1 ? [0, 2, 0] : oneHotAt(row)));
    expect(await notes(last)).toEqual([]); // all rows are looked at
    expect((await train(X, HOT, ...SHORT, "--loss", "huber")).data.notes.join()).not.toContain("--loss");
  });
});

describe("a table", () => {
  const args = [PENGUINS, "--hidden", "8", "--epochs", "4"];
  it("takes the losses of its one column, which decide the task", async () => {
    const species = await train(...args, "--target", "species");
    expect(lossesOf(await train(...args, "--target", "species", ...CROSS))).toEqual(lossesOf(species));
    const years = [...args, "--ignore", "species", "--target", "year"];
    expect((await train(...years)).data.task).toBe("classification"); // three whole numbers
    const { data, network } = await train(...years, "--loss", "huber");
    expect([data.task, network.spec.loss]).toEqual(["regression", "huber"]);
  });

  it.each<[readonly string[], RegExp]>([
    [["--target", "species", ...BINARY], /binaryCrossEntropy.*two files/],
    [["--target", "species", "--loss", "huber"], /row 1 .*"species".*for --loss huber.*Adelie/],
    [["--target", "species", "--loss", "huber", "--task", "classification"], /--loss huber.*regression/],
  ])("and refuses others: %j", async (options, message) => {
    expect(await refused(2, "train", ...args, ...options)).toMatch(message);
  });
});

describe("what a loss does not take is refused by name, with exit code 2", () => {
  const spoilt = (name: string, at: (row: number) => number[], row: number[]): string =>
    written(name, (r) => (r === ROWS - 1 ? row : at(r)));
  it.each<[string, string, readonly string[], RegExp]>([
    [
      "a sum above 1",
      spoilt("above.npy", sharesAt, [0.5, 0.4, 0.2]),
      CROSS,
      /above\.npy: row 600 to sum to 1, for --loss crossEntropy.*1\.1.*binaryCrossEntropy/,
    ],
    ["a sum of 0", spoilt("none.npy", oneHotAt, [0, 0, 0]), CROSS, /none\.npy: row 600 to sum to 1.*a sum of 0/],
    ["a share below 0", spoilt("below.npy", sharesAt, [1.5, -0.5, 0]), CROSS, /below\.npy: row 600 .*0 to 1.*1\.5/],
    ["several labels", LABELS, CROSS, /labels\.npy: row \d+ to sum to 1.*Several labels.*binaryCrossEntropy/],
    ["fractions as labels", CHANCE, CROSS, /chance\.npy .*whole numbers.*binaryCrossEntropy/],
    ["numbers", X, BINARY, /X\.npy: row 1 .*0 to 1, for --loss binaryCrossEntropy.*meanSquaredError/],
    ["a label of 2", spoilt("two.npy", labelsAt, [0, 2, 1]), BINARY, /two\.npy: row 600 .*got 2\b/],
    ["a single label of -1", spoilt("minus.npy", (row) => [row % 2], [-1]), BINARY, /minus\.npy: row 600 .*got -1/],
    ["another task", HOT, [...CROSS, "--task", "regression"], /--loss crossEntropy.*classification.*regression/],
    ["a loss of rates", HOT, ["--loss", "poisson"], /poisson.*meanSquaredError/],
  ])("%s", async (_what, file, options, message) => {
    const out = place("refused.safetensors");
    expect(await refused(2, "train", X, file, ...SHORT, ...options, "--out", out)).toMatch(message);
    expect(existsSync(out)).toBe(false);
  });

  it.each<[readonly string[], string, RegExp]>([
    [[...BINARY, "--class-weights", "balanced"], LABELS, /--class-weights.*no one class.*several labels/],
    [["--loss", "huber", "--label-smoothing", "0.1"], SHARES, /--label-smoothing.*no classes/],
    [["--task", "classification"], HOT, /one label a row.*--loss crossEntropy/],
  ])("other options that do not go with it: %j", async (options, file, message) => {
    expect(await refused(1, "train", X, file, ...SHORT, ...options)).toMatch(message);
  });

  it("float32 decides, as in the training: the control", async () => {
    const near = written("near.npy", (row) => sharesAt(row).map((share) => share * 1.0005));
    expect((await train(X, near, ...CROSS, ...SHORT)).network.spec.loss).toBe("crossEntropy");
  });
});

describe.skipIf(process.platform === "win32")("a training that goes on", () => {
  it.each<[string, string, readonly string[]]>([
    ["one-hot", HOT, CROSS],
    ["labels", LABELS, BINARY],
  ])("after kill -9, to the same bits: %s", async (name, file, loss) => {
    const stored = place(`${name}.training`);
    const args = [X, file, ...loss, "--hidden", "12", "--epochs", "300", "--batch-size", "8"];
    const child = start(["train", ...args, "--checkpoint", stored, "--every", "20ms"]);
    let wasSent = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes("epoch 150 of")) wasSent = child.kill("SIGKILL");
    });
    const { code } = await finish(child);
    expect([code, wasSent, existsSync(stored)]).toEqual([null, true, true]);
    const [whole, goneOn] = [await train(...args), await train(X, file, "--resume", stored)];
    expect([lossesOf(goneOn), goneOn.validation]).toEqual([lossesOf(whole), whole.validation]);
    expect(goneOn.network.spec.loss).toBe(loss[1]);
    expect(await refused(1, "train", X, file, "--resume", stored, "--loss", "huber")).toMatch(
      new RegExp(`--loss to be ${loss[1]}, as .* was begun`),
    );
    expect(await refused(1, "train", X, SHARES, "--resume", stored)).toContain("begun with");
  });
});
