// `relumine sweep`: a plan's trainings on a table; what is wrong with a plan is told before anything trains.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { finish, Folder, PENGUINS, relumine, start } from "./run.js";

const folder = new Folder();
const plan = {
  base: { spec: { layers: [{ units: 8 }] }, fit: { epochs: 3, optimizer: "sgd" } },
  axes: { learningRate: { from: 0.01, to: 1, count: 3, scale: "log" }, bias: [-2, 0] },
  repeats: 2,
};
const planFile = folder.write("plan.json", JSON.stringify(plan));
const table = [PENGUINS, "--target", "species"];
const place = (name: string) => join(folder.path, name);

interface Document {
  data: { sha256: string };
  plan: { base: { spec: { inputs: number; layers: unknown[] } } };
  trials: { id: string; seconds: number; host: string; resumed?: boolean; at: { bias: number }; dead: number[] }[];
  cells: { cell: number }[];
  best: { at: object; score: number };
  journal?: { resumed: number };
}

/** The document, without what hangs on the machine and the moment. */
const plain = ({ trials, best }: Document) => ({
  trials: trials.map(({ seconds: _seconds, host: _host, resumed: _resumed, ...rest }) => rest),
  best: [best.at, best.score],
});

async function document(...args: readonly string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("sweep", planFile, ...table, "--json", ...args);
  expect([code, stderr.match(/error.*/)?.[0]]).toEqual([0, undefined]);
  return JSON.parse(stdout) as Document;
}

describe("a sweep", () => {
  let whole: Document;
  beforeAll(async () => {
    whole = await document();
  });

  it("trains every cell with every seed on networks that fit the table", () => {
    expect([whole.trials.length, whole.cells.length]).toEqual([12, 6]);
    expect(whole.plan.base.spec.inputs).toBeGreaterThan(5);
    expect(whole.plan.base.spec.layers).toEqual([{ units: 8 }, { units: 3 }]);
    const deadAt = (bias: number) =>
      whole.trials.filter(({ at }) => at.bias === bias).reduce((sum, { dead }) => sum + dead[0], 0);
    expect(deadAt(-2)).toBeGreaterThan(deadAt(0));
  });

  it("gives the same on any number of threads, and in shards whose journals are read together", async () => {
    expect(plain(await document("--threads", "1"))).toEqual(plain(whole));
    const shards = await Promise.all(
      ["1/2", "2/2"].map((shard, i) => document("--shard", shard, "--journal", place(`shard-${i}.jsonl`))),
    );
    expect(shards.reduce((sum, { trials }) => sum + trials.length, 0)).toBe(12);
    const joined = await document("--with", `${place("shard-0.jsonl")},${place("shard-1.jsonl")}`);
    expect(joined.journal!.resumed).toBe(12);
    expect(plain(joined)).toEqual(plain(whole));
  });

  it("goes on from its journal, and tells of a damaged line", async () => {
    const journal = place("runs.jsonl");
    await document("--journal", journal);
    const lines = readFileSync(journal, "utf8").split("\n");
    lines[3] = lines[3].replace('"epochs":3', '"epochs":4');
    writeFileSync(journal, lines.slice(0, 7).join("\n"));
    const { code, stdout } = await relumine("sweep", planFile, ...table, "--journal", journal);
    expect(code).toBe(0);
    expect(stdout).toMatch(/12 trials of 6 cells/);
    expect(stdout).toMatch(/6 trials of the journal/);
    expect(stdout).toMatch(/1 line .* damaged \(4\)/s);
    const told = stdout.slice(stdout.indexOf("12 trials"));
    expect(Math.max(...told.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(80);
  });
});

it("keeps what it has when it is interrupted, and says how to go on", async () => {
  const journal = place("interrupted.jsonl");
  const long = { ...plan, base: { ...plan.base, fit: { epochs: 800, optimizer: "sgd" } }, repeats: 200 };
  const child = start(["sweep", folder.write("long.json", JSON.stringify(long)), ...table, "--journal", journal]);
  const finished = finish(child);
  while (!existsSync(journal)) await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill("SIGINT");
  const { code, stdout, stderr } = await finished;
  expect([code, stderr.match(/error.*/)?.[0]]).toEqual([1, undefined]);
  expect(stdout).toMatch(/Interrupted: .* goes on from there/s);
  const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
  expect(lines.length).toBeGreaterThan(0);
  expect(stdout).toContain(`${lines.length} trial`);
});

describe("refused", () => {
  it.each<[string, string | object, RegExp]>([
    ["no JSON", "{", /plan.*to be JSON/],
    ["a name twice", '{"axes": {}, "axes": {}}', /twice/],
    ["no plan", "[1]", /plan to be \{ base, axes \}/],
    ["a path that is near one", { ...plan, axes: { learningrate: [1, 2] } }, /Did you mean "learningRate"\?/],
    ["an axis of one value", { ...plan, axes: { bias: [1] } }, /two values or more, got 1/],
    [
      "a billion cells",
      {
        ...plan,
        axes: Object.fromEntries(
          ["bias", "learningRate", "fit.clipNorm"].map((name) => [name, { from: 1, to: 2, count: 1000 }]),
        ),
      },
      /got 2,000,000,000/,
    ],
    [
      "columns that are not the table's",
      {
        ...plan,
        base: { spec: { inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" } },
        axes: { learningRate: [1, 2] },
      },
      /data\.x/,
    ],
  ])("%s", async (_what, given, message) => {
    const file = folder.write("bad.json", typeof given === "string" ? given : JSON.stringify(given));
    const journal = place("none.jsonl");
    const { code, stderr } = await relumine("sweep", file, ...table, "--journal", journal);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/at .*\.js:\d/);
    expect(code).toBe(1);
    expect(existsSync(journal)).toBe(false);
  });

  it("a plan that is not there, a journal that is the table or another program's file", async () => {
    for (const args of [
      [place("nowhere.json"), ...table],
      [planFile, ...table, "--journal", PENGUINS],
      [planFile, ...table, "--journal", planFile],
      [planFile, ...table, "--journal", place("no/folder.jsonl")],
    ]) {
      const before = readFileSync(planFile, "utf8");
      const { code, stderr } = await relumine("sweep", ...args);
      expect([code, stderr.startsWith("error: ")]).toEqual([1, true]);
      expect(readFileSync(planFile, "utf8")).toBe(before);
    }
  });
});

describe("files that are read are not written to", () => {
  const [journal, shard] = ["own.jsonl", "shard.jsonl"].map(place);
  it.each<[string, string[], RegExp]>([
    ["its journal", ["--journal", journal, "--out", journal], /--journal to be another file than --out/],
    ["the plan", ["--out", planFile], /the plan to be another file than --out/],
    ["the plan, as a journal", ["--journal", planFile], /the plan to be another file than --journal/],
    ["another's journal", ["--with", shard, "--out", shard], /--with to be another file than --out/],
    ["one of several", ["--with", `${journal},${shard}`, "--out", shard], /--with to be another file than --out/],
    ["by another name", ["--with", shard, "--out", `${folder.path}/./shard.jsonl`], /another file than --out/],
    ["a journal that is not there", ["--with", place("nothere.jsonl")], /--with .*nothere.jsonl .*no such file/],
  ])("%s", async (_what, args, message) => {
    for (const file of [journal, shard]) writeFileSync(file, "");
    const plan = readFileSync(planFile, "utf8");
    const { code, stdout, stderr } = await relumine("sweep", planFile, ...table, ...args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(readFileSync(planFile, "utf8")).toBe(plan);
    for (const file of [journal, shard]) expect(readFileSync(file, "utf8")).toBe("");
  });
});

it("does what docs/sweeps.md says, command by command", async () => {
  const page = readFileSync(new URL("../../docs/sweeps.md", import.meta.url), "utf8");
  const [, written] = /<!-- plan.json -->\n```json\n([^]*?)```/.exec(page)!;
  const own = new Folder();
  const { base, repeats, ...rest } = JSON.parse(written) as { base: { fit: { epochs: number } }; repeats: number };
  expect([base.fit.epochs, repeats]).toEqual([3, 3]);
  const sooner = { ...rest, repeats: 1, base: { ...base, fit: { ...base.fit, epochs: 1 } } };
  own.write("plan.json", JSON.stringify(sooner));
  const rows = gunzipSync(readFileSync(new URL("../../src/cli/digits.csv.gz", import.meta.url))).toString();
  const few = own.write("few.csv", rows.split("\n").slice(0, 100).join("\n"));
  const commands = [...page.matchAll(/^relumine (sweep plan\.json digits.*)$/gm)].map(([, args]) => args);
  expect(commands).toHaveLength(7);
  for (const line of commands) {
    const [args, file] = line.split(" > ");
    const { code, stdout, stderr } = await relumine(...own.wordsOf(args));
    expect([code, stderr.match(/error.*/)?.[0]], line).toEqual([0, undefined]);
    if (file) expect((JSON.parse(stdout) as Document).journal!.resumed, line).toBe(20);
    if (line.includes("--out"))
      expect((await relumine("diagnose", join(own.path, "best.safetensors"), few)).code).toBe(0);
    if (line.includes("--with")) expect(stdout, line).toContain("20 trials of the journal");
  }
});
