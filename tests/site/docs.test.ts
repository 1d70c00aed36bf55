// The documentation as pages: links lead somewhere, the search finds, nothing comes from elsewhere.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import MiniSearch from "minisearch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { INDEX_OPTIONS, type Section } from "../../site/docs/index-options.js";
import { runAxe } from "../support/axe.js";
import { hasChromium, openSite, type Site, visit } from "../support/site.js";

const ADDRESS = "https://example.org/relumine";

let site: Site;

const pages = () => readdirSync(`${site.folder}/docs`).filter((name) => name.endsWith(".html"));
const read = (name: string) => readFileSync(`${site.folder}/docs/${name}`, "utf8");
const linksOf = (text: string) => [...text.matchAll(/\b(?:href|src|action)="([^"]*)"/g)].map(([, link]) => link);

/** Parts of the site that are built by others. */
const BESIDE = /^(\.\.\/(workshop\/)?|reference\/)$/;

/** What is wrong with the links of a page. */
function faultsOf(name: string, text: string): string[] {
  return linksOf(text).filter((link) => {
    if (/^(https:|data:|http:\/\/localhost)/.test(link) || BESIDE.test(link)) return false;
    const [file, anchor] = link.split("#");
    const target = file === "" ? name : file;
    if (!existsSync(`${site.folder}/docs/${target}`)) return true;
    return anchor !== undefined && !read(target).includes(`id="${decodeURIComponent(anchor)}"`);
  });
}

describe.skipIf(!hasChromium)("the documentation's pages", () => {
  beforeAll(async () => {
    site = await openSite(["docs", "--address", ADDRESS]);
  });
  afterAll(() => site?.close());

  test("every link leads somewhere, to its section too", () => {
    const names = pages();
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(faultsOf(name, read(name)), name).toEqual([]);
    expect(faultsOf("index.html", '<a href="nowhere.html"> <a href="api.html#nothing">')).toHaveLength(2);
  });

  test("scripts, styles and pictures are the site's own", () => {
    for (const name of pages())
      expect(read(name).match(/<(script|link rel="stylesheet"|img)[^>]*"https?:[^>]*/g), name).toBeNull();
  });

  test("each page has one h1, and no heading is a level too deep", () => {
    for (const name of pages()) {
      const main = /<main[\s\S]*<\/main>/.exec(read(name))![0];
      const levels = [...main.matchAll(/<h(\d)/g)].map(([, level]) => Number(level));
      expect(levels[0], name).toBe(1);
      expect(
        levels.filter((level) => level === 1),
        name,
      ).toHaveLength(1);
      levels.slice(1).forEach((level, at) => expect(level - levels[at], name).toBeLessThanOrEqual(1));
    }
  });

  test("the site map has each page but the search, where the site will stand", () => {
    const listed = [...readFileSync(`${site.folder}/sitemap.xml`, "utf8").matchAll(/<loc>(.*?)<\/loc>/g)].map(
      ([, url]) => url,
    );
    expect(listed).toHaveLength(pages().length - 1);
    expect(listed).toContain(`${ADDRESS}/docs/`);
    expect(listed).toContain(`${ADDRESS}/docs/sweeps.html`);
  });

  test("the index finds sections by their words, and nothing for nonsense", () => {
    const index = MiniSearch.loadJSON<Section>(read("search.json"), INDEX_OPTIONS);
    const found = index.search("slurm array").map(({ address }) => address as string);
    expect(found[0]).toBe("sweeps.html#on-several-machines");
    expect(index.search("traceDeaths").length).toBeGreaterThan(3);
    expect(index.search("xyzzyplugh")).toEqual([]);
  });

  test("in Chromium: searched, by keyboard, and accessible at every width", async () => {
    const options = { viewport: { width: 390, height: 844 }, bypassCSP: true }; // for axe
    await using visitor = await visit(site, "case-book.html", options);
    const { page, faults } = visitor;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await runAxe(page), colorScheme).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    }
    await page.keyboard.press("/");
    await page.keyboard.type("kubernetes");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#results a");
    expect(await page.textContent("#results a")).toMatch(/On several machines/);
    await page.click("#results a");
    await page.waitForURL(/sweeps\.html#on-several-machines$/);
    expect(faults).toEqual([]);
  });
});
