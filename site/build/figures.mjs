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
  const needed = await writeAssets(to);
  const template = readFileSync(path("figures/frame.html"), "utf8");
  for (const { number, title, script } of listedFigures()) {
    // told at once, they come with one wait for the network in place of four
    const files = [...new Set(["figures/frame.ts", script].flatMap(needed))];
    const preload = files.map((file) => `<link rel="modulepreload" href="../../assets/${file}">`).join("\n");
    mkdirSync(`${to}/f/${number}`, { recursive: true });
    writeFileSync(
      `${to}/f/${number}/index.html`,
      Object.entries({ title, number, address, preload }).reduce(
        (text, [key, value]) => text.replaceAll(`{{${key}}}`, value),
        template,
      ),
    );
  }
}
