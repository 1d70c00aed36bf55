// Files of data with bytes changed, left out or repeated: each is read or refused as a RelumineError, quickly, and
// touches no prototype. RELUMINE_LONG=10 tries 100,000; they come from the run's seed, as many of each file.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readRows } from "../../src/arrays/read-rows.js";
import { mutate, prototypes } from "../support/mutants.js";
import { seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { startWatch } from "../support/stopwatch.js";
import { times } from "../support/times.js";

const FOLDER = new URL("../fixtures/data/", import.meta.url);
const isData = (name: string): boolean => /\.(np[yz]|gz|safetensors|parquet)$|ubyte$/.test(name);
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter(isData);
const EACH = Math.ceil(times(10_000) / files.length);
const SEED = seedOfRun();
const MOST_MS = 2000;

describe("mutants", () => {
  test.each(files.map((name, index) => [name, index] as const))("of %s", async (name, index) => {
    const bytes = readFileSync(new URL(name, FOLDER));
    const random = seededRandom(SEED + index);
    const next = (limit: number): number => Math.floor(random() * limit);
    const before = prototypes();
    for (let i = 0; i < EACH; i++) {
      const elapsed = startWatch();
      const error: unknown = await readRows(mutate(bytes, next)).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      if (error !== undefined)
        expect(error, `mutant ${i} of the seed ${SEED}`).toMatchObject({ name: "RelumineError" });
      expect(elapsed(), `mutant ${i} of the seed ${SEED}`).toBeLessThan(MOST_MS);
    }
    expect(prototypes()).toEqual(before);
  });
});
