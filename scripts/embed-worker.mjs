// Build step, after tsc: the worker's program as one self-contained text for each kind of worker: as a module that the
// page imports when it starts one, and as a file that a page can name. It is in this way that it works from every
// bundler: none needs to understand `new Worker(new URL(...))`.
import { writeFileSync } from "node:fs";
import { build } from "esbuild";

const dist = new URL("../dist/", import.meta.url);
const KINDS = [
  { platform: "browser", format: "iife", file: "thread-web.js", module: "embedded-web.js" },
  { platform: "node", format: "cjs", file: "thread-node.cjs", module: "embedded-node.js" },
];

for (const { platform, format, file, module } of KINDS) {
  const { outputFiles } = await build({
    entryPoints: [new URL("worker/thread/thread.js", dist).pathname],
    bundle: true,
    external: ["*/embedded-web.js", "*/embedded-node.js"], // a worker is sent the text that it starts its own workers with
    write: false,
    minify: true,
    legalComments: "none",
    charset: "utf8",
    target: "es2022",
    platform,
    format,
    logLevel: "error",
  });
  const source = outputFiles[0].text;
  writeFileSync(new URL(`worker/${file}`, dist), source);
  writeFileSync(new URL(`worker/${module}`, dist), `export const SOURCE = ${JSON.stringify(source)};\n`);
}

const helper = await import(new URL("wasm/helpers-web.js", dist));
writeFileSync(new URL("wasm/helper-thread.js", dist), helper.SOURCE.trimStart());
