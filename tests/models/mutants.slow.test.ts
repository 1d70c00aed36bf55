// Fixtures with bytes changed, left out or repeated: each is read or refused as a RelumineError, quickly, and touches
// no prototype. RELUMINE_LONG=20 tries 100,000; they come from the run's seed, as many of each fixture.
import { describe, expect, test } from "vitest";
import { bytesOf, fileOf, fixturesIn, readFixture } from "./fixtures.js";
import { mutate, prototypes } from "../support/mutants.js";
import { seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { startWatch } from "../support/stopwatch.js";
import { times } from "../support/times.js";

const FOLDERS = ["onnx", "torch", "keras", "tfjs", "numpy"];
const all = FOLDERS.flatMap((folder) =>
  fixturesIn(folder).map(([name, fixture]) => [`${folder}/${name}`, fixture] as const),
);
const SEED = seedOfRun();
const EACH = Math.ceil(times(5000) / all.length);
const MOST_MS = 2000;

describe("mutants", () => {
  test.each(all.map(([name, fixture], index) => [name, fixture, index] as const))(
    "of %s",
    async (_name, fixture, index) => {
      const bytes = bytesOf({ ...fixture, file: fileOf(fixture) });
      const random = seededRandom(SEED + index);
      const next = (limit: number) => Math.floor(random() * limit);
      const before = prototypes();
      for (let i = 0; i < EACH; i++) {
        const elapsed = startWatch();
        const error: unknown = await readFixture(fixture, mutate(bytes, next)).then(
          () => undefined,
          (caught: unknown) => caught,
        );
        if (error !== undefined)
          expect(error, `mutant ${i} of the seed ${SEED}`).toMatchObject({ name: "RelumineError" });
        expect(elapsed(), `mutant ${i} of the seed ${SEED}`).toBeLessThan(MOST_MS);
      }
      expect(prototypes()).toEqual(before);
    },
  );
});
