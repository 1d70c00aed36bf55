// How the page looks, in Chromium: at all widths, in the dark, its type, its names and how it counts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { hasChromium, openSite, recordTexts, type Site, SPIRAL, visit, waitForStep, writtenTexts } from "./browser.js";
import { PATIENCE_MS } from "../support/patience.js";

let site: Site;
const DEAD = "#rate=1.4&seed=3&step=855";

async function visitDead(options: Parameters<typeof visit>[2]): Promise<Awaited<ReturnType<typeof visit>>> {
  const visitor = await visit(site, DEAD, options);
  await visitor.page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 855,"));
  await visitor.page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.includes("dead"));
  return visitor;
}

const boxOf = async (page: Page, selector: string) => (await page.locator(selector).boundingBox())!;

/** The colour of a canvas's pixel at a share of a unit's square, as its mean of red, green and blue. */
function brightness(page: Page, unit: number, across: number, down: number): Promise<number> {
  return page.evaluate(
    ([index, x, y]) => {
      const canvas = document.querySelector<HTMLCanvasElement>("#network-stage canvas")!;
      const square = document.querySelectorAll("#units button")[index].getBoundingClientRect();
      const stage = canvas.getBoundingClientRect();
      const { data } = canvas
        .getContext("2d")!
        .getImageData(square.left - stage.left + x * square.width, square.top - stage.top + y * square.height, 1, 1);
      return (data[0] + data[1] + data[2]) / 3;
    },
    [unit, across, down],
  );
}

describe.skipIf(!hasChromium)("the page", () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site?.close());

  describe("the chosen unit's panel", () => {
    test.each([
      ["1440 x 900", { width: 1440, height: 900 }],
      ["1280 x 720", { width: 1280, height: 720 }],
      ["1440 x 900 at 150 %", { width: 960, height: 600 }],
      ["a frame of 800 x 500", { width: 800, height: 500 }],
    ])("stands beside the network at %s, and nothing lies over anything", async (_what, viewport) => {
      await using visitor = await visitDead({ viewport });
      const { page } = visitor;
      const [network, panel] = [await boxOf(page, "#network-stage"), await boxOf(page, "#unit")];
      expect(panel.x).toBeGreaterThanOrEqual(network.x + network.width);
      expect(panel.x + panel.width).toBeLessThanOrEqual(viewport.width);
      expect(Math.abs(panel.y - network.y)).toBeLessThan(60);
      expect(network.width).toBeGreaterThan(330);
      const [histogram, cures] = [
        await boxOf(page, "#unit canvas >> nth=0"),
        await boxOf(page, "#unit .remedy >> nth=0"),
      ];
      expect(histogram.y + histogram.height).toBeLessThanOrEqual(cures.y);
      expect(histogram.x + histogram.width).toBeLessThanOrEqual(panel.x + panel.width);
      await page.evaluate(() => window.scrollTo(0, 400)); // it stays
      const [later] = [await boxOf(page, "#unit")];
      expect(later.y).toBeGreaterThanOrEqual(-1);
      expect(later.y).toBeLessThan(viewport.height / 2);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    });

    test("on a phone is a sheet: its title first, all of it when a unit is tapped, the network above it", async () => {
      const viewport = { width: 390, height: 844 };
      await using visitor = await visitDead({ viewport, hasTouch: true });
      const { page } = visitor;
      expect(await page.isVisible("#unit h2")).toBe(true);
      expect(await page.isVisible("#unit canvas")).toBe(false);
      await page.locator("#units button:nth-child(3)").tap();
      await page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.startsWith("Layer 1, unit 3"));
      const [network, sheet, transport] = [
        await boxOf(page, "#network-stage"),
        await boxOf(page, "#unit"),
        await boxOf(page, ".transport"),
      ];
      expect(await page.isVisible("#unit canvas")).toBe(true);
      expect(network.y).toBeGreaterThanOrEqual(0);
      expect(network.y + network.height).toBeLessThanOrEqual(sheet.y + 24);
      expect(sheet.y + sheet.height).toBeLessThanOrEqual(transport.y + 1);
      await page.keyboard.press("Tab");
      await page.locator("#unit-toggle").tap();
      expect(await page.isVisible("#unit canvas")).toBe(false);
      expect(await page.getAttribute("#unit-toggle", "aria-expanded")).toBe("false");
    });
  });

  test("in the dark the living glow and the dead sink into the ground", async () => {
    await using visitor = await visitDead({ colorScheme: "dark", reducedMotion: "reduce" });
    const { page } = visitor;
    const labels = await page.locator("#units button").evaluateAll((all) => all.map((each) => each.ariaLabel!));
    const ground = await page.evaluate(() =>
      getComputedStyle(document.documentElement)
        .backgroundColor.match(/\d+/g)!
        .reduce((sum, value) => sum + Number(value) / 3, 0),
    );
    const dead = labels.findIndex((label) => label.includes("dead"));
    const living = labels.flatMap((label, index) => (label.includes("dead") ? [] : [index]));
    expect(await brightness(page, dead, 0.1, 0.1)).toBeLessThanOrEqual(ground);
    expect(await brightness(page, dead, 0.004, 0.5)).toBeLessThan(ground + 30); // no bright edge
    for (const index of living) expect(await brightness(page, index, 0.004, 0.5)).toBeGreaterThan(ground + 60);
  });

  test("its words are of 15 pixels", async () => {
    await using visitor = await visitDead({});
    const share = await visitor.page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      let [small, all] = [0, 0];
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement!;
        const length = walker.currentNode.textContent!.trim().length;
        if (length === 0 || parent.closest("[hidden], .unseen, script, style, option")) continue;
        all += length;
        if (Number.parseFloat(getComputedStyle(parent).fontSize) < 15) small += length;
      }
      return small / all;
    });
    expect(share).toBeLessThan(0.02);
  });

  test("it counts from 1, and says what a unit, a preactivation and ReLU are", async () => {
    await using visitor = await visitDead({});
    const { page } = visitor;
    await page.click("#notes summary");
    const text = (await page.evaluate(() => document.body.innerText)).toLowerCase();
    expect(text).not.toMatch(/\b(layer|unit) 0\b/);
    expect(text).toMatch(/layer 1, unit \d/);
    const labels = await page.locator("#units button").evaluateAll((all) => all.map((each) => each.ariaLabel!));
    expect(labels[0]).toMatch(/^layer 1, unit 1:/);
    expect(labels.at(-1)).toMatch(/^layer 2, unit 8:/);
    for (const word of ["Unit", "Preactivation", "ReLU"]) expect(await page.textContent("#notes dl")).toContain(word);
  });

  test("the register tells who came back, in list and table", async () => {
    await using visitor = await visitDead({});
    const { page } = visitor;
    await page.click('#unit button[aria-label="Apply: Lift the bias"]');
    await page.waitForFunction(() => /of them came back/.test(document.querySelector("#notes summary")!.textContent!));
    await page.click("#notes summary");
    await page.waitForFunction(() =>
      /brought back \(bias lifted\) at step 855/.test(document.querySelector("#notes .deaths")!.textContent!),
    );
    await page.selectOption("#speed", "600");
    await page.click("#run");
    await waitForStep(page, 1200);
    await page.waitForFunction(() =>
      /At step 855 \(bias lifted\): \d+ dead, accuracy .* died again/.test(
        document.querySelector("#unit .outcome")!.textContent!,
      ),
    );
  });

  test("columns of a table stand in the network by their names", async () => {
    await using visitor = await visit(site, SPIRAL, { viewport: { width: 1440, height: 900 } }, recordTexts);
    const { page } = visitor;
    const rows = Array.from({ length: 40 }, (_, i) => `${20000 + 2000 * i},${i % 7},${i % 2 === 0 ? "yes" : "no"}`);
    const buffer = Buffer.from(`income,children,owner\n${rows.join("\n")}\n`);
    await page.setInputFiles('input[type="file"]', { name: "t.csv", mimeType: "text/csv", buffer });
    await expect.poll(() => writtenTexts(page), { timeout: PATIENCE_MS }).toContain("income");
    const written = await writtenTexts(page);
    expect(written).toContain("children");
    expect(written).not.toContain("x0");
  });
});
