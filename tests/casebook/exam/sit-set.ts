// A set of the exam, sat: the mended programs have learned, and the marks are those in the set's file.
import { describe, expect, test } from "vitest";
import { ALL_SETS, type SetName } from "./exam.js";
import { type Mark, sit } from "./marks.js";
import { SEEDS } from "./run-program.js";

export function sitSet(set: SetName): void {
  describe(`set ${set}`, () => {
    const marks: Mark[] = [];

    test.each(ALL_SETS[set].map((program) => [program.post, program] as const))("%s", async (_post, program) => {
      const { mark, scores } = await sit(program);
      marks.push(mark);
      expect(scores).toHaveLength(SEEDS.length);
      for (const score of scores) expect(score, "mended, it has not learned").toBeGreaterThanOrEqual(program.bar);
    });

    test("the marks", async () => {
      expect(marks).toHaveLength(ALL_SETS[set].length);
      const text = `[\n${marks.map((mark) => JSON.stringify(mark)).join(",\n")}\n]\n`;
      await expect(text).toMatchFileSnapshot(`marks/${set}.json`);
    });
  });
}
