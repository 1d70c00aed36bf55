// The workshop, a folder of its own.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { bundle, bundleInParts, path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

/** @param {string} to the site's folder */
export async function writeWorkshop(to) {
  const folder = `${to}/workshop`;
  mkdirSync(folder, { recursive: true });
  await bundle({ workshop: "workshop/main.ts", style: "workshop/style.css" }, folder);
  await bundleInParts({ engine: "workshop/engine/worker.ts" }, folder);
  copyFileSync(path("workshop/index.html"), `${folder}/index.html`);
  writeFileSync(`${folder}/digits.bin`, digits());
}
