// What comes into the page and goes out of it, in Chromium: links, tables, files.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  DEAD_BUTTONS,
  delayEngine,
  hasChromium,
  openSite,
  saysSoon,
  type Site,
  stepOf,
  visit,
  waitForStep,
} from "./browser.js";

let site: Site;

/** In the page: nothing lies over its middle. */
function isInSight(element: Element): boolean {
  const { x, y, width, height } = element.getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2) === element;
}

describe.skipIf(!hasChromium)("the page's data", () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site?.close());

  describe("the link", () => {
    test("carries features, noise, split, start and what is shown; a pasted network too", async () => {
      await using visitor = await visit(site, "#data=circle&step=20");
      const { page, faults } = visitor;
      const hashIs = (hash: string) => page.waitForFunction((wanted) => location.hash === wanted, hash);
      await page.check("#output-choices label:has-text('Discretize') input");
      await hashIs("#data=circle&step=20&show=discrete"); // it is shown otherwise, and trains on from there
      await page.click("#layer-figures summary");
      await page.waitForFunction(() => /gradient: .*half of/.test(document.querySelector(".layer-list")!.textContent!));
      await hashIs("#data=circle&step=20&show=discrete-layers");
      await page.click("#open-settings");
      await page.click('.toggles button:text-is("x²")');
      await page.click('.toggles button:text-is("y")');
      await page.focus("#settings .slider:has-text('Noise') input");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.focus("#settings .slider:has-text('Held out') input");
      await page.keyboard.press("ArrowLeft");
      await page.selectOption("#settings label:has-text('Weights start') select", "orthogonal");
      await page.fill("#paste", "6 tanh adam 0.01");
      await page.click(".paste button");
      const hash =
        "#data=circle&layers=6&activation=tanh&optimizer=adam&rate=0.01&features=x-x2&noise=0.02&heldOut=108" +
        "&start=orthogonal&show=discrete-layers";
      await hashIs(hash);
      await page.fill("#paste", "6 tanh adamant");
      await page.click(".paste button");
      await saysSoon(page, "#paste-told", /got "adamant"/);
      await page.reload();
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 6);
      await hashIs(hash);
      expect(await page.isChecked("#output-choices label:has-text('Discretize') input")).toBe(true);
      await page.click("#open-settings");
      await page.waitForSelector(".toggles");
      expect(await page.locator('.toggles [aria-pressed="true"]').allTextContents()).toEqual(["x", "x²"]);
      expect(await page.textContent("#settings")).toMatch(/Noise 0.02.*Held out 108 of 360/);
      expect(faults).toEqual([]);
    });

    test("carries what stands under more settings; they open where one is set", async () => {
      await using visitor = await visit(site, "#layers=8-8");
      const { page, faults } = visitor;
      const hashIs = (hash: string) => page.waitForFunction((wanted) => location.hash === wanted, hash);
      const labelled = (text: string) => `#settings label:has-text("${text}")`;
      await page.click("#open-settings");
      expect(await page.locator(".more").getAttribute("open")).toBeNull();
      await page.click(".more summary");
      await page.selectOption(`${labelled("Normalization")} select`, "batch");
      for (const [name, value] of [
        ["Dropout", "0.2"],
        ["L1 regularization", "0.001"],
        ["L2 regularization", "0.01"],
      ]) {
        await page.fill(`${labelled(name)} input`, value);
        await page.keyboard.press("Tab");
      }
      await page.check(`${labelled("Residual")} input`);
      expect(await page.isVisible(labelled("Epochs of the schedule"))).toBe(false);
      await page.selectOption(`${labelled("Schedule")} select`, "warmup");
      await page.selectOption(`${labelled("Resets")} select`, "continualBackprop");
      await page.selectOption(`${labelled("Optimizer")} select`, "nadam");
      const hash =
        "#layers=8-8&optimizer=nadam&normalization=batch&dropout=0.2&residual=true&l1=0.001&l2=0.01" +
        "&schedule=warmup&scheduleEpochs=5&resets=continualBackprop";
      await hashIs(hash);
      await page.reload();
      await hashIs(hash);
      await page.click("#open-settings");
      await page.waitForSelector(".more[open]");
      expect(await page.inputValue(`${labelled("Epochs of the schedule")} input`)).toBe("5");
      expect(await page.isChecked(`${labelled("Residual")} input`)).toBe(true);
      await page.waitForFunction(() =>
        /without the schedule and resets/.test(document.querySelector("#forecast-text")!.textContent!),
      );
      await page.click("#units button");
      await page.waitForFunction(() => /Beta.*Gamma.*Bias/.test(document.querySelector(".own")!.textContent!));
      expect(await page.isVisible(".own input[aria-label='Gamma']")).toBe(true);
      await page.fill(".own input[aria-label='Gamma']", "0.5");
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => /setGamma:1-1:0\.5/.test(location.hash));
      expect(faults).toEqual([]);
    });

    test("has what is being written while the first picture of a training is on its way", async () => {
      await using visitor = await visit(site, "#layers=8-8", {}, (page) => delayEngine(page, 500));
      const { page } = visitor;
      await page.click("#open-settings");
      await page.click(".more summary");
      await page.selectOption('#settings label:has-text("Normalization") select', "batch");
      await page.fill('#settings label:has-text("Dropout") input', "0.2");
      await page.waitForTimeout(1500); // a picture or two
      await page.keyboard.press("Tab");
      await page.waitForFunction(() => location.hash === "#layers=8-8&normalization=batch&dropout=0.2");
    });

    test.each([
      ["wide", {}],
      ["on a phone", { viewport: { width: 390, height: 844 }, hasTouch: true }],
    ])(
      "more settings by keyboard, %s: in order, named, told what they do; Escape closes them",
      async (_what, options) => {
        await using visitor = await visit(site, "#layers=8-4&step=5", options);
        const { page, faults } = visitor;
        await page.focus("#open-settings");
        await page.keyboard.press("Enter");
        await page.focus("#settings .more summary");
        await page.keyboard.press("Enter");
        expect(await page.textContent(".more p")).toMatch(/anew\. Residual takes two layers of equal width/);
        const names: string[] = [];
        for (let at = 0; at < 6; at++) {
          await page.keyboard.press("Tab");
          const focused = page.locator(".more :focus");
          await expect.poll(() => focused.evaluate(isInSight)).toBe(true);
          const [name, hint] = await focused.evaluate((element: HTMLInputElement) => [
            element.labels![0].querySelector("span")!.textContent!,
            element.title,
          ]);
          names.push(name);
          expect(hint).toMatch(/^[A-Z].{20,}\.$/);
          expect(await page.textContent(".more p")).toBe(hint);
        }
        expect(names).toEqual([
          "Normalization",
          "Dropout",
          "L1 regularization", // Residual is for layers of equal width
          "L2 regularization",
          "Schedule of the rate",
          "Resets of units",
        ]);
        await page.keyboard.press("Escape");
        expect(await page.isVisible("#settings")).toBe(false);
        expect(await page.evaluate(() => document.activeElement!.id)).toBe("open-settings");
        expect(faults).toEqual([]);
      },
    );

    test("on a phone a field stays in sight while the text above it grows", async () => {
      const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
      await using visitor = await visit(site, "#layers=8-4&step=5", phone, (page) => delayEngine(page, 2000));
      const { page } = visitor;
      await page.focus("#open-settings");
      await page.keyboard.press("Enter");
      await page.focus("#settings .more summary");
      await page.keyboard.press("Enter");
      const last = page.locator(".more select").last();
      await last.focus();
      expect(await page.textContent("#forecast-text")).toBe("Trying what rates do ...");
      await saysSoon(page, "#forecast-text", /^Tried/);
      expect(await last.evaluate(isInSight)).toBe(true);
    });

    test("carries every setting, there and back; the back button goes back", async () => {
      await using visitor = await visit(site, "#data=spiral");
      const { page } = visitor;
      await page.click("#open-settings");
      await page.fill("#settings label:has-text('Seed') input", "11");
      await page.keyboard.press("Tab");
      await page.selectOption("#settings label:has-text('Activation') select", "tanh");
      await page.click('#settings button[aria-label="Add a layer"]');
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 26);
      const hash = new URL(page.url()).hash;
      expect(hash).toBe("#layers=10-8-8&activation=tanh&seed=11");
      await page.reload();
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 26);
      await page.click("#open-settings");
      expect(await page.inputValue("#settings label:has-text('Seed') input")).toBe("11");
      expect(await page.inputValue("#settings label:has-text('Activation') select")).toBe("tanh");
      await page.goBack();
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 18);
      expect(new URL(page.url()).hash).toBe("#activation=tanh&seed=11");
      await page.goBack();
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>("#settings label:nth-of-type(1) select")!.value === "relu",
      );
    });

    test("that can't be read is said, and the usual taken", async () => {
      await using visitor = await visit(site, "#rate=fast&layers=4");
      const { page } = visitor;
      expect(await page.textContent("#error-message")).toContain("rate=fast");
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 4);
    });

    test("to a table that is not there says so, and shows the opening", async () => {
      await using visitor = await visit(site, "#data=csv&layers=4");
      const { page } = visitor;
      expect(await page.textContent("#error-message")).toContain("drop it in again");
      await waitForStep(page, 5);
      expect(await page.locator("#units button").count()).toBe(40);
    });

    test("link and code are copied, deaths downloaded", async () => {
      await using visitor = await visit(site, "#seed=3&rate=1.4", {
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const { page } = visitor;
      await page.waitForSelector(DEAD_BUTTONS);
      await page.click("#open-share");
      await page.click("#copy-link");
      await page.waitForFunction(() => /link copied/.test(document.querySelector("#announcements")!.textContent!));
      await page.waitForSelector("#share", { state: "hidden" });
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${site.url}#rate=1.4&seed=3`);
      await page.click("#open-share");
      await page.click("#copy-code");
      await page.waitForFunction(() => /code copied/.test(document.querySelector("#announcements")!.textContent!));
      expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("learningRate: 1.4");
      await page.click("#open-share");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-deaths")]);
      const table = readFileSync((await download.path())!, "utf8")
        .trim()
        .split("\r\n");
      expect(table[0]).toMatch(/^layer,unit,step,cause,blow_step,one_step_survives_at,came_back_at/);
      expect(table.length).toBeGreaterThan(1);
    });
  });

  describe("a table", () => {
    test("that is good is learnt", async () => {
      await using visitor = await visit(site);
      const { page, faults } = visitor;
      await page.setInputFiles('input[type="file"]', "tests/data/penguins.csv");
      const lookStarts = (text: string) =>
        page.waitForFunction((start) => document.querySelector("#look")!.textContent!.startsWith(start), text);
      await lookStarts("year (target): 3 classes");
      await waitForStep(page, 5);
      expect(await page.inputValue("#data")).toBe("csv");
      await page.selectOption("#target", "species");
      await lookStarts("species (target): 3 classes (words); bill_length_mm: 2 missing");
      await page.waitForFunction(() => document.querySelector("table.confusion")?.textContent?.includes("Adelie"));
      // as it is: grams beside millimetres, which the finding says
      expect(await page.inputValue("#scale")).toBe("asIs");
      await page.waitForFunction(() => /body_mass_g/.test(document.querySelector("#notes .findings")!.textContent!));
      await page.selectOption("#scale", "standardized");
      await page.waitForFunction(
        () => Number(/accuracy (\d+)/.exec(document.querySelector("#charts")!.textContent!)![1]) > 90,
      );
      expect(new URL(page.url()).hash).toContain("scale=standardized");
      expect(faults).toEqual([]);
    });

    test("whose numbers make it diverge: the finding speaks, and standardized it runs by itself", async () => {
      await using visitor = await visit(site);
      const { page } = visitor;
      const rows = Array.from({ length: 300 }, (_, i) => `${20000 + 37 * i},${i % 50},${9000 + 11 * i}`);
      const buffer = Buffer.from(`income,age,spending\n${rows.join("\n")}\n`);
      await page.setInputFiles('input[type="file"]', { name: "t.csv", mimeType: "text/csv", buffer });
      await page.waitForFunction(() => document.querySelector("#status")!.textContent!.includes("no longer finite"));
      await page.waitForFunction(() =>
        /spreads differ .* in column "income"/.test(document.querySelector("#notes .findings")!.textContent!),
      );
      await saysSoon(page, "#status", /rate 0\.8/);
      await page.selectOption("#scale", "standardized");
      await waitForStep(page, 5);
    });

    test.each([
      ["bad", "a,b\n1,2\n3", /to have 2 cells/],
      ["of one column", "a\n1\n2", /at least two columns/],
      ["huge", "x".repeat(8 * 2 ** 20 + 1), /at most 8 MiB/],
    ])("that is %s is refused where it was given, and what was there goes on", async (_what, text, message) => {
      await using visitor = await visit(site);
      const { page } = visitor;
      await waitForStep(page, 5);
      await page.setInputFiles('input[type="file"]', {
        name: "table.csv",
        mimeType: "text/csv",
        buffer: Buffer.from(text),
      });
      await page.waitForSelector("#error-message:not([hidden])");
      await saysSoon(page, "#error-message", message);
      expect(await page.inputValue("#data")).toBe("spiral");
      await page.waitForFunction(() => location.hash === "#data=spiral");
      await waitForStep(page, (await stepOf(page)) + 20);
      expect(await page.locator("#units button").count()).toBe(18);
    });
  });
});
