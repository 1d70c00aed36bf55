// The package as its users get it: packed, installed elsewhere, run in Node. Bundlers and browsers: bundlers.test.ts.
// It packs dist as it stands: `npm test` builds it first.
import { execFile } from "node:child_process";
import { cp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newFolder } from "../support/folder.js";
import { installPackage, type Packed, root } from "./install.js";
import { unreached } from "./reach.js";

const run = promisify(execFile);
let app: string; // a folder outside of the checkout: the program, and relumine with its dependencies in node_modules
let packed: Packed;
let files: string[];
let nodeResult: string;

beforeAll(async () => {
  app = newFolder("package");
  await cp(new URL("app/", import.meta.url), app, { recursive: true });
  packed = await installPackage(app);
  files = packed.files.map(({ path }) => path);
  nodeResult = (await run(process.execPath, ["train.js"], { cwd: app })).stdout.trim();
});
afterAll(() => rm(app, { recursive: true, force: true }));

test("the tarball holds dist and the documents, and nothing else", () => {
  const others = files.filter((path) => !path.startsWith("dist/"));
  expect(others.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  expect(files.filter((path) => /(^|\/)\.|\.test\.|\.tsbuildinfo$|(?<!\.d)\.ts$|debug/.test(path))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining([
      "dist/index.js",
      "dist/index.d.ts",
      "dist/worker.js",
      "dist/wasm/strict.wasm",
      "dist/wasm/relaxed.wasm",
    ]),
  );
});

/** Words alone: figures depend on the build in their last digits. */
const words = (text: string): string => text.replaceAll(/[+-]?\d+(\.\d+)?/g, "#").replaceAll(/ +/g, " ");

/** The pieces of a page's output, between its "..." lines, that do not follow one another in what was printed. */
function missingPieces(shown: string, printed: string): string[] {
  let at = 0;
  return shown.split("\n...\n").filter((piece) => {
    const place = words(printed).indexOf(words(piece.trim()), at);
    at = Math.max(at, place);
    return place < 0;
  });
}

test("it stays small: at most 230 files and 3.35 MB", () => {
  expect(packed.entryCount).toBeLessThanOrEqual(230);
  expect(packed.unpackedSize).toBeLessThanOrEqual(3_350_000);
});

test("every file of dist is one that something imports, loads or names", async () => {
  const folder = join(app, "node_modules/relumine");
  expect(await unreached(folder, files)).toEqual([]);
  await writeFile(join(folder, "dist/internal.js"), "export {};");
  await writeFile(join(folder, "dist/internal.d.ts"), "export {};");
  const strangers = ["dist/internal.js", "dist/internal.d.ts"];
  expect(await unreached(folder, [...files, ...strangers])).toEqual(strangers);
  for (const stranger of strangers) await rm(join(folder, stranger));
});

test("the README's example runs as it stands, and prints what stands below it", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, example, shown] = /```js\n([^]*?)```\n\n```text\n([^]*?)```/.exec(readme)!;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", example], { cwd: app });
  expect(example.match(/^.+$/gm)!.length).toBeLessThanOrEqual(12);
  expect(missingPieces(shown, stdout)).toEqual([]);
  expect(missingPieces(shown.replace("8 of 8 dead", "no dead"), stdout)).toHaveLength(1);
  expect(stdout).toContain("8 of 8 hidden units dead");
  const [, accuracy, dead] = /accuracy (\S+), (\d+) dead\n$/.exec(stdout)!;
  expect(Number(dead)).toBe(0);
  expect(Number(accuracy)).toBeGreaterThanOrEqual(0.95);
});

test("the README's example of a traced death runs as it stands, with the words of its comment", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const example = [...readme.matchAll(/```js\n([^]*?)```/g)]
    .map(([, code]) => code)
    .find((code) => code.includes("traceDeaths"))!;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", example], { cwd: app });
  const comment = example
    .match(/^\/\/ .*$/gm)!
    .map((line) => line.slice(3))
    .join(" ");
  expect(stdout.trim()).toBe(comment);
});

test("it trains in Node", () => {
  const { losses, probabilities } = JSON.parse(nodeResult) as { losses: number[]; probabilities: number[] };
  expect(losses).toHaveLength(20);
  expect(losses[19]).toBeLessThan(losses[0]! / 2);
  expect(probabilities).toHaveLength(6);
});

test("every entry of the exports map resolves, and its modules load, beside its optional peers", async () => {
  await symlink(join(root, "node_modules/@tensorflow"), join(app, "node_modules/@tensorflow"), "dir");
  const { exports } = JSON.parse(await readFile(join(app, "node_modules/relumine/package.json"), "utf8")) as {
    exports: Record<string, unknown>;
  };
  for (const entry of Object.keys(exports)) {
    const specifier = JSON.stringify(entry.replace(/^\./, "relumine"));
    const program = /\.\w+$/.test(entry)
      ? `(await import("node:fs")).accessSync(new URL(import.meta.resolve(${specifier})))`
      : `if (Object.keys(await import(${specifier})).length === 0) throw new Error("no exports")`;
    await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: app });
  }
});

test("the command answers", async () => {
  const { bin, version } = JSON.parse(await readFile(join(app, "node_modules/relumine/package.json"), "utf8")) as {
    bin: { relumine: string };
    version: string;
  };
  const { stdout } = await run(process.execPath, [join(app, "node_modules/relumine", bin.relumine), "--version"], {
    cwd: app,
  });
  expect(stdout.trim()).toBe(version);
});
