// The examples, run as their users run them.
import { cp, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM_ARGUMENTS, findChromium } from "../support/browsers.js";
import { newFolder } from "../support/folder.js";
import { type Service, startService } from "../support/services.js";
import { installPackage, root } from "./install.js";
import { withPage, withServer } from "./pages.js";

let home: string;
beforeAll(async () => {
  home = newFolder("examples");
  await installPackage(home);
  await symlink(join(root, "node_modules/@tensorflow"), join(home, "node_modules/@tensorflow"), "dir");
  for (const file of ["node-service.mjs", "page.html", "tensorflow-js.html"])
    await cp(join(root, "examples", file), join(home, file));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe("the service in Node", () => {
  let service: Service;
  let origin: string;
  beforeAll(async () => {
    service = await startService(["node-service.mjs", "0"], /http:\S+(?=\s)/, { cwd: home });
    origin = service.said;
  });
  afterAll(() => service?.close());

  const post = async (path: string, body: string | object) => {
    const response = await fetch(origin + path, {
      method: "POST",
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { code: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  const status = async () => (await (await fetch(`${origin}/status`)).json()) as { state: string; epoch?: number };
  const XOR = {
    x: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    y: [0, 1, 1, 0],
  };

  test("refuses what can't be answered, in the package's words", async () => {
    expect(await post("/predict", XOR)).toMatchObject({
      code: 400,
      answer: { error: expect.stringContaining("POST to /train first") },
    });
    expect(await post("/train", "{")).toMatchObject({ code: 400 });
    expect(await post("/train", {})).toMatchObject({ code: 400, answer: { error: expect.stringContaining("inputs") } });
    expect(await post("/nothing", {})).toMatchObject({ code: 404 });
  });

  test("answers while it trains", async () => {
    const training = post("/train", { ...XOR, epochs: 60_000 });
    const epochs = new Set<number>();
    for (let asked = 0; asked < 2000; asked++) {
      const { state, epoch } = await status();
      if (state === "trained") break;
      if (state === "training") epochs.add(epoch!);
    }
    expect(epochs.size).toBeGreaterThan(3); // it was seen to get on
    expect(await training).toMatchObject({ code: 200, answer: { state: "trained", epoch: 60_000, accuracy: 1 } });
    const { answer } = await post("/predict", { x: XOR.x });
    expect((answer as unknown as number[]).map(Math.round)).toEqual(XOR.y);
  });
});

describe.skipIf(findChromium() === undefined)("the page", () => {
  test("has about forty lines, trains at the press of a button, and tells of deaths", async () => {
    expect((await readFile(join(home, "page.html"), "utf8")).trim().split("\n").length).toBeLessThanOrEqual(45);
    const browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
    try {
      await withServer(home, (origin) =>
        withPage(browser, `${origin}/page.html`, async (page) => {
          await page.click("#train");
          await page.waitForFunction(() => document.getElementById("words")!.textContent !== "");
          const words = /^([\d.]+) % right; (\d+) units died\.$/.exec((await page.textContent("#words"))!)!;
          expect(Number(words[1])).toBeGreaterThan(80);
          expect(Number(words[2])).toBeGreaterThan(0);
          expect(await page.locator("#deaths li").count()).toBe(Number(words[2]));
        }),
      );
    } finally {
      await browser.close();
    }
  });

  test("of TensorFlow.js trains by a script tag's tf, draws deaths, revives, and asks no other server", async () => {
    const browser = await chromium.launch({ executablePath: findChromium()!, args: [...CHROMIUM_ARGUMENTS] });
    try {
      await withServer(home, (origin) =>
        withPage(browser, `${origin}/tensorflow-js.html`, async (page) => {
          const elsewhere: string[] = [];
          page.on("request", (request) => {
            if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url()))
              elsewhere.push(request.url());
          });
          await page.click("#train");
          await page.waitForFunction(() => !(document.getElementById("train") as HTMLButtonElement).disabled);
          const silent = Number(/^Epoch 40 of 40: (\d+) of 56 /.exec((await page.textContent("#words"))!)![1]);
          expect(silent).toBeGreaterThan(0);
          expect(await page.locator("#deaths li").count()).toBe(silent);
          expect(await page.locator("#network svg.units").count()).toBe(2);
          expect(await page.locator("#curves svg .event").count()).toBeGreaterThan(0);
          await page.click("#treat");
          await page.waitForFunction(() => document.getElementById("words")!.textContent!.includes("revived"));
          const words = await page.textContent("#words");
          const [, revived] = /^(\d+) units? revived, 0 dead now; outputs on these rows changed by 0\.$/.exec(words!)!;
          expect(Number(revived)).toBeGreaterThan(0);
          expect(Number(revived)).toBeLessThanOrEqual(silent); // on the watched rows some fire on none of more may fire
          expect(elsewhere).toEqual([]);
        }),
      );
    } finally {
      await browser.close();
    }
  });
});
