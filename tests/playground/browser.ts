// The page in headless Chromium: built and served once a file, by the command that users run.
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGUMENTS, findChromium } from "../support/browsers.js";
import { PATIENCE_MS } from "../support/patience.js";
import { startService } from "../support/services.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Of this worker alone: files of tests run beside each other. */
const SITE = `${root}.cache/playground-test-${process.env.VITEST_POOL_ID ?? "0"}`;
export const FOLDER = `${SITE}/workshop/`;
export const hasChromium = findChromium() !== undefined;

export interface Site {
  readonly url: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function openSite(): Promise<Site> {
  const server = await startService(["site/build.mjs", "workshop", "--port", "0", "--to", SITE], /http:\S+(?=\s)/, {
    cwd: root,
  });
  const browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
  return {
    url: server.said,
    browser,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** The spiral, on which most tests train. */
export const SPIRAL = "#data=spiral";

/** The buttons of units that are dead. */
export const DEAD_BUTTONS = '#units button[aria-label*="dead since step"]';

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong on the page, and what it asked of other machines. */
  readonly faults: string[];
}

export async function visit(
  { browser, url }: Site,
  hash = SPIRAL,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<unknown>,
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

/** For `prepare`: notes all that is written on canvases. */
export const recordTexts = (page: Page): Promise<unknown> =>
  page.addInitScript(() => {
    const written: string[] = [];
    Object.assign(globalThis, { written });
    const write = CanvasRenderingContext2D.prototype.fillText;
    CanvasRenderingContext2D.prototype.fillText = function (...given) {
      written.push(given[0]);
      return write.apply(this, given);
    };
  });

/** What was written since the page was opened, in order. */
export const writtenTexts = (page: Page): Promise<string[]> =>
  page.evaluate(() => (globalThis as unknown as { written: string[] }).written);
