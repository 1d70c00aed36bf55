// Each command once as a program of its own, as people run it: the exit code, and one document on stdout. What commands
// do is tested in this process (run.ts), where such runs leave nothing behind.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fixture, pathOf, rowsOf } from "./fixtures.js";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";
import { run } from "../../src/cli/run/run.js";
import { atEnd, markFailed, whileUnderWay } from "../../src/cli/run/under-way.js";

const folder = new Folder();
const place = (name: string) => join(folder.path, name);
const TABLE = [PENGUINS, "--target", "species"];
const SHORT = [...TABLE, "--epochs", "1", "--hidden", "4"];
const MODEL = fixture("onnx/relu-dead.ts17.onnx");
const ROWS = rowsOf(folder, "rows", MODEL);
const PLAN = folder.write(
  "plan.json",
  JSON.stringify({ base: { spec: { layers: [{ units: 4 }] }, fit: { epochs: 1 } }, axes: { bias: [-1, 0] } }),
);

describe("a process of its own:", () => {
  it.each([
    ["train", ...SHORT],
    ["checkup", ...SHORT, "--threads", "1"],
    ["cure", ...SHORT, "--trials", "1", "--repeats", "1", "--threads", "1"],
    ["diagnose", pathOf(MODEL), ROWS],
    ["treat", pathOf(MODEL), ROWS, "--remedy", "liftBias", "--out", place("treated.onnx")],
    ["convert", pathOf(MODEL), place("converted.safetensors")],
    ["prove", pathOf(MODEL), ROWS, "--threads", "1"],
    ["forecast", ...TABLE, "--hidden", "4", "--epochs", "1"],
    ["rates", ...TABLE, "--hidden", "4", "--steps", "20"],
    ["sweep", PLAN, ...TABLE, "--threads", "1"],
    ["map", ...SHORT, "--cells", "2", "--repeats", "1", "--threads", "1"],
    ["crossvalidate", ...SHORT, "--folds", "2", "--threads", "1"],
    ["textbook", "--only", "3", "--repeats", "1", "--threads", "1"],
  ])("%s ends with exit code 0 and one document", async (...args) => {
    const { code, stdout, stderr } = await finish(start([...args, "--json"]));
    expect([code, stderr.match(/^error.*/m)?.[0]]).toEqual([0, undefined]);
    expect(Object.keys(JSON.parse(stdout) as object).length).toBeGreaterThan(0);
  });

  it("worker without its queue ends with exit code 2", async () => {
    const { code, stdout, stderr } = await finish(start(["worker"]));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/required option '--queue <url>'/);
  });

  it.each([
    ["train", ...SHORT],
    ["train", PENGUINS, "--target", "spices"],
    ["train", "--hidden"],
    ["diagnose", pathOf(MODEL), ROWS, "--fail-on", "dead"],
  ])("%s says what it says in this process, to the letter", async (...args) => {
    expect(await finish(start(args))).toEqual(await relumine(...args));
  });
});

describe("a run in this process", () => {
  const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const listeners = () => SIGNALS.map((name) => process.listenerCount(name));

  it("leaves no listener, no exit code and no stream that is another's", async () => {
    const [before, exitCode, { write }] = [listeners(), process.exitCode, process.stdout];
    const failing = ["diagnose", pathOf(MODEL), ROWS, "--fail-on", "dead"];
    for (const [args, code] of [
      [failing, 1],
      [["train", ...SHORT], 0],
      [["trian"], 2],
    ] as const)
      // prettier-ignore
      expect((await relumine(...args)).code).toBe(code);
    expect(listeners()).toEqual(before);
    expect(process.exitCode).toBe(exitCode);
    expect(process.stdout.write).toBe(write);
  });

  it("waits for the one before it, whose words are its own", async () => {
    const runs = await Promise.all(["first", "second"].map((name) => relumine("train", place(name), "-t", "x")));
    expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual([[1, ""], [1, ""]]); // prettier-ignore
    expect(runs.map(({ stderr }) => /(first|second) to be/.exec(stderr)![1])).toEqual(["first", "second"]);
  });

  it("is one at a time, and undone at its end unless the process ends with it", async () => {
    const done: string[] = [];
    const work = (name: string) => async () => {
      atEnd(() => done.push(name));
      expect(await run(["--version"]).catch(String)).toContain("under way");
      if (name === "failed") markFailed();
      expect(done).toEqual([]);
    };
    expect(await whileUnderWay(work("last"), true)).toBe(false);
    expect(await whileUnderWay(work("failed"), false)).toBe(true);
    expect(done).toEqual(["failed"]);
    markFailed(); // of no run: of no effect on the next
    expect(await whileUnderWay(async () => {}, false)).toBe(false);
  });
});
