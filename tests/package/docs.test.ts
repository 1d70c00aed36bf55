// docs/in-the-browser.md: each snippet stands, as it is, in the file that is named above it, and that file is run by a
// test.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./install.js";

interface Snippet {
  readonly file: string;
  readonly code: string;
}

function snippetsOf(page: string): { named: Snippet[]; blocks: number } {
  const named = [...page.matchAll(/<!-- (\S+) -->\n```\w+\n([^]*?)```/g)].map(([, file, code]) => ({ file, code }));
  return { named, blocks: page.match(/^```\w+$/gm)?.length ?? 0 };
}

/** Snippets that are not in their files. */
async function strangers(snippets: readonly Snippet[]): Promise<string[]> {
  const missing = await Promise.all(
    snippets.map(async ({ file, code }) => ((await readFile(join(root, file), "utf8")).includes(code) ? [] : [file])),
  );
  return missing.flat();
}

test("every snippet is taken from a file", async () => {
  const { named, blocks } = snippetsOf(await readFile(join(root, "docs/in-the-browser.md"), "utf8"));
  expect(named.length).toBeGreaterThan(5);
  expect(named).toHaveLength(blocks);
  expect(await strangers(named)).toEqual([]);
});

test("and every file is one that a test runs", async () => {
  const { named } = snippetsOf(await readFile(join(root, "docs/in-the-browser.md"), "utf8"));
  const folder = join(root, "tests/package");
  const tests = await Promise.all(
    (await readdir(folder))
      .filter((name) => name.endsWith(".ts") && name !== "docs.test.ts")
      .map((name) => readFile(join(folder, name), "utf8")),
  );
  const text = tests.join("\n");
  for (const { file } of named.filter(({ file }) => !file.endsWith("package.json")))
    expect(text).toContain(file.replace(/^.*\//, ""));
});

test("a snippet that was changed is seen", async () => {
  const page = "<!-- tests/package/app/my-worker.js -->\n```js\nserve({ operations: {} });\n```\n";
  expect(await strangers(snippetsOf(page).named)).toEqual(["tests/package/app/my-worker.js"]);
});
