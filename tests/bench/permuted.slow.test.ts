// `npm run demo:permuted` with few tasks: the table, the document and the page; what each holds.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";

const DEMO = "bench/demos/permuted-digits.ts";
const folder = mkdtempSync(join(tmpdir(), "relumine-permuted-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...options: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, ["--import", "tsx", DEMO, ...options])) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

describe("demo:permuted", () => {
  test("--quick --json --html: methods learn each task, dead units are counted, the page holds it all", async () => {
    const file = join(folder, "page.html");
    const { code, stdout } = await run("--quick", "--json", "--html", file);
    expect(code).toBe(0);
    const { methods, tasks, interrupted } = JSON.parse(stdout) as {
      interrupted: boolean;
      tasks: number;
      methods: { name: string; runs: { accuracy: number[]; dead: number[] }[] }[];
    };
    expect({ tasks, interrupted, names: methods.map(({ name }) => name) }).toEqual({
      tasks: 6,
      interrupted: false,
      names: ["plain", "continual backprop", "ReDo"],
    });
    for (const { runs } of methods) {
      expect(runs).toHaveLength(1);
      expect(runs[0]!.accuracy).toHaveLength(6);
      for (const accuracy of runs[0]!.accuracy) expect(accuracy).toBeGreaterThan(0.6);
      for (const dead of runs[0]!.dead) expect(dead >= 0 && dead <= 200).toBe(true);
    }
    const dead = (method: number) => methods[method]!.runs[0]!.dead.at(-1)!;
    expect(dead(2)).toBeLessThan(dead(0)); // six tasks are enough for that
    const page = readFileSync(file, "utf8");
    for (const { name } of methods) expect(page).toContain(name);
    expect(page.match(/class="band /g)).toHaveLength(6); // three methods in each of two plots
    expect(page).not.toMatch(/NaN|undefined|https?:|<script/);
    expect(readdirSync(folder)).toEqual(["page.html"]);
  });

  test("the table goes to stdout; bad usage is exit code 2", async () => {
    const { code, stdout } = await run("--tasks", "2", "--seeds", "1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plain .*%.*%/m);
    expect(stdout).toMatch(/^ReDo .*%.*%/m);
    for (const bad of [["--tasks", "0"], ["--rate", "-1"], ["--seeds", "x"], ["--colour"]]) {
      const refused = await run(...bad);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain("usage: npm run demo:permuted");
    }
  });
});
