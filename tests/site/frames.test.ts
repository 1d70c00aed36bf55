// Every figure by itself, as it stands in somebody's frame: its colours, its errors, its weight, and its rest.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { FIGURES } from "../../site/figures/list.js";
import { runAxe } from "../support/axe.js";
import { PATIENCE_MS } from "../support/patience.js";
import { hasChromium, openSite, type Site, visit } from "../support/site.js";

let site: Site;

interface Counts {
  frames: number;
  replies: number;
  /** Turns of the event loop that workers ask for. */
  turns: number;
}

/** Written before a worker's own program. */
const TURN_COUNTER = `
  self.turns = 0;
  const set = self.setTimeout;
  self.setTimeout = (...given) => (self.turns++, set(...given));
  const post = MessagePort.prototype.postMessage;
  MessagePort.prototype.postMessage = function (...given) { self.turns++; return post.apply(this, given); };
`;

/** Counts the frames that a page asks for, and what its workers say and do. */
async function countWork(page: Page): Promise<void> {
  await page.route("**/assets/*worker.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${TURN_COUNTER}${await response.text()}` });
  });
  await page.addInitScript(() => {
    const counts = { frames: 0, replies: 0 };
    const ask = globalThis.requestAnimationFrame.bind(globalThis);
    Object.assign(globalThis, {
      counts,
      requestAnimationFrame: (act: FrameRequestCallback) => ask((now) => (counts.frames++, act(now))),
      Worker: class extends Worker {
        constructor(url: URL, options: WorkerOptions) {
          super(url, options);
          this.addEventListener("message", () => counts.replies++);
        }
      },
    });
  });
}

async function countsOf(page: Page): Promise<Counts> {
  const counts = await page.evaluate(() => (globalThis as unknown as { counts: Omit<Counts, "turns"> }).counts);
  const turns = await Promise.all(
    page.workers().map((worker) => worker.evaluate(() => (globalThis as unknown as { turns: number }).turns)),
  );
  return { ...counts, turns: turns.reduce((sum, each) => sum + each, 0) };
}

/** What was done in so many milliseconds. */
async function workIn(page: Page, milliseconds: number): Promise<Counts> {
  const before = await countsOf(page);
  await page.waitForTimeout(milliseconds);
  const after = await countsOf(page);
  const [frames, replies] = [after.frames - before.frames, after.replies - before.replies];
  return { frames, replies, turns: after.turns - before.turns };
}

const NOTHING: Counts = { frames: 0, replies: 0, turns: 0 };
const LIGHT_PAPER = "rgb(251, 250, 246)";
const FRAME = { viewport: { width: 640, height: 400 } };

/** Moves the figure far below the screen, or back. */
const setOutOfSight = (page: Page, isOut: boolean): Promise<void> =>
  page.evaluate((out) => {
    document.body.style.cssText = out ? "padding-top: 5000px; overflow-anchor: none" : "";
    scrollTo(0, 0);
  }, isOut);

const isWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** Runs it by its first button, or by a click into the picture. */
async function start(page: Page): Promise<void> {
  const button = page.locator(".figure button.primary:enabled >> visible=true");
  if ((await button.count()) > 0) await button.first().click();
  else {
    const canvas = page.locator(".figure canvas").first();
    const { width, height } = (await vi.waitUntil(() => canvas.boundingBox(), { timeout: PATIENCE_MS }))!; // it may just be replaced
    await canvas.click({ position: { x: Math.min(90, width / 2), y: Math.min(60, height / 2) } });
  }
}

const open = (number: number, query: string, options: BrowserContextOptions) =>
  visit(site, `../${number}/${query}`, options, countWork);

/** The figure stands, and says something. */
const isDrawn = (page: Page) =>
  page.waitForFunction(() => {
    const figure = document.querySelector(".figure");
    return figure?.querySelector("canvas, svg, table") && figure.textContent!.trim().length > 40;
  });

describe.skipIf(!hasChromium)("figures in frames", () => {
  beforeAll(async () => {
    site = await openSite(["figures"]);
  });
  afterAll(() => site?.close());

  test.each(FIGURES)("$number, $title: rests out of sight while it runs; axe; a phone", async ({ number }) => {
    await using visitor = await open(number, "?theme=light", { ...FRAME, colorScheme: "dark", bypassCSP: true });
    const { page, faults } = visitor;
    await isDrawn(page);
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)).toBe(LIGHT_PAPER);
    expect(await runAxe(page)).toEqual([]);
    const { frames } = await countsOf(page);
    await start(page);
    await expect.poll(async () => (await countsOf(page)).frames).toBeGreaterThan(frames);
    await setOutOfSight(page, true);
    // what was on its way has come
    await expect.poll(() => workIn(page, 600), { timeout: PATIENCE_MS }).toEqual(NOTHING);
    await setOutOfSight(page, false);
    await page.setViewportSize({ width: 390, height: 700 });
    await page.waitForTimeout(50);
    expect(await isWide(page)).toBe(false);
    expect(faults).toEqual([]);
  });

  test.each([
    ["engine", "worker.js", 1],
    ["data", "digits.bin", 7],
  ])("a figure whose %s cannot be loaded says so in its place", async (_what, file, number) => {
    const noFile = (page: Page) => page.route(`**/assets/${file}`, (route) => route.abort());
    await using visitor = await visit(site, `../${number}/`, FRAME, noFile);
    expect(await visitor.page.textContent('.figure [role="alert"]')).toMatch(/^This figure has stopped/);
  });

  test("a figure without WebAssembly says so in words", async () => {
    const without = (page: Page) =>
      page.route("**/assets/worker.js", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: `delete globalThis.WebAssembly; ${await response.text()}` });
      });
    await using visitor = await visit(site, "", FRAME, without);
    expect(await visitor.page.textContent('.figure [role="alert"]')).toMatch(
      /^This figure has stopped: expected this engine to have WebAssembly.*[^.]\.$/,
    );
  });

  test("opened as a file it says that it needs a server", async () => {
    await using visitor = await visit(site, `file://${site.folder}/f/1/index.html`, FRAME);
    await visitor.page.waitForSelector('.waiting:has-text("it does not run from a file")'); // once it is visible
  });

  test("figure 3 under reduced motion: stands at the first death; a unit that has the focus is told of", async () => {
    await using visitor = await open(3, "", { ...FRAME, reducedMotion: "reduce" });
    const { page, faults } = visitor;
    await page.waitForSelector('.units .dead:has-text("dead")');
    await page.waitForSelector('.primary:has-text("Run")');
    await page.focus('.units button:has-text("7")');
    const words = () => page.textContent(".beside > p:last-child");
    await expect.poll(words).toMatch(/unit 7 in layer 1 .* step 224/);
    await page.keyboard.press("Shift+Tab");
    await expect.poll(words).toMatch(/^Unit 6 is open on [\d.]+.% of the samples/);
    expect(faults).toEqual([]);
  });

  test("figure 5: the unit that lost most first; arrow keys train it again at another rate", async () => {
    await using visitor = await open(5, "", FRAME);
    const { page, faults } = visitor;
    await page.waitForSelector('.if p:has-text("step 3 at a rate of 0.62")');
    await expect
      .poll(() => page.textContent(".sentence"))
      .toMatch(/^Step 3 took most of the rows that open unit 7 in layer 2/);
    await page.focus(".what-if input");
    await page.keyboard.press("ArrowLeft");
    await page.waitForSelector('.if p:has-text("step 3 at a rate of 0.6 ")');
    await page.focus(".chips button:not([aria-pressed=true])");
    await page.keyboard.press("Enter");
    await page.waitForSelector('.sentence:has-text("unit 1 in layer 2")');
    expect(faults).toEqual([]);
  });

  test("figure 7: nothing is trained until it is run; Enter runs it and pauses it", async () => {
    await using visitor = await open(7, "", FRAME);
    const { page, faults } = visitor;
    await page.waitForSelector('p:has-text("375 digits")');
    expect(await page.isVisible(".hundred-tasks table")).toBe(false);
    await page.focus(".primary");
    await page.keyboard.press("Enter");
    await page.waitForSelector('p:text-matches("^Task [1-9][0-9]* of 100")');
    await page.keyboard.press("Enter");
    await page.waitForSelector('.primary:has-text("Run")');
    await expect.poll(() => workIn(page, 300), { timeout: PATIENCE_MS }).toEqual(NOTHING);
    expect(await page.textContent("tbody tr:first-child td")).toMatch(/%$/);
    expect(faults).toEqual([]);
  });

  test("what figure 1 loads, its worker included, is less than 98 KiB gzipped", async () => {
    const paths = new Set<string>();
    const note = async (page: Page) =>
      page.context().on("request", (request) => paths.add(new URL(request.url()).pathname));
    await using visitor = await visit(site, "", FRAME, note);
    await visitor.page.waitForSelector('.said:has-text("samples")');
    const loaded = await visitor.page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    const parts = loaded.flatMap((name) => /part-\w+\.js$/.exec(name) ?? []);
    const [html, program] = ["f/1/index.html", "assets/worker.js"].map((name) =>
      readFileSync(`${site.folder}/${name}`, "utf8"),
    );
    expect(parts.length).toBeGreaterThan(4);
    const late = parts.filter((name) => !html.includes(name)); // what the page does not name waits for another
    expect(late.filter((name) => !program.includes(name))).toEqual([]);
    const [worker] = visitor.page.workers(); // whose own imports its page does not hear of
    const imports = await worker.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
    for (const url of imports) paths.add(new URL(url).pathname);
    const weigh = (path: string) =>
      gzipSync(readFileSync(site.folder + path.replace(/\/$/, "/index.html")), { level: 9 }).length;
    expect([...paths].filter((path) => path.endsWith("/worker.js"))).toHaveLength(1);
    const all = [...paths].reduce((sum, path) => sum + weigh(path), 0);
    expect(all).toBeGreaterThan(40 * 1024);
    expect(all).toBeLessThan(98 * 1024);
  });
});
