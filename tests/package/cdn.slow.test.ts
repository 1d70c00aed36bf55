// relumine.min.js in a plain page: from another origin, with nothing beside it, in a worker and on two threads; the
// same bits as the package's in Node.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium, type Browser } from "playwright-core";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium, findFirefox, ISOLATION_HEADERS } from "../support/browsers.js";
import { newFolder } from "../support/folder.js";
import { openFirefox } from "./firefox.js";
import { root } from "./install.js";
import { show, withServer } from "./pages.js";

const FILE = join(root, "dist/relumine.min.js");
const ADDRESS = "https://cdn.example/relumine/dist/relumine.min.js";
const SHARED_HEADERS = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
const EPOCHS = { epochs: 5, batchSize: 128 };
type Library = typeof import("../../src/index.js");

let home: string;
/** What the page is to show on so many threads. */
let expected: (threads: number) => object;

beforeAll(async () => {
  home = newFolder("cdn");
  mkdirSync(join(home, "cdn"));
  mkdirSync(join(home, "page"));
  cpSync(FILE, join(home, "cdn/relumine.min.js"));

  const { adam, createNetwork, diagnose } = (await import(pathToFileURL(join(root, "dist/index.js")).href)) as Library;
  const x = Array.from({ length: 256 }, (_, i) => [((i * 37) % 200) / 100 - 1, ((i * 91) % 200) / 100 - 1]);
  const y = x.map(([a, b]) => (a! * a! + b! * b! < 0.5 ? 1 : 0));
  const spec = { inputs: 2, layers: [{ units: 128 }, { units: 128 }, { units: 2 }], loss: "crossEntropy", seed: 7 };
  const network = await createNetwork(spec as never, { arithmetic: "reproducible" });
  const { epochs } = await network.fit({ x, y }, { ...EPOCHS, optimizer: adam() });
  const result = { losses: epochs.map(({ loss }) => loss), dead: diagnose(network, x).dead };
  expected = (threads) => ({ threads, inWorker: result, beside: result });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** The page as it stands, but for the file's address. */
function writePage(address: string): void {
  const page = readFileSync(new URL("app/cdn.html", import.meta.url), "utf8");
  expect(page.split(ADDRESS)).toHaveLength(2);
  writeFileSync(join(home, "page/index.html"), page.replace(ADDRESS, address));
}

test("it is small, and imports nothing", () => {
  expect(gzipSync(readFileSync(FILE), { level: 9 }).length).toBeLessThan(116_000);
  expect(ts.preProcessFile(readFileSync(FILE, "utf8")).importedFiles).toEqual([]);
});

test("it has the same names for the page and for workers", async () => {
  const file = (await import(pathToFileURL(FILE).href)) as Record<string, unknown>;
  expect(Object.keys(file)).not.toContain("prescribe");
  expect(Object.keys(file.worker as object).sort()).toEqual(
    Object.keys(file)
      .filter((name) => !["RelumineError", "serve", "worker"].includes(name))
      .sort(),
  );
});

test("it diagnoses units alone, says so, and refuses the rest", async () => {
  const { createNetwork, diagnose } = (await import(pathToFileURL(FILE).href)) as Library;
  using network = await createNetwork({ inputs: 1, layers: [{ units: 2 }, { units: 1 }], loss: "meanSquaredError" });
  network.layers[0].setWeights({ kernel: new Float32Array([1, 1]), bias: new Float32Array([-5, 0]) });
  const x = [[1], [2]];
  const [closed] = diagnose(network, x).layers[0].units;
  expect(closed).toMatchObject({ state: "dead", mechanism: "negativeBias" });
  expect(closed).not.toHaveProperty("proof");
  expect(String(diagnose(network, x))).toMatch(/Units alone/);
  const history = await network.fit({ x, y: [0, 1] }, { epochs: 1 });
  const inputBox = { low: [0], high: [2] };
  for (const options of [{ proofs: true }, { inputBox }, { targets: [0, 1] }, { history }])
    expect(() => diagnose(network, x, options)).toThrow(expect.objectContaining({ code: "unsupported" }));
});

describe.skipIf(findChromium() === undefined)("in Chromium, from another origin", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  });
  afterAll(() => browser?.close());

  const showPage = (headers: Readonly<Record<string, string>>, cdnHeaders: Readonly<Record<string, string>>) =>
    withServer(
      join(home, "cdn"),
      (cdn) => {
        writePage(`${cdn}/relumine.min.js`);
        return withServer(join(home, "page"), (origin) => show(browser, `${origin}/`), headers);
      },
      cdnHeaders,
    );

  test.each([
    ["on one thread", 1, {}],
    ["on two threads, where the page is cross-origin isolated", 2, ISOLATION_HEADERS],
  ] as const)("%s", async (_, threads, headers) => {
    expect(JSON.parse(await showPage(headers, SHARED_HEADERS))).toEqual(expected(threads));
  });

  test("and the origin is another one: without its leave nothing is loaded", async () => {
    await expect(showPage({}, {})).rejects.toMatchObject({ message: expect.stringMatching(/CORS|ERR_FAILED/) });
  });
});

test.skipIf(findFirefox() === undefined)("in Firefox, from the page's own origin", async () => {
  writePage("./relumine.min.js");
  cpSync(FILE, join(home, "page/relumine.min.js"));
  const firefox = await openFirefox(findFirefox()!);
  try {
    expect(JSON.parse(await firefox.show(join(home, "page"), "/index.html", ISOLATION_HEADERS))).toEqual(expected(2));
  } finally {
    await firefox.close();
  }
});
