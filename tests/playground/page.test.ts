// The page as people meet it, in Chromium; what links and tables bring is in page-data.test.ts.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  DEAD_BUTTONS,
  hasChromium,
  openSite,
  recordTexts,
  saysSoon,
  type Site,
  SPIRAL,
  stepAtRest,
  stepOf,
  visit,
  waitForStep,
  writtenTexts,
} from "./browser.js";
import { runAxe } from "../support/axe.js";
import { PATIENCE_MS } from "../support/patience.js";

let site: Site;

describe.skipIf(!hasChromium)("the page", () => {
  beforeAll(async () => {
    site = await openSite();
  });
  afterAll(() => site?.close());

  const folder = () => `${site.folder}/workshop/`;

  /** Bytes of files as a server sends them, gzipped. */
  const weigh = (names: readonly string[]) =>
    names.reduce((sum, name) => sum + gzipSync(readFileSync(folder() + name), { level: 9 }).length, 0);

  /** A script and what it imports at once; not what it imports when it is needed. */
  function withImports(name: string): string[] {
    const found = readFileSync(folder() + name, "utf8").matchAll(/(?:from|import)"\.\/(part-\w+\.js)"/g);
    return [name, ...[...found].flatMap(([, part]) => withImports(part))];
  }

  test("weighs less than 192 KiB gzipped before it shows the opening, and 484 KiB with all that comes later", () => {
    const scripts = new Set(["workshop.js", "engine.js"].flatMap(withImports));
    const bytes = weigh([...scripts, "index.html", "style.css", "digits.bin"]);
    expect(bytes).toBeGreaterThan(100 * 1024);
    expect(bytes).toBeLessThan(192 * 1024);
    const all = weigh(readdirSync(folder()));
    expect(all).toBeGreaterThan(bytes);
    // diagnosis, cures, maps, settings, code and the readers of tables and of pasted networks come when needed
    expect(all).toBeLessThan(484 * 1024);
  });

  test("opens with digits, trains at once, and soon units die and decide; asks nobody else", async () => {
    await using visitor = await visit(site, "");
    const { page, faults } = visitor;
    expect(await page.inputValue("#data")).toBe("digits");
    await waitForStep(page, 2);
    const stepsPerSecond = Number(await page.inputValue("#speed"));
    await page.selectOption("#speed", "120"); // the same steps, sooner
    const dead = await page.waitForSelector(DEAD_BUTTONS);
    const [, step] = /dead since step (\d+)/.exec((await dead.getAttribute("aria-label"))!)!;
    expect(Number(step)).toBeLessThan(10 * stepsPerSecond);
    await waitForStep(page, 60);
    await page.waitForFunction(() => /layer 1: \d+, 2: 0/.test(document.querySelector("#charts")!.textContent!));
    await page.click("#run");
    await page.click('#unit button[aria-label^="Apply"][aria-label*="and a lower rate"]');
    await page.click("#run");
    await page.waitForFunction(
      () => Number(/accuracy (\d+)/.exec(document.querySelector("#charts")!.textContent!)![1]) > 80,
    );
    await saysSoon(page, "#unit .outcome", /\d+ dead, accuracy .* steps on: \d+ of \d+ died again/);
    expect(faults).toEqual([]);
  });

  test("the verdict stands beside the curves, in words, and a line marks the constant's loss", async () => {
    await using visitor = await visit(site, "", {}, recordTexts);
    const { page, faults } = visitor;
    const verdict = (pattern: string) =>
      page.waitForFunction(
        (source) => new RegExp(source).test(document.querySelector("#training #verdict")!.textContent!),
        pattern,
      );
    /** A training at rest is judged at once. */
    const pauseAt = async (step: number) => {
      await waitForStep(page, step);
      await page.click("#run");
    };
    await page.selectOption("#speed", "600");
    await pauseAt(1000);
    await verdict(
      "^At step [\\d,]+: .*[Ii]t is (no better|worse) than a constant: loss .* for always saying the classes' shares; accuracy 1",
    );
    await expect.poll(() => writtenTexts(page), { timeout: PATIENCE_MS }).toContain("a constant 2.3");
    // what the verdict says no finding says again
    await page.waitForFunction(() => document.querySelectorAll("#notes .findings li").length > 0);
    expect(await page.textContent("#notes .findings")).not.toMatch(/The loss, .* that of a constant/);
    await page.selectOption("#preset", { label: "Healthy sparsity" });
    await page.selectOption("#speed", "Infinity");
    await pauseAt(5000);
    await verdict("^At step [\\d,]+: it has learned \\((9|100).* On held-out rows loss .*accuracy");
    expect(faults).toEqual([]);
  });

  test("a softmax over one unit is right for half of the points, and it is said why", async () => {
    await using visitor = await visit(site);
    const { page, faults } = visitor;
    await page.selectOption("#preset", { label: "Softmax over one unit" });
    await page.selectOption("#speed", "600");
    await waitForStep(page, 300);
    await page.click("#run"); // a training at rest is judged at once
    await page.waitForFunction(() =>
      /softmax is 1 on every sample/.test(document.querySelector("#verdict")!.textContent!),
    );
    expect(await page.textContent("#verdict")).toMatch(/Use binaryCrossEntropy .*for two classes/);
    await saysSoon(page, "#charts", /accuracy 50/);
    await saysSoon(page, "#output-legend", /^□ blue and ○ orange: training samples/);
    expect(await page.evaluate(() => document.body.innerText)).not.toMatch(/accuracy 100/);
    expect(faults).toEqual([]);
  });

  test("while it trains the findings tell how it goes: here that the loss is still falling", async () => {
    await using visitor = await visit(site, "#data=circle&rate=0.02&seed=4&step=320");
    const { page, faults } = visitor;
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 320"));
    await page.selectOption("#speed", "30");
    await page.click("#run");
    await page.waitForFunction(() => {
      const findings = document.querySelector("#notes .findings")!.textContent!;
      return Number(/The loss is still falling after (\d+) epochs: /.exec(findings)?.[1]) > 21; // beyond step 320
    });
    expect(await page.textContent("#run")).toBe("Pause");
    expect(faults).toEqual([]);
  });

  test("the map of death is trained when it is opened; a cell is chosen by keys, and its network trains", async () => {
    await using visitor = await visit(site, "#data=spiral&seed=3&step=100");
    const { page, faults } = visitor;
    await page.click("#open-map");
    await page.waitForSelector('#map[data-done="true"]');
    await saysSoon(page, "#map", /Each cell is this network after [\d,]+ steps, from \d starts?\./);
    await saysSoon(page, "#map .map-sentences", /Your own setting, rate 0\.8, bias 0: /);
    await page.focus("#map .map-of-death");
    for (const key of ["ArrowRight", "ArrowUp", "Enter"]) await page.keyboard.press(key);
    await page.waitForFunction(() => /bias=.*rate=0\.0/.test(location.hash) && !location.hash.includes("step="));
    await page.waitForFunction(() =>
      /Your own setting, rate 0\.0.*, bias −1\.[1-5]/.test(document.querySelector("#map .map-sentences")!.textContent!),
    );
    await page.selectOption("#data", "circle"); // the map was of other data
    await page.waitForSelector('#map[data-done="false"]');
    await page.waitForSelector("#map .map-of-death", { state: "hidden" });
    expect(faults).toEqual([]);
  });

  test("the rate's forecast is of trainings: made when the settings are opened, and for the rate that is chosen", async () => {
    await using visitor = await visit(site, "#data=spiral&seed=3&step=100");
    const { page, faults } = visitor;
    await page.click("#open-settings");
    await page.waitForSelector("#forecast-text"); // the settings come when they are opened first
    const told = (pattern: string) =>
      page.waitForFunction(
        (source) =>
          new RegExp(source).test(document.querySelector("#forecast-text")!.textContent!.replaceAll("\u00a0", " ")),
        pattern,
      );
    await told(
      "^Tried, [\\d,]+ steps from 3 starts at each of 22 rates: (none dies|" +
        "\\d+( to \\d+)? are dead at the lowest rate already, [\\d.]+, and no more) " +
        "up to a rate of 0\\.\\d+.*At a rate of 0\\.8: .* of 18 units dead",
    );
    const inked = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>(".rate canvas")!;
        const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value > 0).length;
      });
    await expect.poll(inked, { timeout: PATIENCE_MS }).toBeGreaterThan(500);
    await page.focus('.rate input[type="range"]');
    await page.keyboard.press("Home"); // the lowest rate
    await told("At a rate of 0\\.0001: ");
    expect(await page.textContent("#settings")).not.toMatch(/first step/);
    const again = told("^Trying|so far"); // another start: it is found out again, within a second or so
    await page.fill("#settings label:has-text('Seed') input", "11");
    await page.keyboard.press("Tab");
    await again;
    await told("at each of 21 rates: "); // its own is one of the grid now
    expect(faults).toEqual([]);
  });

  test("tells a death's history", async () => {
    await using visitor = await visit(site);
    const { page, faults } = visitor;
    const last = page.waitForFunction(() =>
      /^Last: layer 1, unit 7 died at step 314: one step was too large\.$/.test(
        document.querySelector("#event")!.textContent!,
      ),
    ); // until the next death takes its line: waited for from the start
    await Promise.all([last, page.waitForSelector(DEAD_BUTTONS)]);
    await page.waitForFunction(() => document.querySelector("#unit h2")?.textContent?.includes("dead"));
    await saysSoon(
      page,
      "#unit .history:not([hidden])",
      /died at step \d+: one step was too large.*; at a rate of 0\.\d+ it would have lived through that one step/i,
    );
    await page.waitForFunction(() => document.querySelectorAll("#unit li").length >= 3);
    await saysSoon(page, "#unit", /Diagnosis at step \d+.*Closed on all 240 training samples/);
    expect(faults).toEqual([]);
  });

  test("the blow first, then the last straw; both are marked over the share of samples that open the unit", async () => {
    await using visitor = await visit(site, "#data=spiral&step=1000");
    const { page, faults } = visitor;
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 1,000"));
    await page.click("#notes summary");
    await page.waitForFunction(() => /took most of its samples/.test(document.querySelector(".deaths")!.textContent!));
    await page.click('.deaths tr:has-text("took most of its samples") button >> nth=0');
    await page.waitForFunction(() =>
      /took most of its samples/.test(document.querySelector("#unit .history")!.textContent!),
    );
    const history = (await page.textContent("#unit .history"))!.replaceAll("\u00a0", " ");
    expect(history).toMatch(
      /^Steps? \d+.* took most of its samples, .* before and .* after: .*; step [\d,]+ closed the (last .*%|rest)/,
    );
    const label = (await page.getAttribute("#unit canvas.open-share", "aria-label"))!;
    const [, blow] = /^Steps? (\d+)/.exec(history)!;
    expect(label).toContain(`blow at step ${blow}`);
    expect(label).toMatch(/last straw at step [\d,]+/);
    expect(faults).toEqual([]);
  });

  test("works from a plain web server's subfolder, without the isolating headers", async () => {
    const plain = createServer(({ url }, response) => {
      const name = /^\/some\/where\/([\w.-]*)/.exec(url!)?.[1];
      const type =
        { html: "text/html", js: "text/javascript", css: "text/css" }[name?.split(".")[1] ?? "html"] ??
        "application/octet-stream";
      if (name === undefined) response.writeHead(404).end();
      else response.writeHead(200, { "content-type": type }).end(readFileSync(folder() + (name || "index.html")));
    });
    await new Promise<void>((resolve) => plain.listen(0, "localhost", resolve));
    try {
      const url = `http://localhost:${(plain.address() as AddressInfo).port}/some/where/`;
      await using visitor = await visit({ ...site, url }, "#data=digits&layers=8");
      await waitForStep(visitor.page, 5);
      expect(visitor.faults).toEqual([]);
    } finally {
      plain.closeAllConnections();
      plain.close();
    }
  });

  test("pause, step, run, reset", async () => {
    await using visitor = await visit(site);
    const { page } = visitor;
    await waitForStep(page, 10);
    await page.click("#run");
    const paused = await stepAtRest(page);
    await page.waitForTimeout(400);
    expect(await stepOf(page)).toBe(paused);
    await page.click("#step");
    await waitForStep(page, paused + 1);
    await page.waitForTimeout(200);
    expect(await stepOf(page)).toBe(paused + 1);
    await page.click("#reset");
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step 0,"));
    await page.selectOption("#speed", "Infinity");
    await page.click("#run");
    await waitForStep(page, 2000);
  });

  test("asks for the next frame only when the last one has come", async () => {
    await using visitor = await visit(
      site,
      SPIRAL,
      {},
      async (page) =>
        void (await page.addInitScript(() => {
          const counts = { waiting: 0, most: 0, frames: 0 };
          Object.assign(globalThis, { counts });
          const post = Worker.prototype.postMessage;
          Worker.prototype.postMessage = function (this: Worker, ...given: [never]) {
            if ((given[0] as { kind: string }).kind === "frame") counts.most = Math.max(counts.most, ++counts.waiting);
            return post.apply(this, given);
          };
          const Original = Worker;
          globalThis.Worker = class extends Original {
            constructor(...given: ConstructorParameters<typeof Worker>) {
              super(...given);
              this.addEventListener("message", ({ data }) => {
                if (data.kind !== "frame") return;
                counts.waiting--;
                counts.frames++;
              });
            }
          };
        })),
    );
    const { page } = visitor;
    await page.selectOption("#speed", "Infinity");
    await waitForStep(page, 3000);
    const counts = await page.evaluate(
      () => (globalThis as unknown as { counts: { most: number; frames: number } }).counts,
    );
    expect(counts.most).toBe(1);
    expect(counts.frames).toBeGreaterThan(10);
  });

  test("keys: arrows walk over the units, Enter chooses, the tip tells", async () => {
    await using visitor = await visit(site);
    const { page } = visitor;
    await page.focus('#units button[tabindex="0"]');
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector("#tip");
    await saysSoon(page, "#tip", /^Layer 2, unit 2: /);
    await page.waitForFunction(() =>
      document.querySelector("#output-legend")!.textContent!.startsWith("Layer 2, unit 2: its preactivation"),
    );
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#unit h2")!.textContent!.startsWith("Layer 2, unit 2"));
    expect(await page.getAttribute('#units button[tabindex="0"]', "aria-pressed")).toBe("true");
    await page.focus("#run");
    await page.waitForSelector("#tip", { state: "hidden" });
    await page.waitForFunction(() =>
      document.querySelector("#output-legend")!.textContent!.includes("training samples"),
    );
  });

  test("the time axis: held back it shows the weights of then, let go it returns; by keys too", async () => {
    await using visitor = await visit(site);
    const { page } = visitor;
    await waitForStep(page, 150);
    await page.locator("#timeline").scrollIntoViewIfNeeded();
    const box = (await page.locator("#timeline input").boundingBox())!;
    await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2, { steps: 5 });
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("showing step"));
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step"));
    await page.focus("#timeline input");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("showing step"));
    await page.keyboard.press("Escape");
    await page.waitForFunction(() => document.querySelector("#status")!.textContent!.startsWith("step"));
  });

  test("the textbook's unit: one step kills, lifting the bias revives, undo undoes, a twin is kept", async () => {
    await using visitor = await visit(site);
    const { page, faults } = visitor;
    await page.selectOption("#preset", { label: "The textbook's unit" });
    await page.waitForFunction(
      () => document.querySelector("#unit h2")!.textContent === "Layer 1, unit 1: never switches",
    );
    await page.click("#step");
    await page.waitForSelector(DEAD_BUTTONS);
    await page.click('#unit button[aria-label="Apply: Lift the bias"]');
    await page.waitForFunction(() => document.querySelectorAll('#units button[aria-label*="dead"]').length === 0);
    await saysSoon(page, '#unit [role="status"]', /1 dead before, 0 after/);
    await page.click('#unit button:text-is("Undo")');
    await page.waitForSelector(DEAD_BUTTONS);
    await page.click('#unit button[aria-label^="Compare, what would have happened: Lower rate"]');
    await page.click('#output button:text-is("Keep the twin")');
    await page.waitForFunction(() => document.querySelectorAll('#units button[aria-label*="dead"]').length === 0);
    expect(faults).toEqual([]);
  });

  test("the tutorial: five pages, each does what it says; it can be closed at any time", async () => {
    await using visitor = await visit(site);
    const { page, faults } = visitor;
    await page.click("#open-tutorial");
    expect(await page.textContent("#tutorial h2")).toMatch(/^1 of 5/);
    await page.click('#tutorial button:text-is("Next")');
    await page.click('#tutorial button:text-is("Take the step")');
    await page.waitForSelector(DEAD_BUTTONS);
    await page.click('#tutorial button:text-is("Next")');
    await page.click('#tutorial button:text-is("Run")');
    await waitForStep(page, 2);
    await page.click('#tutorial button:text-is("Next")');
    await page.click('#tutorial button:text-is("Run the twin")');
    await page.waitForFunction(() =>
      /Twin, rate 0\.15: 0 dead/.test(document.querySelector("#output-stage")!.textContent!),
    );
    await page.click('#tutorial button:text-is("Next")');
    await page.click('#tutorial button:text-is("Lift the bias")');
    await page.waitForFunction(() => document.querySelectorAll('#units button[aria-label*="dead"]').length === 0);
    await page.keyboard.press("Escape");
    expect(await page.isHidden("#tutorial")).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("open-tutorial");
    expect(faults).toEqual([]);
  });

  test("a worker that is killed: it is said, what was drawn stays, and it starts again", async () => {
    await using visitor = await visit(site);
    const { page } = visitor;
    await waitForStep(page, 100);
    await page.selectOption("#speed", "10"); // so that the first steps are seen when it starts again
    await page.workers()[0].evaluate(() => globalThis.close());
    await page.waitForSelector("#error-message:not([hidden])");
    expect(await page.textContent("#error-message")).toContain("engine has stopped");
    expect(await page.locator("#units button").count()).toBe(18);
    await page.click('#error-message button:text-is("Start again")');
    await page.waitForSelector("#error-message", { state: "hidden" });
    await page.waitForFunction(() => /^step \d{1,2},/.test(document.querySelector("#status")!.textContent!));
    await page.selectOption("#speed", "120");
    await waitForStep(page, 100);
  });

  test("an engine without WebAssembly SIMD is said, with what to do", async () => {
    await using context = await site.browser.newContext();
    const page = await context.newPage();
    await page.route("**/engine.js", async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `WebAssembly.validate = () => false;\n${await response.text()}` });
    });
    await page.goto(site.url);
    await page.waitForSelector("#error-message:not([hidden])");
    expect(await page.textContent("#error-message")).toContain("to have WebAssembly SIMD, as engines have since 2021");
  });

  test("a hidden tab pauses, and goes on when it is seen again", async () => {
    await using visitor = await visit(site);
    const { page } = visitor;
    await waitForStep(page, 10);
    const hide = (hidden: boolean) =>
      page.evaluate((value) => {
        Object.defineProperty(document, "hidden", { value, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await hide(true);
    const left = await stepAtRest(page);
    await page.waitForTimeout(400);
    expect(await stepOf(page)).toBe(left);
    expect(await page.textContent("#run")).toBe("Pause");
    await hide(false);
    await waitForStep(page, left + 10);
  });

  describe("axe finds nothing", () => {
    test.each([
      ["light", {}],
      ["dark", { colorScheme: "dark" as const }],
      ["a phone", { viewport: { width: 390, height: 844 }, reducedMotion: "reduce" as const }],
    ])("%s: settings, share menu and tutorial open, a dead unit chosen, deaths unfolded", async (_what, options) => {
      await using visitor = await visit(site, "#rate=1.4&seed=3", { bypassCSP: true, ...options });
      const { page } = visitor;
      await page.waitForSelector(DEAD_BUTTONS);
      await page.click("#run");
      await page.waitForFunction(() => document.querySelectorAll("#unit li").length >= 3);
      await page.click("#notes summary");
      await page.click("#open-settings");
      await page.click(".more summary");
      await page.click("#open-share");
      expect(await runAxe(page)).toEqual([]);
      await page.keyboard.press("Escape");
      await page.click("#open-tutorial");
      await page.waitForFunction(() => document.querySelectorAll("#units button").length === 1);
      expect(await runAxe(page)).toEqual([]);
    });

    test("digits with their table and images", async () => {
      await using visitor = await visit(site, "#data=digits&layers=24-16&optimizer=adam&rate=0.001&batch=32&seed=5", {
        bypassCSP: true,
      });
      const { page, faults } = visitor;
      await page.selectOption("#speed", "120");
      await waitForStep(page, 60);
      await page.waitForSelector("table.confusion");
      await page.click("#run");
      expect(await runAxe(page)).toEqual([]);
      expect(faults).toEqual([]);
    });

    test("and does find a control whose name was taken away", async () => {
      await using visitor = await visit(site, "", { bypassCSP: true });
      await visitor.page.evaluate(() => document.querySelector("#timeline input")!.removeAttribute("aria-label"));
      expect((await runAxe(visitor.page)).join()).toContain("label");
    });
  });

  test("on a phone nothing is cut off, and the controls come from below", async () => {
    await using visitor = await visit(site, "", { viewport: { width: 390, height: 844 } });
    const { page } = visitor;
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    const button = (await page.locator("#open-settings").boundingBox())!;
    expect(button.x + button.width).toBeLessThanOrEqual(390);
    expect(button.y).toBeGreaterThan(700);
    await page.click("#open-settings");
    const sheet = (await page.locator("#settings").boundingBox())!;
    expect(sheet.y + sheet.height).toBeLessThanOrEqual(button.y);
    const order = await page.evaluate(() =>
      ["network", "output", "training", "notes"].map((id) => document.getElementById(id)!.getBoundingClientRect().top),
    );
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});
