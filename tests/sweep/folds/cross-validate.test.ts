// Cross-validation as a whole: each fold is the training that it says, to the bit, on any number of workers, with or
// without a journal, and no fold's rows tell anything to the network that they judge.
import { describe, expect, test } from "vitest";
import { createNetwork, diagnose, sgd } from "../../../src/index.js";
import { crossValidate, type CrossValidateOptions, type CrossValidation, memoryJournal } from "../../../src/sweep.js";
import { expectError } from "../../support/errors.js";
import { sectors, waves } from "../../support/samples.js";

const spec = { inputs: 2, layers: [{ units: 6 }, { units: 5 }, { units: 3 }], loss: "crossEntropy" as const, seed: 4 };
const data = sectors(90);
const rate = { optimizer: "sgd", learningRate: 0.3 };
const fit = { epochs: 4, batchSize: 16, ...rate, workers: 1 };
const run = (options: CrossValidateOptions = {}) => crossValidate(spec, data, { ...fit, ...options });

/** All that does not hang on the machine. */
const plain = ({ folds, summary, findings, predictions, failed }: CrossValidation) => ({
  folds: folds.map(({ seconds: _seconds, resumed: _resumed, ...rest }) => rest),
  summary,
  findings,
  failed,
  predictions: predictions?.map((each) => Array.from(each.data)),
});

const take = <T>(list: readonly T[], rows: readonly number[]): T[] => rows.map((row) => list[row]);
const others = (rows: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, row) => row).filter((row) => !rows.includes(row));

test("a fold is the training that it says, judged by rows that it did not see", async () => {
  const { folds, planned, predictions, failed } = await run({ folds: 4, repeats: 2, predictions: true });
  expect([folds.length, planned, failed]).toEqual([8, 8, 0]);
  expect(folds.map(({ repeat, fold, seed }) => [repeat, fold, seed])).toEqual(
    Array.from({ length: 8 }, (_, i) => [Math.floor(i / 4), i % 4, 4 + i]),
  );
  for (const { repeat, seed, rows, trainingRows, findings, ...told } of folds) {
    const trains = others(rows, 90);
    expect(trainingRows).toBe(trains.length);
    const training = { x: take(data.x, trains), y: take(data.y, trains) };
    const held = { x: take(data.x, rows), y: take(data.y, rows) };
    using network = await createNetwork({ ...spec, seed });
    const history = await network.fit(training, { epochs: 4, batchSize: 16, optimizer: sgd({ learningRate: 0.3 }) });
    const { loss, accuracy, f1, auc } = network.evaluate(held);
    const diagnosis = diagnose(network, training.x, {
      targets: training.y,
      history,
      validation: held,
      proofs: false,
    });
    expect(told).toMatchObject({ loss, accuracy, f1, auc, epochs: 4, units: [6, 5] });
    expect(auc).toBeGreaterThan(0.5);
    expect(told.deadFraction).toBe(diagnosis.deadFraction);
    expect(told.dead).toEqual(diagnosis.layers.map(({ dead }) => dead));
    expect(findings!.map(({ message }) => message)).toEqual(diagnosis.findings.map(({ message }) => message));
    const said = network.predict(held.x).data;
    const { data: all } = predictions![repeat];
    expect(rows.flatMap((row) => [...all.subarray(row * 3, row * 3 + 3)])).toEqual([...said]);
  }
});

test("on any number of workers: the same to the bit", async () => {
  const options = { folds: 3, repeats: 2, predictions: true };
  const alone = plain(await run(options));
  expect(plain(await run({ ...options, workers: 3 }))).toEqual(alone);
  expect(plain(await run({ ...options, workers: "auto" }))).toEqual(alone);
});

describe("the split", () => {
  test("holds out each row once in a repeat, and of each class its share", async () => {
    const { folds } = await run({ folds: 7, repeats: 2, epochs: 0 });
    for (const repeat of [0, 1]) {
      const own = folds.filter((fold) => fold.repeat === repeat);
      expect(own.flatMap(({ rows }) => rows).sort((a, b) => a - b)).toEqual(others([], 90));
      for (const label of [0, 1, 2]) {
        const all = data.y.filter((each) => each === label).length;
        const counts = own.map(({ rows }) => rows.filter((row) => data.y[row] === label).length);
        expect(counts.every((count) => count === Math.floor(all / 7) || count === Math.ceil(all / 7))).toBe(true);
      }
    }
    const [first, second] = [folds[0], folds[7]];
    expect(second.rows).not.toEqual(first.rows);
    const other = await run({ folds: 7, epochs: 0 });
    expect(other.folds[0].rows).toEqual(first.rows); // drawn from the seed
  });

  test("without a look at the classes where that is asked for", async () => {
    const y = data.y.map((_, row) => (row < 2 ? 1 : 0));
    const two = { ...spec, layers: [{ units: 4 }, { units: 2 }] };
    await expectError(crossValidate(two, { x: data.x, y }, { ...fit, folds: 3 }), "value", "folds");
    const { folds } = await crossValidate(two, { x: data.x, y }, { ...fit, folds: 3, stratify: false });
    expect(folds.map(({ rows }) => rows.length)).toEqual([30, 30, 30]);
  });

  test("never parts the rows of a group", async () => {
    const groups = data.y.map((_, row) => `patient ${row % 13}`);
    const { folds } = await run({ folds: 4, repeats: 2, epochs: 1, groups });
    expect(folds.slice(0, 4).flatMap(({ rows }) => rows)).toHaveLength(90);
    for (const { rows } of folds) {
      const inside = new Set(take(groups, rows));
      expect(others(rows, 90).some((row) => inside.has(groups[row]))).toBe(false);
      expect(rows.length).toBeGreaterThan(12);
      expect(rows.length).toBeLessThan(33);
    }
    const apart = await run({ folds: 4, epochs: 1 }); // control: without groups they are
    const inside = new Set(take(groups, apart.folds[0].rows));
    expect(others(apart.folds[0].rows, 90).some((row) => inside.has(groups[row]))).toBe(true);
  });
});

describe("nothing of a fold's rows is known to its network", () => {
  const x = data.x.map(([a, b]) => [100 + 10 * a, -3 + 0.01 * b]);
  const options = { ...fit, folds: 3, predictions: true, standardize: { inputs: true } };

  test("not even by the figures that columns are scaled with", async () => {
    const before = await crossValidate(spec, { x, y: data.y }, options);
    const [row] = before.folds[1].rows;
    const moved = x.map((each, i) => (i === row ? [5000, 90] : each));
    const after = await crossValidate(spec, { x: moved, y: data.y }, options);
    const saidOf = ({ predictions }: CrossValidation, fold: number) =>
      before.folds[fold].rows
        .filter((each) => each !== row)
        .map((each) => [...predictions![0].data.subarray(each * 3, each * 3 + 3)]);
    expect(saidOf(after, 1)).toEqual(saidOf(before, 1));
    expect(saidOf(after, 0)).not.toEqual(saidOf(before, 0)); // there it trains
    expect(after.folds[1].dead).toEqual(before.folds[1].dead);
  });

  test("and scaled by the rows that train it learns what it does not as they are", async () => {
    const { standardize: _standardize, ...raw } = options;
    const [scaled, unscaled] = [
      await crossValidate(spec, { x, y: data.y }, { ...options, epochs: 30 }),
      await crossValidate(spec, { x, y: data.y }, { ...raw, epochs: 30 }),
    ];
    expect(scaled.summary.accuracy!.mean).toBeGreaterThan(unscaled.summary.accuracy!.mean + 0.2);
  });
});

test("numbers: R² and errors in the targets' own units", async () => {
  const { x, y } = waves(60);
  const targets = y.map((value) => 1000 + 50 * Number(value));
  const number = { inputs: x[0].length, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError" as const };
  const options = { ...fit, learningRate: 0.05, epochs: 60, folds: 3, standardize: { targets: true } };
  const { folds, summary } = await crossValidate(number, { x, y: targets }, options);
  for (const { loss, r2, meanAbsoluteError, rows } of folds) {
    const own = rows.map((row) => targets[row]);
    const middle = own.reduce((sum, value) => sum + value, 0) / own.length;
    const spread = own.reduce((sum, value) => sum + (value - middle) ** 2, 0) / own.length;
    expect(r2!).toBeCloseTo(1 - loss! / spread, 3);
    expect(meanAbsoluteError!).toBeLessThanOrEqual(Math.sqrt(loss!) * 1.0001);
  }
  expect(summary.accuracy).toBeUndefined();
  expect(summary.r2!.mean).toBeGreaterThan(0.3);
});

describe("a fold that diverges", () => {
  test("is told, and counts with what it came to", async () => {
    const result = await run({ folds: 3, learningRate: 1e30, epochs: 2 });
    expect(result.failed).toBe(3);
    expect(result.folds.map(({ failed }) => failed!.code)).toEqual(["diverged", "diverged", "diverged"]);
    expect(String(result)).toContain("3 of 3 folds diverged");
    const lossless = result.folds.filter(({ loss }) => loss === undefined).length;
    expect(result.summary.loss === undefined).toBe(lossless > 0);
    expect((await run({ folds: 3 })).failed).toBe(0);
  });
});

describe("findings", () => {
  test("of all folds are those that the data has, others those of some", async () => {
    const x = data.x.map(([a, b]) => [1e4 + a, b]); // far from centred, whatever the fold
    const { findings, folds } = await crossValidate(spec, { x, y: data.y }, { ...fit, folds: 3 });
    const shared = findings.filter(({ isShared }) => isShared);
    expect(shared.length).toBeGreaterThan(0);
    for (const { kind, layer, role, folds: count } of findings) {
      const having = folds.filter((fold) =>
        fold.findings!.some((each) => each.kind === kind && each.layer === layer && each.role === role),
      );
      expect(having.length).toBe(count);
    }
    const undiagnosed = await crossValidate(spec, { x, y: data.y }, { ...fit, folds: 3, diagnose: false });
    expect(undiagnosed.findings).toEqual([]);
    expect(undiagnosed.folds[0].findings).toBeUndefined();
    expect(undiagnosed.folds.map(({ dead }) => dead)).toEqual(folds.map(({ dead }) => dead));
  });

  test("deaths that are traced say what killed", async () => {
    const lethal = { folds: 2, learningRate: 3, epochs: 6 };
    const causes = (result: CrossValidation) => result.folds.flatMap((fold) => Object.keys(fold.causes ?? {}));
    expect(causes(await run({ ...lethal, trace: true }))).toContain("learningRate");
    expect(causes(await run(lethal))).not.toContain("learningRate");
  });
});

describe("a journal", () => {
  const options = { folds: 3, repeats: 2, predictions: true };

  test("keeps folds as they come: what is there is not trained again", async () => {
    const lines: string[] = [];
    const journal = { read: () => [...lines], append: (more: readonly string[]) => void lines.push(...more) };
    const stop = new AbortController();
    let done = 0;
    const first = await run({
      ...options,
      journal,
      signal: stop.signal,
      onFold: () => ++done === 2 && stop.abort(),
    } as CrossValidateOptions);
    expect(first.stopped).toBe("aborted");
    expect(first.folds.length).toBeGreaterThanOrEqual(2);
    expect(first.folds.length).toBeLessThan(6);
    const kept = lines.length;
    const whole = await run({ ...options, journal });
    expect(whole.journal!.resumed).toBe(kept);
    expect(whole.folds.filter(({ resumed }) => resumed)).toHaveLength(kept);
    expect(plain(whole)).toEqual(plain(await run(options)));
    expect((await run({ ...options, journal })).journal!.resumed).toBe(6);
    const other = await crossValidate(spec, { ...data, y: [...data.y].reverse() }, { ...fit, ...options, journal });
    expect(other.journal).toMatchObject({ resumed: 0, others: 6 }); // other rows are other trainings
  });

  test("with a damaged line trains that fold again", async () => {
    const journal = memoryJournal();
    const before = await run({ ...options, journal });
    const lines = [...(journal.read() as string[])];
    lines[1] = lines[1].replace('"loss":', '"loss":1');
    const after = await run({ ...options, journal: memoryJournal(lines) });
    expect(after.journal).toMatchObject({ resumed: 5, damaged: [2] });
    expect(plain(after)).toEqual(plain(before));
  });
});

test("what it is told with is complete, and for a terminal", async () => {
  const progress: number[] = [];
  const result = await run({ folds: 3, onProgress: ({ done, total }) => progress.push(done / total) });
  expect(progress).toEqual([1 / 3, 2 / 3, 1]);
  const text = String(result);
  expect(text.split("\n").every((line) => line.length <= 80)).toBe(true);
  for (const word of ["3 folds", "accuracy", "95 %", "dead units"]) expect(text).toContain(word);
  expect(JSON.parse(JSON.stringify(result))).toMatchObject({ planned: 3, failed: 0 });
});

test("bad input is refused before anything trains", async () => {
  let trained = 0;
  const refused = (given: object, code: "value" | "shape", path: string, rows: object = data) =>
    expectError(
      crossValidate(spec, rows as typeof data, { ...fit, onFold: () => trained++, ...given } as CrossValidateOptions),
      code,
      path,
    );
  await refused({ folds: 1 }, "value", "folds");
  await refused({ folds: 91, stratify: false }, "value", "folds");
  await refused({ folds: 60 }, "value", "folds");
  await refused({ folds: 2.5 }, "value", "folds");
  await refused({ folds: Number.NaN }, "value", "folds");
  await refused({ repeats: 0 }, "value", "repeats");
  await refused({ fold: 3 }, "value", "options.fold");
  await refused({ epochs: -1 }, "value", "epochs");
  await refused({ batchSize: 0 }, "value", "batchSize");
  await refused({ optimizer: "adagradient" }, "value", "optimizer");
  await refused({ learningRate: () => 1 }, "value", "learningRate");
  await refused({ callbacks: [{ onEpochEnd: () => undefined }] }, "value", "callbacks[0].name");
  await refused({ workers: 0 }, "value", "workers");
  await refused({ journal: {} }, "value", "journal");
  await refused({ validation: 0.2 }, "value", "options.validation");
  await refused({ groups: [1, 2] }, "shape", "groups");
  await refused({ groups: data.y.map(() => 1) }, "value", "groups");
  await refused({ groups: data.y.map(() => Number.NaN) }, "value", "groups[0]");
  await refused({ standardize: { input: true } }, "value", "remedies.standardize.input");
  await refused({}, "value", "data.x", { ...data, x: data.x.map((row, i) => (i === 1 ? [Number.NaN, 0] : row)) });
  await refused({}, "value", "data.y[0]", { ...data, y: data.y.map(() => 7) });
  await refused({}, "shape", "data.y", { ...data, y: [0, 1] });
  await expectError(crossValidate({ ...spec, layers: [] }, data, fit), "value", "layers");
  expect(trained).toBe(0);
});
