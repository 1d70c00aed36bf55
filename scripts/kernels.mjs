// assembly/ to WebAssembly. asc takes ten seconds for each build, so what it made of the same sources is kept.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { node, path } from "./tools.mjs";

const BUILDS = ["strict", "relaxed"];
const KEPT = path(".cache/kernels");
const { version } = createRequire(import.meta.url)("assemblyscript/package.json");

/** Of all that decides what asc writes. */
function hashOf(entry) {
  const sources = readdirSync(path("assembly"), { recursive: true })
    .filter((name) => name.endsWith(".ts"))
    .sort();
  const hash = createHash("sha256")
    .update(`${version}\n${entry}\n`)
    .update(readFileSync(path("asconfig.json")));
  for (const name of sources) hash.update(`\n${name}\n`).update(readFileSync(path(`assembly/${name}`)));
  return hash.digest("hex").slice(0, 16);
}

async function compile(entry, folder) {
  const begun = `${folder}.${process.pid}`;
  mkdirSync(begun, { recursive: true });
  await Promise.all(
    BUILDS.map((build) =>
      node("assemblyscript/bin/asc.js", entry, "--target", build, "-o", join(begun, `${build}.wasm`)),
    ),
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(begun, folder);
}

/** Puts PREFIXstrict.wasm and PREFIXrelaxed.wasm into a folder. */
export async function compileKernels(entry, to, prefix = "") {
  const folder = join(KEPT, hashOf(entry));
  const isKept = existsSync(folder);
  if (!isKept) await compile(entry, folder);
  mkdirSync(to, { recursive: true });
  for (const build of BUILDS) copyFileSync(join(folder, `${build}.wasm`), join(to, `${prefix}${build}.wasm`));
  return isKept ? "unchanged" : undefined;
}
