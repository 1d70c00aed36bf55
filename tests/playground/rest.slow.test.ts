// The page at rest, in another page's frame, and as a link: in Chromium.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, openSite, type Site, SPIRAL, stepOf, visit, waitForStep } from "./browser.js";

let site: Site;

/** Counts on the page what keeps a processor busy: frames, timers, and messages either way. */
async function countWork(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const counts: Record<string, number> = {};
    Object.assign(globalThis, { counts });
    const count = (name: string) => (counts[name] = (counts[name] ?? 0) + 1);
    const request = globalThis.requestAnimationFrame;
    globalThis.requestAnimationFrame = (act) => {
      count("frames");
      return request(act);
    };
    const timeout = globalThis.setTimeout;
    globalThis.setTimeout = ((...given: Parameters<typeof setTimeout>) => {
      count("timeouts");
      return timeout(...given);
    }) as typeof setTimeout;
    const interval = globalThis.setInterval;
    globalThis.setInterval = ((act: () => void, ms: number) =>
      interval(() => {
        count("intervals");
        act();
      }, ms)) as typeof setInterval;
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (this: Worker, ...given: [never]) {
      count("messages");
      return post.apply(this, given);
    };
  });
  await page.route("**/engine.js", async (route) => {
    const response = await route.fetch();
    const counter =
      "const set = self.setTimeout; self.work = 0; self.setTimeout = (...given) => (self.work++, set(...given));" +
      "const post = MessagePort.prototype.postMessage;" +
      "MessagePort.prototype.postMessage = function (...given) { self.work++; return post.apply(this, given); };";
    await route.fulfill({ response, body: `${counter}\n${await response.text()}` });
  });
}

async function workOf(page: Page): Promise<Record<string, number>> {
  const counts = await page.evaluate(() => ({
    ...(globalThis as unknown as { counts: Record<string, number> }).counts,
  }));
  const worker = await page.workers()[0].evaluate(() => (globalThis as unknown as { work: number }).work);
  return { ...counts, worker };
}

/** A last diagnosis, and the watch on the engine's answers, end within a few seconds; then there is nothing. */
async function expectRest(page: Page): Promise<void> {
  let before = await workOf(page);
  let after = before;
  for (let looks = 0; looks < 6; looks++) {
    before = after;
    await page.waitForTimeout(1200);
    after = await workOf(page);
    if (JSON.stringify(after) === JSON.stringify(before)) return;
  }
  expect(after).toEqual(before);
}

describe.skipIf(!hasChromium)("the page", () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site?.close());

  describe("does nothing while nothing changes", () => {
    test("paused: no frame, no timer, no message, in page and worker; and wakes up", async () => {
      await using visitor = await visit(site, SPIRAL, {}, countWork);
      const { page, faults } = visitor;
      await waitForStep(page, 330); // units have died, and one is chosen
      const running = await workOf(page);
      expect(running.frames).toBeGreaterThan(20);
      expect(running.messages).toBeGreaterThan(20);
      expect(running.worker).toBeGreaterThan(20);
      await page.click("#run");
      await expectRest(page);
      const paused = await stepOf(page);
      await page.click("#step");
      await waitForStep(page, paused + 1);
      await expectRest(page);
      await page.hover("#units button:nth-child(3)");
      await page.waitForFunction(() => document.querySelector("#output-legend")!.textContent!.startsWith("Layer 1"));
      await page.click("#units button:nth-child(3)");
      await page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.startsWith("Layer 1, unit 3"));
      await page.mouse.move(2, 2);
      await expectRest(page);
      await page.click("#run");
      await waitForStep(page, paused + 20);
      expect(faults).toEqual([]);
    });

    test("after a comparison was started while it was paused, and after a cure", async () => {
      await using visitor = await visit(site, "#rate=1.4&seed=3&step=855&show=discrete-heldOut-layers", {}, countWork);
      const { page } = visitor;
      await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 855,"));
      await page.click('#unit button[aria-label^="Compare"][aria-label*="Leaky"]');
      await page.waitForFunction(() => /Twin, Leaky ReLU/.test(document.querySelector("#output-stage")!.textContent!));
      await expectRest(page);
      await page.click('#unit button[aria-label="Apply: Recycle"]');
      await page.waitForFunction(() => /before, \d+ after/.test(document.querySelector("#unit")!.textContent!));
      await expectRest(page);
    });

    test("where the training has diverged", async () => {
      await using visitor = await visit(site, "#data=regression&rate=100", {}, countWork);
      await visitor.page.waitForFunction(() =>
        document.querySelector("#status")!.textContent!.includes("no longer finite"),
      );
      await expectRest(visitor.page);
    });
  });

  describe("in another page's frame", () => {
    async function embed(query: string): Promise<{ url: string; close(): void }> {
      const outer = createServer((_request, response) => {
        const frame = `<iframe src="${site.url}${query}" width="900" height="700" title="playground"></iframe>`;
        response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html><title>outer</title>${frame}`);
      });
      await new Promise<void>((resolve) => outer.listen(0, "localhost", resolve));
      const close = () => {
        outer.closeAllConnections();
        outer.close();
      };
      return { url: `http://localhost:${(outer.address() as AddressInfo).port}/`, close };
    }

    test("changes leave the reader's history alone; hidden controls are hidden; the way out has all", async () => {
      const outer = await embed(`?hide=title,share,example${SPIRAL}`);
      try {
        await using context = await site.browser.newContext({ viewport: { width: 1000, height: 800 } });
        const page = await context.newPage();
        await page.goto(outer.url);
        const frame = page.frameLocator("iframe");
        await frame.locator("#status", { hasText: "step" }).waitFor();
        const length = await page.evaluate(() => history.length);
        await frame.locator("#data").selectOption("circle");
        await frame.locator("#open-settings").click();
        await frame.locator("#settings label:has-text('Seed') input").fill("9");
        await frame.locator("#settings label:has-text('Seed') input").press("Tab");
        await frame.locator("#settings label:has-text('Activation') select").selectOption("elu");
        await frame.locator("#status", { hasText: "step" }).waitFor();
        expect(await page.evaluate(() => history.length)).toBe(length);
        for (const hidden of ["h1", "#open-share", "#preset"])
          expect(await frame.locator(hidden).isVisible()).toBe(false);
        for (const shown of ["#run", "#data", "#unit"]) expect(await frame.locator(shown).isVisible()).toBe(true);
        const link = frame.locator(".extras a");
        await link.focus();
        expect(await link.getAttribute("href")).toBe(`${site.url}#data=circle&activation=elu&seed=9`);
      } finally {
        outer.close();
      }
    });

    test("out of sight it pauses", async () => {
      const outer = await embed(SPIRAL);
      try {
        await using context = await site.browser.newContext({ viewport: { width: 1000, height: 800 } });
        const page = await context.newPage();
        await page.goto(outer.url);
        const status = page.frameLocator("iframe").locator("#status");
        await status.filter({ hasText: /step [1-9]/ }).waitFor();
        await page.evaluate(() => {
          document.body.style.paddingTop = "3000px";
        });
        await page.waitForTimeout(500);
        const left = await status.textContent();
        await page.waitForTimeout(700);
        expect(await status.textContent()).toBe(left);
        await page.evaluate(() => {
          document.body.style.paddingTop = "0";
        });
        await page.waitForTimeout(700);
        expect(await status.textContent()).not.toBe(left);
      } finally {
        outer.close();
      }
    });

    test("a part that no page has is named", async () => {
      await using visitor = await visit(site, `?hide=moon${SPIRAL}`);
      expect(await visitor.page.textContent("#error-message")).toContain("hide=moon");
    });
  });

  describe("every state is a link", () => {
    test("a cure and the step it was paused at come back with the link, to the digit", async () => {
      await using visitor = await visit(site, "#rate=1.4&seed=3&step=855");
      const { page } = visitor;
      await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 855,"));
      expect(await page.textContent("#run")).toBe("Run");
      await page.click('#unit button[aria-label="Apply: Recycle"]');
      await page.waitForFunction(() => location.hash.includes("855:recycle"));
      await page.click("#open-settings");
      await page.focus('#settings .rate input[type="range"]');
      await page.keyboard.press("ArrowLeft");
      await page.waitForFunction(() => location.hash.includes("855:rate"));
      for (let i = 1; i <= 3; i++) {
        await page.click("#step");
        await waitForStep(page, 855 + i);
      }
      await page.waitForFunction(() => location.hash.endsWith("step=858"));
      const shown = () => page.evaluate(() => document.querySelector("#charts")!.textContent);
      const before = await shown();
      const url = page.url();
      await page.goto("about:blank");
      await page.goto(url);
      await page.waitForFunction(() => document.querySelector("#status")?.textContent?.startsWith("step 858,"));
      expect(await shown()).toBe(before);
      expect(page.url()).toBe(url);
    });

    test("a rate that is changed while it trains starts nothing anew", async () => {
      await using visitor = await visit(site);
      const { page } = visitor;
      await waitForStep(page, 60);
      await page.click("#open-settings");
      await page.focus('#settings .rate input[type="range"]');
      await page.keyboard.press("ArrowLeft");
      await page.waitForFunction(() => /rate 0\.7/.test(document.querySelector("#status")!.textContent!));
      expect(await stepOf(page)).toBeGreaterThanOrEqual(60);
      expect(new URL(page.url()).hash).toMatch(/^#data=spiral&changes=\d+:rate:0\.7/);
    });

    test("one that goes far can be stopped on the way", async () => {
      await using visitor = await visit(site, "#data=digits&layers=64-64&step=1000000");
      const { page } = visitor;
      await page.waitForFunction(() =>
        document.querySelector("#status")!.textContent!.includes("going to step 1,000,000"),
      );
      await page.click("#run");
      await page.waitForFunction(() =>
        /^step [\d,]+, epoch \d+, rate 0.8$/.test(document.querySelector("#status")!.textContent!),
      );
      expect(await page.textContent("#run")).toBe("Run");
    });
  });
});
