import { describe, expect, it } from "vitest";
import { type Prescription, sgd, type Trial } from "../../../src/index.js";
import { pageToHtml } from "../../../src/report/page.js";
import { curePage } from "../../../src/report/pages/cure-page.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";

const trial = (name: string, accuracy: number, more: Partial<Trial> = {}): Trial => ({
  name,
  why: `because of ${name}`,
  metrics: { loss: 1 - accuracy, accuracy },
  spec: { inputs: 3, layers: [{ units: 4, activation: "relu" }, { units: 2 }], loss: "crossEntropy" },
  fit: { epochs: 3, optimizer: sgd() },
  deadFraction: 0.25,
  seconds: 0,
  epochs: 3,
  repeats: 2,
  ...more,
});

const baseline = trial("baseline", 0.3);
const better = trial("rate ÷ <3>", 0.9, {
  interval: { mean: 0.9, low: 0.85, high: 0.95 },
  gain: { mean: 0.6, low: 0.5, high: 0.7 },
  deadFraction: 0,
  baselineScore: 0.3,
});
const exploded = trial("Adam", 0, {
  metrics: { loss: Infinity },
  failed: { code: "diverged", message: "Its loss left the finite numbers." },
});

const prescription: Prescription = {
  baseline,
  best: better,
  trials: [better, baseline, exploded],
  verdict: "Take the lower rate.",
  measure: "accuracy",
  constant: { answer: [0.5, 0.5], metrics: { loss: 0.7, accuracy: 0.5 } },
  reason: "units died of the rate",
  causes: {},
  deaths: [],
  workers: 1,
  validationRows: 100,
  judgedOnTraining: false,
};
const subject = { title: "Remedies for a table", facts: [], notes: [], madeBy: "relumine 0" };

describe("the page of a prescription", () => {
  const html = pageToHtml(curePage(prescription, subject));

  it("is whole, and escapes the names of trials", () => {
    expect(markupFault(html)).toBeUndefined();
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).not.toMatch(/NaN|undefined| (?:x|width)="[^"]*Infinity/);
    expect(html).toContain("rate ÷ &lt;3&gt;");
  });

  it("ranks the trials as they are ranked, the constant last, with what failed", () => {
    const [table] = /All trials, the best first<[^]*?<\/table>/.exec(html)!;
    const names = [...table.matchAll(/<th scope="row">([^<]*)</g)].map(([, name]) => name);
    expect(names).toEqual(["1. rate ÷ &lt;3&gt;", "2. baseline", "3. Adam", "the constant"]);
    expect(table).toContain("<td>diverged</td>");
    expect(html).toContain("Its loss left the finite numbers.");
  });

  it("draws a bar for what has a figure, the best one's standing out, and one for the constant", () => {
    const [scores] = /What each came to<\/figcaption>[^]*?<\/svg>/.exec(html)!;
    expect(scores.match(/class="bar/g)).toHaveLength(3);
    expect(scores.match(/class="bar accent/g)).toHaveLength(1);
    expect(scores.match(/class="whisker"/g)).toHaveLength(1);
    expect(scores).not.toContain("Adam");
  });

  it("says the verdict and the reason first, and that it was interrupted", () => {
    const lead = (page: string) => [...page.matchAll(/<p class="lead">([^<]*)</g)].map(([, text]) => text);
    expect(lead(html)).toEqual(["Take the lower rate.", "Units died of the rate."]);
    const stopped = pageToHtml(curePage({ ...prescription, stopped: "aborted" }, subject));
    expect(lead(stopped).at(-1)).toMatch(/^Interrupted/);
  });

  it("bears that all failed", () => {
    const nothing = { ...prescription, baseline: exploded, best: exploded, trials: [exploded] };
    expect(markupFault(pageToHtml(curePage(nothing, subject)))).toBeUndefined();
  });
});
