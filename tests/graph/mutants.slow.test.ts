// Graphs with bytes changed, left out or repeated: each is refused as a RelumineError, or run; nothing else is thrown,
// and no prototype is touched. They come from the run's seed; RELUMINE_LONG=10 tries ten
// times as many.
import { expect, test } from "vitest";
import { diagnoseGraph } from "../../src/graph/diagnose-graph.js";
import { treatGraph } from "../../src/graph/treat-graph.js";
import { mutate, prototypes } from "../support/mutants.js";
import { seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { startWatch } from "../support/stopwatch.js";
import { patienceFor, times } from "../support/times.js";
import { GRAPHS, ort, readGraphFile } from "./graphs.js";

const SEED = seedOfRun();
const EACH = times(30);
const MOST_MS = 5000;

test.each(GRAPHS.map(([name], index) => [name, index] as const))(
  "mutants of %s",
  async (name, index) => {
    const { model, counted } = readGraphFile(name);
    const random = seededRandom(SEED + index);
    const next = (limit: number) => Math.floor(random() * limit);
    const before = prototypes();
    let refused = 0;
    for (let i = 0; i < EACH; i++) {
      const mutant = mutate(model, next);
      const elapsed = startWatch();
      const call: Promise<unknown> =
        i % 2 === 0
          ? diagnoseGraph(mutant, counted.inputs, { ort })
          : treatGraph(mutant, counted.inputs, "liftBias", { ort });
      const error: unknown = await call.then(
        () => undefined,
        (caught: unknown) => caught,
      );
      if (error !== undefined) {
        refused++;
        expect(error, `mutant ${i} of the seed ${SEED}`).toMatchObject({ name: "RelumineError" });
      }
      expect(elapsed(), `mutant ${i} of the seed ${SEED}`).toBeLessThan(MOST_MS);
    }
    expect(refused).toBeGreaterThan(EACH / 10);
    expect(prototypes()).toEqual(before);
  },
  patienceFor(2),
);
