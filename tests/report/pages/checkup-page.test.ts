import { describe, expect, it } from "vitest";
import type { RunRow } from "../../../src/report/checkup-text.js";
import { pageToHtml } from "../../../src/report/page.js";
import { checkupPage, type CheckupRecord } from "../../../src/report/pages/checkup-page.js";
import type { NetworkSpec } from "../../../src/network/spec.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";

const spread = (low: number, high = low) => ({ median: (low + high) / 2, low, high });
const row = (name: string, verdict: string, score = 0.9, closed = 3): RunRow => ({
  name,
  verdict,
  score: spread(score - 0.1, score + 0.1),
  closed: [spread(closed)],
  isLeaky: name === "Leaky ReLU",
  diverged: 0,
  stepsPerSecond: spread(1000),
});
const spec: NetworkSpec = { inputs: 3, layers: [{ units: 10 }, { units: 2 }], loss: "crossEntropy" };
const fault = (id: string, name: string): CheckupRecord["faults"][number] => ({
  id,
  heading: `${name}: a fault`,
  of: `${name}: `,
  rows: [row("healthy", ""), row("faulty", "", 0.3, 9), row("rate 0.1", "cured"), row("Leaky ReLU", "did nothing")],
  notes: ["Rate 1: nothing."],
  course: [
    { epoch: 1, loss: 1, score: 0.2, dead: [2] },
    { epoch: 2, loss: 1, score: 0.2, dead: [9] },
  ],
  deaths: [],
  revived: 0,
  spec,
});
const record: CheckupRecord = {
  title: "Checkup on <table>",
  facts: [],
  notes: [],
  madeBy: "relumine 0",
  scale: { units: [10], isAccuracy: true },
  hasRanges: true,
  lead: ["Fault A: bad."],
  rule: "A rule.",
  faults: [fault("a", "Fault A"), fault("b", "Fault B")],
};

describe("the page of a checkup", () => {
  const html = pageToHtml(checkupPage(record));

  it("is whole, with ids of their own for each fault", () => {
    expect(markupFault(html)).toBeUndefined();
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).not.toMatch(/NaN|undefined|<table>[^<]*<table>/);
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(expect.arrayContaining(["a-fault", "a-deaths", "b-fault", "b-deaths"]));
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has the runs with ranges and verdicts, and bars for each", () => {
    expect(html.match(/<th scope="row">healthy<\/th><td>90.0.%, 80.0..100.0.%<\/td><td>3<\/td>/g)).toHaveLength(2);
    expect(html).toContain('<td>(3)</td><td>1,000</td><td class="words">did nothing</td>');
    expect(html).toContain("rate 0.1: cured; Leaky ReLU: did nothing");
    expect(html.match(/class="bar/g)).toHaveLength(2 * 2 * 4);
    expect(html.match(/class="line s0"/g)).toHaveLength(2);
  });

  it("bears scores and counts that are not known", () => {
    const unknown = { ...row("overflow", ""), score: spread(Number.NaN), closed: [spread(Number.NaN)] };
    const [first] = record.faults;
    const faults = [{ ...first, rows: [unknown], course: [{ epoch: 1, loss: Number.NaN, score: Number.NaN }] }];
    const page = pageToHtml(checkupPage({ ...record, faults }));
    expect(markupFault(page)).toBeUndefined();
    expect(page).not.toMatch(/NaN/);
  });
});
