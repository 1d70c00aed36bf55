// The package in every bundler and runtime that the documents name: one program, built and run, prints the same digits
// as in Node.
import { execFile } from "node:child_process";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build as esbuild, version as esbuildVersion } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import { build as viteBuild, createServer as createViteServer, version as viteVersion } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium, findFirefox, ISOLATION_HEADERS } from "../support/browsers.js";
import { patienceFor, times } from "../support/times.js";
import { type Firefox, openFirefox } from "./firefox.js";
import { openWorkshop, type Workshop } from "./install.js";
import { show, withPage, withServer } from "./pages.js";

const run = promisify(execFile);
let shop: Workshop;
let app: string;
let nodeResult: string;
const used: string[] = [`Node ${process.versions.node}`];

beforeAll(async () => {
  shop = await openWorkshop();
  app = shop.app;
  nodeResult = (await run(process.execPath, ["train.js"], { cwd: app })).stdout.trim();
}, 240_000);
afterAll(async () => {
  console.log(`The package ran in ${used.join(", ")}.`);
  await shop?.remove();
});

async function tell(name: string): Promise<void> {
  const { version } = JSON.parse(await readFile(join(shop.tools, name, "package.json"), "utf8")) as { version: string };
  used.push(`${name} ${version}`);
}

async function fromTools(name: string): Promise<unknown> {
  await tell(name);
  return import(pathToFileURL(createRequire(join(shop.tools, "package.json")).resolve(name)).href);
}

test("in Node, the worker's losses are those beside it", () => {
  const { losses, inWorker, trials } = JSON.parse(nodeResult) as {
    losses: number[];
    inWorker: number[];
    trials: { workers: number; losses: [string, number][] }[];
  };
  expect(losses).toHaveLength(20);
  expect(losses[19]).toBeLessThan(losses[0]! / 2);
  expect(inWorker).toEqual(losses);
  expect(trials[0]).toMatchObject({ workers: 2 });
  expect(trials[0].losses).toHaveLength(3);
  expect(trials[1]).toEqual(trials[0]);
});

test.each([
  ["Deno", "@deno", "deno", ["run", "--allow-all", "--node-modules-dir=manual"]],
  ["Bun", "@oven", "bin/bun", []],
] as const)("in %s", async (name, scope, file, args) => {
  const program = shop.program(scope, file);
  if (program === undefined) return expect(process.platform).not.toBe("linux"); // there it must be
  used.push(`${name} ${/\d+\.\d+\.\d+/.exec((await run(program, ["--version"])).stdout)![0]}`);
  const { stdout } = await run(program, [...args, "train.js"], {
    cwd: app,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
  });
  expect(stdout.trim()).toBe(nodeResult);
});

describe.skipIf(findFirefox() === undefined)("in Firefox", () => {
  const program = findFirefox()!;
  let firefox: Firefox;
  beforeAll(async () => {
    firefox = await openFirefox(program);
  });
  afterAll(() => firefox?.close());

  test("without a bundler, cross-origin isolated and not", async () => {
    used.push((await run(program, ["--version"])).stdout!.trim());
    for (const headers of [{}, ISOLATION_HEADERS])
      expect(await firefox.show(app, "/import-map.html", headers)).toBe(nodeResult);
  });

  test("on two threads", async () => {
    await esbuild({
      absWorkingDir: app,
      entryPoints: ["policy.js"],
      outdir: "in-firefox",
      bundle: true,
      format: "esm",
      logLevel: "error",
    });
    await cp(join(app, "policy.html"), join(app, "in-firefox/policy.html"));
    const { losses } = JSON.parse(nodeResult) as { losses: number[] };
    expect(JSON.parse(await firefox.show(join(app, "in-firefox"), "/policy.html", ISOLATION_HEADERS))).toEqual({
      threads: 2,
      losses,
    });
  });

  test("and a page that fails is seen to fail", async () => {
    await mkdir(join(app, "failing"));
    await writeFile(
      join(app, "failing/index.html"),
      `<script type="module">await Promise.reject("on purpose")</script>`,
    );
    expect(await firefox.show(join(app, "failing"), "/index.html", {})).toMatch(/^error: .*on purpose/);
  });
});

describe.skipIf(findChromium() === undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
    used.push(`Chromium ${browser.version()}`);
  });
  afterAll(() => browser?.close());

  const showFolder = (folder: string, path = "/", headers = {}) =>
    withServer(join(app, folder), (origin) => show(browser, origin + path, undefined), headers);

  test("built by Vite, cross-origin isolated and not", async () => {
    used.push(`Vite ${viteVersion}`);
    await viteBuild({ root: app, configFile: false, logLevel: "error", build: { outDir: "by-vite" } });
    expect(await showFolder("by-vite")).toBe(nodeResult);
    expect(await showFolder("by-vite", "/", ISOLATION_HEADERS)).toBe(nodeResult);
  });

  test("served by Vite while one develops", async () => {
    const server = await createViteServer({
      root: app,
      configFile: false,
      logLevel: "error",
      cacheDir: join(app, ".vite"),
      server: { port: 0, host: "localhost" },
    });
    try {
      await server.listen();
      expect(await show(browser, server.resolvedUrls!.local[0]!)).toBe(nodeResult);
    } finally {
      await server.close();
    }
  });

  test("built by esbuild", async () => {
    used.push(`esbuild ${esbuildVersion}`);
    await esbuild({
      absWorkingDir: app,
      entryPoints: ["train.js"],
      outdir: "by-esbuild",
      bundle: true,
      minify: true,
      format: "esm",
      logLevel: "error",
    });
    await cp(join(app, "index.html"), join(app, "by-esbuild/index.html"));
    expect(await showFolder("by-esbuild")).toBe(nodeResult);
  });

  test("built by webpack", { timeout: patienceFor(5) }, async () => {
    interface Stats {
      hasErrors(): boolean;
      toString(preset: string): string;
    }
    const { default: webpack } = (await fromTools("webpack")) as {
      default(config: object, done: (error: Error | null, stats: Stats) => void): void;
    };
    const { default: config } = (await import(pathToFileURL(join(app, "webpack.config.js")).href)) as {
      default: object;
    };
    // all but the last step: terser takes half of this file's time, and is tried on relumine.min.js
    const optimization = { minimize: times(1) > 1 };
    await new Promise<void>((resolve, reject) =>
      webpack({ ...config, context: app, optimization }, (error, stats) =>
        error || stats.hasErrors() ? reject(error ?? new Error(stats.toString("errors-only"))) : resolve(),
      ),
    );
    await cp(join(app, "index.html"), join(app, "by-webpack/index.html"));
    expect(await showFolder("by-webpack")).toBe(nodeResult);
  });

  test("built by Rollup", async () => {
    interface Bundle {
      write(output: object): Promise<unknown>;
    }
    const { rollup } = (await fromTools("rollup")) as { rollup(config: object): Promise<Bundle> };
    await tell("@rollup/plugin-node-resolve");
    const { default: config } = (await import(pathToFileURL(join(app, "rollup.config.js")).href)) as {
      default: { input: string; output: object };
    };
    const bundle = await rollup({
      ...config,
      input: join(app, config.input),
      onwarn: (warning: { message: string }) => {
        throw new Error(warning.message);
      },
    });
    await bundle.write({ ...config.output, dir: join(app, "by-rollup") });
    await cp(join(app, "index.html"), join(app, "by-rollup/index.html"));
    expect(await showFolder("by-rollup")).toBe(nodeResult);
  });

  test("built by Parcel", async () => {
    await tell("@parcel/core");
    await run(process.execPath, ["build-with-parcel.cjs"], { cwd: app });
    expect(await showFolder("by-parcel")).toBe(nodeResult);
  });

  test("a worker of one's own, built by Vite", async () => {
    await viteBuild({
      root: app,
      configFile: false,
      logLevel: "error",
      worker: { format: "es" },
      build: { outDir: "by-vite-own", rollupOptions: { input: join(app, "own.html") } },
    }); // own.js starts my-worker.js
    expect(await showFolder("by-vite-own", "/own.html")).toBe("0.5 RelumineError value");
  });

  test("without a bundler, by an import map", async () => {
    expect(await showFolder(".", "/import-map.html")).toBe(nodeResult);
  });

  test("and a page that fails is seen to fail", async () => {
    await mkdir(join(app, "broken"));
    await cp(join(app, "index.html"), join(app, "broken/index.html"));
    await expect(showFolder("broken")).rejects.toMatchObject({ message: expect.stringContaining("404") });
  });

  describe("under a content security policy", () => {
    const policy = (...sources: string[]) => ({
      "Content-Security-Policy": ["default-src 'none'", ...sources].join("; "),
    });
    const EMBEDDED = policy("script-src 'self' 'wasm-unsafe-eval'", "worker-src blob:");
    const STRICT = policy("script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self'", "connect-src 'self'");
    const CONSOLE = /Content Security Policy|favicon|404/;
    const shown = (path: string, headers: object) =>
      withServer(
        join(app, "by-policy"),
        (origin) => show(browser, origin + path, CONSOLE),
        headers as Record<string, string>,
      );
    const expected = (threads: number) =>
      JSON.stringify({ threads, losses: (JSON.parse(nodeResult) as { losses: number[] }).losses });

    beforeAll(async () => {
      await esbuild({
        absWorkingDir: app,
        entryPoints: ["policy.js", "frames.js"],
        outdir: "by-policy",
        bundle: true,
        format: "esm",
        logLevel: "error",
      });
      for (const page of ["policy.html", "frames.html"]) await cp(join(app, page), join(app, "by-policy", page));
      for (const file of ["strict.wasm", "relaxed.wasm", "worker-thread.js", "helper-thread.js"]) {
        const found = createRequire(join(app, "package.json"));
        const path =
          file === "worker-thread.js"
            ? join(app, "node_modules/relumine/dist/worker/thread-web.js")
            : found.resolve(`relumine/${file}`); // Node's own is another one
        await cp(path, join(app, "by-policy", file));
      }
    });

    test.each([
      [1, {}],
      [2, ISOLATION_HEADERS],
    ] as const)(
      "that allows wasm-unsafe-eval and blob: workers, not unsafe-eval: %i threads",
      async (threads, isolation) => {
        expect(await shown("/policy.html", { ...EMBEDDED, ...isolation })).toBe(expected(threads));
      },
    );

    test.each([
      [1, {}],
      [2, ISOLATION_HEADERS],
    ] as const)("that forbids blob: and data:, with the files named: %i threads", async (threads, isolation) => {
      expect(await shown("/policy.html?named", { ...STRICT, ...isolation })).toBe(expected(threads));
    });

    test("and what is forbidden is told of", async () => {
      expect(await shown("/policy.html", STRICT)).toMatch(
        /^unsupported: expected the worker to start here, got .*content security policy forbids blob:.*options\.worker/,
      );
      expect(
        await shown("/policy.html?named", policy("script-src 'self'", "worker-src 'self'", "connect-src 'self'")),
      ).toMatch(/WebAssembly|wasm/i);
    });
  });

  test("the page goes on drawing while a worker trains, which it does not when the page itself trains", async () => {
    type Measure = (
      widths: number[],
      batch: number,
      steps: number,
      inWorker: boolean,
    ) => Promise<{ longest: number; frames: number }>;
    await withServer(
      join(app, "by-policy"),
      (origin) =>
        withPage(browser, `${origin}/frames.html`, async (page) => {
          await page.waitForFunction(() => "measureFrames" in globalThis);
          const measure: Measure = (...args) =>
            page.evaluate(
              (given) => (globalThis as unknown as { measureFrames: Measure }).measureFrames(...given),
              args,
            );
          const train = (inWorker: boolean) => measure([1024, 2048, 2048, 1000], 256, 4, inWorker);
          const onPage = await train(false); // one between two steps, each of which takes many frames' time
          expect(onPage.longest).toBeGreaterThan(50);
          // how long one is, other programs decide too
          expect((await train(true)).frames).toBeGreaterThan(3 * onPage.frames);
        }),
      ISOLATION_HEADERS,
    );
  });
});
