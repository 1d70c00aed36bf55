// The workshop, a folder of its own.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { bundle, bundleInParts, path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

/** @param {string} to the site's folder */
export async function writeWorkshop(to) {
  const folder = `${to}/workshop`;
  mkdirSync(folder, { recursive: true });
  await bundle({ style: "workshop/style.css" }, folder);
  await bundleInParts({ workshop: "workshop/main.ts" }, folder);
  const workers = {
    engine: "workshop/engine/worker.ts",
    map: "workshop/engine/map/map-worker.ts",
    model: "workshop/engine/model/model-worker.ts",
  };
  await bundleInParts({ ...workers, "trial-worker": "figures/death-map/trial-worker.ts" }, folder);
  copyFileSync(path("workshop/index.html"), `${folder}/index.html`);
  writeFileSync(`${folder}/digits.bin`, digits());
}
