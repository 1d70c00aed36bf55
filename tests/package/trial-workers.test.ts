// prescribe in a program that a bundler made for Node: its workers' program is inside the bundle, and the results are the same.
import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { newFolder } from "../support/folder.js";

const LIBRARY = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
const PROGRAM = `
import { prescribe, sgd } from ${JSON.stringify(LIBRARY)};
const x = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([a, b]) => Number(a * b > 0));
const spec = { inputs: 2, layers: [{ units: 8 }, { units: 2 }], loss: "crossEntropy" };
const { trials, workers } = await prescribe(spec, { x, y }, { epochs: 8, optimizer: sgd({ learningRate: 5 }) }, { workers: 2 });
console.log(JSON.stringify({ workers, trials: trials.map(({ name, metrics }) => ({ name, metrics })) }));
`;

test("a bundle has its workers too, and gives the same ranking", async () => {
  const folder = newFolder("trials");
  try {
    const [source, bundle] = ["program.mjs", "bundle.mjs"].map((name) => join(folder, name));
    await writeFile(source, PROGRAM);
    await build({
      entryPoints: [source],
      outfile: bundle,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
    const [plain, bundled] = await Promise.all(
      [source, bundle].map((file) => promisify(execFile)(process.execPath, [file])),
    );
    expect(bundled.stderr).toBe("");
    const { workers, trials } = JSON.parse(plain.stdout) as { workers: number; trials: unknown[] };
    expect(workers).toBe(2);
    expect(trials.length).toBeGreaterThan(5);
    expect(bundled.stdout).toBe(plain.stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
