// `relumine crossvalidate`: the folds of a table, each read anew by the rows that train; a journal; Ctrl-C.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { finish, Folder, killAndGoOn, PENGUINS, relumine, start } from "./run.js";
import { readTableFile } from "../../src/cli/read-table.js";
import { foldTable } from "../../src/cli/sweep/table-folds.js";
import type { Matrix } from "../../src/index.js";
import type { CrossValidation } from "../../src/sweep.js";

const folder = new Folder();
const place = (name: string) => join(folder.path, name);
const table = [PENGUINS, "--target", "species"];
const quick = ["--epochs", "3", "--hidden", "12"];

async function document(...args: readonly string[]): Promise<CrossValidation> {
  const { code, stdout, stderr } = await relumine("crossvalidate", ...args, "--json");
  expect([code, stderr.match(/error.*/)?.[0]]).toEqual([0, undefined]);
  return JSON.parse(stdout) as CrossValidation;
}

const plain = ({ folds, summary, findings }: CrossValidation) => ({
  folds: folds.map(({ seconds: _seconds, resumed: _resumed, ...rest }) => rest),
  summary,
  findings,
});

describe("the folds of a table", () => {
  it("are the same on any number of threads, and told for a terminal", async () => {
    const whole = await document(...table, ...quick, "--folds", "3", "--repeats", "2");
    expect([whole.folds.length, whole.failed]).toEqual([6, 0]);
    expect(whole.folds.slice(0, 3).flatMap(({ rows }) => rows)).toHaveLength(344);
    const alone = await document(...table, ...quick, "--folds", "3", "--repeats", "2", "--threads", "1");
    expect(plain(alone)).toEqual(plain(whole));
    const { code, stdout } = await relumine("crossvalidate", ...table, ...quick, "--folds", "3");
    expect(code).toBe(0);
    expect(stdout).toContain("344 rows in 3 folds (seed 0)");
    expect(stdout).toMatch(/accuracy +\d+\.\d %/);
    expect(
      Math.max(
        ...stdout
          .split("\n")
          .slice(1)
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
  });

  it("learn medians, scales and words from the rows that train alone", async () => {
    const lines = Array.from({ length: 30 }, (_, row) => `${row % 7},${["a", "b", "c"][row % 3]},${row % 2}`);
    const read = async (name: string, rows: readonly string[]) =>
      foldTable(
        await readTableFile(folder.write(name, `n,w,y\n${rows.join("\n")}\n`)),
        { target: "y", task: "classification" },
        undefined,
      ).source;
    const given = await read("given.csv", lines);
    const moved = await read("moved.csv", lines.with(4, "900,z,0"));
    const split = (held: number) => ({
      training: Array.from({ length: 30 }, (_, row) => row).filter((row) => row % 5 !== held),
      heldOut: Array.from({ length: 30 }, (_, row) => row).filter((row) => row % 5 === held),
    });
    const trains = (source: typeof given, held: number) => {
      const { x } = source.rowsOf(split(held)).sets.training;
      return [x.columns, ...(x as Matrix).data];
    };
    expect(trains(moved, 4)).toEqual(trains(given, 4)); // row 4 is held out
    expect(trains(moved, 0)).not.toEqual(trains(given, 0)); // there it trains
  });

  it("never part the rows of a group, whose column is no input", async () => {
    const groups = ["--groups", "island", "--no-stratify"];
    const { folds } = await document(...table, ...quick, "--folds", "3", ...groups);
    expect(folds.map(({ rows }) => rows.length).sort((a, b) => a - b)).toEqual([52, 124, 168]); // penguins of an island
  });

  it("of numbers: R², and errors in the target's own units", async () => {
    const { summary } = await document(PENGUINS, "--target", "body_mass_g", "--folds", "3", "--epochs", "20");
    expect(summary.r2!.mean).toBeGreaterThan(0.5);
    expect(summary.meanAbsoluteError!.mean).toBeGreaterThan(100); // grams
    expect(summary.meanAbsoluteError!.mean).toBeLessThan(500);
  });
});

describe("what is wrong is told before anything trains", () => {
  it.each([
    [["--folds", "100"], /expected --folds to be at most the rows of each class, of which Chinstrap has 68/],
    [["--groups", "iland"], /--groups to be one of .* Did you mean "island"/],
    [["--groups", "sex", "--folds", "9"], /--groups to be at least as many as folds/],
    [["--target", "spices"], /Did you mean "species"/],
  ])("%j", async (args, message) => {
    const { code, stderr } = await relumine("crossvalidate", ...table, ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });
});

describe("a journal", () => {
  it("keeps what was done when the command was killed, and the rest is as without it", async () => {
    const args = ["crossvalidate", ...table, "--hidden", "32", "--epochs", "60", "--folds", "6", "--json"];
    const { stdout, kept, areTwice, all } = await killAndGoOn(args, place("killed.jsonl"), 2);
    const whole = JSON.parse(stdout) as CrossValidation;
    expect(kept).toBeGreaterThanOrEqual(2);
    expect([areTwice, all, whole.folds.length]).toEqual([false, 6, 6]);
    expect(whole.folds.filter(({ resumed }) => resumed).length).toBeGreaterThanOrEqual(2);
    expect(plain(whole)).toEqual(plain(await document(...args.slice(1, -1))));
  });

  it.skipIf(process.platform === "win32")("and Ctrl-C tells the folds that are in", async () => {
    const journal = place("interrupted.jsonl");
    const args = [
      "crossvalidate",
      ...table,
      "--epochs",
      "300",
      "--folds",
      "12",
      "--threads",
      "1",
      "--journal",
      journal,
    ];
    const child = start([...args, "--journal", journal]);
    const polling = setInterval(() => {
      if (!existsSync(journal) || readFileSync(journal, "utf8").split("\n").length < 4) return;
      clearInterval(polling); // a second one would end it at once
      child.kill("SIGINT");
    }, 20);
    const { code, stdout } = await finish(child);
    expect(code).toBe(1);
    expect(stdout).toMatch(/Interrupted: \d+\.\d % of the folds are in/);
    expect(stdout).toMatch(/accuracy +\d+/);
  });
});
