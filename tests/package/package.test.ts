// The package as its users get it: packed, installed elsewhere, run in Node, and bundled by Vite and by esbuild for Chromium.
// It packs dist as it stands: `npm test` builds it first.
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build as esbuild } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import { build as viteBuild } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium } from "../browser/chromium.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
let app: string; // a folder outside of the checkout: the program, and relumine with its dependencies in node_modules
let files: string[];
let nodeResult: string;

interface Packed {
  filename: string;
  files: { path: string }[];
}

/** Lays the packed package and its run-time dependencies into `folder`/node_modules; the dependencies are copied, so no network is needed. */
async function install(folder: string): Promise<string[]> {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root });
  const [packed] = JSON.parse(stdout) as [Packed];
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "relumine"), { recursive: true });
  await run("tar", ["-xzf", join(folder, packed.filename), "--strip-components=1", "-C", join(modules, "relumine")]);
  const manifest = JSON.parse(await readFile(join(modules, "relumine", "package.json"), "utf8")) as { dependencies: Record<string, string> };
  for (const name of Object.keys(manifest.dependencies)) {
    await cp(join(root, "node_modules", name), join(modules, name), { recursive: true, dereference: true });
  }
  return packed.files.map(({ path }) => path);
}

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "relumine-package-"));
  await cp(new URL("app/", import.meta.url), app, { recursive: true });
  files = await install(app);
  nodeResult = (await run(process.execPath, ["train.js"], { cwd: app })).stdout.trim();
}, 60_000);
afterAll(() => rm(app, { recursive: true, force: true }));

test("the tarball holds dist and the documents, and nothing else", () => {
  const others = files.filter((path) => !path.startsWith("dist/"));
  expect(others.sort()).toEqual(["CHANGELOG.md", "LICENSE", "README.md", "package.json"]);
  expect(files.filter((path) => /(^|\/)\.|\.test\.|\.tsbuildinfo$|(?<!\.d)\.ts$|debug/.test(path))).toEqual([]);
  expect(files).toEqual(expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "dist/wasm/strict.wasm", "dist/wasm/relaxed.wasm"]));
});

test("the README's example runs as it stands, and prints what its comments say", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, example] = /```js\n([^]*?)```/.exec(readme)!;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", example], { cwd: app });
  const [silent, ...lines] = stdout.trim().split("\n");
  expect(silent).toBe("[ 13 ]");
  expect(lines[0]).toContain("13 of 16 hidden units dead");
  expect(lines.at(-2)).toBe("0.69");
  const [dead, accuracy] = lines.at(-1)!.split(" ").map(Number);
  expect(dead).toBe(0);
  expect(accuracy).toBeGreaterThanOrEqual(0.99);
});

test("the README's example of a traced death runs as it stands, and explains it in the words of its comment", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const example = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code).find((code) => code.includes("traceDeaths"))!;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", example], { cwd: app });
  const comment = example.match(/^\/\/ .*$/gm)!.map((line) => line.slice(3)).join(" ");
  expect(stdout.trim()).toBe(comment);
});

test("it trains in Node", () => {
  const { losses, probabilities } = JSON.parse(nodeResult) as { losses: number[]; probabilities: number[] };
  expect(losses).toHaveLength(20);
  expect(losses[19]).toBeLessThan(losses[0]! / 2);
  expect(probabilities).toHaveLength(6);
});

test("every entry of the exports map resolves, and its modules load", async () => {
  const { exports } = JSON.parse(await readFile(join(app, "node_modules/relumine/package.json"), "utf8")) as { exports: Record<string, unknown> };
  for (const entry of Object.keys(exports)) {
    const specifier = JSON.stringify(entry.replace(/^\./, "relumine"));
    const program = /\.\w+$/.test(entry)
      ? `(await import("node:fs")).accessSync(new URL(import.meta.resolve(${specifier})))`
      : `if (Object.keys(await import(${specifier})).length === 0) throw new Error("no exports")`;
    await run(process.execPath, ["--input-type=module", "--eval", program], { cwd: app });
  }
});

test("the command answers", async () => {
  const { bin, version } = JSON.parse(await readFile(join(app, "node_modules/relumine/package.json"), "utf8")) as { bin: { relumine: string }; version: string };
  const { stdout } = await run(process.execPath, [join(app, "node_modules/relumine", bin.relumine), "--version"], { cwd: app });
  expect(stdout.trim()).toBe(version);
});

describe.skipIf(findChromium() === undefined)("bundled for a browser, it gives the same bits as in Node", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  });
  afterAll(() => browser.close());

  /** What the page of `folder` shows in the end; throws on any error in the page or on its console. */
  async function show(folder: string): Promise<string> {
    const server = await serve(folder);
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    const shown = async () => (await page.textContent("body"))!.trim();
    try {
      await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
      await expect.poll(async () => errors.length > 0 || (await shown()) !== "", { timeout: 20_000 }).toBe(true);
      if (errors.length > 0) throw new Error(errors.join("\n"));
      return await shown();
    } finally {
      await page.close();
      server.close();
    }
  }

  test("by Vite", async () => {
    await viteBuild({ root: app, configFile: false, logLevel: "error", build: { outDir: "by-vite" } });
    expect(await show(join(app, "by-vite"))).toBe(nodeResult);
  }, 60_000);

  test("by esbuild", async () => {
    const outdir = join(app, "by-esbuild");
    await esbuild({ absWorkingDir: app, entryPoints: ["train.js"], outdir, bundle: true, minify: true, format: "esm", logLevel: "error" });
    await cp(join(app, "index.html"), join(outdir, "index.html"));
    expect(await show(outdir)).toBe(nodeResult);
  }, 60_000);

  test("and a page that fails is seen to fail", async () => {
    const outdir = join(app, "broken");
    await mkdir(outdir);
    await cp(join(app, "index.html"), join(outdir, "index.html"));
    await expect(show(outdir)).rejects.toThrow(/404/);
  });
});

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Plain static files over http, on a port of the system's choice. */
async function serve(folder: string): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const file = join(folder, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(file);
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}
