// npm run build: node scripts/build.mjs [STEP...] makes dist/ of src/ and assembly/, or does the named steps alone.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { deflateSync } from "node:zlib";
import { rollup } from "rollup";
import { dts } from "rollup-plugin-dts";
import { minify } from "terser";
import { bundleForCdn } from "./cdn.mjs";
import { bundle, dist, ENTRIES, node, path } from "./tools.mjs";
import { compileKernels } from "./kernels.mjs";
import { runSteps } from "./steps.mjs";
import { binariesModule } from "./wasm-text.mjs";
import { workerProgram } from "./worker-program.mjs";

/** What differs between Node and browsers: package.json maps "#..." to one of two, so each stays a file. */
const HOSTS = ["wasm/helpers", "worker/start", "worker/port", "sweep/host"].flatMap((name) => [
  `${name}-node`,
  `${name}-web`,
]);
const DECLARATIONS = ".cache/declarations";

async function embed() {
  const [strict, relaxed] = await Promise.all(["strict", "relaxed"].map((kind) => readFile(dist(`wasm/${kind}.wasm`))));
  await writeFile(path("src/wasm/binaries.ts"), binariesModule(strict, relaxed));
}

/** One file of declarations an entry, and one for what several share. */
async function declarations() {
  rmSync(path(DECLARATIONS), { recursive: true, force: true });
  await node("typescript/bin/tsc", "-p", "src/tsconfig.json", "--outDir", DECLARATIONS);
  const bundled = await rollup({
    input: Object.fromEntries(ENTRIES.map((name) => [name, path(`${DECLARATIONS}/${name}.d.ts`)])),
    plugins: [dts()],
    external: [/^#/, /^node:/],
  });
  await bundled.write({
    dir: dist(""),
    format: "es",
    entryFileNames: "[name].d.ts",
    chunkFileNames: "types-[hash].d.ts",
  });
}

/**
 * Few modules, since Node takes half a millisecond to load each (measured: 55 ms of start-up saved). What entries share
 * goes into modules of its own, so that each thing exists once (an error's class, the networks' insides).
 */
async function javascript() {
  for (const file of readdirSync(dist("")).filter((name) => /^shared-.*\.js$/.test(name))) rmSync(dist(file));
  const entries = ENTRIES.map((name) => ({ in: path(`src/${name}.ts`), out: name }));
  await bundle({
    entryPoints: [
      ...entries,
      { in: path("src/cli/main.ts"), out: "cli/main" },
      { in: path("src/formats/training-state.ts"), out: "formats/training-state" }, // loaded when a file holds a training
      { in: path("src/worker/trial-journal.ts"), out: "worker/trial-journal" }, // loaded when prescribe has a journal
    ],
    splitting: true,
    chunkNames: "shared-[hash]",
    minify: true,
    lineLimit: 120,
    packages: "external",
    external: ["#*"],
  });
  await bundle({ entryPoints: HOSTS.map((name) => ({ in: path(`src/${name}.ts`), out: name })), bundle: false });
  chmodSync(dist("cli/main.js"), 0o755);
}

/** The text that PACKED was made of: a third of its size, for a package that is downloaded more often than started. */
const UNPACK = {
  node: `import { inflateSync } from "node:zlib";
const unpack = () => inflateSync(Buffer.from(PACKED, "base64")).toString();`,
  web: `const unpack = () => {
  const bytes = Uint8Array.from(atob(PACKED), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
};`,
};

/**
 * The worker's program as text that the page imports when it starts one, once for all kinds of worker, and as a file
 * that a page can name. It is in this way that it works from every bundler: none needs to understand `new Worker(new
 * URL(...))`.
 */
async function worker() {
  const { program, hosts } = await workerProgram();
  const packed = deflateSync(program, { level: 9 }).toString("base64");
  await writeFile(dist("worker/program.js"), `export const PACKED = "${packed}";\n`);
  for (const kind of ["node", "web"]) {
    const text = `import { PACKED } from "./program.js";\n${UNPACK[kind]}
export const readSource = async () => ${JSON.stringify(hosts[kind])} + (await unpack());\n`;
    await writeFile(dist(`worker/embedded-${kind}.js`), text);
  }
  await writeFile(dist("worker/thread-web.js"), hosts.web + program);
  await writeFile(dist("worker/thread-node.js"), `import { serve } from "../serve.js";\nserve();\n`);
  const { SOURCE } = await import(dist("wasm/helpers-web.js"));
  await writeFile(dist("wasm/helper-thread.js"), SOURCE.trimStart());
}

async function cdn() {
  const bundled = await bundleForCdn();
  const { code } = await minify(bundled, { module: true, ecma: 2022, compress: { passes: 2 } });
  await writeFile(dist("relumine.min.js"), code);
}

const STEPS = {
  wasm: {
    says: "assembly/ to WebAssembly, strict and relaxed",
    run: () => compileKernels("assembly/index.ts", dist("wasm")),
  },
  embed: { says: "the binaries as a module of text", needs: ["wasm"], run: embed },
  declarations: { says: "a file of declarations an entry", needs: ["embed"], run: declarations },
  javascript: { says: "a module an entry", needs: ["embed"], run: javascript },
  worker: { says: "the worker's program as text and as a file", needs: ["embed", "javascript"], run: worker },
  cdn: { says: "relumine.min.js", needs: ["embed", "worker"], run: cdn },
  data: {
    says: "the digits beside the command line",
    run: () => copyFileSync(path("src/cli/digits.csv.gz"), dist("cli/digits.csv.gz")),
  },
  elementary: {
    says: "the elementary functions by themselves, for tests",
    run: () => compileKernels("assembly/elementary.ts", path(".cache"), "elementary-"),
  },
};
/** Steps that only those who ask for them get. */
const ON_DEMAND = ["elementary"];

const asked = process.argv.slice(2);
if (asked.length === 0) rmSync(dist(""), { recursive: true, force: true });
mkdirSync(dist("cli"), { recursive: true });
try {
  await runSteps(STEPS, asked.length > 0 ? asked : Object.keys(STEPS).filter((name) => !ON_DEMAND.includes(name)));
} catch (error) {
  console.error(error.stderr || error.stdout || error.message);
  process.exitCode = 1;
}
