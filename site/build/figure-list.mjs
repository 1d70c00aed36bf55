// Numbers and titles of the figures as they stand in list.ts: one place has them.
import { readFileSync } from "node:fs";
import { path } from "./bundle.mjs";

/** @returns {{ number: string, title: string }[]} */
export function listedFigures() {
  const text = readFileSync(path("figures/list.ts"), "utf8");
  return [...text.matchAll(/number: (\d+),\s+title: "([^"]+)"/g)].map(([, number, title]) => ({ number, title }));
}
