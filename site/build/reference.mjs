// The API reference, by TypeDoc, with a way back to the site on each of its pages, and its one inline script as a file,
// which content security policies want.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { check, open } from "../../scripts/docs.mjs";
import { ENTRIES, path } from "../../scripts/tools.mjs";

/** @param {string} to the site's folder */
export async function writeReference(to) {
  const folder = `${to}/docs/reference`;
  const app = await open(ENTRIES.map((name) => path(`src/${name}.ts`)));
  await app.generateDocs(await check(app), folder);
  const inline = new Set();
  for (const file of readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html"))) {
    const up = "../".repeat(file.split("/").length - 1);
    const back = `<p style="margin:8px 16px"><a href="${up}../index.html">relumine: documentation</a></p>`;
    const text = readFileSync(`${folder}/${file}`, "utf8")
      .replace("<head>", '<head><link rel="icon" href="data:,">')
      .replaceAll('<a href="http://load.py">load.py</a>', "load.py") // a file's name
      .replaceAll(/<script>(.*?)<\/script>/gs, (_, script) => {
        inline.add(script);
        return `<script src="${up}assets/theme.js"></script>`;
      })
      .replace("<body>", () => `<body>${back}`);
    writeFileSync(`${folder}/${file}`, text);
  }
  if (inline.size !== 1) throw new Error(`TypeDoc wrote ${inline.size} different scripts into its pages, not one`);
  writeFileSync(`${folder}/assets/theme.js`, [...inline][0]);
}
