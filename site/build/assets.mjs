// What the article and the figures' own pages load: their scripts from one call of the bundler, so that they share
// parts.
import { copyFileSync, writeFileSync } from "node:fs";
import { bundle, bundleInParts, path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

const written = new Map();

async function write(folder) {
  const scripts = {
    article: "article/main.ts",
    frame: "figures/frame.ts",
    worker: "figures/worker.ts",
    "trial-worker": "figures/death-map/trial-worker.ts",
  };
  const needed = await bundleInParts(scripts, folder);
  await bundle({ article: "article/style.css", style: "figures/style.css" }, folder);
  copyFileSync(path("article/preview.png"), `${folder}/preview.png`);
  writeFileSync(`${folder}/digits.bin`, digits());
  return needed;
}

/**
 * Writes assets/, once however many parts of the site ask for it.
 * @param {string} to the site's folder
 * @returns what bundleInParts does
 */
export function writeAssets(to) {
  if (!written.has(to)) written.set(to, write(`${to}/assets`));
  return written.get(to);
}
