// Pages that commands write, in Chromium: axe finds nothing, nothing is asked for, nothing is wider than the window.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, pathOf, rowsOf } from "./fixtures.js";
import { Folder, PENGUINS, relumine } from "./run.js";
import { runAxe } from "../support/axe.js";
import { CHROMIUM_ARGUMENTS, findChromium } from "../support/browsers.js";
import { markupFault, OUTSIDE } from "../support/markup.js";

const folder = new Folder();
const TABLE = [PENGUINS, "--target", "species"];
const SMALL = ["--hidden", "16,12"]; // axe looks at each cell of each table

interface Told {
  readonly diagnosis: { readonly units: number; readonly dead: number };
  readonly deaths: readonly object[];
}

/** What a command prints as JSON, and the page that it wrote. */
async function write(command: string, ...args: string[]): Promise<{ file: string; html: string; document: Told }> {
  const file = join(folder.path, `${command}.html`);
  const { code, stdout, stderr } = await relumine(command, ...args, "--json", "--html", file);
  expect(code, stderr).toBe(0);
  return { file, html: readFileSync(file, "utf8"), document: JSON.parse(stdout) as Told };
}

/** A model of PyTorch. */
const DIGITS = fixture("onnx/digits-trained.ts17.onnx");

const commands = {
  train: () => write("train", ...TABLE, ...SMALL, "--epochs", "6", "--optimizer", "sgd", "--learning-rate", "4"),
  cure: () => write("cure", ...TABLE, ...SMALL, "--epochs", "2", "--trials", "2", "--repeats", "2", "--bias", "-1"),
  diagnose: () => write("diagnose", pathOf(DIGITS), rowsOf(folder, "digits", DIGITS)),
  checkup: () => write("checkup", ...TABLE, ...SMALL, "--epochs", "3"),
};
const pages = new Map<string, Awaited<ReturnType<typeof write>>>();
beforeAll(async () => {
  for (const [name, run] of Object.entries(commands)) pages.set(name, await run());
});

describe.each(Object.keys(commands))("the page of %s", (name) => {
  it("is whole and asks for nothing", () => {
    const { html } = pages.get(name)!;
    expect(markupFault(html)).toBeUndefined();
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).not.toMatch(/NaN|undefined|\[object/);
    expect(html).toContain(name === "diagnose" ? "digits-trained.ts17.onnx" : "penguins.csv");
    expect(html).toMatch(/Made by relumine \d+\.\d+\.\d+/);
  });
});

it("tells what --json tells", () => {
  const { html, document } = pages.get("train")!;
  const { units, dead } = document.diagnosis;
  expect(dead).toBeGreaterThan(5);
  expect(html).toContain(`${dead} of ${units} hidden units are dead`);
  expect(html.match(/<title>unit \d+: dead/g)).toHaveLength(dead);
  expect(html).toContain(`${document.deaths.length} deaths, by step`);
});

it("has the dead units of another program's model", () => {
  const { html } = pages.get("diagnose")!;
  const dead = [...html.matchAll(/<title>unit (\d+): dead/g)].map(([, unit]) => Number(unit));
  expect(dead.length).toBeGreaterThan(10);
  expect(dead).toEqual(DIGITS.dead!.flat());
  expect(html).toMatch(/ONNX by pytorch[^<]*network 64-/);
});

it("says which rules were broken, and is written all the same", async () => {
  const file = join(folder.path, "failed.html");
  const rows = rowsOf(folder, "failed", DIGITS);
  const { code } = await relumine("diagnose", pathOf(DIGITS), rows, "--fail-on", "dead:0.1", "--html", file);
  expect(code).toBe(1);
  expect(readFileSync(file, "utf8")).toMatch(/<p class="lead">Failed by --fail-on dead:0.1: /);
});

describe("--html", () => {
  it.each([
    ["train", ["train", ...TABLE, "--epochs", "1"]],
    ["cure", ["cure", ...TABLE, "--epochs", "1"]],
    ["checkup", ["checkup", ...TABLE, "--epochs", "1"]],
  ])("of %s is refused before any work where it can't be written, or is the table", async (_name, args) => {
    const results = await Promise.all(
      [join(folder.path, "none", "page.html"), PENGUINS].map((file) => relumine(...args, "--html", file)),
    );
    results.forEach(({ code, stdout, stderr }) => {
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(/--html .*(?:folder|the table itself)/);
    });
  });

  it("is not what diagnose reads", async () => {
    const model = folder.write("model.onnx", readFileSync(pathOf(DIGITS)));
    const rows = rowsOf(folder, "read", DIGITS);
    for (const file of [model, rows]) {
      const { code, stdout, stderr } = await relumine("diagnose", model, rows, "--html", file);
      expect([code, stdout, stderr]).toEqual([1, "", expect.stringMatching(/--html/)]);
    }
    expect(readFileSync(model)).toEqual(readFileSync(pathOf(DIGITS)));
  });

  it("is another file than those of other options", async () => {
    const file = join(folder.path, "one.html");
    const { code, stderr } = await relumine("train", ...TABLE, "--out", file, "--html", file);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/--out to be another file than --html/)]);
  });
});

const executablePath = findChromium();

describe.skipIf(executablePath === undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executablePath!, args: [...CHROMIUM_ARGUMENTS] });
  });
  afterAll(() => browser?.close());

  const LOOKS: [string, BrowserContextOptions][] = [
    ["light", { viewport: { width: 1280, height: 800 } }],
    ["dark", { viewport: { width: 1280, height: 800 }, colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 390, height: 844 } }],
    ["at 150 %", { viewport: { width: 853, height: 533 }, deviceScaleFactor: 1.5 }],
  ];

  describe.each(Object.keys(commands))("%s", (name) => {
    it.each(LOOKS)("%s: axe finds nothing, with all tables open; nothing is asked for or cut off", async (_, look) => {
      const context = await browser.newContext({ bypassCSP: true, ...look });
      try {
        const page = await context.newPage();
        const faults: string[] = [];
        page.on("console", (message) => faults.push(message.text()));
        page.on("request", (request) => /^(file|data):/.test(request.url()) || faults.push(request.url()));
        await page.goto(pathToFileURL(pages.get(name)!.file).href);
        await page.evaluate(() => document.querySelectorAll("details").forEach((each) => (each.open = true)));
        const [width, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect(width).toBeLessThanOrEqual(window);
        expect(await runAxe(page)).toEqual([]);
        expect(faults).toEqual([]);
      } finally {
        await context.close();
      }
    });
  });

  it("axe sees what is wrong: the control", async () => {
    const page = await browser.newPage();
    await page.setContent('<html lang="en"><title>x</title><main><h1>x</h1><img src="data:,"></main></html>');
    expect((await runAxe(page)).join()).toMatch(/^image-alt/);
    await page.close();
  });
});
