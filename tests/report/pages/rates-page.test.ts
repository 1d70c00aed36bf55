import { describe, expect, test } from "vitest";
import { adam, createNetwork, findLearningRate, type LearningRateTest, sgd } from "../../../src/index.js";
import { pageToHtml } from "../../../src/report/page.js";
import { deadByRate, lossByRate, ratesPage } from "../../../src/report/pages/rates-page.js";
import { markupFault, OUTSIDE } from "../../support/markup.js";
import { sectors } from "../../support/samples.js";

const subject = { title: "Rates <of> a table", facts: [], notes: [], madeBy: "relumine 0" };
const pageOf = (test: LearningRateTest) => pageToHtml(ratesPage(test, subject));

async function testOf(options: Parameters<typeof findLearningRate>[2], units = [16]): Promise<LearningRateTest> {
  const layers = [...units.map((each) => ({ units: each })), { units: 3 }];
  using network = await createNetwork({ inputs: 2, layers, loss: "crossEntropy" });
  return await findLearningRate(network, sectors(200), { optimizer: sgd(), ...options });
}

describe("the page of a range test", () => {
  test("has the curve, where units die, and what it comes to", async () => {
    const rates = await testOf({ optimizer: adam(), high: 10 });
    const plot = lossByRate(rates);
    expect(plot.zones?.[0]).toEqual({ from: rates.killsFrom, name: "units die" });
    expect(plot.mark?.x).toBe(rates.rate);
    expect(plot.events?.points.reduce((sum, [, died]) => sum + died, 0)).toBe(
      rates.looks.reduce((sum, { died }) => sum + died, 0),
    );
    expect(deadByRate(rates).series[0].points.at(-1)![1]).toBe((100 * rates.looks.at(-1)!.dead) / 16);
    const page = pageOf(rates);
    expect(markupFault(page)).toBeUndefined();
    expect(page.match(OUTSIDE)).toBeNull();
    expect(page).toContain("Rates &lt;of&gt; a table");
    expect(page).toContain("Dead units by learning rate");
    for (const sentence of rates.sentences) expect(page).toContain(sentence);
  });

  test("shades nothing where nothing died, and draws no dead units where there are none to die", async () => {
    const gentle = await testOf({ high: 0.01, steps: 20 });
    expect([lossByRate(gentle).zones, lossByRate(gentle).events]).toEqual([undefined, undefined]);
    const linear = pageOf(await testOf({ steps: 20 }, []));
    expect(linear).toContain("Loss by learning rate");
    expect(linear).not.toContain("Dead units by learning rate");
  });

  test("of one that was stopped at once has no picture, but is a page", async () => {
    const page = pageOf(await testOf({ signal: AbortSignal.abort() }));
    expect(markupFault(page)).toBeUndefined();
    expect(page).not.toMatch(/<svg|NaN|Infinity|undefined/);
  });
});
