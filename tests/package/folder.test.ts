// That a program in a temporary folder finds no package.json above it, and that without its own it would.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { newFolder } from "../support/folder.js";

const stray = newFolder("stray");
afterAll(() => rmSync(stray, { recursive: true, force: true }));
writeFileSync(join(stray, "package.json"), `{ "name": "relumine", "exports": "./stray.mjs" }`);
writeFileSync(join(stray, "stray.mjs"), `export const isStray = true;`);

/** What a program in a folder below the stray package finds under the package's name. */
function find(name: string, own: string | undefined): string {
  const folder = join(stray, name);
  mkdirSync(folder);
  if (own !== undefined) writeFileSync(join(folder, "package.json"), own);
  const program = `import("relumine").then(({ isStray }) => console.log(isStray), ({ code }) => console.log(code))`;
  writeFileSync(join(folder, "program.mjs"), program);
  return execFileSync(process.execPath, [join(folder, "program.mjs")], { encoding: "utf8" }).trim();
}

test("with a package.json of its own, a folder has nothing to do with a stray one above", () => {
  expect(find("with", `{ "private": true }\n`)).toBe("ERR_MODULE_NOT_FOUND");
  expect(find("without", undefined)).toBe("true");
});
