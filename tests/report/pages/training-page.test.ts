import { describe, expect, it } from "vitest";
import { createNetwork, diagnose, sgd, traceDeaths } from "../../../src/index.js";
import { pageToHtml } from "../../../src/report/page.js";
import { trainingPage, type TrainingRecord } from "../../../src/report/pages/training-page.js";
import type { EpochLog } from "../../../src/network/types.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";

const bare: TrainingRecord = {
  title: "Training on a table",
  facts: [],
  notes: [],
  madeBy: "relumine 0",
  epochs: [],
  ending: [],
  deaths: [],
  revived: 0,
  evaluation: { where: "held out", figures: "loss 1" },
  diagnosis: "it overflowed",
};
const epoch = (number: number, loss: number): EpochLog => ({
  epoch: number,
  loss,
  learningRate: 0.1,
  seconds: 1,
  silentUnits: [0],
});

describe("the page of a training", () => {
  it("has each death in its table, in its epoch and with its cause", async () => {
    using network = await createNetwork({
      inputs: 4,
      layers: [{ units: 24, activation: "relu" }, { units: 1 }],
      loss: "meanSquaredError",
      seed: 5,
    });
    const data = Float32Array.from({ length: 4 * 128 }, (_, i) => ((i * 7919) % 101) / 50);
    const x = { rows: 128, columns: 4, data };
    const y = Array.from({ length: 128 }, (_, row) => data[4 * row] * 3);
    const trace = traceDeaths();
    const history = await network.fit(
      { x, y },
      { epochs: 6, batchSize: 16, optimizer: sgd({ learningRate: 0.12 }), callbacks: [trace] },
    );
    expect(trace.deaths.length).toBeGreaterThan(3);
    const diagnosis = diagnose(network, x, { targets: y, history });
    const html = pageToHtml(
      trainingPage({ ...bare, epochs: history.epochs, deaths: trace.deaths, diagnosis, spec: network.spec }),
    );
    expect(markupFault(html)).toBeUndefined();
    expect(html.match(OUTSIDE)).toBeNull();
    expect(html).not.toMatch(/NaN|undefined/);
    const [table] = new RegExp(`${trace.deaths.length} deaths, by step</caption>[^]*?</table>`).exec(html)!;
    for (const { layer, unit, step, cause } of trace.deaths)
      expect(table).toMatch(
        new RegExp(`layer ${layer}, unit ${unit}</th><td>${step}</td><td>\\d+</td><td class="words">${cause}<`),
      );
    const later = new Set(trace.deaths.map(({ epoch: at }) => at).filter((at) => at > 0));
    expect(html.match(/class="event"/g) ?? []).toHaveLength(later.size);
  });

  it("bears no epochs, no deaths and no diagnosis, and says how it ended", () => {
    const html = pageToHtml(trainingPage({ ...bare, ending: ["The training diverged."] }));
    expect(markupFault(html)).toBeUndefined();
    expect(html).toContain("No diagnosis: it overflowed");
    expect(html).toContain("The training diverged.");
    expect(html).toContain("No epoch was finished.");
    expect(html).toContain("No hidden unit was seen to die");
  });

  it("draws some of many epochs and says so; gaps where the loss is no number", () => {
    const epochs = Array.from({ length: 9000 }, (_, i) => epoch(i + 1, i > 8000 ? Infinity : 1 / (i + 1)));
    const html = pageToHtml(trainingPage({ ...bare, epochs }));
    expect(html).toContain("200 of 9,000 epochs are drawn.");
    expect(html).not.toMatch(/ d="[^"]*(?:NaN|Infinity)/);
    expect(html.length).toBeLessThan(200_000);
  });
});
