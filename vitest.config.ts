// Two projects: every test in Node, and those that need neither files nor processes once more in headless Chromium.
import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { CHROMIUM_ARGUMENTS, ISOLATION_HEADERS, findChromium } from "./tests/support/browsers.js";
import { PATIENCE_MS } from "./tests/support/patience.js";
import { SummaryLine } from "./tests/support/summary.js";

const ALL = "tests/**/*.test.ts";
const BROWSER_ONLY = "tests/browser/**";
/** Suites that read files or start processes. */
const NODE_ONLY = ["bench", "cli", "package", "literature", "network-node", "worker-node", "playground"]
  .map((folder) => `tests/${folder}/**`)
  .concat([
    "tests/imports.test.ts",
    "tests/table/prepare.test.ts",
    "tests/wasm/abi.test.ts",
    "tests/activations/names.test.ts",
    "tests/text/one-way.test.ts",
  ]);
const PATIENCE = { testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS };
const cacheDir = ".cache/vite"; // of this checkout, even where node_modules is a link

const node: TestProjectInlineConfiguration = {
  cacheDir,
  test: { ...PATIENCE, name: "node", include: [ALL], exclude: [...configDefaults.exclude, BROWSER_ONLY] },
};

const browser = (executablePath: string): TestProjectInlineConfiguration => ({
  cacheDir,
  optimizeDeps: { include: ["@assemblyscript/loader", "csv-parse/browser/esm/sync", "fast-check"] }, // found late, they would make the page load anew amid a test
  server: {
    headers: { ...ISOLATION_HEADERS },
    fs: { allow: [".", realpathSync("node_modules")] }, // node_modules may be a link
  },
  test: {
    ...PATIENCE,
    name: "browser",
    include: [ALL],
    exclude: [...configDefaults.exclude, ...NODE_ONLY],
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args: [...CHROMIUM_ARGUMENTS] } }),
      instances: [{ browser: "chromium" }],
    },
  },
});

const chromium = findChromium();
if (chromium === undefined) console.warn("No chromium on the PATH: the browser tests are left out.");

export default defineConfig({
  cacheDir,
  test: {
    maxWorkers: availableParallelism(), // vitest leaves one core free: half of a machine with two
    projects: chromium === undefined ? [node] : [node, browser(chromium)],
    reporters: ["default", new SummaryLine()],
  },
});
