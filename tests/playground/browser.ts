// The page in headless Chromium: built and served once a file, by the command that users run.
import type { BrowserContextOptions, Page } from "playwright-core";
import { expect } from "vitest";
import { PATIENCE_MS } from "../support/patience.js";
import { hasChromium, openSite as openParts, type Site, type Visit, visit as open } from "../support/site.js";

export { hasChromium, type Site };

export const openSite = (): Promise<Site> => openParts(["workshop"]);

/** The spiral, on which most tests train. */
export const SPIRAL = "#data=spiral";

/** The buttons of units that are dead. */
export const DEAD_BUTTONS = '#units button[aria-label*="dead since step"]';

export async function visit(
  site: Site,
  hash = SPIRAL,
  options: BrowserContextOptions = {},
  prepare?: (page: Page) => Promise<unknown>,
): Promise<Visit> {
  const visitor = await open(site, hash, options, prepare);
  await visitor.page.waitForFunction(() => /step \d/.test(document.querySelector("#status")?.textContent ?? ""));
  return visitor;
}

/** What a part of the page says, now or soon: frames and messages of the engine come when they come. */
export const saysSoon = (page: Page, part: string, pattern: RegExp): Promise<void> =>
  expect.poll(() => page.textContent(part), { timeout: PATIENCE_MS }).toMatch(pattern);

/** For `prepare`: all that the engine sends comes so much later. */
export const delayEngine = (page: Page, milliseconds: number): Promise<unknown> =>
  page.addInitScript((delay) => {
    const Original = Worker;
    const isLate = new WeakSet<object>();
    globalThis.Worker = class extends Original {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        this.addEventListener("message", (event) => {
          if (isLate.has(event.data)) return;
          event.stopImmediatePropagation();
          isLate.add(event.data);
          setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data: event.data })), delay);
        });
      }
    };
  }, milliseconds);

/** The step that the page shows. */
export async function stepOf(page: Page): Promise<number> {
  const text = (await page.textContent("#status")) ?? "";
  return Number(/step ([\d,]+)/.exec(text)![1].replaceAll(",", ""));
}

/** The step at which a training that is asked to pause comes to rest. */
export async function stepAtRest(page: Page): Promise<number> {
  for (let look = 0, before = -1, equal = 0; look < 100; look++) {
    const step = await stepOf(page);
    equal = step === before ? equal + 1 : 0;
    if (equal === 4) return step; // a frame may be long on its way where the machine is busy
    before = step;
    await page.waitForTimeout(250);
  }
  throw new Error("the training goes on");
}

/** @throws Error that says what the page shows instead */
export async function waitForStep(page: Page, least: number): Promise<void> {
  try {
    await page.waitForFunction(
      (step) =>
        Number(/step ([\d,]+)/.exec(document.querySelector("#status")!.textContent!)![1].replaceAll(",", "")) >= step,
      least,
    );
  } catch (cause) {
    const shown = await Promise.all(["#status", "#run", "#error-message"].map((part) => page.textContent(part)));
    throw new Error(`step ${least} does not come: ${shown.join(" | ")}`, { cause });
  }
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
