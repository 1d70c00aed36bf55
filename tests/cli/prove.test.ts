// Proofs on the command line: verdicts, a file to go on from, interruptions, what is refused.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixture, pathOf, rowsOf } from "./fixtures.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";
import type { NetworkProof } from "../../src/index.js";

const folder = new Folder();
const small = join(folder.path, "small.safetensors");
const large = join(folder.path, "large.safetensors");

beforeAll(async () => {
  const train = (table: string, ...args: string[]) => relumine("train", table, "--epochs", "1", ...args);
  for (const { code, stderr } of [
    await train(PENGUINS, "-t", "species", "--bias=-1", "--hidden", "16,16", "--out", small),
    await train("digits", "--bias=-1", "--hidden", "96,96,96", "--out", large),
  ])
    expect(code, stderr).toBe(0);
});

const readProof = (file: string) => JSON.parse(readFileSync(file, "utf8")) as NetworkProof;

it("says by layer what was proved and refuted, and prints the proof with --json", async () => {
  const { code, stdout, stderr } = await relumine("prove", small, PENGUINS, "--budget", "1e8", "--threads", "1");
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/Layer 1: \d+ units?: \d+ proved closed, \d+ opened by some input, \d+ undecided/);
  expect(stdout).toMatch(/multiplications.*\.\n$/);
  const { stdout: json } = await relumine("prove", small, PENGUINS, "--budget", "1e8", "--threads", "1", "--json");
  const { proof, data } = JSON.parse(json) as { proof: NetworkProof; data: { rows: number } };
  expect(data.rows).toBe(344);
  expect(proof.units.length).toBeGreaterThan(3);
  expect(proof.provenDead + proof.refuted + proof.open).toBe(proof.units.length);
});

it("takes models of other programs with their rows, as diagnose does", async () => {
  const model = fixture("onnx/relu-dead.ts17.onnx");
  const args = [pathOf(model), rowsOf(folder, "rows", model), "--budget", "1e8", "--threads", "1", "--json"];
  const { code, stdout, stderr } = await relumine("prove", ...args);
  expect(code, stderr).toBe(0);
  const { proof, data } = JSON.parse(stdout) as { proof: NetworkProof; data: { rows: number } };
  expect(data.rows).toBe(model.rows);
  expect(proof.units.map(({ layer, unit }) => [layer, unit])).toEqual([
    [0, 2],
    [0, 7],
    [1, 4],
  ]);
});

describe("--proof", () => {
  it("stores the verdicts, which stand when the same command goes on", async () => {
    const file = join(folder.path, "proof.json");
    const run = (budget: string) =>
      relumine("prove", small, PENGUINS, "--proof", file, "--budget", budget, "--threads", "1", "--seconds", "60");
    expect((await run("0")).stdout).toMatch(/Stored: .*proof\.json; the same command goes on from there\n$/);
    const first = readProof(file);
    expect(first.open).toBeGreaterThan(0);
    expect((await run("1e9")).code).toBe(0);
    const second = readProof(file);
    expect(second.work).toBeGreaterThan(first.work);
    expect(second.open).toBeLessThan(first.open);
    first.units.forEach((unit, i) => {
      if (unit.proof !== "open") expect(second.units[i]).toEqual(unit);
    });
  });

  it("of another network, or no proof at all, is refused and stays as it is", async () => {
    const other = join(folder.path, "other.json");
    await relumine("prove", small, PENGUINS, "--budget", "1e6", "--threads", "1", "--proof", other);
    const before = readFileSync(other, "utf8");
    const wrong = await relumine("prove", large, "digits", "--proof", other);
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/other\.json: weights to be the checksum/);
    expect(readFileSync(other, "utf8")).toBe(before);
    const empty = folder.write("empty.json", "null");
    expect((await relumine("prove", small, PENGUINS, "--proof", empty, "--budget", "0")).code).toBe(1);
    expect(readFileSync(empty, "utf8")).toBe("null");
    const none = folder.write("none.json", "{");
    expect((await relumine("prove", large, "digits", "--proof", none)).stderr).toMatch(/none\.json to be what/);
    expect((await relumine("prove", small, PENGUINS, "--proof", PENGUINS)).stderr).toMatch(/the table itself/);
  });

  it.skipIf(process.platform === "win32")("is written where an interruption ends it, with exit code 1", async () => {
    const file = join(folder.path, "interrupted.json");
    const child = start(["prove", large, "digits", "--proof", file, "--budget", "1e15", "--threads", "2"]);
    let wasSent = false;
    child.stdout!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes("rows")) wasSent = child.kill("SIGINT");
    });
    const { code, stdout } = await finish(child);
    expect(wasSent).toBe(true);
    expect(code).toBe(1);
    expect(stdout).toContain("interrupted");
    expect(existsSync(file)).toBe(true);
    expect(readProof(file)).toMatchObject({ stopped: "aborted" });
  });
});

it("--seconds is kept to", async () => {
  // processor time, as any clock runs out on a busy machine
  const telling = "process.on('exit', () => console.error('microseconds', process.cpuUsage().user))";
  const child = start(
    ["prove", large, "digits", "--seconds", "1", "--threads", "1"],
    ["--import", `data:text/javascript,${encodeURIComponent(telling)}`],
  );
  const { code, stdout, stderr } = await finish(child);
  expect(code).toBe(0);
  expect(stdout).toMatch(/the time was up|, 0 undecided/);
  expect(Number(/^microseconds (\d+)$/m.exec(stderr)![1])).toBeLessThan(30e6);
});
