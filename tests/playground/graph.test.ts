// What is done on the graph and to the chosen unit, in Chromium.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { networkWithDeadUnits } from "./dead-model.js";
import { writeModel } from "../../src/models.js";
import {
  hasChromium,
  openSite,
  recordTexts,
  saysSoon,
  type Site,
  visit,
  waitForStep,
  writtenTexts,
} from "./browser.js";
import { PATIENCE_MS } from "../support/patience.js";

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
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 855,"));
    await page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.includes("dead"));
    const [, layer, unit] = /Layer (\d+), unit (\d+)/.exec((await page.textContent("#unit h2"))!)!;
    await page.selectOption("#unit .scope select", "one");
    await page.click('#unit button[aria-label="Apply: Lift the bias"]');
    await linked(`changes=855:liftBias:${layer}-${unit}&step=855`);
    await saysSoon(page, "#unit .done", /unit \d+: bias lifted: (\d+) dead before/);
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

  test("a click on an edge leads to its weight, in the panel of its unit", async () => {
    await using visitor = await visit(site, "#data=spiral&layers=2&step=5");
    const { page, faults } = visitor;
    const unit = (await page.locator("#units button >> nth=0").boundingBox())!;
    const isOnEdge = () =>
      page.evaluate(() => document.querySelector<HTMLElement>("#network-stage canvas")!.style.cursor === "pointer");
    for (let up = 0; up < 60 && !(await isOnEdge()); up += 2) await page.mouse.move(unit.x - 12, unit.y - up + 40);
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForFunction(() =>
      /^Weight from [xy]$/.test(document.activeElement!.getAttribute("aria-label") ?? ""),
    );
    await saysSoon(page, "#unit h2", /^Layer 1, unit 1/);
    await page.keyboard.press("Control+A");
    await page.keyboard.type("0.75");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /5:setWeight:1-1-[12]:0\.75/.test(location.hash));
    expect(faults).toEqual([]);
  });

  test("a model is chosen and looked at on the rows of the page, treated, and saved; another program's words where not", async () => {
    await using visitor = await visit(site, "#data=spiral&step=10");
    const { page, faults } = visitor;
    const choose = async (name: string, buffer: Buffer) => {
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.click("#open-model")]);
      await chooser.setFiles({ name, mimeType: "application/octet-stream", buffer });
    };
    const told = (pattern: string) =>
      page.waitForFunction(
        (source) => new RegExp(source).test(document.querySelector("#model")!.textContent!),
        pattern,
      );
    using network = await networkWithDeadUnits();
    const [[, bytes]] = await writeModel(network, "onnx");
    await choose("mine.onnx", Buffer.from(bytes));
    await told("ONNX.*: 2 inputs, hidden layers of 5, 4 units, 1 output\\.");
    await told("On the 240 training rows of the page 2 of 9 hidden units are dead\\. Layer 1: 2 of 5 \\(units 2, 4\\)");
    await page.click('#model button:text("Lift the bias")');
    await told("2 dead before, 0 after; no output changes");
    const [saved] = await Promise.all([page.waitForEvent("download"), page.click('#model button:text("Save")')]);
    expect(saved.suggestedFilename()).toBe("mine-treated.onnx");
    await choose("conv.onnx", readFileSync(new URL("../fixtures/models/conv.onnx", import.meta.url)));
    await told("conv\\.onnx.*Expected .*Conv");
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
    await expect.poll(async () => (await writtenTexts(page)).slice(-200), { timeout: PATIENCE_MS }).toContain("4");
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
