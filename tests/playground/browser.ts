// The page in headless Chromium: built and served once a file, by the command that users run.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGUMENTS, findChromium } from "../support/browsers.js";
import { PATIENCE_MS } from "../support/patience.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const FOLDER = `${root}.cache/playground-test/`;
export const hasChromium = findChromium() !== undefined;

export interface Site {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

async function addressOf(server: ChildProcess): Promise<string> {
  let said = "";
  for await (const chunk of server.stdout!) {
    said += String(chunk);
    const found = /http:\S+/.exec(said);
    if (found) return found[0];
  }
  throw new Error(`the server did not start: ${said}`);
}

export async function openSite(): Promise<Site> {
  const server = spawn(process.execPath, ["site/build.mjs", "--port", "0", "--to", FOLDER], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await addressOf(server);
  const browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  return {
    url,
    browser,
    close: async () => {
      await browser.close();
      server.kill();
      await once(server, "exit");
    },
  };
}

/** The spiral, on which most tests train. */
export const SPIRAL = "#data=spiral";

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong on the page, and what it asked of other machines. */
  readonly faults: string[];
}

export async function visit(
  { browser, url }: Site,
  hash = SPIRAL,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<void>,
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", ({ message }) => faults.push(message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on(
    "request",
    (request) =>
      !/^(data|blob):/.test(request.url()) &&
      !request.url().startsWith(url) &&
      faults.push(`asked for ${request.url()}`),
  );
  await prepare?.(page);
  await page.goto(`${url}${hash}`);
  await page.waitForFunction(() => /step \d/.test(document.querySelector("#status")?.textContent ?? ""));
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}

/** The step that the page shows. */
export async function stepOf(page: Page): Promise<number> {
  const text = (await page.textContent("#status")) ?? "";
  return Number(/step ([\d,]+)/.exec(text)![1].replaceAll(",", ""));
}

export async function waitForStep(page: Page, least: number): Promise<void> {
  await page.waitForFunction(
    (step) =>
      Number(/step ([\d,]+)/.exec(document.querySelector("#status")!.textContent!)![1].replaceAll(",", "")) >= step,
    least,
  );
}
