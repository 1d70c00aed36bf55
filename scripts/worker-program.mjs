// The worker's whole program, self-contained, in two parts: what differs between kinds of worker ("#helpers",
// "#worker", "#worker-port" of package.json), and the rest, which is the same for all.
import { minify } from "terser";
import { bundleText, path } from "./tools.mjs";

const HOST = "relumineHost";
const common = {
  minify: true,
  format: "iife",
  charset: "utf8",
  // a worker is sent the text that it starts its own workers with
  external: ["*/embedded-web.js", "*/embedded-node.js"],
};

function hostProgram(kind, platform) {
  const files = ["wasm/helpers", "worker/start", "worker/port"];
  const contents = files.map((file) => `export * from "./${file}-${kind}.ts";`).join("\n");
  const stdin = { contents, resolveDir: path("src"), loader: "ts" };
  return bundleText({ ...common, stdin, platform, globalName: HOST });
}

/** "#..." is the global variable that the host's program sets. */
const givenHost = {
  name: "given-host",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^#/ }, () => ({ path: "host", namespace: "host" }));
    onLoad({ filter: /./, namespace: "host" }, () => ({ contents: `module.exports = ${HOST};` }));
  },
};

/** Minified once more: it is downloaded as text and as a file, and 4 % smaller by it, gzipped. */
export async function workerProgram() {
  const bundled = await bundleText({
    ...common,
    entryPoints: [path("src/worker/thread/thread.ts")],
    plugins: [givenHost],
  });
  const { code: program } = await minify(bundled, { ecma: 2022, compress: { passes: 2 } });
  return { program, hosts: { node: await hostProgram("node", "node"), web: await hostProgram("web", "browser") } };
}
