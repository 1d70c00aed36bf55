// Kills at random moments: no file is ever half written, nothing but the time since the last checkpoint is lost, and
// what comes out at the end is the training that was never killed. RELUMINE_LONG=40 kills 200 times.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { readMetadata } from "../../src/index.js";
import { seededRandom } from "../support/random.js";
import { patienceFor, times } from "../support/times.js";
import { finish, type Finished, Folder, PENGUINS, start } from "./run.js";

const KILLS = times(5);
const MOST_MISSES = 10 * KILLS;
const SETTINGS = [PENGUINS, "--target", "species", "--epochs", "2000", "--optimizer", "sgd", "--learning-rate", "0.3"];

interface Run extends Finished {
  /** Milliseconds from its first word, by which the training is under way, to its end. */
  readonly lasted: number;
}

/** Kills it so many milliseconds after its first word. */
async function train(args: readonly string[], killAfter?: number): Promise<Run> {
  const child = start(["train", ...args]);
  let first = performance.now();
  let timer: NodeJS.Timeout | undefined;
  child.stderr!.once("data", () => {
    first = performance.now();
    if (killAfter !== undefined) timer = setTimeout(() => child.kill("SIGKILL"), killAfter);
  });
  const finished = await finish(child);
  clearTimeout(timer);
  return { ...finished, lasted: performance.now() - first };
}

it(
  `survives ${KILLS} kills`,
  async () => {
    const seed = inject("seed");
    const hint = `RELUMINE_SEED=${seed}`;
    const random = seededRandom(seed);
    const folder = new Folder();
    const [whole, out] = ["whole", "out"].map((name) => join(folder.path, `${name}.safetensors`));
    const { code, lasted } = await train([...SETTINGS, "--out", whole]);
    expect(code).toBe(0);
    let [kills, misses] = [0, 0];
    for (let training = 0; kills < KILLS; training++) {
      const file = join(folder.path, `training-${training}`);
      for (let isDone = false; !isDone;) {
        const from = fs.existsSync(file) ? [PENGUINS, "--resume", file] : [...SETTINGS, "--checkpoint", file];
        const killAfter = kills < KILLS ? random() * lasted : undefined;
        const run = await train([...from, "--every", "20ms", "--out", out], killAfter);
        isDone = run.code !== null;
        kills += Number(!isDone);
        misses += Number(isDone);
        const error = run.stderr.match(/error.*/)?.[0];
        if (isDone) expect({ code: run.code, error }, hint).toEqual({ code: 0, error: undefined });
        if (fs.existsSync(file)) readMetadata(fs.readFileSync(file));
        const temporaries = fs.readdirSync(folder.path).filter((name) => name.endsWith(".tmp"));
        expect(temporaries.length, hint).toBeLessThanOrEqual(2);
      }
      expect(misses, hint).toBeLessThan(MOST_MISSES);
      expect(fs.readFileSync(out).equals(fs.readFileSync(whole)), hint).toBe(true);
    }
  },
  patienceFor(3),
);
