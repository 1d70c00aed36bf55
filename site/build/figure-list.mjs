// Numbers and titles of the figures as they stand in list.ts: one place has them.
import { readFileSync } from "node:fs";
import { path } from "./bundle.mjs";

/** @returns {{ number: string, title: string, script: string }[]} `script`: a file below site/ */
export function listedFigures() {
  const text = readFileSync(path("figures/list.ts"), "utf8");
  const figure = /number: (\d+),\s+title: "([^"]+)",\s+load: \(\) => import\("\.\/([^"]+)\.js"\)/g;
  return [...text.matchAll(figure)].map(([, number, title, name]) => ({ number, title, script: `figures/${name}.ts` }));
}
