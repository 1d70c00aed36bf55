import { describe, expect, it } from "vitest";
import { judgeRemedy, type RemedyOutcome } from "../../src/cli/remedy-verdict.js";
import fc from "../support/property.js";

const outcome = (score: number, closed: number): RemedyOutcome => ({ score, closed });
const healthy = outcome(0.97, 0.04);
const faulty = outcome(0.1, 0.9);

describe("judgeRemedy", () => {
  it.each([
    ["all is back", outcome(0.96, 0.05), "cured"],
    ["better than before", outcome(0.99, 0), "cured"],
    ["the accuracy is back, half of the units are not", outcome(0.97, 0.5), "helped"],
    ["the units are back, the accuracy is not", outcome(0.1, 0.04), "helped"],
    ["a little is back", outcome(0.2, 0.8), "helped"],
    ["noise", outcome(0.12, 0.91), "did nothing"],
    ["the same", faulty, "did nothing"],
    ["what the accuracy gained, the units lost", outcome(0.19, 0.99), "did nothing"],
  ])("%s: %o is %s", (_, remedy, verdict) => expect(judgeRemedy(healthy, faulty, remedy)).toBe(verdict));

  it("sees a remedy that makes it worse", () => {
    expect(judgeRemedy(healthy, outcome(0.6, 0.4), outcome(0.1, 0.9))).toBe("made it worse");
  });

  it("calls no remedy a help that costs more of the score, however many units it opens", () => {
    expect(judgeRemedy(healthy, faulty, outcome(0, 0.04))).toBe("made it worse");
    expect(judgeRemedy(healthy, faulty, outcome(0.05, 0.04))).toBe("helped"); // less than a tenth of what was lost
    expect(judgeRemedy(healthy, faulty, outcome(Number.NaN, 0.6))).toBe("made it worse");
  });

  it("goes by the units alone when the fault cost no score, and by the score alone when it cost no units", () => {
    expect(judgeRemedy(healthy, outcome(0.965, 0.4), outcome(0.5, 0.04))).toBe("cured");
    expect(judgeRemedy(healthy, outcome(0.965, 0.4), outcome(0.97, 0.39))).toBe("did nothing");
    expect(judgeRemedy(healthy, outcome(0.5, 0.05), outcome(0.96, 0.8))).toBe("cured");
  });

  it("says where there was no fault", () => {
    expect(judgeRemedy(healthy, outcome(0.96, 0.06), outcome(0.1, 1))).toBe("nothing to cure");
  });

  it("counts an R² below 0, or none at all, as 0", () => {
    expect(judgeRemedy(outcome(0.8, 0), outcome(-1e30, 0), outcome(0.1, 0))).toBe("helped");
    expect(judgeRemedy(outcome(0.8, 0), outcome(Number.NaN, 0), outcome(-5, 0))).toBe("did nothing");
  });

  it("never ranks a better outcome below a worse one", () => {
    const rank = ["made it worse", "did nothing", "helped", "cured"];
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(share, share, share, share, (score, closed, more, fewer) => {
        const worse = judgeRemedy(healthy, faulty, outcome(score, closed));
        const better = judgeRemedy(healthy, faulty, outcome(Math.min(1, score + more), Math.max(0, closed - fewer)));
        expect(rank.indexOf(better)).toBeGreaterThanOrEqual(rank.indexOf(worse));
      }),
    );
  });
});
