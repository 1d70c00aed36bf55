// The figures, each as a page of its own for frames: f/1/ to f/7/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeAssets } from "./assets.mjs";
import { path } from "./bundle.mjs";
import { listedFigures } from "./figure-list.mjs";

/**
 * @param {string} to the site's folder
 * @param {{ address: string }} options where the site will stand
 */
export async function writeFigures(to, { address }) {
  await writeAssets(to);
  const template = readFileSync(path("figures/frame.html"), "utf8");
  for (const { number, title } of listedFigures()) {
    mkdirSync(`${to}/f/${number}`, { recursive: true });
    writeFileSync(
      `${to}/f/${number}/index.html`,
      Object.entries({ title, number, address }).reduce(
        (text, [key, value]) => text.replaceAll(`{{${key}}}`, value),
        template,
      ),
    );
  }
}
