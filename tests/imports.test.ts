// The house rule on imports: data flows one way, and so do imports, types included; packages, files and the terminal
// each have their one room.
import { readFileSync, readdirSync } from "node:fs";
import ts from "typescript";
import { describe, expect, test } from "vitest";

/**
 * The rooms of src/ from top to bottom. A room may import from itself and from those above it. "" holds the entries,
 * e.g. index.ts, which the programs use. site/ is a program too, beside src/.
 */
const ROOMS = [
  "core",
  "text",
  "wasm",
  "activations",
  "kernels",
  "network",
  "inspect",
  "diagnosis",
  "treatment",
  "table",
  "formats",
  "arrays",
  "files",
  "models",
  "tfjs",
  "graph",
  "report",
  "worker",
  "sweep",
  "",
  "cli",
  "site",
];
/** Programs: nothing imports from them. */
const PROGRAMS = ["cli", "site"];
/**
 * The rooms of site/, and what each may import from beside itself. Figures train as the workshop does and link to its
 * states by training/; of the workshop they know nothing. Nobody imports the article.
 */
const SITE_ROOMS: Record<string, readonly string[]> = {
  look: [],
  tasks: [],
  training: ["tasks"],
  figures: ["look", "tasks", "training"],
  workshop: ["look", "tasks", "training", "figures"],
  article: ["look", "tasks", "figures"],
  docs: ["look"],
};
/** No folder of src/ holds more files than this: a folder that grows beyond it wants rooms of its own. */
const MOST_FILES = 20;
/** What each room, or a file by itself, may import from outside; others import nothing from there. */
const PACKAGES: Record<string, RegExp> = {
  wasm: /^@assemblyscript\/loader$/,
  "wasm/threads.ts": /^#helpers$/, // one of the two files below, by the package's import conditions
  "wasm/helpers-node.ts": /^node:(os|worker_threads)$/,
  "worker/thread/serve.ts": /^#worker-port$/, // likewise
  "worker/port-node.ts": /^node:worker_threads$/,
  "worker/prescribe.ts": /^#worker$/,
  "worker/prove.ts": /^#worker$/,
  "worker/page/start.ts": /^#worker$/,
  "worker/thread/starter.ts": /^#worker$/,
  "worker/start-node.ts": /^node:(url|worker_threads)$/,
  "worker/build.ts": /^#worker$/,
  "worker/trial-pool.ts": /^#worker$/,
  "sweep/host.ts": /^#sweep-host$/,
  "sweep/host-node.ts": /^node:(fs|os)$/,
  "sweep/queue/peers.ts": /^(bullmq|ioredis|pg)$/, // optional peers
  "sweep/queue/redis-store.ts": /^(bullmq|ioredis)$/,
  "sweep/queue/postgres-store.ts": /^(bullmq|pg)$/,
  "sweep/queue/store.ts": /^bullmq$/,
  "sweep/queue/queue-run.ts": /^bullmq$/,
  "sweep/queue/serve-queue.ts": /^bullmq$/,
  "sweep/queue/files.ts": /^node:(crypto|fs\/promises|os|path|process)$/,
  "sweep/queue/training-thread.ts": /^#worker$/,
  table: /^papaparse$/,
  arrays: /^fflate$/,
  files: /^node:(fs\/promises|url)$/,
  models: /^(@bufbuild\/protobuf\/wire|jsfive|pickleparser)$/,
  tfjs: /^@tensorflow\/tfjs-(core|layers)$/, // optional peers
  graph: /^@bufbuild\/protobuf\/wire$/,
  site: /^(minisearch|uplot)$/,
  cli: /^(node:.*|commander|picocolors)$/,
};

const roomOf = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");

/**
 * The path that a relative import means, below src/ (or beginning with site/); starts with ".." where it leaves both.
 */
function resolve(path: string, specifier: string): string {
  const base = new URL(path.startsWith("site/") ? path : `src/${path}`, "file:///");
  const target = new URL(specifier, base).pathname.slice(1).replace(/\.js$/, ".ts");
  if (target.startsWith("src/")) return target.slice(4);
  return target.startsWith("site/") ? target : `../${target}`;
}

const importsOf = (text: string): string[] => ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);

/** What is wrong with an import within site/: it goes against SITE_ROOMS, or from one figure to another. */
function judgeWithinSite(path: string, target: string): string | undefined {
  const [[, room, figure], [, targetRoom, targetFigure]] = [path.split("/"), target.split("/")];
  if (!SITE_ROOMS[room]) return `site/${room} is no room of the site`;
  if (room !== targetRoom)
    return SITE_ROOMS[room].some((allowed) => target.startsWith(`site/${allowed}/`))
      ? undefined
      : `site/${room} may not import from ${target}`;
  const isOfFigure = [path, target].every((each) => /^site\/figures\/[^/]+\//.test(each));
  return isOfFigure && figure !== targetFigure && targetFigure !== "parts"
    ? `the figure ${figure} may not import from ${targetFigure}`
    : undefined;
}

/** What is wrong with one import, in words, or nothing. */
function judgeImport(path: string, specifier: string): string | undefined {
  const room = roomOf(path);
  if (!specifier.startsWith(".")) {
    const isAllowed = (PACKAGES[path] ?? PACKAGES[room])?.test(specifier);
    return isAllowed ? undefined : `the room "${room}" may not import ${specifier}`;
  }
  const file = resolve(path, specifier);
  const target = roomOf(file);
  if (!ROOMS.includes(target)) return `${specifier} is in no room of src/`;
  if (target === room) return room === "site" ? judgeWithinSite(path, file) : undefined;
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
    const imports = importsOf(text).flatMap((specifier) => judgeImport(path, specifier) ?? []);
    const printed = PROGRAMS.includes(roomOf(path))
      ? []
      : outputs(ts.createSourceFile(path, text, ts.ScriptTarget.Latest)).map((use) => `only a program may use ${use}`);
    return [...imports, ...printed].map((fault) => `${path}: ${fault}`);
  });
}

/** Groups of files that import each other, directly or by way of others, types included (Tarjan 1972). */
function circles(files: ReadonlyMap<string, string>): string[][] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (path: string): void => {
    index.set(path, index.size);
    low.set(path, index.get(path)!);
    stack.push(path);
    for (const specifier of importsOf(files.get(path)!)) {
      const target = resolve(path, specifier);
      if (!specifier.startsWith(".") || !files.has(target)) continue;
      if (!index.has(target)) visit(target);
      if (stack.includes(target)) low.set(path, Math.min(low.get(path)!, low.get(target)!));
    }
    if (low.get(path) !== index.get(path)) return;
    const group = stack.splice(stack.indexOf(path));
    if (group.length > 1) found.push(group);
  };
  for (const path of files.keys()) if (!index.has(path)) visit(path);
  return found;
}

/** Folders with more than MOST_FILES files of their own. */
function crowdedFolders(paths: Iterable<string>): string[] {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf("/") + 1);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].flatMap(([folder, count]) => (count > MOST_FILES ? [`${folder}: ${count} files`] : []));
}

function readSources(folder: URL, prefix = ""): [string, string][] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return paths.map((path) => [prefix + path, readFileSync(new URL(path, folder), "utf8")]);
}

const root = new URL("../", import.meta.url);
const sources = new Map([...readSources(new URL("src/", root)), ...readSources(new URL("site/", root), "site/")]);

test("src/ and site/ keep the rule", () => {
  expect(sources.size).toBeGreaterThan(3);
  expect(breaches(sources)).toEqual([]);
});

test("no two files import each other, types included", () => {
  expect(circles(sources)).toEqual([]);
});

test("no folder is crowded", () => {
  expect(crowdedFolders(sources.keys())).toEqual([]);
});

test("assembly/ imports from itself alone", () => {
  const specifiers = readSources(new URL("assembly/", root)).flatMap(([path, text]) =>
    importsOf(text).map((specifier) => new URL(specifier, `file:///assembly/${path}`).pathname),
  );
  expect(specifiers.length).toBeGreaterThan(0);
  expect(specifiers.filter((path) => !/^\/assembly\/[\w/.-]+$/.test(path))).toEqual([]);
});

describe("the check sees", () => {
  test.each([
    ["an import from below", "core/a.ts", `import { x } from "../network/b.js";`],
    ["a type from below", "network/a.ts", `import type { X } from "../diagnosis/b.js";`],
    ["a re-export from below", "wasm/a.ts", `export * from "../network/b.js";`],
    ["a dynamic import from below", "core/a.ts", `const x = await import("../wasm/b.js");`],
    ["an import from below, from a room's own folder", "network/state/a.ts", `import { x } from "../../inspect/b.js";`],
    ["an import of an entry", "report/a.ts", `import { createNetwork } from "../index.js";`],
    ["an import of a program", "index.ts", `import { main } from "./cli/main.js";`],
    ["an import of the site", "cli/a.ts", `import { x } from "../../site/app.js";`],
    ["an import from outside of src", "core/a.ts", `import { x } from "../../tests/reference/network.js";`],
    ["the loader outside of wasm", "network/a.ts", `import { instantiate } from "@assemblyscript/loader";`],
    ["files outside of cli", "formats/a.ts", `import { readFileSync } from "node:fs";`],
    ["a package outside of cli", "report/a.ts", `import pc from "picocolors";`],
    ["printing outside of cli", "network/a.ts", `function f() { console.log(1); }`],
    ["the process outside of cli", "core/a.ts", `const x = process.env.HOME;`],
    ["a folder that is no room", "utilities/a.ts", ``],
    ["an import of the article", "site/workshop/a.ts", `import { x } from "../article/b.js";`],
    ["an import of a figure by what figures share", "site/figures/parts/a.ts", `import { x } from "../cures/b.js";`],
    ["an import of another figure", "site/figures/cures/a.ts", `import { x } from "../death-map/b.js";`],
    ["an import of the workshop by a figure", "site/figures/cures/a.ts", `import "../../workshop/state/b.js";`],
    ["an import of the workshop by a training", "site/training/a.ts", `import "../workshop/engine/b.js";`],
    ["an import by the look", "site/look/a.ts", `import { x } from "../tasks/b.js";`],
    ["a folder that is no room of the site", "site/utilities/a.ts", `import { x } from "./b.js";`],
  ])("%s", (_what, path, text) => {
    expect(breaches(new Map([[path, text]]))).toHaveLength(1);
  });

  test("circles, also of types and by way of a third file", () => {
    const files = new Map([
      ["core/a.ts", `import type { B } from "./b.js";`],
      ["core/b.ts", `export * from "./deep/c.js";`],
      ["core/deep/c.ts", `import { a } from "../a.js";`],
      ["core/d.ts", `import { a } from "./a.js";`],
    ]);
    expect(circles(files).map((group) => group.sort())).toEqual([["core/a.ts", "core/b.ts", "core/deep/c.ts"]]);
  });

  test("a crowded folder", () => {
    const paths = Array.from({ length: MOST_FILES + 1 }, (_, i) => `core/deep/${i}.ts`);
    expect(crowdedFolders(paths)).toHaveLength(1);
    expect(crowdedFolders(paths.slice(1))).toEqual([]);
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
        `import { readFileSync } from "node:fs"; import pc from "picocolors"; ` +
          `import { diagnose } from "../index.js"; console.log(process.argv);`,
      ],
      [
        "site/workshop/view/a.ts",
        `import { diagnose } from "../../../src/index.js"; import { b } from "../b.js"; import "../../figures/cures/c.js";`,
      ],
      ["site/figures/list.ts", `import { x } from "./cures/b.js";`],
      ["site/figures/cures/b.ts", `import { x } from "../parts/c.js"; import { y } from "../../training/d.js";`],
      ["network/a.ts", `// console.log is not for libraries\nexport const text = "import x from 'node:fs'";`],
    ]);
    expect(breaches(fine)).toEqual([]);
    expect(circles(fine)).toEqual([]);
  });
});
