// The tests' tiers, by the names of files and folders. `npm test` runs node, alone, chromium, chromium-alone; `npm run
// test:rest` slow and chromium-rest; `npm run test:all` all six.
//
//   NAME.test.ts         project node: files share a process, and what they import
//   NAME.alone.test.ts   project alone: a process of its own, for what mocks modules or asks how memory grows
//   NAME.slow.test.ts    project slow: other people's programs, results over many seeds
//
// What neither reads files nor starts processes runs in Chromium too, but for what is slow: ENGINE in `npm test`, as it
// depends on the engine, the others in the rest. There, too, files share what they import.
import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { CHROMIUM_ARGUMENTS, ISOLATION_HEADERS, findChromium } from "./tests/support/browsers.js";
import { PATIENCE_MS } from "./tests/support/patience.js";
import { lengthOfRun } from "./tests/support/run-length.js";
import { seedOfRun } from "./tests/support/seed.js";
import { ProcessesFirst } from "./tests/support/sequence.js";
import { SummaryLine } from "./tests/support/summary.js";

const ALL = "tests/**/*.test.ts";
const ALONE = "tests/**/*.alone.test.ts";
const SLOW = "tests/**/*.slow.test.ts";
const BROWSER_ONLY = "tests/browser/**";
/** Kernels, threads, workers, training to the bit. */
const ENGINE = ["assembly", "browser", "golden", "inspect", "network", "wasm", "worker"].map(
  (folder) => `tests/${folder}/**/!(*.slow).test.ts`,
);
/** Suites that read files or start processes. */
const NODE_ONLY = [
  "arrays",
  "bench",
  "cli",
  "files",
  "graph",
  "models",
  "package",
  "literature",
  "network-node",
  "worker-node",
  "sweep-node",
  "playground",
  "site",
]
  .map((folder) => `tests/${folder}/**`)
  .concat([
    "tests/casebook/exam/**",
    "tests/diagnosis/healthy.slow.test.ts",
    "tests/diagnosis/findings/{inputs,running-statistics,running-statistics.slow}.test.ts",
    "tests/{conventions,imports}.test.ts",
    "tests/support/{browsers,services}.test.ts",
    "tests/table/{documented,prepare,stored-table}.test.ts",
    "tests/tfjs/{bind.alone,wasm-backend}.test.ts",
    "tests/wasm/abi.test.ts",
    "tests/activations/names.test.ts",
    "tests/text/one-way.test.ts",
  ]);
const PATIENCE = { testTimeout: 2 * PATIENCE_MS, hookTimeout: 2 * PATIENCE_MS };
const cacheDir = ".cache/vite"; // of this checkout, even where node_modules is a link

interface Choice {
  readonly include: string[];
  readonly exclude?: readonly string[];
  readonly isolate?: boolean;
}

const inNode = (name: string, { include, exclude = [], isolate = true }: Choice): TestProjectInlineConfiguration => ({
  cacheDir,
  test: { ...PATIENCE, name, include, exclude: [...configDefaults.exclude, BROWSER_ONLY, ...exclude], isolate },
});

const inChromium = (
  executablePath: string,
  name: string,
  { include, exclude = [], isolate = false }: Choice,
): TestProjectInlineConfiguration => ({
  cacheDir,
  optimizeDeps: {
    include: [
      "@assemblyscript/loader",
      "onnxruntime-web",
      "@tensorflow/tfjs",
      "@tensorflow/tfjs-core",
      "@tensorflow/tfjs-layers",
      "csv-parse/browser/esm/sync",
      "fast-check",
      "papaparse",
    ],
  }, // found late, they would make the page load anew amid a test
  server: {
    headers: { ...ISOLATION_HEADERS },
    fs: { allow: [".", realpathSync("node_modules")] }, // node_modules may be a link
  },
  test: {
    ...PATIENCE,
    include,
    exclude: [...configDefaults.exclude, ...NODE_ONLY, ...exclude],
    isolate,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({ launchOptions: { executablePath, args: [...CHROMIUM_ARGUMENTS] } }),
      instances: [{ browser: "chromium", name }],
    },
  },
});

const chromium = findChromium();
if (chromium === undefined) console.warn("No chromium on the PATH: the browser tests are left out.");

const seed = seedOfRun();

export default defineConfig({
  cacheDir,
  test: {
    maxWorkers: availableParallelism(), // vitest leaves one core free: half of a machine with two
    projects: [
      inNode("node", { include: [ALL], exclude: [ALONE, SLOW], isolate: false }),
      inNode("alone", { include: [ALONE], exclude: [SLOW] }),
      inNode("slow", { include: [SLOW] }),
      ...(chromium === undefined
        ? []
        : [
            inChromium(chromium, "chromium", { include: ENGINE, exclude: [ALONE] }),
            inChromium(chromium, "chromium-alone", { include: [ALONE], exclude: [SLOW], isolate: true }),
            inChromium(chromium, "chromium-rest", { include: [ALL], exclude: [...ENGINE, ALONE, SLOW] }),
          ]),
    ],
    reporters: ["default", new SummaryLine(seed)],
    provide: { seed, long: lengthOfRun() },
    sequence: { sequencer: ProcessesFirst },
  },
});
