// The house rule on imports: data flows one way, and so do imports; packages, files and the terminal each have their one room.
import { readFileSync, readdirSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/** The rooms of src/ from top to bottom. A room may import from itself and from those above it. "" holds the entries, e.g. index.ts, which the programs use. */
const ROOMS = [
  "core",
  "wasm",
  "network",
  "diagnosis",
  "treatment",
  "formats",
  "report",
  "worker",
  "",
  "cli",
  "playground",
];
/** Programs: nothing imports from them. */
const PROGRAMS = ["cli", "playground"];
/** What each room, or a file by itself, may import from outside; others import nothing from there. */
const PACKAGES: Record<string, RegExp> = {
  wasm: /^@assemblyscript\/loader$/,
  "wasm/threads.ts": /^#helpers$/, // one of the two files below, by the package's import conditions
  "wasm/helpers-node.ts": /^node:(os|worker_threads)$/,
  "treatment/prescribe/prescribe.ts": /^#crew$/, // likewise
  "treatment/prescribe/crew-node.ts": /^node:(os|worker_threads)$/,
  "treatment/prescribe/trial-worker.ts": /^node:worker_threads$/,
  "worker/serve.ts": /^#worker-port$/,
  "worker/port-node.ts": /^node:worker_threads$/,
  "worker/remote-network.ts": /^#worker$/,
  "worker/start-node.ts": /^node:(url|worker_threads)$/,
  formats: /^csv-parse\/browser\/esm\/sync$/,
  playground: /^uplot$/,
  cli: /^(node:.*|commander|picocolors)$/,
};

const roomOf = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

/** The path below src/ that a relative import means; starts with ".." where it leaves src/. */
function resolve(path: string, specifier: string): string {
  const base = new URL(path, "file:///src/");
  return new URL(specifier, base).pathname.replace(/^\/src\//, "").replace(/^\//, "../");
}

/** What is wrong with one import, in words, or nothing. */
function judgeImport(path: string, specifier: string): string | undefined {
  const room = roomOf(path);
  if (!specifier.startsWith("."))
    return (PACKAGES[path] ?? PACKAGES[room])?.test(specifier)
      ? undefined
      : `the room "${room}" may not import ${specifier}`;
  const target = roomOf(resolve(path, specifier));
  if (!ROOMS.includes(target)) return `${specifier} is in no room of src/`;
  if (target === room) return undefined;
  if (PROGRAMS.includes(target)) return `nothing may import from the program "${target}"`;
  return ROOMS.indexOf(target) < ROOMS.indexOf(room) ? undefined : `the room "${target}" is below "${room}"`;
}

/** Uses of `console` and `process`, by name, outside of strings and comments. */
function outputs(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      /^(console|process)$/.test(node.expression.text)
    )
      found.push(node.getText(source));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Every breach of the rule in `files`: path below src/ to text. */
function breaches(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([path, text]) => {
    if (!ROOMS.includes(roomOf(path))) return [`${path}: ${roomOf(path)} is no room of the house`];
    const imports = ts.preProcessFile(text).importedFiles.flatMap(({ fileName }) => judgeImport(path, fileName) ?? []);
    const printed = PROGRAMS.includes(roomOf(path))
      ? []
      : outputs(ts.createSourceFile(path, text, ts.ScriptTarget.Latest)).map((use) => `only a program may use ${use}`);
    return [...imports, ...printed].map((fault) => `${path}: ${fault}`);
  });
}

function readSources(folder: URL): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return new Map(paths.map((path) => [path, readFileSync(new URL(path, folder), "utf8")]));
}

const root = new URL("../", import.meta.url);

test("src/ keeps the rule", () => {
  const files = readSources(new URL("src/", root));
  expect(files.size).toBeGreaterThan(3);
  expect(breaches(files)).toEqual([]);
});

test("assembly/ imports from itself alone", () => {
  const specifiers = [...readSources(new URL("assembly/", root))].flatMap(([path, text]) =>
    ts.preProcessFile(text).importedFiles.map(({ fileName }) => resolve(path, fileName)),
  );
  expect(specifiers.length).toBeGreaterThan(0);
  expect(specifiers.filter((path) => path.startsWith("..") || !/^[\w/.]+$/.test(path))).toEqual([]);
});

describe("the check sees", () => {
  test.each([
    ["an import from below", "core/a.ts", `import { x } from "../network/b.js";`],
    ["a type from below", "network/a.ts", `import type { X } from "../diagnosis/b.js";`],
    ["a re-export from below", "wasm/a.ts", `export * from "../network/b.js";`],
    ["a dynamic import from below", "core/a.ts", `const x = await import("../wasm/b.js");`],
    ["an import of an entry", "report/a.ts", `import { createNetwork } from "../index.js";`],
    ["an import of a program", "index.ts", `import { main } from "./cli/main.js";`],
    ["an import from outside of src", "core/a.ts", `import { x } from "../../tests/reference.js";`],
    ["the loader outside of wasm", "network/a.ts", `import { instantiate } from "@assemblyscript/loader";`],
    ["files outside of cli", "formats/a.ts", `import { readFileSync } from "node:fs";`],
    ["a package outside of cli", "report/a.ts", `import pc from "picocolors";`],
    ["printing outside of cli", "network/a.ts", `function f() { console.log(1); }`],
    ["the process outside of cli", "core/a.ts", `const x = process.env.HOME;`],
    ["a folder that is no room", "utilities/a.ts", ``],
  ])("%s", (_what, path, text) => {
    expect(breaches(new Map([[path, text]]))).toHaveLength(1);
  });

  test("and lets the rest pass", () => {
    const fine = new Map([
      ["index.ts", `export { createNetwork } from "./network/network.js"; export * from "./report/text.js";`],
      [
        "wasm/a.ts",
        `import { instantiate } from "@assemblyscript/loader"; import { x } from "../core/b.js"; import "./c.js";`,
      ],
      [
        "cli/main.ts",
        `import { readFileSync } from "node:fs"; import pc from "picocolors"; import { diagnose } from "../index.js"; console.log(process.argv);`,
      ],
      ["network/a.ts", `// console.log is not for libraries\nexport const text = "import x from 'node:fs'";`],
    ]);
    expect(breaches(fine)).toEqual([]);
  });
});
