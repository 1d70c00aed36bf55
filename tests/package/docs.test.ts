// docs/in-the-browser.md: each snippet stands, as it is, in the file that is named above it, and that file is run by a
// test.
import { access, readFile, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
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

test("so is the code on TensorFlow.js, but for what needs other entries", async () => {
  const { named, blocks } = snippetsOf(await readFile(join(root, "docs/tensorflow-js.md"), "utf8"));
  expect(named.length).toBeGreaterThan(4);
  expect(blocks - named.length).toBe(3); // how to install it, signatures, pruning
  expect(await strangers(named)).toEqual([]);
});

test("a snippet that was changed is seen", async () => {
  const page = "<!-- tests/package/app/my-worker.js -->\n```js\nserve({ operations: {} });\n```\n";
  expect(await strangers(snippetsOf(page).named)).toEqual(["tests/package/app/my-worker.js"]);
});

/** Links of a page that lead to files which are not there. */
async function brokenLinks(page: string, text: string): Promise<string[]> {
  const targets = [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
  const files = targets.filter((target) => !/^\w+:/.test(target));
  const isThere = await Promise.all(
    files.map((file) =>
      access(join(root, dirname(page), file)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return files.filter((_, i) => !isThere[i]);
}

test("every link of a document leads to a file that is there", async () => {
  const folders = await Promise.all(
    ["", "docs/"].map(async (folder) => (await readdir(join(root, folder))).map((name) => folder + name)),
  );
  const pages = folders.flat().filter((name) => name.endsWith(".md"));
  expect(pages).toEqual(expect.arrayContaining(["README.md", "CONTRIBUTING.md", "docs/tables.md"]));
  for (const page of pages)
    expect([page, await brokenLinks(page, await readFile(join(root, page), "utf8"))]).toEqual([page, []]);
  expect(await brokenLinks("docs/tables.md", "[a](../README.md) and [b](nowhere.md)")).toEqual(["nowhere.md"]);
});
