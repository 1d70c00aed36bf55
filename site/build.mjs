// npm run playground: bundles the page into dist-playground/, a folder that works from any web server, and serves it.
// With --build it ends when the folder is written; --port N asks for a port (0: any), --to FOLDER writes elsewhere.
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { serve } from "./serve.mjs";

const here = new URL("./", import.meta.url);
const path = (name) => fileURLToPath(new URL(name, here));

const DIGITS = 500; // enough to learn from ...
const GREYS = 4; // ... and small enough to send: of 16 steps of grey every fourth is kept

/** The first digits of the package's table: for each its 64 pixels, then its class, a byte each. */
function digits() {
  const table = gunzipSync(readFileSync(new URL("../src/cli/digits.csv.gz", here))).toString();
  const rows = table
    .trim()
    .split("\n")
    .slice(1, DIGITS + 1)
    .map((line) => line.split(",").map(Number));
  return gzipSync(
    Uint8Array.from(
      rows.flatMap((row) => row.map((value, at) => (at < 64 ? Math.round(value / GREYS) * GREYS : value))),
    ),
    { level: 9 },
  );
}

/**
 * The page computes in reproducible arithmetic, so that a link shows everybody the same: it does not need the binary
 * with fused multiplication and addition.
 */
const strictOnly = {
  name: "strict-only",
  setup({ onLoad }) {
    onLoad({ filter: /wasm\/binaries\.ts$/ }, ({ path: file }) => ({
      loader: "ts",
      contents: readFileSync(file, "utf8").replace(/(RELAXED_DELTA: string =)\s*"[^"]*";/, '$1 "";'),
    }));
  },
};

/** What is imported only when it is needed, such as the reader of tables, is a file of its own. */
async function buildEngine(common) {
  const { metafile } = await build({
    ...common,
    entryPoints: { engine: path("engine/worker.ts") },
    plugins: [strictOnly],
    splitting: true,
    chunkNames: "part-[hash]",
    metafile: true,
  });
  removeUnreached(metafile.outputs, "engine.js");
}

/** esbuild writes a file for each dynamic import, also of a function that nobody calls and that it has left out. */
function removeUnreached(outputs, entry) {
  const names = Object.keys(outputs);
  const reached = new Set(names.filter((name) => basename(name) === entry));
  for (const name of reached) for (const { path: imported } of outputs[name].imports) reached.add(imported);
  for (const name of names) if (!reached.has(name)) rmSync(name);
}

/** @param {string} to where the page is written */
async function write(to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const common = {
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    outdir: to,
    logLevel: "warning",
    legalComments: "none",
  };
  await build({ ...common, entryPoints: { playground: path("main.ts") } });
  await buildEngine(common);
  await build({ ...common, entryPoints: { playground: path("style.css") } });
  copyFileSync(path("index.html"), `${to}/index.html`);
  writeFileSync(`${to}/digits.bin`, digits());
}

const { values } = parseArgs({
  options: {
    build: { type: "boolean", default: false },
    port: { type: "string", default: "4178" },
    to: { type: "string" },
  },
});
const folder = values.to ?? fileURLToPath(new URL("../dist-playground/", here));
await write(folder);
if (!values.build) {
  const server = await serve(folder, Number(values.port)).catch((error) => {
    console.error(`relumine playground: ${error.message}`);
    process.exit(1);
  });
  console.log(`relumine playground: http://localhost:${server.address().port}/ (Ctrl-C ends it)`);
}
