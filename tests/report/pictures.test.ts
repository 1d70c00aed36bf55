import { expect, test } from "vitest";
import { adam, createNetwork, diagnose, diagnoseActivations, findLearningRate, sgd } from "../../src/index.js";
import { diagnosisToHtml, drawCurves, drawLearningRates, drawNetwork, reportStyle } from "../../src/report.js";
import { expectError } from "../support/errors.js";
import { sectors, SQUARE } from "../support/samples.js";

const countOf = (text: string, part: string) => text.split(part).length - 1;

test("a network is drawn by layer, each unit a cell by its state", async () => {
  using network = await createNetwork({ inputs: 2, layers: [{ units: 6 }, { units: 5 }, { units: 1 }], loss: "huber" });
  network.layers[0].setWeights({ bias: Float32Array.of(-99, 0, 0, -99, 0, 0) });
  const markup = drawNetwork(diagnose(network, SQUARE));
  expect(countOf(markup, '<svg class="units"')).toBe(2);
  expect(markup).toContain("2 dead");
  expect(countOf(drawNetwork(diagnose(network, SQUARE), network.spec), "<li>")).toBe(countOf(markup, "<li>") + 2);
});

test("a line passes a residual layer by, and words say so, where the spec is known", async () => {
  const layers = [{ units: 3 }, { units: 3, residual: true }, { units: 1 }];
  using network = await createNetwork({ inputs: 2, layers, loss: "huber" });
  const diagnosis = diagnose(network, SQUARE);
  const markup = drawNetwork(diagnosis, network.spec);
  expect(markup.split("<li").map((stage) => stage.startsWith(' class="passed"'))).toEqual(
    markup.split("<li").map((stage) => stage.includes("<h3>Layer 1, relu</h3>")),
  );
  expect(countOf(markup, "residual: what feeds it passes it by and is added to its outputs")).toBe(1);
  expect(drawNetwork(diagnosis)).not.toMatch(/passed|residual/);
});

test("names of layers are escaped", () => {
  const diagnosis = diagnoseActivations({ layers: [{ name: "<b>&", preactivations: [[1, -1]] }] });
  for (const markup of [drawNetwork(diagnosis), diagnosisToHtml(diagnosis, { title: "<i>" })]) {
    expect(markup).not.toMatch(/<[bi]>/);
    expect(markup).toContain("&lt;b&gt;");
  }
});

test("a page stands by itself", () => {
  const diagnosis = diagnoseActivations({ layers: [{ name: "hidden", preactivations: [[1, -1]] }] });
  const page = diagnosisToHtml(diagnosis, { title: "A model", facts: [["rows", "1"]], notes: ["Read it."] });
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).toContain(reportStyle);
  for (const words of ["A model", "Read it.", "hidden"]) expect(page).toContain(words);
  expect(page).not.toMatch(/<script|https?:/);
});

test("curves have a line each, and bars for what happened", () => {
  const points = [1, 2, 3].map((x) => [x, 1 / x] as const);
  const series = [
    { name: "loss", points },
    { name: "other", points },
  ];
  const plain = drawCurves({ title: "Loss", x: "epoch", y: "loss", series });
  expect(countOf(plain, 'class="line')).toBe(2);
  const told = drawCurves({
    title: "Loss",
    x: "epoch",
    y: "loss",
    series,
    events: { name: "deaths", points: [[2, 3]] },
  });
  expect([countOf(plain, "event"), countOf(told, 'class="event')]).toEqual([0, 1]);
});

test("a range test has its curve, and shades where rates kill", async () => {
  using network = await createNetwork({ inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy" });
  const deadly = await findLearningRate(network, sectors(200), { optimizer: adam(), high: 10 });
  expect(deadly.killsFrom).toBeGreaterThan(0);
  expect(drawLearningRates(deadly)).toContain("units die");
  const gentle = await findLearningRate(network, sectors(200), { optimizer: sgd(), high: 0.001, steps: 20 });
  expect(gentle.killsFrom).toBeUndefined();
  const markup = drawLearningRates(gentle);
  expect([countOf(markup, 'class="line'), countOf(markup, "zone")]).toEqual([1, 0]);
});

test("what is no diagnosis is refused", async () => {
  for (const given of [undefined, {}, { layers: 3 }]) {
    await expectError(() => drawNetwork(given as never), "value", "diagnosis.layers");
    await expectError(() => diagnosisToHtml(given as never, { title: "" }), "value", "diagnosis.layers");
  }
  for (const given of [undefined, {}, { points: 3 }])
    await expectError(() => drawLearningRates(given as never), "value", "test.points");
  await expectError(() => drawCurves({ title: "", x: "", y: "", series: 1 as never }), "value", "series");
});
