// A network saved by `train --out` and diagnosed later, on the same rows and on others.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { finish, type Finished, Folder, PENGUINS, relumine, start, FULL_DISK } from "./run.js";
import { type Diagnosis, importNetwork, readMetadata } from "../../src/index.js";

const folder = new Folder();
const model = join(folder.path, "penguins.safetensors");
const weights = join(folder.path, "grams.safetensors");

interface Encoding {
  readonly kind: string;
  readonly column: string;
  readonly categories?: readonly string[];
}
interface Preprocessing {
  readonly inputs: readonly Encoding[];
  readonly target: Encoding;
}
interface Trained {
  readonly network: { readonly spec: object; readonly preprocessing: Preprocessing };
  readonly validation: { readonly loss: number };
  readonly activity: {
    readonly samples: number;
    readonly frames: readonly { readonly epoch: number; readonly layers: readonly (readonly number[])[] }[];
  };
  readonly saved: { readonly file: string; readonly bytes?: number; readonly error?: string };
}
interface Diagnosed {
  readonly model: { readonly spec: object; readonly preprocessing: Preprocessing; readonly trainedOn: string };
  readonly data: { readonly rows: number; readonly notes: readonly string[] };
  readonly evaluation?: {
    readonly accuracy?: number;
    readonly r2?: number;
    readonly meanAbsoluteError?: number;
    readonly classes?: readonly { readonly rows: number }[];
  };
  readonly diagnosis: Pick<Diagnosis, "samples" | "units" | "dead" | "layers">;
}

async function diagnose(...args: string[]): Promise<Diagnosed> {
  const { code, stdout, stderr } = await relumine("diagnose", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Diagnosed;
}

/** A training of one epoch. */
const trainOnce = (...args: string[]): Promise<Finished> =>
  relumine("train", PENGUINS, "-t", "species", "--epochs", "1", ...args);

let trained: Trained;
beforeAll(async () => {
  const [classes, numbers] = await Promise.all([
    relumine("train", PENGUINS, "-t", "species", "--epochs", "20", "--out", model, "--json"),
    relumine("train", PENGUINS, "-t", "body_mass_g", "--epochs", "20", "--out", weights),
  ]);
  expect([classes.code, numbers.code], classes.stderr + numbers.stderr).toEqual([0, 0]);
  expect(numbers.stdout).toMatch(/Saved: .*grams.safetensors, [\d,]+ bytes\n$/);
  trained = JSON.parse(classes.stdout) as Trained;
});

/** The penguins with some of their text replaced, header and all. */
function changed(name: string, change: (rows: string[][]) => string[][]): string {
  const rows = readFileSync(PENGUINS, "utf8")
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(","));
  return folder.write(
    name,
    change(rows)
      .map((cells) => cells.join(","))
      .join("\n"),
  );
}

const without =
  (column: string) =>
  (rows: string[][]): string[][] => {
    const index = rows[0].indexOf(column);
    return rows.map((cells) => cells.filter((_, c) => c !== index));
  };

/** Sets a column's cell in the given rows, counted from 1 below the header. */
const withCells =
  (column: string, cells: Record<number, string>) =>
  (rows: string[][]): string[][] => {
    const index = rows[0].indexOf(column);
    return rows.map((row, r) => (r in cells ? row.map((cell, c) => (c === index ? cells[r] : cell)) : row));
  };

describe("--prove", () => {
  it("proves or refutes what is dead; nothing is tried without", async () => {
    const dead = folder.path + "/dead.safetensors";
    const { code, stderr } = await trainOnce("--bias=-9", "--out", dead);
    expect(code, stderr).toBe(0);
    const proofsOf = async (...options: string[]) => {
      const { diagnosis } = await diagnose(dead, PENGUINS, ...options);
      return diagnosis.layers
        .flatMap(({ units }) => units)
        .filter(({ state }) => state === "dead")
        .map(({ proof }) => proof);
    };
    const [without, having] = [await proofsOf(), await proofsOf("--prove")];
    expect(without.length).toBeGreaterThan(10);
    expect(new Set(without)).toEqual(new Set([undefined]));
    expect(having).toHaveLength(without.length);
    expect(having.every((proof) => proof !== undefined)).toBe(true);
  });
});

describe("train --out", () => {
  it("saves spec, weights and the table's columns, and leaves nothing else behind", async () => {
    const bytes = new Uint8Array(readFileSync(model));
    expect(trained.saved).toEqual({ file: model, bytes: bytes.length });
    const network = await importNetwork(bytes);
    expect(network.spec).toEqual(trained.network.spec);
    network.dispose();
    const { inputs, target, name } = JSON.parse(readMetadata(bytes).table) as Preprocessing & { name: string };
    expect({ inputs, target }).toEqual(trained.network.preprocessing);
    expect(name).toBe(PENGUINS);
    expect(readdirSync(folder.path).filter((file) => file.endsWith(".tmp"))).toEqual([]);
  });

  it("gives --json the activity of every unit, before the training and after each epoch", () => {
    const { samples, frames } = trained.activity;
    expect(samples).toBe(128);
    expect(frames.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 21 }, (_, epoch) => epoch));
    expect(frames.every(({ layers }) => layers.map(({ length }) => length).join() === "64,32")).toBe(true);
    expect(frames.flatMap(({ layers }) => layers.flat()).every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(new Set(frames.map(({ layers }) => layers[0].join())).size).toBeGreaterThan(10);
  });

  it.each([
    ["a folder that is not there", "nowhere/m.safetensors", /the folder .*nowhere: no such file or folder/],
    ["a file for a folder", "penguins.safetensors/m", /: a file|no such file or folder/],
    ["a folder for a file", ".", /got a folder/],
    ["a folder's name", "new/", /got the name of a folder/],
    ["an endless name", `${"m".repeat(300)}.safetensors`, /name is too long/],
  ])("refuses %s before it trains", async (_what, place, message) => {
    const { code, stdout, stderr } = await trainOnce(
      "--out",
      place === "." ? folder.path : join(folder.path, place) + (place.endsWith("/") ? "/" : ""),
    );
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
    expect(stdout).toBe("");
  });

  it("refuses a device, and the table itself, by whatever name", async () => {
    const table = folder.write("table.csv", readFileSync(PENGUINS));
    const link = join(folder.path, "link.csv");
    symlinkSync(table, link);
    const results = await Promise.all(
      [
        ["/dev/null", PENGUINS],
        [link, table],
      ].map(([out, source]) => relumine("train", source, "-t", "species", "--epochs", "1", "--out", out)),
    );
    expect(results.map(({ stderr }) => stderr)).toEqual([
      expect.stringContaining("got a device"),
      expect.stringContaining("got the table itself"),
    ]);
    expect(readFileSync(table)).toEqual(readFileSync(PENGUINS));
  });

  it("writes through a link, over an older file", async () => {
    const target = folder.write("old.safetensors", "old");
    const link = join(folder.path, "latest.safetensors");
    symlinkSync(target, link);
    const { code } = await trainOnce("--out", link);
    expect(code).toBe(0);
    (await importNetwork(new Uint8Array(readFileSync(target)))).dispose();
  });

  it.each([[[]], [["--json"]]])(
    "keeps the old file and prints the result when the disk runs full %j",
    async (more: string[]) => {
      const place = folder.write("kept.safetensors", "the old file");
      const { code, stdout, stderr } = await finish(
        start(["train", PENGUINS, "-t", "species", "--epochs", "2", "--out", place, ...more], FULL_DISK),
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /error: the network was not saved: .*no space is left on the device. The file that was there is as it was/,
      );
      expect(readFileSync(place, "utf8")).toBe("the old file");
      expect(readdirSync(folder.path).filter((file) => file.endsWith(".tmp"))).toEqual([]);
      if (more.length > 0) expect((JSON.parse(stdout) as Trained).saved.error).toContain("no space");
      else expect(stdout).toMatch(/held out: accuracy/);
    },
  );

  it.runIf(process.getuid?.() !== 0)("refuses a folder that may not be written", async () => {
    const closed = join(folder.path, "closed");
    mkdirSync(closed);
    chmodSync(closed, 0o500);
    const { code, stderr } = await trainOnce("--out", join(closed, "m"));
    expect([code, stderr]).toEqual([1, expect.stringContaining("permission denied")]);
  });
});

describe("diagnose", () => {
  it("takes its own target by name, which it looks at unasked; another is a file that is not there", async () => {
    const [unasked, named] = await Promise.all([
      diagnose(model, PENGUINS),
      diagnose(model, PENGUINS, "--target", "species"),
    ]);
    expect(named.evaluation!.accuracy).toBeGreaterThan(0.9);
    expect(named.evaluation).toEqual(unasked.evaluation);
    const { code, stderr } = await relumine("diagnose", model, PENGUINS, "--target", "island");
    expect([code, stderr]).toEqual([1, expect.stringContaining("got no such file")]);
  });

  it("judges the saved network on the table's rows", async () => {
    const { model: read, data, evaluation, diagnosis } = await diagnose(model, PENGUINS);
    expect(read).toMatchObject({
      spec: trained.network.spec,
      preprocessing: trained.network.preprocessing,
      trainedOn: PENGUINS,
    });
    expect(data).toEqual({ name: PENGUINS, rows: 344, notes: [] });
    expect(evaluation!.accuracy).toBeGreaterThan(0.95);
    expect(evaluation!.classes!.map(({ rows }) => rows)).toEqual([152, 68, 124]);
    expect(diagnosis).toMatchObject({ samples: 344, units: 96 });
  });

  it("tells it on a terminal", async () => {
    const { code, stdout, stderr } = await relumine("diagnose", model, PENGUINS);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/network 11-64-32-3, [\d,]+ parameters, trained on .*(penguins.csv|…)\n/);
    expect(stdout).toMatch(/on these rows: accuracy \d+\.\d %/);
    expect(stdout).toMatch(/\d+ of 96 hidden units dead/);
  });

  it("evaluates a number in its own units, on the rows that have one", async () => {
    const { data, evaluation } = await diagnose(weights, PENGUINS);
    expect(data).toMatchObject({ rows: 342, notes: ["2 rows without a target left out"] });
    expect(evaluation!.meanAbsoluteError).toBeGreaterThan(50);
    expect(evaluation!.meanAbsoluteError).toBeLessThan(1000);
  });

  it("does without the target's column, with all rows and no evaluation", async () => {
    const { data, evaluation, diagnosis } = await diagnose(model, changed("no-species.csv", without("species")));
    expect(data).toMatchObject({ rows: 344, notes: ['there is no column "species", the target: no evaluation'] });
    expect(evaluation).toBeUndefined();
    expect(diagnosis).toMatchObject({ samples: 344, units: 96 });
  });

  it("takes a table of one column, if that is all that the network knows, and reads the model first", async () => {
    const file = folder.write(
      "two.csv",
      `x,y\n${Array.from({ length: 60 }, (_, i) => `${i % 7}.5,${i % 7}`).join("\n")}\n`,
    );
    const out = join(folder.path, "one.safetensors");
    expect(await relumine("train", file, "-t", "y", "--epochs", "2", "--out", out)).toMatchObject({ code: 0 });
    const one = folder.write("one.csv", `x\n${Array.from({ length: 60 }, (_, i) => `${i % 7}.5`).join("\n")}\n`);
    const { data, diagnosis } = await diagnose(out, one);
    expect([data.rows, diagnosis.samples]).toEqual([60, 60]);
    const other = await relumine("diagnose", out, folder.write("other.csv", "z\n1\n2\n"));
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining("other.csv")]);
    const both = await relumine("diagnose", join(folder.path, "nowhere"), join(folder.path, "nothing.csv"));
    expect([both.code, both.stderr]).toEqual([1, expect.stringContaining("nowhere")]);
  });

  it("takes columns in any order, and more of them", async () => {
    const [turned, straight] = await Promise.all([
      diagnose(
        model,
        changed("turned.csv", (rows) => rows.map((cells, r) => [...[...cells].reverse(), r === 0 ? "extra" : "x"])),
      ),
      diagnose(model, PENGUINS),
    ]);
    expect(turned.evaluation).toEqual(straight.evaluation);
    expect(turned.diagnosis).toEqual(straight.diagnosis);
  });

  it("says which words are new: of an input none of its categories, of the target left out", async () => {
    const words = changed("new-words.csv", (rows) =>
      withCells("species", { 1: "Emperor", 2: "NA" })(withCells("island", { 3: "Elba" })(rows)),
    );
    const { data } = await diagnose(model, words);
    expect(data.rows).toBe(342);
    expect(data.notes).toEqual([
      "1 row without a target left out",
      "1 row of a class that the network does not know left out, of the evaluation too",
      'island: 1 row with a word that the training never saw ("Elba")',
    ]);
  });

  it("says what is wrong with a table", async () => {
    const results = await Promise.all([
      relumine("diagnose", model, changed("no-island.csv", without("island"))),
      relumine("diagnose", model, changed("word.csv", withCells("year", { 5: "soon" }))),
      relumine("diagnose", weights, changed("word-target.csv", withCells("body_mass_g", { 5: "heavy" }))),
      relumine("diagnose", model, join(folder.path, "nowhere.csv")),
    ]);
    expect(results.map(({ code, stdout }) => [code, stdout])).toEqual(results.map(() => [1, ""]));
    const wanted = [
      /no-island.csv: the column .*got "island"/,
      /word.csv: row 5 \(line 6\), column "year" to be a number.*got "soon"/,
      /row 5 \(line 6\), column "body_mass_g" .*got "heavy"/,
      /nowhere.csv .*got no such file/,
    ];
    results.forEach(({ stderr }, i) => expect(stderr).toMatch(wanted[i]));
  });

  it("says what is wrong with a model's file", async () => {
    const { exportNetwork, createNetwork } = await import("../../src/index.js");
    const network = await createNetwork({ inputs: 2, layers: [{ units: 1 }], loss: "huber" });
    const bare = await exportNetwork(network, "safetensors");
    const lying = await exportNetwork(network, "safetensors", {
      metadata: { table: '{"name":3,"inputs":[{}],"target":{}}' },
    });
    const files: [string, RegExp][] = [
      [join(folder.path, "nowhere.safetensors"), /nowhere.safetensors .*got no such file/],
      [folder.path, /got a folder without model.json/],
      [PENGUINS, /penguins.csv: the file to be a model: ONNX, safetensors/],
      [folder.write("cut.safetensors", readFileSync(model).subarray(0, 5000)), /cut.safetensors: the file.* .*damaged/],
      [folder.write("bare.safetensors", bare), /penguins.csv: the table to have 2 columns of numbers, as the model/],
      [
        folder.write("lie.safetensors", lying),
        /lie.safetensors: its record of the table's columns: name to be a text, got 3/,
      ],
    ];
    const results: Finished[] = await Promise.all(files.map(([file]) => relumine("diagnose", file, PENGUINS)));
    results.forEach(({ code, stdout, stderr }, i) => {
      expect(stderr).toMatch(files[i][1]);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect([code, stdout]).toEqual([1, ""]);
    });
    expect(existsSync(model)).toBe(true);
  });
});
