import { expect, test } from "vitest";
import { countTreated, describeTreated } from "../../src/report/treated-text.js";
import type { Diagnosis } from "../../src/index.js";

const diagnosis = (...layers: string[][]): Diagnosis =>
  ({
    units: layers.flat().length,
    dead: layers.flat().filter((state) => state === "dead").length,
    layers: layers.map((states) => ({ units: states.map((state) => ({ state })) })),
  }) as unknown as Diagnosis;

test("counts units that were revived, not those that died meanwhile", () => {
  const before = diagnosis(["dead", "alive", "dead"], ["dead"]);
  const after = diagnosis(["alive", "dead", "rare"], ["dead"]);
  expect(countTreated({ before, after })).toEqual({
    units: { before: 4, after: 4 },
    dead: { before: 3, after: 2 },
    revived: 2,
    removed: 0,
  });
});

test("units that are gone are removed, not revived", () => {
  const counts = countTreated({ before: diagnosis(["dead", "alive", "dead"]), after: diagnosis(["alive"]) });
  expect(counts).toMatchObject({ revived: 0, removed: 2, dead: { before: 2, after: 0 } });
});

test("says what became of outputs and classes", () => {
  const counts = countTreated({ before: diagnosis(["dead"]), after: diagnosis(["alive"]) });
  expect(describeTreated(counts, { largestChange: 0, meanChange: 0 }, 64)).toBe(
    "1 unit revived, 0 removed; outputs as they were",
  );
  expect(describeTreated(counts, { largestChange: 0.5, meanChange: 0.25, otherClass: 3 }, 1)).toBe(
    "1 unit revived, 0 removed; outputs: largest change 0.5, mean 0.25; another class for 3 of 1 row",
  );
});
