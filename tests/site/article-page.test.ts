// The article as people meet it, in Chromium: by keyboard, as slides, on paper, on a phone, in the dark, without
// scripts.
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runAxe } from "../support/axe.js";
import { hasChromium, openSite, type Site, visit } from "../support/site.js";

let site: Site;

const isWide = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** How much of the page is seen, by the chapters' ids. */
const shownChapters = (page: Page): Promise<string[]> =>
  page.$$eval("header, main > section", (all) =>
    all.filter((each) => each.getBoundingClientRect().height > 0).map(({ id }) => id),
  );

describe.skipIf(!hasChromium)("the article", () => {
  beforeAll(async () => {
    site = await openSite(["article", "figures"]);
  });
  afterAll(() => site?.close());

  test.each([
    ["light", {}],
    ["dark, on a phone", { colorScheme: "dark" as const, viewport: { width: 390, height: 844 } }],
  ])("axe finds nothing, and nothing is cut off: %s", async (_what, options) => {
    await using visitor = await visit(site, "", { bypassCSP: true, ...options });
    const { page, faults } = visitor;
    await page.focus("a.term >> nth=0");
    expect(await isWide(page)).toBe(false);
    expect(await runAxe(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  test("by keyboard: the way past the contents, a question, a wrong and a right answer, a term", async () => {
    await using visitor = await visit(site, "");
    const { page, faults } = visitor;
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement!.id)).toBe("content");
    await page.focus(".question input >> nth=0");
    await page.keyboard.press("Space");
    expect(await page.textContent(".question .told >> nth=0")).toMatch(/^No/);
    await page.keyboard.press("ArrowDown");
    expect(await page.textContent(".question .told >> nth=0")).toMatch(/^Right/);
    await page.focus("#exercise-fatal-rate input");
    for (const [typed, told] of [
      ["a lot", /number/],
      ["0,5", /Not yet/],
      ["0,06", /^Right/],
    ] as const) {
      await page.fill("#exercise-fatal-rate input", typed);
      await page.keyboard.press("Enter");
      expect(await page.textContent("#exercise-fatal-rate .told")).toMatch(told);
    }
    await page.focus('a.term[href="#term-dead-unit"]');
    expect(await page.textContent("#term-tip:not([hidden])")).toMatch(/^dead unit A ReLU unit whose/);
    await page.keyboard.press("Escape");
    expect(await page.isHidden("#term-tip")).toBe(true);
    expect(faults).toEqual([]);
  });

  test("slides: a piece at a time below its chapter's title, turned by arrows, at a link", async () => {
    await using visitor = await visit(site, "?slides#nowhere");
    const { page, faults } = visitor;
    expect(await shownChapters(page)).toEqual([""]); // no such place: the first
    await page.keyboard.press("ArrowRight");
    expect(await shownChapters(page)).toEqual(["network"]);
    expect(page.url()).toMatch(/\?slides#network$/);
    expect(await page.evaluate(() => getComputedStyle(document.querySelector("#network p")!).fontSize)).toBe("20px");
    expect(await page.isVisible("#demonstration")).toBe(false);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(page.url()).toMatch(/#demonstration$/);
    expect(await page.isVisible("#demonstration")).toBe(true);
    expect(await page.isVisible("#network-title")).toBe(true);
    expect(await page.isVisible("#network .question")).toBe(false);
    await page.evaluate(() => (location.hash = "#figure-3"));
    await page.waitForSelector("#figure-3");
    expect(await shownChapters(page)).toEqual(["rare"]);
    await page.evaluate(() => (location.hash = "#exercise-fatal-rate"));
    await page.waitForSelector("#exercise-fatal-rate");
    const last = Number(/ of (\d+)$/.exec((await page.textContent("nav.turn [role=status]"))!)![1]);
    expect(last).toBeGreaterThan(50);
    await page.keyboard.press("Home");
    await page.click('nav.turn button:has-text("Next")');
    for (let i = 2; i < last; i++) await page.keyboard.press("PageDown"); // quicker than clicks
    expect(await shownChapters(page)).toEqual(["sources"]);
    expect(faults).toEqual([]);
  });

  test("slides: a control keeps its arrows, but not PageDown; a choice by mouse lets them go", async () => {
    await using visitor = await visit(site, "?slides#dying");
    const { page } = visitor;
    await page.focus("#dying .question input >> nth=0");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    expect(page.url()).toMatch(/#dying$/);
    await page.keyboard.press("PageDown"); // a presenter's remote
    expect(page.url()).toMatch(/#figure-1$/);
    await page.keyboard.press("PageUp");
    await page.click("#dying .question input >> nth=1");
    await page.keyboard.press("ArrowRight");
    expect(page.url()).toMatch(/#figure-1$/);
  });

  test("each figure comes when it is scrolled to, and nothing goes wrong", async () => {
    await using visitor = await visit(site, "");
    const { page, faults } = visitor;
    const places = page.locator("[data-figure]");
    expect(await places.count()).toBe(8); // the seven, and the demonstration
    for (const place of await places.all()) {
      await place.scrollIntoViewIfNeeded();
      await place.locator(".figure > *").first().waitFor();
    }
    expect(await page.locator('.figure [role="alert"]').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test("on paper solutions are shown, and figures have their address", async () => {
    await using visitor = await visit(site, "");
    const { page } = visitor;
    await page.emulateMedia({ media: "print" });
    const heights = await page.$$eval(".exercise details p", (all) =>
      all.map((each) => each.getBoundingClientRect().height),
    );
    expect(heights.length).toBeGreaterThanOrEqual(6);
    expect(Math.min(...heights)).toBeGreaterThan(10);
    expect(await page.innerText("#figure-1")).toContain(`${site.url}f/1/`);
    expect(await page.isVisible("button")).toBe(false);
  });

  test("on paper the picture of a figure keeps its shape, and one that was never seen is left out", async () => {
    await using visitor = await visit(site, "");
    const { page } = visitor;
    await page.locator("#figure-3").scrollIntoViewIfNeeded();
    const picture = page.locator("#figure-3 .picture canvas");
    const isSquare = async () => {
      const { width, height } = (await picture.boundingBox())!;
      return Math.abs(width - height) < 1;
    };
    await page.waitForSelector("#figure-3 .figure[data-drawn]");
    await expect.poll(isSquare).toBe(true);
    await page.emulateMedia({ media: "print" });
    await page.$eval("#figure-3 .picture", (element) => (element.style.width = "150px"));
    await expect.poll(isSquare).toBe(true);
    const shown = (isDrawn: boolean) =>
      page.$eval(
        "#figure-3 .figure", // it runs: its next frame marks it again
        (element, drawn) => (element.toggleAttribute("data-drawn", drawn), getComputedStyle(element).display),
        isDrawn,
      );
    expect(await shown(false)).toBe("none");
    expect(await shown(true)).toBe("block");
  });

  test("what is copied has the page's address", async () => {
    await using visitor = await visit(site, "", { permissions: ["clipboard-read", "clipboard-write"] });
    const { page } = visitor;
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await page.click("#figure-1 .embed summary");
    await page.click("#figure-1 .embed button");
    await page.waitForSelector('#figure-1 button:has-text("Copied")');
    expect(await copied()).toBe(
      `<iframe src="${site.url}f/1/?theme=auto" width="640" height="400" title="One unit"></iframe>`,
    );
    await page.click('button:has-text("BibTeX")');
    await page.waitForSelector('footer button:has-text("Copied")');
    expect(await copied()).toMatch(
      /^@misc\{[^]*author = \{\{The relumine authors\}\}[^]*url {4}= \{http:[^}]*\/\}\n\}$/,
    );
  });

  test("without scripts all text is there, and no control that does nothing", async () => {
    await using visitor = await visit(site, "", { javaScriptEnabled: false });
    const { page } = visitor;
    expect(await shownChapters(page)).toHaveLength(15);
    expect(await page.innerText("main")).toContain("Figure 1 trains a network in your browser: it needs JavaScript.");
    expect(await page.locator("button:visible").count()).toBe(0);
    await page.click("#exercise-region summary");
    expect(await page.innerText("#exercise-region")).toContain("−0.5");
  });
});
