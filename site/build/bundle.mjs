// Scripts and style sheets of the site, by esbuild.
import { readFileSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The path of a file below site/. */
export const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/**
 * Pages compute in reproducible arithmetic, so that a link shows everybody the same: they do not need the binary with
 * fused multiplication and addition.
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

/**
 * Pages start workers from files of their own. The package's, a text of some hundred kilobytes by which a sweep names
 * the program, too, is left out: a page has one program.
 */
const ownWorkers = {
  name: "own-workers",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#worker$/ }, () => ({ path: "#worker", namespace: "site" }));
    onLoad({ filter: /^#worker$/, namespace: "site" }, () => ({
      contents: `
        export const ownSource = async () => "the site";
        export const startWorker = async () => { throw new Error("the site starts its own workers"); };`,
    }));
  },
};

const COMMON = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
  legalComments: "none",
};

/**
 * Scripts and style sheets, each a file by itself.
 * @param {Record<string, string>} entries by the name of what is written, without its ending: a file below site/
 * @param {string} to the folder
 */
export async function bundle(entries, to) {
  await build({ ...COMMON, entryPoints: pathsOf(entries), outdir: to });
}

/**
 * Scripts that share what several need, and whose dynamic imports are files of their own, read when they are needed.
 * @param {Record<string, string>} entries as above
 * @param {string} to the folder
 * @returns {Promise<(entry: string) => string[]>} the files that a file below site/ needs before it runs, its own first
 */
export async function bundleInParts(entries, to) {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: pathsOf(entries),
    outdir: to,
    plugins: [strictOnly, ownWorkers],
    splitting: true,
    chunkNames: "part-[hash]",
    metafile: true,
  });
  removeUnreached(metafile.outputs, new Set(Object.keys(entries).map((name) => `${name}.js`)));
  return (entry) => needed(metafile.outputs, entry);
}

function needed(outputs, entry) {
  const names = Object.keys(outputs);
  const files = new Set(names.filter((name) => outputs[name].entryPoint?.endsWith(`site/${entry}`)));
  for (const name of files)
    for (const { path: imported, kind } of outputs[name].imports) if (kind === "import-statement") files.add(imported);
  return [...files].map((name) => basename(name));
}

/**
 * A module of the site that the build uses itself.
 * @param {string} name a file below site/
 */
export async function importModule(name) {
  const { outputFiles } = await build({
    ...COMMON,
    minify: false,
    entryPoints: [path(name)],
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

const pathsOf = (entries) => Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, path(file)]));

/** esbuild writes a file for each dynamic import, also of a function that nobody calls and that it has left out. */
function removeUnreached(outputs, entries) {
  const names = Object.keys(outputs);
  const reached = new Set(names.filter((name) => entries.has(basename(name))));
  for (const name of reached) for (const { path: imported } of outputs[name].imports) reached.add(imported);
  for (const name of names) if (!reached.has(name)) rmSync(name);
}
