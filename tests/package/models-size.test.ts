// How much of relumine/models is its own: minified and gzipped, without the engine, which an application has anyway,
// and without libraries. Each format's reader is loaded when a file needs it.
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL("../../src/", import.meta.url));
/** Rooms whose code is the readers' own. */
const OWN = ["models", "models.ts", "arrays"];

const only = (isWanted: (path: string) => boolean): Plugin => ({
  name: "only",
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path, importer }) => {
      if (kind === "entry-point") return undefined;
      const file = path.startsWith(".") ? fileURLToPath(new URL(path, `file://${importer}`)) : "";
      const inSource = file.startsWith(SOURCE) ? file.slice(SOURCE.length) : "";
      return OWN.includes(inSource.split("/")[0]) && isWanted(inSource) ? undefined : { path, external: true };
    });
  },
});

async function sizeOf(isWanted: (path: string) => boolean): Promise<number> {
  const options = { bundle: true, minify: true, write: false, format: "esm", target: "es2022" } as const;
  const { outputFiles } = await build({
    ...options,
    entryPoints: [`${SOURCE}models.ts`],
    plugins: [only(isWanted)],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

test("all readers and writers", async () => {
  expect(await sizeOf(() => true)).toBeLessThan(47_700);
});

test("what a file of ONNX loads", async () => {
  expect(await sizeOf((path) => !/\/(torch|keras|tfjs|numpy|write)\/|write-model/.test(path))).toBeLessThan(24_050);
});
