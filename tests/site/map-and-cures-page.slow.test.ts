// Figures 4 and 6 in Chromium: what they show is what the package computes here, and the keyboard does all.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECIPE } from "../../site/figures/death-map/engine.js";
import { FULL_RANGE, mapDataOf, mapPlanOf } from "../../site/figures/death-map/map-plan.js";
import { COLUMNS, FAULTS } from "../../site/figures/cures/faults.js";
import { trainCell } from "../../site/figures/cures/train-cell.js";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { pageNaming } from "../../site/training/naming.js";
import { deathMap, localEngine } from "../../src/sweep.js";
import { sentencesOf } from "../../src/sweep/map/words.js";
import { formatPercent, typeset } from "../../src/text/numbers.js";
import { hasChromium, openSite, type Site, visit } from "../support/site.js";

let site: Site;

describe.skipIf(!hasChromium)("figures 4 and 6 on a page", () => {
  beforeAll(async () => {
    site = await openSite(["figures"]);
  });
  afterAll(() => site?.close());

  test("the map's sentences, and a cell that is trained by the keyboard", async () => {
    const task = planeTask("spiral");
    const [plan, data] = [mapPlanOf(RECIPE, task, FULL_RANGE), mapDataOf(RECIPE, task)];
    const map = await deathMap(plan, data, { engine: localEngine({ workers: 1 }) });
    await using visitor = await visit(site, "../4/", { reducedMotion: "reduce" });
    const { page, faults } = visitor;
    await page.waitForSelector('.death-map[data-done="true"]');
    expect(await page.locator(".map-sentences li").allTextContents()).toEqual(
      sentencesOf(map, pageNaming()).map(typeset),
    );
    await page.focus(".map-of-death");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    await page.waitForSelector('.course-title:has-text("Rate 1.9, bias 0.2")');
    expect(await page.textContent(".map-status")).toContain("rate 1.9, bias 0.2");
    await page.waitForSelector('.course p:has-text("epoch 100")');
    expect(await page.getAttribute(".map-side a", "href")).toBe("../../workshop/#bias=0.2&rate=1.9&step=1500");
    expect(faults).toEqual([]);
  });

  test("a cell of the table, and arrow keys from cell to cell", async () => {
    await using visitor = await visit(site, "../6/");
    const { page, faults } = visitor;
    await page.waitForSelector('.cures[data-done="sick"]');
    const { outcome } = await trainCell(FAULTS[0], { moment: "sick", column: COLUMNS - 2 }, () => undefined);
    await page.focus(".cure-cell[aria-current]");
    await page.keyboard.press("ArrowLeft");
    const { living, units, accuracy, verdict } = outcome;
    const percent = typeset(formatPercent(accuracy));
    expect(await page.evaluate(() => document.activeElement!.getAttribute("aria-label"))).toBe(
      `Rate too high, Recycle: ${living}/${units} alive, ${percent}, not cured`,
    );
    await page.keyboard.press("Enter");
    await page.waitForSelector(".cure-title:has-text('recycle')");
    expect(await page.textContent(".cure-chosen")).toContain(verdict);
    expect(await page.locator(".cure-cell.needless").count()).toBe(COLUMNS);
    expect(faults).toEqual([]);
  });
});
