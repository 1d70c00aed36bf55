// A set of the exam, sat: the mended programs have learned, and the marks are those in the set's file. A third of the
// set, others with each seed of a run; RELUMINE_LONG=3 sits all, and alone can write the file anew (-u).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ALL_SETS, type SetName } from "./exam.js";
import { type Mark, sit } from "./marks.js";
import { SEEDS } from "./run-program.js";
import { patienceFor, someOf } from "../../support/times.js";

const LIMIT = { timeout: patienceFor(5) };

export function sitSet(set: SetName): void {
  describe(`set ${set}`, () => {
    const all = ALL_SETS[set];
    const chosen = someOf(all, Math.ceil(all.length / 3));
    const marks: Mark[] = [];

    test.each(chosen.map((program) => [program.post, program] as const))("%s", LIMIT, async (_post, program) => {
      const { mark, scores } = await sit(program);
      marks.push(mark);
      expect(scores).toHaveLength(SEEDS.length);
      for (const score of scores) expect(score, "mended, it has not learned").toBeGreaterThanOrEqual(program.bar);
    });

    test("the marks", async () => {
      expect(marks).toHaveLength(chosen.length);
      if (chosen.length < all.length) {
        const stored = JSON.parse(readFileSync(new URL(`marks/${set}.json`, import.meta.url), "utf8")) as Mark[];
        expect(JSON.parse(JSON.stringify(marks))).toEqual(chosen.map((program) => stored[all.indexOf(program)]));
        return;
      }
      const text = `[\n${marks.map((mark) => JSON.stringify(mark)).join(",\n")}\n]\n`;
      await expect(text).toMatchFileSnapshot(`marks/${set}.json`);
    });
  });
}
