// The workshop, a folder of its own.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundle, bundleInParts, path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

/** @param {boolean} hasArticle it is in the folder above; the workshop may also stand alone */
function workshopPage(hasArticle) {
  const html = readFileSync(path("workshop/index.html"), "utf8");
  const link = '<a href="../" title="The article on the dying ReLU problem">relumine</a>';
  return hasArticle ? html.replace("<h1>relumine", `<h1>${link}`) : html;
}

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
  writeFileSync(`${folder}/index.html`, workshopPage(existsSync(`${to}/index.html`)));
  writeFileSync(`${folder}/digits.bin`, digits());
}
