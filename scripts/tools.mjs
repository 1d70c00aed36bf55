// What several steps of the build use.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";

const { resolve } = createRequire(import.meta.url);

/** A path below the checkout. */
export const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
export const dist = (name) => path(`dist/${name}`);
/** What package.json exports as modules, by its name in src/ and dist/, in the order of the documentation. */
export const ENTRIES = [
  "index",
  "sweep",
  "sweep-queue",
  "table",
  "node",
  "models",
  "onnx",
  "report",
  "tfjs",
  "tfjs-bind",
  "worker",
  "serve",
  "kernels",
];

/** Runs a program of a package, such as "typescript/bin/tsc", in a process of its own. */
export const node = (program, ...args) =>
  promisify(execFile)(process.execPath, [resolve(program), ...args], { cwd: path("") });

export const bundle = (options) =>
  build({ bundle: true, outdir: dist(""), format: "esm", target: "es2022", logLevel: "warning", ...options });

/** The text of one module that holds all it needs. */
export async function bundleText(options) {
  const { outputFiles } = await bundle({ outdir: undefined, write: false, legalComments: "none", ...options });
  return outputFiles[0].text;
}
