// Parts of the site, built and served by the command that people run, for a file of tests; and a browser to open them
// in.
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM_ARGUMENTS, findChromium } from "./browsers.js";
import { PATIENCE_MS } from "./patience.js";
import { startService } from "./services.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const hasChromium = findChromium() !== undefined;

export interface Site {
  /** Of the first of the parts. */
  readonly url: string;
  readonly browser: Browser;
  /** Where it was written. */
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * @param parts as `node site/build.mjs` takes them
 * @param args of Chromium, beside the usual ones
 */
export async function openSite(parts: readonly string[], args: readonly string[] = []): Promise<Site> {
  // of this worker alone: files of tests run beside each other
  const folder = `${root}.cache/site-test-${process.env.VITEST_POOL_ID ?? "0"}`;
  const server = await startService(["site/build.mjs", ...parts, "--port", "0", "--to", folder], /http:\S+(?=\s)/, {
    cwd: root,
  });
  const browser = await chromium.launch({
    executablePath: findChromium()!,
    args: [...CHROMIUM_ARGUMENTS, ...args],
  });
  return {
    url: server.said,
    browser,
    folder,
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What went wrong on the page, and what it asked of other machines. */
  readonly faults: string[];
}

/**
 * @param path from the site's address
 * @param prepare before the page is opened
 */
export async function visit(
  { browser, url }: Site,
  path: string,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  const { origin } = new URL(url);
  page.on("pageerror", ({ message }) => faults.push(message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("request", (request) => {
    const asked = request.url();
    if (!/^(data|blob):/.test(asked) && !asked.startsWith(origin)) faults.push(`asked for ${asked}`);
  });
  await prepare?.(page);
  await page.goto(new URL(path, url).href);
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
