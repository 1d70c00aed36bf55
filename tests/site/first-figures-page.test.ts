// Figures 1 and 2 as people use them, in Chromium: by buttons, by keyboard, by dragging.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, openSite, type Site, visit } from "../support/site.js";

let site: Site;

const said = (page: Page, pattern: RegExp) =>
  page.waitForFunction(
    (source) => new RegExp(source).test(document.querySelector(".said")?.textContent ?? ""),
    pattern.source,
  );

const FRAME = { viewport: { width: 640, height: 400 } };
const AT_ONCE = { ...FRAME, reducedMotion: "reduce" as const };

describe.skipIf(!hasChromium)("the first two figures", () => {
  beforeAll(async () => {
    site = await openSite(["figures"]);
  });
  afterAll(() => site?.close());

  test("one unit: the fatal step, what it trains on to, a huge step, over again", async () => {
    await using visitor = await visit(site, "", AT_ONCE);
    const { page, faults } = visitor;
    await said(page, /all above 0: the unit is open.* moves it by \u2212[0]\.198/);
    await page.click("text=Take the step");
    await said(page, /Closed on every sample, permanently\. The loss fell all the same, 0\.247 → 0\.0422/);
    await page.keyboard.press("Enter"); // the button that was clicked now trains on
    await said(page, /1,000 ordinary steps on.* ReLU has not moved at all: loss 0\.0038\. Sigmoid learns/);
    await page.click("text=Try a step");
    expect(await page.textContent(".slider output >> nth=1")).toBe("3");
    await said(page, /by \u2212[2]\.97/);
    await page.keyboard.press("Enter");
    await said(page, /The loss rose, 0\.247 → 6\.66/);
    expect(faults).toEqual([]);
  });

  test("one unit: a step that is asked for before the engine knows of its rate is the one at that rate", async () => {
    await using visitor = await visit(site, "", AT_ONCE);
    const { page, faults } = visitor;
    await said(page, /all above 0/);
    await page.evaluate(() => {
      const rate = document.querySelectorAll("input")[1];
      rate.value = rate.max;
      rate.dispatchEvent(new Event("input"));
      document.querySelector<HTMLElement>(".primary")!.click();
    });
    await said(page, /The loss rose, 0\.247 → 20\.8/);
    expect(await page.textContent(".relu .loss")).toBe("loss 21");
    expect(faults).toEqual([]);
  });

  test("one unit: the hump is dragged, and the bias follows; its slider does the same by keyboard", async () => {
    await using visitor = await visit(site, "", AT_ONCE);
    const { page, faults } = visitor;
    await said(page, /all above 0/);
    const bias = () => page.textContent(".slider output >> nth=0");
    const { x, y, width, height } = (await page.locator(".relu canvas").boundingBox())!;
    await page.mouse.move(x + width * 0.75, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.25, y + height / 2, { steps: 4 });
    await page.mouse.up();
    await said(page, /none above 0: the unit is closed/);
    expect(await bias()).toBe("\u22120.1");
    await page.focus("input >> nth=0");
    for (let press = 0; press < 10; press++) await page.keyboard.press("ArrowRight");
    expect(await bias()).toBe("0");
    await said(page, /\d+ of them above 0/);
    expect(faults).toEqual([]);
  });

  test("the region of no return: a start by click and by arrow keys, another rate, paths kept and cleared", async () => {
    await using visitor = await visit(site, "../2/", AT_ONCE);
    const { page, faults } = visitor;
    await said(page, /step 1 leaps into the wedge.* Striped/);
    const canvas = page.locator(".plane canvas");
    const { width, height } = (await canvas.boundingBox())!;
    await canvas.click({ position: { x: width * 0.7, y: height * 0.4 } });
    await said(page, /open on 2\d\d of 240 samples/);
    const handle = page.locator('[role="slider"]');
    const before = await handle.getAttribute("aria-valuetext");
    await page.keyboard.press("ArrowDown"); // the handle has the focus
    await expect.poll(() => handle.getAttribute("aria-valuetext")).not.toBe(before);
    for (let press = 0; press < 22; press++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.click("text=Clear the paths");
    await page.waitForSelector("text=Clear the paths", { state: "hidden" });
    const share = await page.textContent(".said span >> nth=1");
    await page.focus("input");
    for (let press = 0; press < 4; press++) await page.keyboard.press("ArrowRight");
    await page.waitForFunction((old) => document.querySelectorAll(".said span")[1].textContent !== old, share);
    expect(faults).toEqual([]);
  });
});
