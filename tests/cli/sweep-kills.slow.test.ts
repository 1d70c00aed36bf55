// A sweep that is killed at random moments, so many times: every trial is in the journal once it is told, none is lost
// or wrong, and what comes of it is the sweep that was never killed. RELUMINE_LONG=25 kills a hundred times.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readLine } from "../../src/sweep/journal/journal.js";
import { seededRandom } from "../support/random.js";
import { times } from "../support/times.js";
import { finish, Folder, PENGUINS, start } from "./run.js";

const KILLS = times(4);

interface Told {
  readonly trials: readonly { readonly id: string; readonly score?: number; readonly dead?: readonly number[] }[];
  readonly journal?: { readonly damaged: readonly number[] };
}

const plain = ({ trials }: Told) => trials.map(({ id, score, dead }) => ({ id, score, dead }));

it(
  `survives ${KILLS} kills`,
  async () => {
    const seed = Date.now() % 2 ** 31;
    const random = seededRandom(seed);
    const folder = new Folder();
    const plan = {
      base: { spec: { layers: [{ units: 16 }, { units: 16 }] }, fit: { epochs: 60, optimizer: "sgd" } },
      axes: { learningRate: { from: 0.01, to: 10, count: 12, scale: "log" }, bias: [-2, -1, 0, 1] },
      repeats: 2,
    };
    const args = ["sweep", folder.write("plan.json", JSON.stringify(plan)), PENGUINS, "--target", "species", "--json"];
    const started = performance.now();
    const whole = JSON.parse((await finish(start(args))).stdout) as Told;
    const longest = performance.now() - started; // from a start to its kill
    expect(whole.trials).toHaveLength(96);
    let kills = 0;
    for (let round = 0; kills < KILLS; round++) {
      const journal = join(folder.path, `${round}.jsonl`);
      let before = new Set<string>();
      for (let isDone = false; !isDone;) {
        const child = start([...args, "--journal", journal]);
        const timer = kills < KILLS ? setTimeout(() => child.kill("SIGKILL"), random() * longest) : undefined;
        const { code, stdout, stderr } = await finish(child);
        clearTimeout(timer);
        isDone = code !== null;
        kills += Number(!isDone);
        const lines = existsSync(journal) ? readFileSync(journal, "utf8").split("\n") : [];
        const read = lines.filter((line) => line !== "").map(readLine);
        expect(
          read.filter((entry) => entry === "damaged"),
          `seed ${seed}`,
        ).toEqual([]);
        const ids = read.filter((entry) => typeof entry === "object").map(({ id }) => id);
        expect(new Set(ids).size, `seed ${seed}`).toBe(ids.length); // nothing is done twice
        for (const id of before) expect(ids, `seed ${seed}`).toContain(id);
        before = new Set(ids);
        if (!isDone) continue;
        expect({ code, error: stderr.match(/error.*/)?.[0], seed }).toEqual({ code: 0, error: undefined, seed });
        const told = JSON.parse(stdout) as Told;
        expect(plain(told), `seed ${seed}`).toEqual(plain(whole));
        expect(told.journal!.damaged).toEqual([]);
      }
    }
  },
  120_000 + KILLS * 60_000,
);
