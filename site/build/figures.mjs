// The figures: their scripts in assets/, and each as a page of its own for frames, f/1/ to f/7/.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundle, bundleInParts, path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

/** Numbers and titles as they stand in list.ts: one place has them. */
function listed() {
  const text = readFileSync(path("figures/list.ts"), "utf8");
  return [...text.matchAll(/number: (\d+),\s+title: "([^"]+)"/g)].map(([, number, title]) => ({ number, title }));
}

/** @param {string} to the site's folder */
export async function writeFigures(to) {
  const folder = `${to}/assets`;
  await bundleInParts({ frame: "figures/frame.ts", worker: "figures/worker.ts" }, folder);
  await bundle({ style: "figures/style.css" }, folder);
  writeFileSync(`${folder}/digits.bin`, digits());
  const template = readFileSync(path("figures/frame.html"), "utf8");
  for (const { number, title } of listed()) {
    mkdirSync(`${to}/f/${number}`, { recursive: true });
    writeFileSync(
      `${to}/f/${number}/index.html`,
      template.replaceAll("{{title}}", title).replaceAll("{{number}}", number),
    );
  }
}
