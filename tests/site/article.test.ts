// The article as it is built: nothing in it without a source or a measurement, every answer right by the package.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { readNumber } from "../../site/article/answers.js";
import { shareConstant, XOR_INPUTS, xorUnit } from "../../site/article/measure.js";
import { createNetwork, diagnose, sgd } from "../../src/index.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = `${root}.cache/article-test-${process.env.VITEST_POOL_ID ?? "0"}`;
const readJson = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${root}site/article/${name}`, "utf8")) as Record<string, unknown>;

const ADDRESS = "https://example.org/relumine";

let html = "";
/** Chapters by their ids, as markup. */
let chapters: Map<string, string>;

beforeAll(() => {
  execFileSync(process.execPath, ["site/build.mjs", "article", "--build", "--to", folder, "--address", ADDRESS], {
    cwd: root,
    stdio: "pipe",
  });
  html = readFileSync(`${folder}/index.html`, "utf8");
  const parts = html.split('<section class="chapter" id="').slice(1);
  chapters = new Map(parts.map((part) => [part.slice(0, part.indexOf('"')), part.split("</section>")[0]]));
});

const all = (pattern: RegExp, text = html): string[] => [...text.matchAll(pattern)].map(([, found]) => found);
const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

test("headings are in order, ids are unique, and every link within the page leads somewhere", () => {
  const levels = all(/<h([1-6])\b/g).map(Number);
  expect(levels[0]).toBe(1);
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  levels.forEach((level, i) => i > 0 && expect(level).toBeLessThanOrEqual(levels[i - 1] + 1));
  const ids = all(/\sid="([^"]+)"/g);
  expect(ids).toHaveLength(new Set(ids).size);
  expect(all(/href="#([^"]+)"/g).filter((id) => !ids.includes(id))).toEqual([]);
});

test("nothing is asked of other machines, and the page works below any address", () => {
  const loaded = [
    ...all(/<(?:script|img|iframe|source)\b[^>]*\ssrc="([^"]+)"/g),
    ...all(/<link\b[^>]*\shref="([^"]+)"/g),
  ];
  expect(loaded.length).toBeGreaterThanOrEqual(3);
  expect(loaded.filter((address) => /^(https?:)?\/|^http/.test(address))).toEqual([]);
  const css = readFileSync(`${folder}/assets/article.css`, "utf8");
  expect(css.match(/url\(|@import/g)).toBeNull();
});

test("links to the page are shown with a picture, at a whole address", () => {
  expect(html).toContain(`<meta property="og:image" content="${ADDRESS}/assets/preview.png">`);
  const picture = readFileSync(`${folder}/assets/preview.png`);
  expect(picture.length).toBeLessThan(60_000);
  expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([1200, 630]); // width and height of a PNG
});

test("every chapter has a question of two or three answers, one of them right, and an answer with a source or a measurement", () => {
  const own = [...chapters].filter(([id]) => id !== "glossary" && id !== "sources");
  expect(own).toHaveLength(12);
  for (const [id, text] of own) {
    const [question, ...more] = all(/<form class="question">(.*?)<\/form>/gs, text);
    expect(more, id).toEqual([]);
    const choices = all(/<input type="radio"([^>]*)>/g, question);
    expect(choices.length === 2 || choices.length === 3, id).toBe(true);
    expect(choices.filter((choice) => choice.includes("data-right"))).toHaveLength(1);
    expect(all(/<div class="(answer)">/g, text), id).toHaveLength(1);
    expect(text.indexOf("question")).toBeLessThan(text.indexOf('class="answer"'));
    const settled = /class="live"|class="claim"|class="answer".*?(\d{3}|class="sources")/s.test(text);
    expect(settled, id).toBe(true);
  }
});

test("every source is named in the text, and can be found: a DOI, an arXiv number or an address", () => {
  const sources = readJson("sources.json") as Record<string, { id: string }>;
  expect(sorted(all(/href="#source-([^"]+)"/g))).toEqual(sorted(Object.keys(sources)));
  for (const { id } of Object.values(sources))
    expect(id).toMatch(/^(doi:10\.\d{4,}\/\S+|arXiv:\d{4}\.\d{4,5}|https:\/\/\S+)$/);
  const without = [...chapters].filter(
    ([id, text]) => !/class="sources"|class="claim"|class="live"/.test(text) && id !== "sources",
  );
  expect(without.map(([id]) => id)).toEqual(["glossary"]);
});

test("each of the seven figures, and each of nine claims, is placed once; the tenth is told in words", () => {
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i + 1));
  expect(all(/id="figure-(\d+)"/g).sort()).toEqual(numbers(7));
  expect(all(/id="claim-(\d+)"/g).sort()).toEqual(numbers(9));
});

test("fourteen words are explained, each where it is named", () => {
  const terms = all(/<dt id="(term-[^"]+)"/g);
  expect(terms).toHaveLength(14);
  expect(sorted(all(/class="term" href="#([^"]+)"/g))).toEqual(sorted(terms));
});

test("the verdicts that the text speaks of are those that were measured", () => {
  const { claims } = readJson("textbook.json") as { claims: { verdict: string }[] };
  const kind = claims.map(({ verdict }) => (verdict === "holds" ? "holds" : verdict.split(" ").slice(0, 2).join(" ")));
  expect(kind).toEqual([...Array(4).fill("holds when"), "holds", "holds", "holds", ...Array(3).fill("holds when")]);
  expect(claims[1].verdict).toMatch(/activations are 0, or whole units are closed/);
  expect(claims[2].verdict).toBe("holds when the other one is sigmoid, not tanh");
  expect(claims[3].verdict).toBe("holds when the other one is sigmoid, not tanh");
  expect(claims[9].verdict).toMatch(
    /batch normalization meets [^;]* and twenty layers; layer normalization meets bias -1$/,
  );
});

test("first view: less than 120 kB gzipped", () => {
  const script = (name: string): string[] => {
    const text = readFileSync(`${folder}/assets/${name}`, "utf8");
    return [name, ...all(/(?:from|import)"\.\/(part-\w+\.js)"/g, text).flatMap(script)];
  };
  const names = [
    "index.html",
    "assets/article.css",
    ...[...new Set(script("article.js"))].map((name) => `assets/${name}`),
  ];
  const bytes = names.map((name) => gzipSync(readFileSync(`${folder}/${name}`), { level: 9 }).length);
  const sum = bytes.reduce((a, b) => a + b);
  expect(sum).toBeGreaterThan(15_000);
  expect(sum).toBeLessThan(120_000);
});

describe("the exercises' answers are the package's", () => {
  const answers = (): Map<string, number> =>
    new Map(
      [...html.matchAll(/id="exercise-([\w-]+)".*?data-right="([^"]+)"/gs)].map(([, id, right]) => [id, Number(right)]),
    );
  const one = (activation: "relu" | "linear") => ({ units: 1, activation });

  test("there are six", () => {
    expect([...answers().keys()].sort()).toEqual([
      "born-dead",
      "fatal-rate",
      "first-unit",
      "region",
      "rule-of-three",
      "two-layers",
    ]);
  });

  test("a unit's output", async () => {
    using network = await createNetwork({ inputs: 2, layers: [one("relu")], loss: "meanSquaredError" });
    network.layers[0].setWeights({ kernel: Float32Array.of(2, -1), bias: Float32Array.of(0.5) });
    expect(network.predict([[1, 3]]).data[0]).toBe(answers().get("first-unit"));
    expect(network.predict([[3, 1]]).data[0]).toBe(5.5);
  });

  test("two layers without activation: one slope", async () => {
    using network = await createNetwork({
      inputs: 1,
      layers: [one("linear"), one("linear")],
      loss: "meanSquaredError",
    });
    network.layers[0].setWeights({ kernel: Float32Array.of(3), bias: Float32Array.of(1) });
    network.layers[1].setWeights({ kernel: Float32Array.of(-2), bias: Float32Array.of(4) });
    const [at0, at1, at9] = network.predict([[0], [1], [9]]).data;
    expect([at1 - at0, (at9 - at1) / 8]).toEqual(Array(2).fill(answers().get("two-layers")));
  });

  test("the textbook's unit: gradient 0.4, and the bias after a step", async () => {
    const x = Array.from({ length: 16 }, (_, i) => [0.2 * Math.sqrt(2) * Math.sin((i * Math.PI) / 8)]);
    const bad = { x, y: x.map(([value]) => -0.1 + 0.1 * value) };
    const biasAfter = async (learningRate: number): Promise<number> => {
      using network = await createNetwork({ inputs: 1, layers: [one("relu"), { units: 1 }], loss: "meanSquaredError" });
      network.layers[0].setWeights({ kernel: Float32Array.of(0.1), bias: Float32Array.of(0.1) });
      network.layers[1].setWeights({ kernel: Float32Array.of(1) });
      expect(network.gradients(bad).layers[0].bias[0]).toBeCloseTo(0.4, 6);
      await network.fit(bad, { epochs: 1, batchSize: 16, optimizer: sgd({ learningRate }) });
      return network.layers[0].getWeights().bias[0];
    };
    expect(await biasAfter(0.5)).toBeCloseTo(-0.1, 6);
    expect(await biasAfter(0.1)).toBeCloseTo(answers().get("fatal-rate")!, 6);
  });

  test("the bias at which a unit is dead", async () => {
    using network = await createNetwork({ inputs: 1, layers: [one("relu"), { units: 1 }], loss: "meanSquaredError" });
    const x = Array.from({ length: 21 }, (_, i) => [(i - 10) / 10]);
    const deadAt = (bias: number): number => {
      network.layers[0].setWeights({ kernel: Float32Array.of(0.5), bias: Float32Array.of(bias) });
      return diagnose(network, x).dead;
    };
    const right = answers().get("region")!;
    expect([deadAt(right), deadAt(right + 0.001), deadAt(0.1)]).toEqual([1, 0, 0]);
  });

  test("how often a unit may fire that 1,500 samples did not open", async () => {
    using network = await createNetwork({ inputs: 1, layers: [one("relu"), { units: 1 }], loss: "meanSquaredError" });
    network.layers[0].setWeights({ kernel: Float32Array.of(1), bias: Float32Array.of(-9) });
    const boundFor = (samples: number): number =>
      diagnose(
        network,
        Array.from({ length: samples }, (_, i) => [i / samples]),
      ).layers[0].units[0].activityBound;
    expect(100 * boundFor(1500)).toBeCloseTo(answers().get("rule-of-three")!, 2);
    expect(100 * boundFor(300)).toBeCloseTo(1, 1); // the question of the chapter
  });

  test("three inputs from 0 to 1: one in eight is born dead", async () => {
    const layers = [{ units: 8192 }, { units: 1 }];
    using network = await createNetwork({ inputs: 3, layers, loss: "meanSquaredError", seed: 1 });
    const corners = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, i >> 2]);
    const share = diagnose(network, corners, { proofs: false }).dead / 8192;
    expect(Math.abs(share - answers().get("born-dead")!)).toBeLessThan(0.012); // three standard errors
  });
});

test("the unit on XOR's inputs is dead as often as measured.json says", async () => {
  const measured = readJson("measured.json") as Record<string, number>;
  expect(await shareConstant(xorUnit, XOR_INPUTS, measured["xor: starts"])).toBe(measured["xor: share dead"]);
});

test.each([
  ["0.25", 0.25],
  [" 1/4 ", 0.25],
  ["0,25", 0.25],
  ["\u22126", -6],
  ["0.2 %", 0.2],
  ["", Number.NaN],
  ["half", Number.NaN],
])("a number as people type it: %j", (text, value) => expect(readNumber(text)).toBe(value));
