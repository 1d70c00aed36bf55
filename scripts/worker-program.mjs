// The worker's whole program, self-contained, in two parts: what differs between kinds of worker ("#helpers",
// "#worker", "#worker-port" of package.json), and the rest, which is the same for all.
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

export async function workerProgram() {
  const program = await bundleText({
    ...common,
    entryPoints: [path("src/worker/thread/thread.ts")],
    plugins: [givenHost],
  });
  return { program, hosts: { node: await hostProgram("node", "node"), web: await hostProgram("web", "browser") } };
}
