// Build step: makes one module of each entry point's many, since Node takes half a millisecond to load each (measured: 55 ms of start-up
// saved). What they share goes into modules of its own, so that each thing exists once (an error's class, the networks' insides); what
// package.json maps by condition ("#...") and the dependencies stay outside.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
await build({
  entryPoints: ["index.js", "kernels.js", "worker.js", "serve.js", "cli/main.js", "treatment/prescribe/trial-worker.js"].map((name) => dist + name),
  outdir: dist,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: "shared-[hash]",
  format: "esm",
  target: "es2022",
  packages: "external",
  external: ["#*"],
  logLevel: "warning",
});
