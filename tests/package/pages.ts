// Static pages over http, and what they show in Chromium.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE_MS } from "../support/patience.js";

export const TYPES: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** Plain static files on a port of the system's choice, each with these headers. */
async function serve(folder: string, headers: Readonly<Record<string, string>>): Promise<Server> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const file = join(folder, path === "/" ? "index.html" : path);
    try {
      const body = await readFile(file);
      response
        .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  return server;
}

/** Hands a page to `use`; fails on any error in the page, or on its console but for `allowed`. */
export async function withPage<T>(
  browser: Browser,
  url: string,
  use: (page: Page) => Promise<T>,
  allowed?: RegExp,
): Promise<T> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on(
    "console",
    (message) => message.type() === "error" && !allowed?.test(message.text()) && errors.push(message.text()),
  );
  const failed = new Promise<never>((_, reject) => {
    const watch = setInterval(() => errors.length > 0 && reject(new Error(errors.join("\n"))), 50);
    page.once("close", () => clearInterval(watch));
  });
  failed.catch(() => {});
  try {
    await page.goto(url);
    return await Promise.race([failed, use(page)]);
  } finally {
    await page.close();
  }
}

/** What the page at `url` shows in the end. */
export function show(browser: Browser, url: string, allowed?: RegExp): Promise<string> {
  const shown = async (page: Page) => (await page.textContent("body"))!.trim();
  return withPage(
    browser,
    url,
    async (page) => {
      await expect.poll(() => shown(page), { timeout: PATIENCE_MS }).not.toBe("");
      return shown(page);
    },
    allowed,
  );
}

/** Serves `folder` while `use` runs. */
export async function withServer<T>(
  folder: string,
  use: (origin: string) => Promise<T>,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const server = await serve(folder, headers);
  try {
    return await use(`http://localhost:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
  }
}
