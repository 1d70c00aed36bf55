// Build step: makes one module of each entry point's many, since Node takes half a millisecond to load each (measured:
// 55 ms of start-up saved). What they share goes into modules of its own, so that each thing exists once (an error's
// class, the networks' insides); what package.json maps by condition ("#...") and the dependencies stay outside.
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

function bundle(entries, options) {
  return build({
    entryPoints: entries.map((name) => dist + name),
    outdir: dist,
    outbase: dist,
    allowOverwrite: true,
    bundle: true,
    format: "esm",
    target: "es2022",
    packages: "external",
    external: ["#*"],
    logLevel: "warning",
    ...options,
  });
}

await bundle(["index.js", "kernels.js", "worker.js", "serve.js", "cli/main.js"], {
  splitting: true,
  chunkNames: "shared-[hash]",
});
