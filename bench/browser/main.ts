// npm run bench:browser: the rows of npm run bench in headless Chromium, beside those of the Node that runs this.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { build as bundle } from "esbuild";
import { chromium, type Browser, type Page } from "playwright-core";
import { builds } from "../../tests/support/kernels.js";
import { CHROMIUM_ARGUMENTS, ISOLATION_HEADERS, findChromium } from "../../tests/support/browsers.js";
import type { Build } from "../../src/wasm/binary.js";
import { createCore } from "../core.js";
import { isWrong, line, rateOf, secondsOf, share, time, type Row } from "../format.js";
import { listCases, runCase } from "../run.js";
import { median, quartiles } from "../statistics.js";

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
  const { outputFiles } = await bundle({
    entryPoints: ["bench/browser/page.ts"],
    bundle: true,
    format: "esm",
    write: false,
    logLevel: "error",
  });
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    "/": [
      "text/html",
      '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">' +
        '<script type="module" src="/page.js"></script>',
    ],
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

async function openPage(browser: Browser, server: Server, options: PageOptions): Promise<Page> {
  const page = await browser.newPage();
  page.on("pageerror", (error) => console.error(error.message));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction(() => "openBenchmark" in window);
  await page.evaluate((given) => window.openBenchmark(given), options);
  return page;
}

/** The browser's row as npm run bench writes it, then Node's time and share for the same. */
function besideNode(row: Row, node: Row): string {
  const [here, there] = [secondsOf(row), secondsOf(node)];
  if (here === undefined || there === undefined)
    return `${line(row)}\n  Node: ${line(node).slice(row.name.length).trim()}`;
  const ofR = "shareOfR" in node ? `, ${share(node.shareOfR, node.quartiles, "R")}` : "";
  return `${line(row).padEnd(128)}  Node: ${time(there)}, ${(there / here).toFixed(2)} of it${ofR}`;
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  if (options.build !== "strict" && options.build !== "relaxed")
    throw new Error(`--build ${options.build}: there are strict and relaxed`);
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no chromium on the PATH: install Debian's package of that name");
  const { build, filter, all } = options as PageOptions;
  const tell = options.json ? () => {} : console.log;

  const nodeBuild = builds.includes(build) ? build : builds.at(-1)!;
  const node = { engine: `Node ${process.versions.node}`, build: nodeBuild };
  const core = await createCore(nodeBuild);
  const cases = listCases({ build: nodeBuild, core, cores: availableParallelism(), all }, filter);
  const cpu = cpus()[0]?.model ?? "unknown";
  const server = await servePage();
  const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGUMENTS] });
  try {
    const page = await openPage(browser, server, { build, filter, all });
    const engine = `Chromium ${browser.version()}`;
    tell(
      `${cpu}, ${engine}, ${build} build; after "Node:" the time of ${node.engine}, ${nodeBuild} build, ` +
        "just before, and that over Chromium's\n",
    );
    const rows: Row[] = [],
      nodeRows: Row[] = [];
    for (const each of cases) {
      nodeRows.push(await runCase(each));
      rows.push(await page.evaluate((name) => window.runCase(name), each.name));
      tell(besideNode(rows.at(-1)!, nodeRows.at(-1)!));
    }
    const coreSamples = await page.evaluate(() => [...window.coreSamples()]);
    tell(`\nR beside these rows: ${rateOf(coreSamples)}, Node's ${rateOf(core.samples)}`);
    const ofR = (samples: readonly number[]) => ({ r: median(samples), rQuartiles: quartiles(samples) });
    const document = {
      date: new Date().toISOString(),
      cpu,
      browser: { engine, build, ...ofR(coreSamples), rows },
      node: { ...node, ...ofR(core.samples), rows: nodeRows },
    };
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
