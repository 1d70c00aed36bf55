// `npm run demo:resets`: that what it calls left alone is the training without resets, to the bit, and that few runs
// give the tables that many do.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { LeftAlone, type Place } from "../../bench/demos/resets/left-alone.js";
import { runJob } from "../../bench/demos/resets/run.js";
import { PLAIN, RULES } from "../../bench/demos/resets/rules.js";
import { digits, STREAMS, TASKS } from "../../bench/demos/resets/streams.js";
import { adam, type Callback, createNetwork, type Network, type Optimizer, sgd } from "../../src/index.js";
import { fitOf } from "../../src/network/training/running-fit.js";
import { stateOf } from "../../src/network/state/state.js";
import { resetUnit } from "../../src/treatment/remedies/unit-parameters.js";

const folder = mkdtempSync(join(tmpdir(), "relumine-resets-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...options: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = ["--import", "tsx", "bench/demos/resets.ts", ...options];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, { maxBuffer: 2 ** 24 })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const task = digits();

/** A unit that is permanently closed, and one that fires. */
const CLOSED: Place = { layer: 0, unit: 3 };
const OPEN: Place = { layer: 0, unit: 4 };

async function closedNetwork(): Promise<Network> {
  const layers = [{ units: 16 }, { units: 12 }, { units: 10 }];
  const network = await createNetwork({ inputs: 64, layers, loss: "crossEntropy", seed: 2 });
  const { bias } = network.layers[0]!.getWeights();
  bias[CLOSED.unit] = -1e3;
  network.layers[0]!.setWeights({ bias });
  return network;
}

describe("a unit that is left alone", () => {
  test.each<[string, () => Optimizer]>([
    ["sgd with momentum", () => sgd({ learningRate: 0.1, momentum: 0.5 })],
    ["adam", () => adam({ learningRate: 0.01 })],
  ])("the copy trains as the network does, to the bit (%s)", async (_name, optimizer) => {
    using network = await closedNetwork();
    let copy!: LeftAlone;
    let ended!: Float32Array;
    const callback: Callback = {
      onTrainBegin(context) {
        const fit = fitOf(context);
        copy = new LeftAlone(fit, task.x);
        fit.watch(() => fit.step === 57 && copy.keep());
      },
      onTrainEnd() {
        expect(copy.trainOn([CLOSED])).toEqual([false]);
        ended = copy.parameters.slice();
        copy.dispose();
      },
    };
    await network.fit(task, { epochs: 3, batchSize: 32, optimizer: optimizer(), callbacks: [callback] });
    expect(ended).toEqual(stateOf(network).allWeights());
  });

  test("units that were reset are found, and told apart: one that fires, one that is permanently dead", async () => {
    using network = await closedNetwork();
    let told: object | undefined;
    const callback: Callback = {
      onTrainBegin(context) {
        const fit = fitOf(context);
        const copy = new LeftAlone(fit, task.x);
        fit.atEnd(() => copy.dispose());
        fit.watch(() => {
          if (fit.step !== 20) return;
          copy.keep();
          const { state } = fit;
          for (const { layer, unit } of [CLOSED, OPEN, { layer: 1, unit: 7 }])
            state.edit(() => resetUnit(state, layer, unit));
          const places = copy.changedUnits();
          told = { places, fates: copy.follow(places.slice(0, 2)) };
        });
      },
    };
    await network.fit(task, { epochs: 1, batchSize: 32, optimizer: sgd({ learningRate: 0.1 }), callbacks: [callback] });
    expect(told).toEqual({
      places: [CLOSED, OPEN, { layer: 1, unit: 7 }],
      fates: [
        { fires: false, permanent: true, again: false },
        { fires: true, permanent: false, again: true },
      ],
    });
  });
});

describe("a run", () => {
  test("is the same again, and following units changes nothing of it", async () => {
    const job = { stream: STREAMS.findIndex(({ name }) => name === "permuted pixels, Adam 0.01"), rule: 1, seed: 3 };
    const once = await runJob(job);
    expect(await runJob(job)).toEqual(once);
    expect(once.ends).toHaveLength(TASKS);
    expect(once.followed).toBe(once.resets);
    expect(once.again).toBeGreaterThan(0);
    expect(once.again).toBeLessThan(once.followed);
  });
});

describe("demo:resets", () => {
  test("--quick: every rule, more units dead without one; what a journal has is not trained again", async () => {
    const journal = join(folder, "journal.jsonl");
    const first = await run("--quick", "--json", "--journal", journal);
    expect(first.code).toBe(0);
    const { runs, interrupted } = JSON.parse(first.stdout) as {
      interrupted: boolean;
      runs: { rule: string; resets: number; ends: { permanent: number }[] }[];
    };
    expect(interrupted).toBe(false);
    expect(runs.map(({ rule }) => rule)).toEqual([...RULES, ...RULES].map(({ name }) => name));
    for (const { rule, resets } of runs) expect(resets > 0).toBe(rule !== PLAIN);
    const [plain, ...others] = runs.slice(0, RULES.length).map(({ ends }) => ends.at(-1)!.permanent); // permuted pixels
    for (const each of others) expect(each).toBeLessThan(plain!);
    const lines = readFileSync(journal, "utf8");
    const again = await run("--quick", "--json", "--journal", journal);
    expect(again.stdout).toBe(first.stdout);
    expect(readFileSync(journal, "utf8")).toBe(lines);
  });

  test("the tables go to stdout; bad usage is exit code 2", async () => {
    const { code, stdout } = await run("--seeds", "1", "--streams", "renamed classes, SGD 0.5");
    expect(code).toBe(0);
    for (const { name } of RULES) expect(stdout).toContain(`| ${name} |`);
    expect(stdout).not.toMatch(/NaN|undefined/);
    for (const bad of [["--seeds", "0"], ["--workers", "x"], ["--streams", "nothing"], ["--colour"]]) {
      const refused = await run(...bad);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain("usage: npm run demo:resets");
    }
  });
});
