// Checkpoints of `relumine train`: whatever ends it, the training goes on to the bits of one that never ended.
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { EpochLog } from "../../src/index.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();
const place = (name: string) => join(folder.path, name);
const TABLE = [PENGUINS, "--target", "species"];
const SETTINGS = ["digits", "--epochs", "60", "--optimizer", "sgd", "--learning-rate", "0.7", "--hidden", "32,16"];

interface Document {
  readonly history: { readonly epochs: EpochLog[]; readonly stopped?: string };
  readonly deaths: object[];
  readonly checkpoint?: { readonly file: string; readonly error?: string };
}

/** All that a training tells, but for how long it took and where it lies. */
function tellings(json: string): object {
  const { history, ...rest } = JSON.parse(json) as Document & { saved: object };
  const epochs = history.epochs.map(({ seconds: _, ...log }) => log);
  return { ...rest, saved: undefined, checkpoint: undefined, history: { ...history, epochs } };
}

let whole: { readonly bytes: Uint8Array; readonly told: object; readonly milliseconds: number };

beforeAll(async () => {
  const out = place("whole.safetensors");
  const started = performance.now();
  const { code, stdout } = await finish(start(["train", ...SETTINGS, "--json", "--out", out]));
  expect(code).toBe(0);
  whole = { bytes: fs.readFileSync(out), told: tellings(stdout), milliseconds: performance.now() - started };
  expect((JSON.parse(stdout) as Document).deaths.length).toBeGreaterThan(2);
}, 60_000);

/** The training from its start, or from a checkpoint, to its end: is it the whole one? */
async function expectWhole(args: readonly string[], name: string): Promise<void> {
  const out = place(`${name}.safetensors`);
  const { code, stdout, stderr } = await relumine("train", ...args, "--json", "--out", out);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  expect(tellings(stdout)).toEqual(whole.told);
  expect(JSON.stringify(tellings(stdout))).toBe(JSON.stringify(whole.told)); // in the same order
  expect(fs.readFileSync(out).equals(whole.bytes)).toBe(true);
}

describe("a training with checkpoints", () => {
  it(
    "is the same as without",
    () => expectWhole([...SETTINGS, "--checkpoint", place("a"), "--every", "20ms"], "a"),
    60_000,
  );

  it("goes on after kill -9, again and again, to the same bits, deaths and history", async () => {
    const file = place("killed");
    let kills = 0;
    for (const share of [0.3, 0.5, 0.7, 0.4]) {
      const resume = fs.existsSync(file) ? ["--resume", file] : ["--checkpoint", file];
      const child = start(["train", ...SETTINGS, ...resume, "--every", "10ms"]);
      const due = performance.now() + share * whole.milliseconds;
      const timer = setInterval(() => {
        if (performance.now() < due || !fs.existsSync(file)) return; // a busy machine may be late with the first
        clearInterval(timer);
        if (child.kill("SIGKILL")) kills++;
      }, 5);
      await finish(child);
      clearInterval(timer);
    }
    expect(kills).toBeGreaterThan(1);
    await expectWhole(["digits", "--resume", file], "killed");
  }, 60_000);

  it.skipIf(process.platform === "win32")(
    "is stored when it is interrupted",
    async () => {
      const file = place("stopped");
      const child = start(["train", ...SETTINGS, "--checkpoint", file, "--every", "1h", "--json"]);
      let wasSent = false;
      child.stderr!.on("data", (chunk: Buffer) => {
        if (!wasSent && String(chunk).includes("epoch 9 of 60")) wasSent = child.kill("SIGTERM");
      });
      const { code, stdout } = await finish(child);
      expect(code).toBe(1);
      expect((JSON.parse(stdout) as Document).history.stopped).toBe("aborted");
      expect((JSON.parse(stdout) as Document).checkpoint).toEqual({ file });
      await expectWhole(["digits", "--resume", file], "stopped");
    },
    60_000,
  );

  it("gets more epochs, and is then the longer one", async () => {
    const short = ["--epochs", "70"];
    const long = ["--epochs", "90"];
    const file = place("longer");
    const lines = [
      ["train", ...TABLE, ...short, "--checkpoint", file],
      ["train", PENGUINS, ...long, "--resume", file, "--out", place("longer.safetensors")],
      ["train", ...TABLE, ...long, "--out", place("long.safetensors")],
    ];
    for (const line of lines) expect((await relumine(...line)).code).toBe(0);
    expect(fs.readFileSync(place("longer.safetensors")).equals(fs.readFileSync(place("long.safetensors")))).toBe(true);
    expect((await relumine("train", PENGUINS, "--resume", file)).code).toBe(0); // what is whole may be resumed
    expect((await relumine("train", PENGUINS, "--resume", file, "--epochs", "80")).code).toBe(1);
    expect((await relumine("diagnose", file, PENGUINS)).code).toBe(0); // it is a network's file too
  }, 60_000);

  it.skipIf(!fs.existsSync("/dev/full"))(
    "goes on where none can be written, and says so once, with exit code 1",
    async () => {
      const gone = fs.mkdtempSync(place("gone-"));
      const child = start(["train", ...SETTINGS, "--checkpoint", join(gone, "c"), "--every", "1ms"]);
      child.stderr!.once("data", () => fs.renameSync(gone, `${gone}-away`));
      const { code, stdout, stderr } = await finish(child);
      expect(code).toBe(1);
      expect(stderr.match(/error: the checkpoint was not written/g)).toHaveLength(1);
      expect(stdout).toContain("held out");
    },
    60_000,
  );
});

describe("a checkpoint", () => {
  const file = place("refusing");
  beforeAll(async () => {
    expect((await relumine("train", ...TABLE, "--epochs", "3", "--checkpoint", file)).code).toBe(0);
  }, 60_000);

  it.each<[string, string[], RegExp]>([
    ["another batch size", ["--batch-size", "16"], /--batch-size to be 32, as .* was begun, got 16/],
    ["another rate", ["--learning-rate", "0.1"], /--learning-rate to be left out, as/],
    ["balanced classes", ["--class-weights", "balanced"], /--class-weights to be left out, as/],
    ["other units", ["--hidden", "8"], /--hidden to be 64,32, as/],
    ["another target", ["--target", "island"], /--target to be species, as/],
    ["a column to ignore", ["--ignore", "year,sex"], /--ignore to be left out, as .*, got year,sex/],
    ["a column read otherwise", ["--columns", "year=words"], /--columns to be left out, as .*, got year=words/],
    ["the same file as --out", ["--out", file], /--out to be another file than --resume/],
  ])("refuses %s", async (_what, args, message) => {
    const before = fs.readFileSync(file);
    const { code, stderr } = await relumine("train", PENGUINS, "--resume", file, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(fs.readFileSync(file).equals(before)).toBe(true);
  });

  it("takes what it was begun with", async () => {
    const { code } = await relumine("train", ...TABLE, "--hidden", "64,32", "--resume", file);
    expect(code).toBe(0);
  });

  it("refuses another table, were it for one cell", async () => {
    const rows = fs.readFileSync(PENGUINS, "utf8").split("\n");
    const other = folder.write(
      "other.csv",
      rows.map((row, i) => (i === 20 ? row.replace(/\d{4}/, "4444") : row)).join("\n"),
    );
    const narrow = folder.write("narrow.csv", rows.map((row) => row.split(",").slice(0, -1).join(",")).join("\n"));
    for (const table of [other, narrow]) {
      const { code, stderr } = await relumine("train", table, "--resume", file);
      expect(code).toBe(1);
      expect(stderr).toMatch(/the table to be the one that .* was begun with, got another/);
    }
  });

  it("that is none is refused, and told by its name", async () => {
    const network = place("network");
    expect((await relumine("train", ...TABLE, "--epochs", "1", "--out", network)).code).toBe(0);
    const half = folder.write("half", fs.readFileSync(file).subarray(0, 5000));
    const bytes = fs.readFileSync(file);
    bytes[bytes.length - 100] ^= 1;
    const changed = folder.write("changed", bytes);
    for (const [path, message] of [
      [network, "a network without its training"],
      [half, "or a damaged one"],
      [place("nothing"), '"relumine train --checkpoint" wrote, got no such file'],
      [changed, "checksum"],
      [PENGUINS, "the table itself"],
    ]) {
      const { code, stderr } = await relumine("train", PENGUINS, "--resume", path);
      expect(code).toBe(1);
      expect(stderr).toContain(path);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain("fault in relumine");
    }
  });
});
