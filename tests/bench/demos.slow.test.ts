// The demonstrations, on less data: that they do what they say, not how well.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";

const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(".cache", "demos-"));
  await build({
    entryPoints: ["bench/demos/mnist.ts"],
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    packages: "external",
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("MNIST: the lethal rate kills, the treatment leaves none dead, the treated network learns more", async () => {
  const { stdout } = await run(process.execPath, [join(folder, "mnist.mjs"), "--quick", "--json"]);
  const { courses } = JSON.parse(stdout) as { courses: { name: string; accuracy: number[]; dead: number[] }[] };
  const [healthy, lethal, lower, treated] = courses.map(({ accuracy, dead }) => ({
    accuracy: accuracy.at(-1)!,
    dead: dead[0]! + dead[1]!,
  }));
  expect(courses.map(({ accuracy }) => accuracy.length)).toEqual([10, 2, 8, 8]);
  expect(healthy!.dead).toBeLessThan(150);
  expect(lethal!.dead).toBeGreaterThan(300);
  expect(lower!.dead).toBeGreaterThan(300); // a lower rate brings none back
  expect(treated!.dead).toBeLessThan(150);
  expect(treated!.accuracy).toBeGreaterThan(lethal!.accuracy);
});

test("a bad option is bad usage", async () => {
  await expect(run(process.execPath, [join(folder, "mnist.mjs"), "--quik"])).rejects.toMatchObject({
    code: 2,
    stdout: "",
  });
});
