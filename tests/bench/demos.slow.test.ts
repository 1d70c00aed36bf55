// The demonstrations, on less data: that they do what they say, not how well.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const DEMO = ["--import", "tsx", "bench/demos/mnist.ts"];

test("MNIST: the lethal rate kills, the treatment leaves none dead, the treated network learns more", async () => {
  const { stdout } = await run(process.execPath, [...DEMO, "--quick", "--json"]);
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

test("MNIST with normalization: a twentieth of the images is enough for nine tenths of the test", async () => {
  const demo = ["--import", "tsx", "bench/demos/mnist-normalized.ts"];
  const { stdout } = await run(process.execPath, [...demo, "--quick", "--json", "--seeds", "1"]);
  const { runs } = JSON.parse(stdout) as { runs: { seed: number; accuracy: number[] }[] };
  expect(runs).toHaveLength(1);
  expect(runs[0]!.accuracy).toHaveLength(10);
  expect(runs[0]!.accuracy.at(-1)).toBeGreaterThan(0.9);
  await expect(run(process.execPath, [...demo, "--seeds", "0"])).rejects.toMatchObject({ code: 2, stdout: "" });
});

test("a bad option is bad usage", async () => {
  await expect(run(process.execPath, [...DEMO, "--quik"])).rejects.toMatchObject({
    code: 2,
    stdout: "",
  });
});
