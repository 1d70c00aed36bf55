// Files that lie, each read by a process of its own: within the 2 seconds and 300 MB, no file, network or
// process touched, no prototype changed; a third of them, others with each seed of a run, or all by RELUMINE_LONG=3. Of
// what the readers answer, the tests of each format say more.
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { fixturesIn } from "./fixtures.js";
import { someOf } from "../support/times.js";

const ALONE = fileURLToPath(new URL("read-alone.mjs", import.meta.url));
const BUILT = fileURLToPath(new URL("../../dist/models.js", import.meta.url));
if (!existsSync(BUILT)) throw new Error(`${BUILT} is not there; run "npm run build" first`);

const MOST_MS = 2000;
const MOST_MEGABYTES = 300;
/** A good model of each kind, by the folder of the bad ones. */
const WARM: Readonly<Record<string, string>> = {
  onnx: "onnx/relu-dead.ts17.onnx",
  torch: "torch/relu-dead.state.pt",
  safetensors: "torch/relu-dead.safetensors",
  keras: "keras/relu-dead.keras",
  tfjs: "tfjs/leaky",
};

interface Outcome {
  readonly outcome: string;
  readonly ms: number;
  readonly megabytes: number;
  readonly touched: readonly string[];
  readonly isPolluted: boolean;
}

async function readAlone(folder: string, name: string, act = ""): Promise<Outcome> {
  const [{ path }] = fixturesIn("onnx").map(([, fixture]) => fixture);
  const root = join(path, "..");
  const json = (of: string) => join(root, `${of}.json`);
  const warm = name.endsWith(".npz") ? "numpy/sklearn-coefs.npz" : WARM[folder];
  const given = ["--expose-gc", ALONE, json(warm), json(`hostile/${folder}/${name}`), act];
  const { stdout } = await promisify(execFile)(process.execPath, given, { timeout: 60_000 });
  return JSON.parse(stdout) as Outcome;
}

function check({ outcome, ms, megabytes, touched, isPolluted }: Outcome): void {
  expect(["read", "format", "unsupported", "memory"]).toContain(outcome);
  expect(ms).toBeLessThan(MOST_MS);
  expect(megabytes).toBeLessThan(MOST_MEGABYTES);
  expect(touched).toEqual([]);
  expect(isPolluted).toBe(false);
}

describe.each(Object.keys(WARM))("%s", (folder) => {
  const names = fixturesIn(`hostile/${folder}`).map(([name]) => name);
  test.each(someOf(names, Math.ceil(names.length / 3)))("%s", async (name) => {
    check(await readAlone(folder, name));
  });
});

test.each(["grow", "wait", "open", "pollute"])("the check sees one that would %s", async (act) => {
  const [[name]] = fixturesIn("hostile/onnx");
  const seen = await readAlone("onnx", name, act);
  expect(() => check(seen)).toThrow();
});
