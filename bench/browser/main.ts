// npm run bench:browser: the rows of npm run bench in headless Chromium, beside those of the Node that runs this.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { build as bundle } from "esbuild";
import { chromium, type Browser } from "playwright-core";
import { builds } from "../../tests/assembly/harness.js";
import { CHROMIUM_ARGUMENTS, ISOLATION_HEADERS, findChromium } from "../../tests/browser/chromium.js";
import type { Build } from "../../src/wasm/binary.js";
import { time } from "../format.js";
import { isWrong, line, microkernelRate, runCases, secondsOf, type Row } from "../run.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  filter: { type: "string", default: "" },
  build: { type: "string", default: "relaxed" },
  all: { type: "boolean", default: false },
} as const;

export interface PageOptions {
  readonly build: Build;
  readonly filter: string;
  readonly all: boolean;
}

async function servePage(): Promise<Server> {
  const { outputFiles } = await bundle({ entryPoints: ["bench/browser/page.ts"], bundle: true, format: "esm", write: false, logLevel: "error" });
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    "/": ["text/html", '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'],
    "/page.js": ["text/javascript", outputFiles[0]!.text],
  };
  const server = createServer(({ url }, response) => {
    const file = files[url ?? ""];
    if (file) response.writeHead(200, { "content-type": file[0], ...ISOLATION_HEADERS }).end(file[1]);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}

/** Runs the cases in the page; the browser's name and R. */
async function runInBrowser(browser: Browser, server: Server, options: PageOptions, tell: (row: Row) => void): Promise<{ engine: string; r: number }> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error.message));
  await page.exposeFunction("tellRow", tell);
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => "runBenchmark" in window);
  const r = await page.evaluate((given) => window.runBenchmark(given), options);
  return { engine: `Chromium ${browser.version()}`, r };
}

/** The browser's row as npm run bench writes it, then Node's time for the same. */
function besideNode(row: Row, nodes: ReadonlyMap<string, Row>): string {
  const node = nodes.get(row.name);
  const [here, there] = [secondsOf(row), node && secondsOf(node)];
  if (node !== undefined && there === undefined) return `${line(row)}\n  Node: ${line(node).slice(row.name.length).trim()}`;
  return here === undefined || there === undefined ? line(row) : `${line(row).padEnd(124)}  Node: ${time(there)}, ${(there / here).toFixed(2)} of it`;
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  if (options.build !== "strict" && options.build !== "relaxed") throw new Error(`--build ${options.build}: there are strict and relaxed`);
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no chromium on the PATH: install Debian's package of that name");
  const { filter, all } = options;
  const tell = options.json ? () => {} : console.log;

  const nodeBuild = builds.includes(options.build) ? options.build : builds.at(-1)!;
  const node = { engine: `Node ${process.versions.node}`, build: nodeBuild, r: await microkernelRate(nodeBuild) };
  const cpu = cpus()[0]?.model ?? "unknown";
  tell(`${cpu}; ${node.engine}, ${nodeBuild} build, R ${node.r.toFixed(1)} GFLOP/s: being measured`);
  const nodeRows = await runCases({ build: nodeBuild, r: node.r, all }, filter, () => {});

  const server = await servePage();
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] });
  try {
    const byName = new Map(nodeRows.map((row) => [row.name, row]));
    const rows: Row[] = [];
    tell(`Chromium ${browser.version()}, ${options.build} build; after "Node:" its time, and that over Chromium's`);
    const { engine, r } = await runInBrowser(browser, server, { build: options.build, filter, all }, (row) => {
      rows.push(row);
      tell(besideNode(row, byName));
    });
    tell(`R in ${engine}: ${r.toFixed(1)} GFLOP/s`);
    const document = { date: new Date().toISOString(), cpu, browser: { engine, build: options.build, r, rows }, node: { ...node, rows: nodeRows } };
    if (options.json) console.log(JSON.stringify(document, null, 2));
    if ([...rows, ...nodeRows].some(isWrong)) process.exitCode = 1;
  } finally {
    await browser.close();
    server.close();
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
