// What is done on the graph and to the chosen unit, in Chromium.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasChromium, openSite, recordTexts, type Site, visit, waitForStep, writtenTexts } from "./browser.js";

let site: Site;
const DEAD = "#rate=1.4&seed=3&step=855";

describe.skipIf(!hasChromium)("the page", () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site?.close());

  test("the bias is dragged by keys, a weight is written, one unit is lifted: the link has it all, undo takes it back", async () => {
    await using visitor = await visit(site, DEAD);
    const { page, faults } = visitor;
    const linked = (pattern: string) =>
      page.waitForFunction((source) => new RegExp(source).test(location.hash), pattern);
    await page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.includes("dead"));
    const [, layer, unit] = /Layer (\d+), unit (\d+)/.exec((await page.textContent("#unit h2"))!)!;
    await page.selectOption("#unit .scope select", "one");
    await page.click('#unit button[aria-label="Apply: Lift the bias"]');
    await linked(`changes=855:liftBias:${layer}-${unit}&step=855`);
    expect(await page.textContent("#unit .done")).toMatch(/unit \d+: bias lifted: (\d+) dead before/);
    const bias = Number(await page.inputValue('#unit input[aria-label="Bias"]'));
    await page.focus(".bias-handle");
    await page.keyboard.press("ArrowLeft");
    await linked(`liftBias:${layer}-${unit},855:setBias:${layer}-${unit}:`);
    await page.waitForFunction(
      (before) => document.querySelector<HTMLInputElement>('#unit input[aria-label="Bias"]')!.valueAsNumber < before,
      bias,
    );
    await page.click("#unit .weights summary");
    await page.fill('#unit input[aria-label="Weight from x"]', "0.5");
    await page.keyboard.press("Enter");
    await linked(`,855:setWeight:${layer}-${unit}-1:0\\.5&`);
    for (let i = 0; i < 3; i++) await page.click("#unit .done button");
    await page.waitForFunction(() => !/setBias|setWeight|liftBias/.test(location.hash));
    expect(faults).toEqual([]);
  });

  test("the chosen unit's line lies over the output; a unit and a layer more make another network", async () => {
    await using visitor = await visit(site, DEAD, {}, recordTexts);
    const { page, faults } = visitor;
    await page.click('#units button[aria-label^="layer 1, unit 4:"]');
    await page.mouse.move(2, 2);
    await page.waitForFunction(() =>
      document.querySelector("#output-legend")!.textContent!.endsWith("unit 4 switches."),
    );
    expect((await writtenTexts(page)).slice(-200)).toContain("4");
    await page.click('button[aria-label="A unit more in layer 1"]');
    await page.waitForFunction(() => location.hash.includes("layers=11-8"));
    await page.waitForFunction(() => document.querySelectorAll("#units button").length === 19);
    await page.keyboard.press("Enter"); // the focus is where it was
    await page.waitForFunction(() => location.hash.includes("layers=12-8"));
    await page.click('button[aria-label="Add a layer"]');
    await page.waitForFunction(() => location.hash.includes("layers=12-8-8"));
    await page.click("#run");
    await waitForStep(page, 1);
    expect(faults).toEqual([]);
  });
});
