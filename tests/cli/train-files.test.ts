// `relumine train X.npy y.npy`: two files are read by blocks, whatever their size; what is no such pair is refused by
// name before anything is written; a training that ends early keeps what it has and goes on to the same bits.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { npyFile, npyWith } from "../support/array-files.js";
import { finish, Folder, FULL_DISK, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();
const place = (name: string): string => join(folder.path, name);

const ROWS = 600;
/** Three classes, sorted, in two columns of other sizes; a third never changes. */
const classes = Array.from({ length: ROWS }, (_, row) => Math.floor((row * 3) / ROWS));
const noise = (i: number): number => Math.sin(i * 12.9898) + Math.sin(i * 78.233);
const inputs = classes.flatMap((label, row) => [500 + 90 * label + 20 * noise(row), noise(row * 3 + 1) - label, 7]);
const X = folder.write("X.npy", npyFile([ROWS, 3], inputs));
const Y = folder.write("y.npy", npyFile([ROWS], classes));
const SHORT = ["--hidden", "12", "--epochs", "6"];

interface Document {
  readonly data: { trainingRows: number; heldOutRows: number; task: string; targets: string; notes: string[] };
  readonly validation: { loss: number; accuracy?: number; r2?: number; classes?: { name: string; rows: number }[] };
  readonly history: {
    epochs: { loss: number; learningRate: number; validation?: { loss: number } }[];
    stopped?: string;
  };
  readonly network: {
    readonly spec: { inputs: number };
    readonly preprocessing: {
      readonly inputs: { column: string; mean: number; scale: number }[];
      readonly target: { column: string; kind: string; mean?: number; scale?: number };
    };
  };
  readonly diagnosis: { samples: number; dead: number };
  readonly deaths?: unknown;
  readonly saved?: object;
}

async function train(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("train", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

const lossesOf = ({ history }: Document) => history.epochs.map(({ loss, validation }) => [loss, validation?.loss]);

describe("two files", () => {
  it("train a classifier on sorted rows, scaled by those that train, and the network is diagnosed on the file", async () => {
    const out = place("sorted.safetensors");
    const document = await train(X, Y, ...SHORT, "--epochs", "60", "--out", out);
    const { data, validation, network, diagnosis, history } = document;
    expect(data).toMatchObject({ trainingRows: 480, heldOutRows: 120, task: "classification", targets: Y });
    expect(validation.accuracy).toBeGreaterThan(0.95);
    expect(validation.classes!.map(({ name }) => name)).toEqual(["0", "1", "2"]);
    for (const { rows } of validation.classes!) expect(Math.abs(rows - 40)).toBeLessThan(20); // drawn, not the last ones
    expect([network.spec.inputs, history.epochs.length, document.deaths]).toEqual([3, 60, undefined]);
    expect(diagnosis.samples).toBe(480);
    const { inputs: encodings, target } = network.preprocessing;
    expect(encodings.map(({ column }) => column)).toEqual(["column 1", "column 2", "column 3"]);
    expect(target).toMatchObject({ column: "y", kind: "classes" });
    const column = inputs.filter((_, i) => i % 3 === 0);
    const mean = column.reduce((sum, value) => sum + value, 0) / ROWS;
    const scale = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS);
    expect(Math.abs(encodings[0].mean - mean)).toBeLessThan(scale / 5);
    expect(Math.abs(encodings[0].scale - scale)).toBeLessThan(scale / 10);
    expect(encodings[2]).toMatchObject({ mean: 7, scale: 1 });
    const judged = await relumine("diagnose", out, X, "--json");
    expect([judged.code, (JSON.parse(judged.stdout) as Document["diagnosis"]) !== undefined]).toEqual([0, true]);
    const onTargets = await relumine("diagnose", out, X, "--target", Y, "--json");
    expect([onTargets.code, onTargets.stderr]).toEqual([0, ""]);
    const { evaluation } = JSON.parse(onTargets.stdout) as { evaluation: { accuracy: number; rows?: number } };
    expect(evaluation.accuracy).toBeGreaterThan(0.95);
    const few = folder.write("few.npy", npyFile([ROWS - 1], new Float64Array(ROWS - 1)));
    for (const [file, message] of [
      [few, /few\.npy.*600 numbers, one a row/],
      [X, /600 numbers, one a row/],
      [place("none.npy"), /none\.npy.*no such file/],
    ] as const) {
      const refused = await relumine("diagnose", out, X, "--target", file, "--json");
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toMatch(message);
    }
  });

  it("are no targets of a table, which has its own", async () => {
    const out = place("penguins.safetensors");
    await relumine("train", PENGUINS, "--target", "species", "--epochs", "1", "--out", out);
    const { code, stdout, stderr } = await relumine("diagnose", out, PENGUINS, "--target", Y);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/penguins\.csv.*target to be left out, as the rows' file has targets itself/);
  });

  it("without rows that are held out: means of all rows, and drawn rows judge", async () => {
    const { data, network } = await train(X, Y, ...SHORT, "--validation", "0");
    expect([data.trainingRows, data.heldOutRows]).toEqual([ROWS, 0]);
    const column = Array.from(Float32Array.from(inputs.filter((_, i) => i % 3 === 0)));
    const mean = column.reduce((sum, value) => sum + value, 0) / ROWS;
    expect(network.preprocessing.inputs[0].mean).toBeCloseTo(mean, 8);
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS;
    expect(network.preprocessing.inputs[0].scale).toBeCloseTo(Math.sqrt(variance), 8);
  });

  it("train on numbers, in bytes too, and give errors in the target's units", async () => {
    const bytes = folder.write(
      "bytes.npy",
      npyWith(
        `{'descr': '|u1', 'fortran_order': False, 'shape': (${ROWS}, 4), }`,
        Uint8Array.from({ length: ROWS * 4 }, (_, i) => (i * 37) % 256),
      ),
    );
    const sums = Array.from(
      { length: ROWS },
      (_, row) => 1000 + (((row * 4 * 37) % 256) + (((row * 4 + 1) * 37) % 256)),
    );
    const numbers = folder.write("price_train.npy", npyFile([ROWS, 1], sums));
    const { data, validation, network } = await train(bytes, numbers, ...SHORT, "--epochs", "40");
    expect(data.task).toBe("regression");
    expect(network.preprocessing.target.column).toBe("price_train");
    expect(validation.r2).toBeGreaterThan(0.9);
    const asked = await train(X, Y, ...SHORT, "--task", "regression");
    expect(asked.network.preprocessing.target.kind).toBe("number");
  });

  it("the same seed gives the same bits, another seed others", async () => {
    const [one, two, other] = await Promise.all([
      train(X, Y, ...SHORT),
      train(X, Y, ...SHORT),
      train(X, Y, ...SHORT, "--seed", "1"),
    ]);
    expect(lossesOf(two)).toEqual(lossesOf(one));
    expect(lossesOf(other)).not.toEqual(lossesOf(one));
  });

  it("take balanced classes and a schedule by epochs", async () => {
    const rare = folder.write(
      "rare.npy",
      npyFile(
        [ROWS],
        classes.map((label, row) => Number(label === 2 && row % 4 === 0)),
      ),
    );
    const [plain, balanced] = await Promise.all([
      train(X, rare, ...SHORT),
      train(X, rare, ...SHORT, "--class-weights", "balanced", "--schedule", "cosine"),
    ]);
    expect(balanced.history.epochs[0].loss).not.toBe(plain.history.epochs[0].loss);
    expect(balanced.history.epochs.at(-1)!.learningRate).toBeLessThan(1e-5);
    expect(plain.history.epochs.at(-1)!.learningRate).toBe(0.001);
  });

  it("several batches an update, with a checkpoint that goes on", async () => {
    const stored = place("accumulated.training");
    const args = [X, Y, ...SHORT, "--accumulate", "3"];
    const [whole, plain] = await Promise.all([train(...args), train(X, Y, ...SHORT)]);
    expect(lossesOf(whole)).not.toEqual(lossesOf(plain));
    await train(...args, "--epochs", "2", "--checkpoint", stored);
    expect(lossesOf(await train(X, Y, "--resume", stored, "--epochs", "6"))).toEqual(lossesOf(whole));
    const { code, stderr } = await relumine("train", X, Y, "--resume", stored, "--accumulate", "2");
    expect([code, stderr.includes("accumulate")]).toEqual([1, true]);
    const { stdout } = await relumine("train", ...args);
    expect(stdout).toContain("batches of 32, 3 of them an update");
  });

  it("tell a story, with a page", async () => {
    const html = place("files.html");
    const { code, stdout, stderr } = await relumine("train", X, Y, ...SHORT, "--html", html);
    expect([code, stderr.includes("epoch 6 of 6")]).toEqual([0, true]);
    expect(stdout).toContain("read by blocks");
    expect(stdout).not.toContain("No unit died");
    const page = readFileSync(html, "utf8");
    expect(page).toContain("y.npy");
    expect(page).not.toContain("revived");
  });
});

describe("files without a header", () => {
  const rows = folder.write("X.bin", new Uint8Array(Float32Array.from(inputs).buffer));
  const labels = folder.write("y.bin", Uint8Array.from(classes));
  const RAW = ["--raw", "float32:3", "--raw-target", "uint8"];

  it("train to the bits of the same rows with one, go on from a checkpoint, and are diagnosed as those", async () => {
    const [out, stored] = [place("raw.safetensors"), place("raw.training")];
    const [plain, raw] = await Promise.all([
      train(X, Y, ...SHORT),
      train(rows, labels, ...RAW, ...SHORT, "--out", out),
    ]);
    expect(lossesOf(raw)).toEqual(lossesOf(plain));
    expect(raw.network.preprocessing.target.column).toBe("y");
    const mixed = await train(X, labels, "--raw-target", "uint8", ...SHORT, "--epochs", "2", "--checkpoint", stored);
    expect(lossesOf(mixed)).toEqual(lossesOf(plain).slice(0, 2));
    const goneOn = await train(X, labels, "--raw-target", "uint8", "--resume", stored, "--epochs", "6");
    expect(lossesOf(goneOn)).toEqual(lossesOf(plain));
    const judged = async (...args: string[]) => {
      const { code, stdout, stderr } = await relumine("diagnose", out, ...args, "--json");
      expect([code, stderr]).toEqual([0, ""]);
      const { evaluation, diagnosis } = JSON.parse(stdout) as { evaluation: { loss: number }; diagnosis?: object };
      return { loss: evaluation.loss, diagnosis };
    };
    const byHeader = await judged(X, "--target", Y);
    expect(byHeader.loss).toBeGreaterThan(0);
    expect(await judged(rows, "--target", labels, ...RAW)).toEqual(byHeader);
    expect(await judged(X, "--target", labels, "--raw-target", "uint8")).toEqual(byHeader);
  });

  it("of other bytes than their rows have, or of none, are refused by name", async () => {
    const out = place("no-raw.safetensors");
    for (const [x, y, options, message] of [
      [
        rows,
        labels,
        ["--raw", "float32:7", "--raw-target", "uint8"],
        /X\.bin.*rows of 7 numbers of float32.*7,200 bytes/,
      ],
      [rows, labels, ["--raw", "float64:3", "--raw-target", "uint8"], /y\.bin.*300 rows.*600/],
      [rows, labels, ["--raw", "float32:3", "--raw-target", "uint16"], /y\.bin.*600 rows.*300/],
      [rows, labels, ["--raw", "float32:3"], /y\.bin/],
      [rows, labels, ["--raw-target", "uint8"], /X\.bin/],
      [rows, labels, ["--raw", "float32:3", "--raw-target", "uint8:2"], /y\.bin.*600 rows.*300/],
      [folder.write("empty.bin", new Uint8Array(0)), labels, RAW, /empty\.bin.*0 bytes/],
      [place("none.bin"), labels, RAW, /none\.bin.*no such file/],
      [folder.path, labels, RAW, /a folder/],
      [X, labels, ["--raw", "float32:3", "--raw-target", "uint8"], /X\.npy.*whole rows/],
    ] as const) {
      const { code, stdout, stderr } = await relumine("train", x, y, ...options, ...SHORT, "--out", out);
      expect(stderr).toMatch(message);
      expect([code, stdout, existsSync(out)]).toEqual([1, "", false]);
      expect(stderr).not.toContain("fault in relumine");
    }
    const model = place("raw.safetensors");
    for (const [args, message] of [
      [[rows], /X\.bin/],
      [[rows, "--raw", "float32:7"], /X\.bin.*whole rows of 7/],
      [[rows, "--raw", "float32:3", "--target", labels, "--raw-target", "uint16"], /600 numbers, one a row/],
    ] as const) {
      const { code, stdout, stderr } = await relumine("diagnose", model, ...args, "--json");
      expect(stderr).toMatch(message);
      expect([code, stdout]).toEqual([1, ""]);
    }
  });

  it("in words that are none are bad usage", async () => {
    for (const [command, ...args] of [
      ["train", rows, labels, "--raw", "float64:0"],
      ["train", rows, labels, "--raw", "double:3"],
      ["train", rows, labels, "--raw", "float32:3:1"],
      ["train", rows, labels, "--raw", "float64:x"],
      ["train", PENGUINS, "--target", "species", "--raw", "float32:3"],
      ["diagnose", X, rows, "--raw-target", "uint8"],
    ]) {
      const { code, stderr } = await relumine(command, ...args);
      expect([code, stderr.includes("--raw")], args.join(" ")).toEqual([2, true]);
    }
  });
});

describe("what is no such pair is refused by name, and nothing is written", () => {
  const header = (shape: string) => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }`;
  const spoilt = (row: number, value: number) => {
    const all = inputs.slice();
    all[row * 3 + 1] = value;
    return npyFile([ROWS, 3], all);
  };
  const notANumber = classes.slice();
  notANumber[9] = NaN;
  it.each<[string, string, string, RegExp]>([
    ["a file that is not there", place("none.npy"), Y, /none\.npy.*no such file/],
    ["targets that are not there", X, place("none.npy"), /none\.npy.*no such file/],
    ["a folder", folder.path, Y, /a folder/],
    ["text", folder.write("t.csv", "a,b\n1,2\n"), Y, /t\.csv/],
    ["a file that is cut", folder.write("cut.npy", npyFile([ROWS, 3], inputs).subarray(0, 2000)), Y, /cut\.npy.*bytes/],
    [
      "targets of other rows",
      X,
      folder.write("few.npy", npyFile([ROWS - 1], classes.slice(1))),
      /few\.npy.*600 rows.*599/,
    ],
    ["NaN among the inputs", folder.write("nan.npy", spoilt(411, NaN)), Y, /nan\.npy: row 412, column 2.*NaN/],
    ["infinity", folder.write("inf.npy", spoilt(0, Infinity)), Y, /inf\.npy: row 1, column 2.*Infinity/],
    ["NaN among the targets", X, folder.write("ynan.npy", npyFile([ROWS], notANumber)), /ynan\.npy: row 10.*NaN/],
    [
      "one target for all",
      X,
      folder.write("one.npy", npyFile([ROWS], new Float32Array(ROWS))),
      /one\.npy.*two different/,
    ],
    [
      "a shape beyond the file",
      folder.write("lie.npy", npyWith(header("(9999999999, 3)"), new Uint8Array(8))),
      Y,
      /lie\.npy/,
    ],
    [
      "Fortran's order",
      folder.write("f.npy", npyWith(header("(2, 2)").replace("False", "True"), new Uint8Array(16))),
      Y,
      /C order/,
    ],
    ["more columns than are learnt", folder.write("wide.npy", npyWith(header("(600, 100001)"), [])), Y, /wide\.npy/],
  ])("%s", async (_what, x, y, message) => {
    const out = place("refused.safetensors");
    const { code, stdout, stderr } = await relumine("train", x, y, ...SHORT, "--out", out);
    expect(stderr).toMatch(message);
    expect([code, stdout, existsSync(out)]).toEqual([1, "", false]);
    expect(stderr).not.toContain("fault in relumine");
  });

  it("options of tables are bad usage", async () => {
    for (const option of [["--target", "y"], ["--ignore", "a"], ["--no-header"], ["--separator", ";"]]) {
      const { code, stderr } = await relumine("train", X, Y, ...option);
      expect([code, stderr.includes("is for tables")], option[0]).toEqual([2, true]);
    }
  });

  it("too large batches, shares that leave nothing, weights without classes", async () => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await relumine("train", X, Y, ...SHORT, ...args);
      expect(code).toBe(1);
      return stderr;
    };
    expect(await refused("--batch-size", "65537")).toContain("--batch-size");
    expect(await refused("--validation", "0.0001")).toContain("--validation");
    expect(await refused("--class-weights", "balanced", "--task", "regression")).toContain("--class-weights");
  });

  it("the files themselves are not written over", async () => {
    const before = readFileSync(Y);
    for (const option of ["--out", "--checkpoint", "--html"]) {
      const { code, stderr } = await relumine("train", X, Y, ...SHORT, option, Y);
      expect([code, stderr.includes("the table itself")], option).toEqual([1, true]);
    }
    expect(readFileSync(Y).equals(before)).toBe(true);
  });

  it.skipIf(process.platform === "win32")("a pipe does not make it wait", async () => {
    const pipe = place("pipe.npy");
    expect(spawnSync("mkfifo", [pipe]).status).toBe(0);
    const { code, stderr } = await relumine("train", pipe, Y, ...SHORT);
    expect([code, stderr.includes("a pipe")]).toEqual([1, true]);
  });
});

describe.skipIf(process.platform === "win32")("a training that ends early", () => {
  const LONG = ["--hidden", "12", "--epochs", "400", "--batch-size", "8"];
  const whole = [X, Y, ...LONG];
  let expected: Document;
  beforeAll(async () => {
    expected = await train(...whole);
  });

  /** Runs until it has told of an epoch, and ends it. */
  async function endAfter(epoch: number, signal: NodeJS.Signals, args: readonly string[]) {
    const child = start(["train", ...args]);
    let wasSent = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes(`epoch ${epoch} of`)) wasSent = child.kill(signal);
    });
    return { ...(await finish(child)), wasSent };
  }

  it("by Ctrl-C keeps what it has, and goes on from its checkpoint to the same bits", async () => {
    const [out, stored] = [place("stopped.safetensors"), place("stopped.training")];
    const { code, stdout, wasSent } = await endAfter(80, "SIGINT", [...whole, "--out", out, "--checkpoint", stored]);
    expect([code, wasSent, existsSync(out)]).toEqual([1, true, true]);
    expect(stdout).toContain("Interrupted: this is what was learnt so far.");
    const goneOn = await train(X, Y, "--resume", stored);
    expect(lossesOf(goneOn)).toEqual(lossesOf(expected));
    expect(goneOn.validation).toEqual(expected.validation);
    const other = folder.write(
      "other.npy",
      npyFile(
        [ROWS, 3],
        inputs.map((value) => value + 1),
      ),
    );
    const { code: refused, stderr } = await relumine("train", other, Y, "--resume", stored);
    expect([refused, stderr.includes("begun with")]).toEqual([1, true]);
  });

  it("by kill -9 goes on from its last checkpoint", async () => {
    const stored = place("killed.training");
    const { code } = await endAfter(200, "SIGKILL", [...whole, "--checkpoint", stored, "--every", "20ms"]);
    expect([code, existsSync(stored)]).toEqual([null, true]);
    expect(lossesOf(await train(X, Y, "--resume", stored))).toEqual(lossesOf(expected));
  });

  it("because the file is cut: says so by name, and leaves the place of the network as it was", async () => {
    const copy = folder.write("copy.npy", readFileSync(X));
    const out = folder.write("before.safetensors", "of before");
    const child = start(["train", copy, Y, "--hidden", "12", "--epochs", "4000", "--batch-size", "8", "--out", out]);
    let wasCut = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (wasCut || !String(chunk).includes("epoch ")) return;
      truncateSync(copy, statSync(copy).size - 4000);
      wasCut = true;
    });
    const { code, stderr } = await finish(child);
    expect([code, wasCut, readFileSync(out, "utf8")]).toEqual([1, true, "of before"]);
    expect(stderr).toContain("copy.npy");
    expect(stderr).not.toContain("fault in relumine");
  });

  it("with a full disk says so, keeps what was at the network's place, and tells its results all the same", async () => {
    const out = folder.write("full.safetensors", "of before");
    const stored = place("full.training");
    const args = ["train", X, Y, ...SHORT, "--out", out, "--checkpoint", stored, "--json"];
    const { code, stdout, stderr } = await finish(start(args, FULL_DISK));
    const { history, saved } = JSON.parse(stdout) as Document;
    expect([code, history.epochs.length, readFileSync(out, "utf8"), existsSync(stored)]).toEqual([
      1,
      6,
      "of before",
      false,
    ]);
    expect(saved).toMatchObject({ file: out, error: expect.stringContaining("no space") as string });
    expect(stderr).toContain("the checkpoint was not written");
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("because the device fails: says so by name", async () => {
    const out = folder.write("device.safetensors", "of before");
    const failing = `data:text/javascript,${encodeURIComponent(`
      import fs from "node:fs/promises";
      import { syncBuiltinESMExports } from "node:module";
      const open = fs.open;
      fs.open = async (...args) => {
        const handle = await open(...args);
        let left = 200;
        const read = handle.read.bind(handle);
        if (String(args[0]).endsWith("X.npy")) handle.read = async (...given) => {
          if (left-- > 0) return read(...given);
          throw Object.assign(new Error("EIO: i/o error, read"), { code: "EIO" });
        };
        return handle;
      };
      syncBuiltinESMExports();`)}`;
    const args = ["train", X, Y, "--hidden", "12", "--epochs", "400", "--out", out];
    const { code, stderr } = await finish(start(args, ["--import", failing]));
    expect([code, readFileSync(out, "utf8")]).toEqual([1, "of before"]);
    expect(stderr).toMatch(/epoch [\s\S]*X\.npy to be read, got the device failed/);
  });

  it.skipIf(!existsSync("/proc/self/status"))("by a signal while it is read, leaves the file as it was", async () => {
    const out = folder.write("early.safetensors", "of before");
    const size = 2 ** 24;
    const descr = (type: string, shape: string) =>
      `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`;
    const [x, y] = [
      folder.write("sparse.npy", npyWith(descr("|u1", `${size}, 64`), [])),
      folder.write("sparse-y.npy", npyWith(descr("|u1", `${size},`), [])),
    ];
    truncateSync(x, statSync(x).size + size * 64);
    truncateSync(y, statSync(y).size + size);
    const child = start(["train", x, y, ...SHORT, "--out", out]);
    let wasSent = false;
    const polling = setInterval(() => {
      const [, caught] = /SigCgt:\s*(\w+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))!;
      if (!wasSent && BigInt(`0x${caught}`) & 1n) wasSent = child.kill("SIGHUP"); // number 1 is listened to
    }, 5);
    const { code, stderr } = await finish(child);
    clearInterval(polling);
    expect([code, readFileSync(out, "utf8")]).toEqual([1, "of before"]);
    expect(stderr).toMatch(/error: expected the training to begin/);
  });

  it("a file that others put another in the place of is read as it was opened", async () => {
    const [copy, other] = [folder.write("moved.npy", readFileSync(X)), place("other-moved.npy")];
    writeFileSync(other, npyFile([ROWS, 3], new Float32Array(ROWS * 3)));
    const child = start(["train", copy, Y, ...LONG, "--json"]);
    let wasMoved = false;
    child.stderr!.on("data", (chunk: Buffer) => {
      if (wasMoved || !String(chunk).includes("epoch ")) return;
      rmSync(copy);
      writeFileSync(copy, readFileSync(other));
      wasMoved = true;
    });
    const { code, stdout } = await finish(child);
    expect([code, wasMoved]).toEqual([0, true]);
    expect(lossesOf(JSON.parse(stdout) as Document)).toEqual(lossesOf(expected));
  });
});
