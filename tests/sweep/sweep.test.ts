// Sweeps as a whole: what each trial tells is what training it by hand gives, to the bit, on any number of workers,
// with or without a journal, in shards and in pieces.
import { describe, expect, test } from "vitest";
import { cosine, createNetwork, diagnose, reduceOnPlateau, sgd, stepDecay, warmup } from "../../src/index.js";
import {
  fileJournal,
  localEngine,
  memoryJournal,
  openWork,
  retrain,
  sweep,
  type SweepEngine,
  type SweepOptions,
  type SweepPlan,
  type SweepResult,
  type SweepWork,
  type TrialFigures,
} from "../../src/sweep.js";
import { type JournalEntry, readLine, writeLine } from "../../src/sweep/journal/journal.js";
import { readPlan } from "../../src/sweep/plan/plan.js";
import { sha256 } from "../../src/core/sha256.js";
import { runJobs } from "../../src/treatment/trial/run-trial.js";
import type { TrialJob, TrialSetup } from "../../src/treatment/trial/trial.js";
import { expectError } from "../support/errors.js";
import { sectors, waves } from "../support/samples.js";

const layers = [{ units: 6 }, { units: 5 }, { units: 3 }];
const spec = { inputs: 2, layers, loss: "crossEntropy" as const, seed: 4 };
const plan: SweepPlan = {
  base: { spec, fit: { optimizer: "sgd", epochs: 6, batchSize: 16 } },
  axes: { learningRate: { from: 0.03, to: 3, count: 3, scale: "log" }, bias: [-3, 0] },
  repeats: 2,
};
const data = sectors(120);
const held = sectors(40, 3, 9);
const judged = { ...data, validation: held };

/** All that does not hang on the machine. */
const plain = ({ trials, cells, best }: SweepResult) => ({
  trials: trials.map(({ seconds: _seconds, host: _host, resumed: _resumed, ...rest }) => rest),
  cells: cells.map(({ seconds: _seconds, ...rest }) => rest),
  best: best?.cell,
});
const here = localEngine({ workers: 1 });
const run = (options: SweepOptions = {}, given = plan) => sweep(given, judged, { engine: here, ...options });

test("a trial is the training that its values say", async () => {
  const { trials, measure, constant } = await run();
  expect(trials).toHaveLength(12);
  expect(measure).toBe("accuracy");
  const share = (y: readonly number[], label: number) => y.filter((each) => each === label).length / y.length;
  const [said] = [0, 1, 2].sort((a, b) => share(data.y, b) - share(data.y, a));
  expect(constant.accuracy).toBeCloseTo(share(held.y, said), 12);
  for (const trial of trials) {
    const { learningRate, bias } = trial.at as { learningRate: number; bias: number };
    const given = {
      ...spec,
      seed: trial.seed,
      layers: layers.map((layer, i) => (i < 2 ? { ...layer, biasInitializer: bias } : layer)),
    };
    using network = await createNetwork(given);
    const before = diagnose(network, data.x);
    await network.fit(data, { epochs: 6, batchSize: 16, optimizer: sgd({ learningRate }) });
    const { loss, accuracy } = network.evaluate(held);
    const after = diagnose(network, data.x, { targets: data.y });
    expect(trial).toMatchObject({ loss, accuracy, score: accuracy, trained: 6, units: [6, 5] });
    expect(trial.dead).toEqual(after.layers.map(({ dead }) => dead));
    expect(trial.deadFraction).toBe(after.deadFraction);
    const dead = after.layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
    const born = dead.filter(({ layer, unit }) => before.layers[layer].units[unit].state === "dead").length;
    expect([trial.causes!.born ?? 0, trial.causes!.unexplained ?? 0]).toEqual([born, dead.length - born]);
    const bornIn = (layer: number) =>
      dead.filter((each) => each.layer === layer && before.layers[layer].units[each.unit].state === "dead").length;
    expect(trial.born).toEqual([bornIn(0), bornIn(1)]);
    expect(trial.learning).toEqual({ score: after.learning!.score, verdict: after.learning!.verdict });
  }
  expect(trials.filter(({ dead }) => dead![0] > 0).length).toBeGreaterThan(2); // a bias of -3 closes units
});

test("a schedule is an axis, by its words or as data: trials are the trainings with it", async () => {
  const fit = { ...plan.base.fit, learningRate: reduceOnPlateau({ patience: 0, threshold: 0.5 }) };
  const decay = { name: "stepDecay", options: { every: 2 } };
  const axes = { schedule: [false, "warmup:steps=3,cosine", decay], learningRate: [0.1, 1] };
  const { trials } = await run({}, { base: { ...plan.base, fit }, axes });
  const given = [undefined, warmup({ steps: 3, next: cosine() }), stepDecay({ every: 2 })];
  expect(trials).toHaveLength(6);
  for (const [place, { loss, seed, at }] of trials.entries()) {
    using network = await createNetwork({ ...spec, seed });
    const optimizer = sgd({ learningRate: at.learningRate as number });
    const learningRate = given[Math.floor(place / 2)];
    await network.fit(data, { epochs: 6, batchSize: 16, optimizer, ...(learningRate && { learningRate }) });
    expect(loss).toBe(network.evaluate(held).loss);
  }
  expect(new Set(trials.map(({ loss }) => loss)).size).toBe(6);
  for (const bad of ["cosin", "cosine:minimum=-1", 0.1, null, { name: "cosine", options: { steps: 1 } }])
    await expectError(() => readPlan({ ...plan, axes: { schedule: [false, bad] } }), "value");
});

test("on any number of workers: the same to the bit", async () => {
  const alone = plain(await run());
  for (const workers of [2, 3]) expect(plain(await run({ engine: localEngine({ workers }) }))).toEqual(alone);
});

test("cells are over their seeds, and the best is the highest", async () => {
  const { trials, cells, best } = await run();
  for (const { cell, score, deadFraction, interval, seeds } of cells) {
    const own = trials.filter((trial) => trial.cell === cell);
    const mean = (read: (trial: (typeof own)[number]) => number) =>
      own.reduce((sum, trial) => sum + read(trial) / 2, 0);
    expect(score).toBeCloseTo(
      mean((trial) => trial.score!),
      12,
    );
    expect(deadFraction).toBeCloseTo(
      mean((trial) => trial.deadFraction!),
      12,
    );
    expect([interval!.score!.mean, seeds]).toEqual([score, 2]);
  }
  expect(best!.score).toBe(Math.max(...cells.map(({ score }) => score!)));
});

test("of numbers the score is how far the loss is from the constant's to 0", async () => {
  const given: SweepPlan = {
    base: { spec: { inputs: 2, layers: [{ units: 8 }, { units: 1 }], loss: "meanSquaredError" }, fit: { epochs: 20 } },
    axes: { learningRate: [0.001, 0.05] },
  };
  const { trials, measure, constant } = await sweep(
    given,
    { ...waves(100), validation: waves(50, 5) },
    { engine: here },
  );
  expect(measure).toBe("loss");
  for (const { score, loss } of trials) expect(score).toBe(1 - loss! / constant.loss);
  expect(trials[1].score).toBeGreaterThan(0.5);
});

test("traced, it says what killed the units", async () => {
  const axes = { learningRate: [0.5, 20] };
  const { cells } = await run({}, { ...plan, axes, trace: true });
  const { causes, deadFraction } = cells[1];
  expect(deadFraction).toBeGreaterThan(0.3);
  expect(causes.learningRate).toBeGreaterThan(0);
  expect(causes.unexplained ?? 0).toBe(0);
});

test("what diverges or is refused is told, and is no winner", async () => {
  const axes = { "fit.optimizer.options.momentum": [0, 0.9], learningRate: [0.1, 1e30] };
  const result = await run({}, { ...plan, axes });
  const { trials, best } = result;
  const failed = trials.filter((trial) => trial.failed);
  expect(failed.length).toBeGreaterThan(0);
  for (const { at, failed: why } of failed) expect([at.learningRate, why!.code]).toEqual([1e30, "diverged"]);
  expect(best!.at.learningRate).toBe(0.1);
  expect(String(result)).toMatch(/\d trials failed \(diverged\), such as at .* seed \d:\s+the loss/s);
  expect(String(await run())).not.toMatch(/failed/);
});

describe("journals", () => {
  test("what is there is not done again, and is the same to the bit", async () => {
    const journal = memoryJournal();
    const first = await run({ journal });
    const trained: string[] = [];
    const counting: SweepEngine = {
      run: (trials, work, options) =>
        here.run(trials, work, {
          ...options,
          onResult: (trial, ...rest) => (trained.push(trial.id), options.onResult(trial, ...rest)),
        }),
    };
    const again = await run({ journal, engine: counting });
    expect(trained).toEqual([]);
    expect(again.journal).toEqual({ resumed: 12, others: 0, cut: 0, damaged: [] });
    expect(plain(again)).toEqual(plain(first));
    const wider = await run({ journal, engine: counting }, { ...plan, repeats: 3 });
    expect([trained.length, wider.trials.length]).toEqual([6, 18]);
  });

  test("a sweep that is stopped anywhere goes on where it was", async () => {
    const whole = plain(await run());
    const journal = memoryJournal();
    for (let round = 0; ; round++) {
      expect(round).toBeLessThan(10);
      const controller = new AbortController();
      let fresh = 0;
      const part = await run({
        journal,
        signal: controller.signal,
        onTrial: ({ resumed }) => !resumed && ++fresh === 3 && controller.abort(),
      });
      if (part.stopped) continue;
      expect(round).toBeGreaterThan(1);
      expect(plain(part)).toEqual(whole);
      return;
    }
  });

  test("of other rows, another plan or another arithmetic do not count", async () => {
    const journal = memoryJournal();
    await run({ journal });
    const other = await sweep(plan, { ...sectors(120, 3, 2), validation: held }, { journal, engine: here });
    expect(other.journal).toMatchObject({ resumed: 0, others: 12 });
    const longer = await run({ journal }, { ...plan, base: { spec, fit: { ...plan.base.fit, epochs: 7 } } });
    expect(longer.journal!.resumed).toBe(0);
  });

  test("shards share the trials, and their journals are one sweep", async () => {
    const journals = [0, 1, 2].map(() => memoryJournal());
    const parts = await Promise.all(
      journals.map((journal, index) =>
        run({ journal, shard: { index, count: 3 }, engine: localEngine({ workers: 1 }) }),
      ),
    );
    const ids = parts.flatMap(({ trials }) => trials.map(({ id }) => id));
    expect([ids.length, new Set(ids).size]).toEqual([12, 12]);
    const all = await run({ journal: [memoryJournal(), ...journals] });
    expect(all.journal!.resumed).toBe(12);
    expect(plain(all)).toEqual(plain(await run()));
  });

  test("one that fails ends the sweep with its error", async () => {
    const error = new Error("the disk is full");
    const journal = { read: () => [], append: () => Promise.reject(error) };
    await expect(run({ journal })).rejects.toBe(error);
    await expect(run({ journal, engine: localEngine({ workers: 2 }) })).rejects.toBe(error);
  });
});

test("halving trains fewer, the same ones on any number of workers, and its journal resumes it", async () => {
  const given: SweepPlan = {
    ...plan,
    base: { spec, fit: { ...plan.base.fit, epochs: 9 } },
    axes: { learningRate: { from: 0.03, to: 3, scale: "log" }, bias: { from: -2, to: 1 } },
    sampling: { random: "sobol", count: 18 },
    stop: {},
  };
  const journal = memoryJournal();
  const alone = await run({ journal }, given);
  expect(plain(await run({ engine: localEngine({ workers: 3 }) }, given))).toEqual(plain(alone));
  const again = await run({ journal }, given);
  expect(again.journal!.resumed).toBe(again.trials.length);
  expect(plain(again)).toEqual(plain(alone));
  const whole = alone.trials.filter(({ epochs }) => epochs === 9);
  expect(new Set(alone.trials.map(({ epochs }) => epochs))).toEqual(new Set([1, 3, 9]));
  expect(whole.length).toBeGreaterThan(0);
  expect(whole.length).toBeLessThan(18);
  expect([alone.best!.epochs, alone.best!.seeds]).toEqual([9, 2]);
});

test("cells that are one and the same training are trained once", async () => {
  const given: SweepPlan = {
    ...plan,
    axes: { units: { from: 3, to: 4 } },
    sampling: { random: "sobol", count: 8 },
    repeats: 1,
  };
  const journal = memoryJournal();
  const { trials } = await run({ journal }, given);
  expect(trials).toHaveLength(8);
  expect(new Set(trials.map(({ id }) => id)).size).toBe(2);
  expect([...(journal.read() as string[])]).toHaveLength(2);
});

test("a trial's network is had by training it once more", async () => {
  const given: SweepPlan = { ...plan, base: { ...plan.base, remedies: { standardize: { inputs: true } } } };
  const { trials } = await run({}, given);
  for (const trial of trials.slice(0, 4)) {
    using network = await retrain(given, judged, trial);
    expect(network.evaluate(held).loss).toBe(trial.loss);
    expect(diagnose(network, data.x).deadFraction).toBe(trial.deadFraction);
  }
  const far = { ...plan, axes: { learningRate: [0.1, 1e30] }, base: { ...plan.base, fit: { optimizer: "adam" } } };
  const failed = (await run({}, far)).trials.find((trial) => trial.failed)!;
  await expectError(retrain(far, judged, failed), "value", "trial");
  await expectError(retrain(given, judged, { ...trials[0], cell: 6 }), "value", "trial.cell");
  await expectError(retrain(given, judged, undefined as never), "value", "trial");
  await expectError(retrain(given, judged, [0, 0, 0] as never), "value", "trial");
});

describe("an engine elsewhere", () => {
  /** Sends everything through text and bytes, as a queue does. */
  const remote = (tamper: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): SweepEngine => ({
    async run(trials, work: SweepWork, { onResult }) {
      const bytes = work.pack();
      expect(sha256(bytes)).toBe(work.data);
      const there = openWork(tamper(bytes.slice()), work.arithmetic);
      for await (const trial of trials) {
        const { id, task } = JSON.parse(JSON.stringify(trial)) as typeof trial;
        const figures = await there.run(task);
        await onResult({ id, task }, JSON.parse(JSON.stringify(figures)) as typeof figures, "elsewhere");
      }
    },
  });

  test("does the same trials to the bit from the file and the tasks", async () => {
    const given = { ...plan, base: { ...plan.base, remedies: { standardize: { inputs: true } } } };
    for (const each of [plan, given])
      expect(plain(await run({ engine: remote() }, each))).toEqual(plain(await run({}, each)));
  });

  test("of sparse rows, weights and rows that few digits hold, too", async () => {
    const few = {
      rows: 60,
      columns: 2,
      rowOffsets: Array.from({ length: 61 }, (_, i) => i),
      columnIndices: Array.from({ length: 60 }, (_, i) => i % 2),
    };
    const y = Array.from({ length: 60 }, (_, i) => i % 3);
    const sets = [
      { x: few, y, weights: y.map((value) => 1 + value) },
      { x: Array.from({ length: 60 }, (_, i) => [1e9 + i * 0.01, i]), y, validation: 0 },
    ];
    for (const set of sets) {
      const options = { engine: remote() };
      const given: SweepPlan = {
        ...plan,
        base: { ...plan.base, remedies: { standardize: { inputs: set === sets[1] } } },
        repeats: 1,
      };
      expect(plain(await sweep(given, set, options))).toEqual(plain(await sweep(given, set, { engine: here })));
    }
  });

  test("refuses exact rows that are others than the rows", async () => {
    const far = { x: Array.from({ length: 60 }, (_, i) => [1e9 + i * 0.01, i]), y: data.y.slice(0, 60), validation: 0 };
    const scaled = { ...plan, base: { ...plan.base, remedies: { standardize: { inputs: true } } } };
    const tamper = (bytes: Uint8Array) => {
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
      const [found] = /"exact\.training":\{[^}]*?\[60, ?2\]/.exec(text)!;
      const changed = text.replace(found, found.replace(/\[60,/, "[30,").replace(/2\]$/, "4]"));
      return Uint8Array.from(changed, (character) => character.charCodeAt(0));
    };
    await expectError(sweep(scaled, far, { engine: remote(tamper) }), "format", /exact\.training/);
  });

  test("refuses files that are none, and tasks that are none", async () => {
    for (const tamper of [
      (bytes: Uint8Array) => bytes.subarray(0, 100),
      (bytes: Uint8Array) => bytes.fill(0, 8, 20),
      () => new Uint8Array(),
    ])
      await expectError(run({ engine: remote(tamper) }), "format");
    let work: SweepWork | undefined;
    await run({ engine: { run: async (_trials, given) => void (work = given) }, signal: AbortSignal.abort() });
    const there = openWork(work!.pack(), "fast");
    const task = { settings: {}, seed: 0, epochs: 1, look: "units" };
    for (const bad of [
      undefined,
      7,
      {},
      task,
      { ...task, seed: -1 },
      { ...task, code: "x" },
      { ...task, settings: null },
    ])
      await expectError(there.run(bad as never), "format");
    const settings = {
      spec: { inputs: 2, layers: [{ units: 2 ** 31 }], loss: "crossEntropy" },
      optimizer: { name: "sgd", options: {} },
      batchSize: 1,
      shuffle: true,
      callbacks: [],
    };
    await expectError(there.run({ ...task, settings }), "format", /units/);
    const fine = { ...settings, spec };
    expect((await there.run({ ...task, settings: fine })).trained).toBe(1);
    for (const odd of [
      { callbacks: [{ name: "constructor" }] },
      { callbacks: [null] },
      { callbacks: [{ name: "recordActivity", options: {} }] },
      { optimizer: null },
      { standardize: null },
      { treat: { kind: "rm" } },
      { path: "/etc" },
    ])
      await expectError(there.run({ ...task, settings: { ...fine, ...odd } }), "format");
  });

  test("that forgets a trial, or can't go on, ends the sweep", async () => {
    const forgetful: SweepEngine = {
      async run(trials) {
        const all = trials[Symbol.asyncIterator]();
        while (!(await all.next()).done);
      },
    };
    await expectError(run({ engine: forgetful }), "value", "engine");
    const tells = (figures: object): SweepEngine => ({
      async run(trials, _work, { onResult }) {
        const all = trials[Symbol.asyncIterator]();
        for (let next = await all.next(); !next.done; next = await all.next())
          await onResult(next.value, figures as never, "elsewhere");
      },
    });
    await expectError(run({ engine: tells({ seconds: 0, trained: 1, accuracy: 7 }) }), "format", "figures.accuracy");
    const aborted = { seconds: 0, trained: 0, failed: { code: "aborted", message: "" } };
    await expectError(run({ engine: tells(aborted) }), "value", "engine"); // it is not the trial's own
    const error = new Error("no queue there");
    await expect(run({ engine: { run: () => Promise.reject(error) } })).rejects.toBe(error);
  });
});

test("arguments that are wrong, before anything trains", async () => {
  let trained = 0;
  const options = { onTrial: () => void trained++ };
  await expectError(sweep(plan, { x: data.x, y: data.y.slice(1) }, options), "shape");
  await expectError(sweep(plan, { x: data.x.map(() => [1, 2, 3]), y: data.y }, options), "shape");
  await expectError(run({ ...options, engine: {} as SweepEngine }), "value", "engine");
  await expectError(run({ ...options, journal: {} as never }), "value", "journal");
  await expectError(run({ ...options, shard: { index: 3, count: 3 } }), "value", "shard.index");
  await expectError(run({ ...options, shard: { index: 0, count: 2 } }, { ...plan, stop: {} }), "value", "shard");
  await expectError(run({ ...options, onProgress: 1 as never }), "value", "onProgress");
  expect(() => localEngine({ workers: 0 })).toThrow();
  expect(trained).toBe(0);
});

test("what onTrial throws ends the sweep", async () => {
  const error = new Error("mine");
  const options = {
    onTrial: () => {
      throw error;
    },
  };
  for (const workers of [1, 2]) await expect(run({ ...options, engine: localEngine({ workers }) })).rejects.toBe(error);
});

test("tells how far it is, and what it found", async () => {
  const told: number[] = [];
  const result = await run({ onProgress: ({ done, total }) => told.push(done / total) });
  expect(told).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) / 12));
  expect(String(result)).toContain("12 trials of 6 cells");
});

test("in a page there are no files", () => {
  if (typeof document === "undefined") return;
  expect(() => fileJournal("x")).toThrow();
});

/** Tells the same of all trials. */
const telling = (figures: TrialFigures, told: string[] = []): SweepEngine => ({
  async run(trials, _work, { onResult }) {
    for await (const trial of trials) {
      told.push(trial.id);
      await onResult(trial, figures, "here");
    }
  },
});

test.each([
  ["memory", 12],
  ["disposed", 12],
  ["diverged", 0],
] as const)("of a journal's failures by %s %i are done again", async (code, again) => {
  const journal = memoryJournal();
  const failed = { seconds: 0, trained: 0, failed: { code, message: "no room" } };
  const first = await run({ journal, engine: telling(failed) });
  expect(first.trials.map((trial) => trial.failed?.code)).toEqual(Array(12).fill(code));
  const told: string[] = [];
  const second = await run({ journal, engine: telling({ seconds: 0, trained: 6, loss: 1, accuracy: 1 }, told) });
  expect(told).toHaveLength(again);
  expect(second.trials.filter((trial) => trial.failed)).toHaveLength(12 - again);
});

test("such a failure that a journal has is not believed either", async () => {
  const [kept, journal] = [memoryJournal(), memoryJournal()];
  await run({ journal: kept });
  const lines = kept.read() as string[];
  const failed = { seconds: 0, trained: 0, failed: { code: "memory" as const, message: "no room" } };
  await journal.append(lines.map((line) => writeLine({ ...(readLine(line) as JournalEntry), figures: failed })));
  const result = await run({ journal });
  expect([result.journal!.resumed, result.trials.filter((trial) => trial.failed).length]).toEqual([0, 0]);
});

test("trials of a cell that is refused have the seeds that others have", async () => {
  const options = "fit.optimizer.options";
  const many: SweepPlan = {
    ...plan,
    axes: {
      [`${options}.momentum`]: [0.9, 0], // nesterov needs some
      [`${options}.nesterov`]: [false, true],
      bias: { from: -1, to: 0, count: 1100 }, // more cells than are looked at beforehand
    },
  };
  const { trials } = await run({ engine: telling({ seconds: 0, trained: 6, loss: 1, accuracy: 1 }) }, many);
  expect(trials.some(({ failed }) => failed)).toBe(true);
  for (const { seed } of trials) expect([4, 5]).toContain(seed);
});

test("of trials that were sent together the first are told once a while has passed", async () => {
  const tasks: TrialJob[] = [];
  let setup: TrialSetup | undefined;
  const engine: SweepEngine = {
    async run(trials, work, { onResult }) {
      setup = work.setup;
      for await (const trial of trials) {
        tasks.push(trial.task as unknown as TrialJob);
        await onResult(trial, { seconds: 0, trained: 6, loss: 1, accuracy: 1 }, "here");
      }
    },
  };
  await run({ engine });
  expect(
    await runJobs(
      setup!,
      tasks.map((task) => ({ ...task, epochs: 2000 })),
    ),
  ).toHaveLength(1);
  expect((await runJobs(setup!, tasks.slice(0, 1)))[0].epochs).toBe(6);
});
