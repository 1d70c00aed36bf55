// The functions of "relumine" on networks in workers: what they give, what they change, and what they refuse.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { watchPasses } from "../support/blocks.js";
import { expectRefusal } from "../support/errors.js";
import { classifier, numbersOf, weightsOf } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(200);
const EXACT = { arithmetic: "reproducible" } as const;
const withDead = {
  ...classifier,
  seed: 2,
  layers: classifier.layers.map((layer) => ({ ...layer, biasInitializer: -0.8 })),
};

async function remoteWeights(network: remote.Network): Promise<number[]> {
  return numbersOf(await Promise.all(network.layers.map((layer) => layer.getWeights())));
}

let there: remote.Network;
let here: direct.Network;
beforeAll(async () => {
  there = await remote.createNetwork(withDead, EXACT);
  here = await direct.createNetwork(withDead, EXACT);
});
afterAll(async () => {
  await there.dispose();
  here.dispose();
});

describe("treat", () => {
  const remedies: direct.Remedy[] = [
    { kind: "liftBias", activity: 0.2 },
    { kind: "recycle", dormantBelow: 0.1 },
    { kind: "reinitialize" },
    { kind: "replaceActivation", activation: "leakyRelu" },
  ];

  it.each(remedies)("$kind, and undo", async (remedy) => {
    const before = await remoteWeights(there);
    const [far, near] = [await remote.treat(there, data.x, remedy), await direct.treat(here, data.x, remedy)];
    expect(far.network).toBe(there);
    expect(String(far)).toBe(String(near));
    const { outputChange, treated, findings } = near;
    expect(far).toMatchObject({ remedy: near.remedy, outputChange, treated, findings });
    expect({ ...far.before }).toEqual({ ...near.before });
    expect(String(far.after)).toBe(String(near.after));
    expect(near.treated.length).toBeGreaterThan(0);
    expect(there.spec).toEqual(here.spec); // also another activation
    expect(there.layers[0].activation).toEqual(here.layers[0].activation);
    expect(await remoteWeights(there)).toEqual(weightsOf(here));
    await far.undo();
    near.undo();
    expect(there.spec).toEqual(here.spec);
    expect(await remoteWeights(there)).toEqual(before);
    await far.undo(); // a second call does nothing
  });

  it("prune gives a network of its own in the same worker, which undo takes away", async () => {
    const treatment = await remote.treat(there, data.x, { kind: "prune" });
    const near = await direct.treat(here, data.x, { kind: "prune" });
    expect(treatment.network).not.toBe(there);
    expect(treatment.network.spec).toEqual(near.network.spec);
    expect(await treatment.network.predict(data.x)).toEqual(near.network.predict(data.x));
    await treatment.undo();
    near.undo();
    await expectRefusal(() => treatment.network.predict(data.x), "disposed", "network");
    expect(await there.predict(data.x)).toEqual(here.predict(data.x));
  });

  it("refuses what treat refuses, and what is no remote network", async () => {
    await expectRefusal(() => remote.treat(there, data.x, { kind: "restart" } as never), "value", "remedy.kind");
    await expectRefusal(() => remote.treat(here as never, data.x, { kind: "prune" }), "value", "network");
    await expectRefusal(() => remote.diagnose(here as never, data.x), "value", "network");
    expect(await remoteWeights(there)).toEqual(weightsOf(here));
  });
});

describe("before the training", () => {
  it("calibrate", async () => {
    const [far, near] = [await remote.createNetwork(classifier, EXACT), await direct.createNetwork(classifier, EXACT)];
    expect(await remote.calibrate(far, data.x, { activity: 0.3 })).toEqual(
      await direct.calibrate(near, data.x, { activity: 0.3 }),
    );
    expect(await remoteWeights(far)).toEqual(weightsOf(near));
    await expectRefusal(() => remote.calibrate(far, data.x, { activity: 2 }), "value", "activity");
    await far.dispose();
    near.dispose();
  });

  it("treat and calibrate tell how far they are, and end by a signal with nothing changed", async () => {
    const [far, near] = [await remote.createNetwork(classifier, EXACT), await direct.createNetwork(classifier, EXACT)];
    const many = Array.from({ length: 40_000 }, (_, row) => data.x[row % data.x.length]!);
    const work = [
      (options: direct.PaceOptions) => remote.calibrate(far, many, options),
      (options: direct.PaceOptions) => remote.treat(far, many, { kind: "recycle", dormantBelow: 0.9 }, options),
    ];
    for (const run of work) {
      await expectRefusal(() => run({ signal: AbortSignal.abort() }), "value", "signal");
      const abort = new AbortController();
      const shares: number[] = [];
      const onProgress = (share: number) => {
        shares.push(share);
        abort.abort();
      };
      await expectRefusal(() => run({ signal: abort.signal, onProgress }), "value", "signal");
      expect(shares.length).toBeGreaterThan(0);
      const torn = new Error("torn");
      const tear = () => {
        throw torn;
      };
      await expect(run({ onProgress: tear })).rejects.toBe(torn);
      await expect(run({ onProgress: (share) => share === 1 && tear() })).rejects.toBe(torn);
      await expectRefusal(() => run({ signal: {} as AbortSignal }), "value", "signal");
      await expectRefusal(() => run({ onProgress: 1 as never }), "value", "onProgress");
    }
    expect(await remoteWeights(far)).toEqual(weightsOf(near));
    const shares: number[] = [];
    await remote.calibrate(far, many, { onProgress: (share) => shares.push(share) });
    expect(shares.at(-1)).toBe(1);
    expect(await remoteWeights(far)).not.toEqual(weightsOf(near));
    await far.dispose();
    near.dispose();
  });

  it("diagnose, treat and calibrate of rows in blocks, which are read here", async () => {
    const [far, near] = [await remote.createNetwork(classifier, EXACT), await direct.createNetwork(classifier, EXACT)];
    const { blocks, open } = watchPasses(function* () {
      for (let start = 0; start < data.x.length; start += 37) yield data.x.slice(start, start + 37);
    });
    const shares: number[] = [];
    const onProgress = (share: number) => void shares.push(share);
    const rows = data.x.length;
    for (const source of [blocks(), { blocks }, { rows, blocks }]) {
      const told = await remote.diagnose(far, source, { proofs: true, onProgress });
      const { layers, findings } = direct.diagnose(near, data.x, { proofs: true });
      expect([told.layers, told.findings]).toEqual([layers, findings]);
      expect(shares.at(-1)).toBe(1);
    }
    expect(await remote.calibrate(far, { blocks }, { activity: 0.2 })).toEqual(
      await direct.calibrate(near, data.x, { activity: 0.2 }),
    );
    const remedy = { kind: "recycle", dormantBelow: 0.9 } as const;
    const [there, here] = [await remote.treat(far, { blocks }, remedy), await direct.treat(near, data.x, remedy)];
    expect(there.treated.length).toBeGreaterThan(0);
    expect([there.treated, there.outputChange]).toEqual([here.treated, here.outputChange]);
    const weights = await remoteWeights(far);
    expect(weights).toEqual(weightsOf(near));
    expect(open.size).toBe(0);

    for (const marked of [{ areInBlocks: true }, Object.assign([], { areInBlocks: true, isOnce: true })] as never[])
      for (const run of [
        () => remote.diagnose(far, marked),
        () => remote.treat(far, marked, remedy),
        () => remote.calibrate(far, marked),
      ])
        await expectRefusal(run, "shape", "x");
    await expectRefusal(() => remote.treat(far, blocks() as never, remedy), "value", "x");
    await expectRefusal(() => remote.calibrate(far, { rows: rows + 1, blocks }), "shape", "x");
    await expectRefusal(() => remote.diagnose(far, { blocks: () => 3 as never }), "value", "x.blocks()");
    await expectRefusal(() => remote.diagnose(far, { blocks: () => [[[1, 2, 3]]] }), "shape", "x.blocks[0]");
    await expectRefusal(() => far.evaluate({ batches: () => [] } as never), "unsupported", "data");
    const torn = new Error("torn");
    const tear = () => {
      throw torn;
    };
    let passes = 0;
    const clinging = { next: () => ({ done: false, value: [[1, 2, 3]] }), return: tear };
    const source = { blocks: () => ({ [Symbol.iterator]: () => clinging }) };
    await expectRefusal(() => remote.diagnose(far, source), "shape", "x.blocks[0]");
    const tearing = { blocks: () => (++passes === 2 ? tear() : blocks()) };
    await expect(remote.treat(far, tearing, remedy)).rejects.toBe(torn);
    await expect(remote.diagnose(far, { blocks }, { onProgress: tear })).rejects.toBe(torn);
    const abort = new AbortController();
    async function* endless() {
      for (let i = 0; ; i++) {
        if (i === 3) abort.abort();
        yield data.x;
      }
    }
    const { signal } = abort;
    await expectRefusal(() => remote.diagnose(far, endless(), { signal }), "value", "signal");
    await new Promise((resolve) => setTimeout(resolve));
    expect(open.size).toBe(0);
    expect(await remoteWeights(far)).toEqual(weights);
    await far.dispose();
    near.dispose();
  });

  it("centerInputs", async () => {
    const [far, near] = [await remote.createNetwork(classifier, EXACT), await direct.createNetwork(classifier, EXACT)];
    const shifted = data.x.map(([a, b]) => [a + 5, b - 3]);
    const [means, beside] = [remote.centerInputs(shifted), direct.centerInputs(shifted)];
    expect(means.mean).toEqual(beside.mean);
    expect(means.apply(shifted)).toEqual(beside.apply(shifted));
    await means.foldInto(far);
    beside.foldInto(near);
    expect(await remoteWeights(far)).toEqual(weightsOf(near));
    await expectRefusal(() => means.foldInto(far), "value", "network");
    await expectRefusal(() => remote.centerInputs([[1, 2, 3]]).foldInto(far), "shape", "network");
    await far.dispose();
    near.dispose();
  });

  it("standardize and standardizeTargets", async () => {
    const spec = { inputs: 2, layers: [{ units: 6 }, { units: 1 }], loss: "meanSquaredError" } as const;
    const [far, near] = [await remote.createNetwork(spec, EXACT), await direct.createNetwork(spec, EXACT)];
    const raw = data.x.map(([a, b]) => [a * 3 + 5, b - 3]);
    const y = data.y.map((label) => 100 * label);
    const [inputs, beside] = [remote.standardize(raw), direct.standardize(raw)];
    const [targets, targetsBeside] = [remote.standardizeTargets(y), direct.standardizeTargets(y)];
    expect([inputs.scale, targets.mean]).toEqual([beside.scale, targetsBeside.mean]);
    await inputs.foldInto(far);
    beside.foldInto(near);
    await targets.foldInto(far);
    targetsBeside.foldInto(near);
    expect(await remoteWeights(far)).toEqual(weightsOf(near));
    await expectRefusal(() => inputs.foldInto(far), "value", "network");
    await expectRefusal(() => targets.foldInto(far), "value", "network");
    await expectRefusal(() => remote.standardize([[1, 2, 3]]).foldInto(far), "shape", "network");
    await far.dispose();
    near.dispose();
  });

  it("programs of other libraries: pairs of output and loss, frozen layers, weights", async () => {
    const spec = {
      inputs: 2,
      layers: [
        { units: 8, frozen: true, kernelInitializer: "torchLinear" },
        { units: 3, activation: "softmax" },
      ],
      loss: { name: "binaryCrossEntropy", from: "probabilities", targets: "any" },
    } as const;
    const [far, near] = [await remote.createNetwork(spec, EXACT), await direct.createNetwork(spec, EXACT)];
    expect(far.spec).toEqual(near.spec);
    const y = data.y.map((label) => Number(label > 0));
    const weights = y.map((_, r) => r % 3);
    const options = { epochs: 3, validation: { x: data.x, y, weights } };
    const [there, here] = [
      await far.fit({ x: data.x, y, weights }, options),
      await near.fit({ x: data.x, y, weights }, options),
    ];
    expect(there.epochs.map(({ loss, validation }) => [loss, validation])).toEqual(
      here.epochs.map(({ loss, validation }) => [loss, validation]),
    );
    expect(await remoteWeights(far)).toEqual(weightsOf(near));
    expect(await far.evaluate({ x: data.x, y, weights })).toEqual(near.evaluate({ x: data.x, y, weights }));
    expect(await far.predict(data.x, { logits: true })).toEqual(near.predict(data.x, { logits: true }));
    await expectRefusal(() => far.fit({ x: data.x, y, weigths: weights } as never), "value", "data.weigths");
    await far.dispose();
    near.dispose();
    const [one, other] = [await remote.createNetwork(classifier, EXACT), await direct.createNetwork(classifier, EXACT)];
    for (const classWeights of ["balanced", [1, 2, 3]] as const) {
      await one.fit(data, { epochs: 2, classWeights });
      await other.fit(data, { epochs: 2, classWeights });
    }
    expect(await remoteWeights(one)).toEqual(weightsOf(other));
    await one.dispose();
    other.dispose();
  });

  it("forecast", async () => {
    const options = { targets: data.y, learningRate: 2, draws: 50 };
    const [far, near] = [await remote.forecast(withDead, data.x, options), direct.forecast(withDead, data.x, options)];
    expect({ ...far }).toEqual({ ...near });
    expect(String(far)).toBe(String(near));
    await expectRefusal(() => remote.forecast(withDead, data.x, { draws: 1 }), "value", "draws");
    await expectRefusal(() => remote.forecast(withDead, data.x, { draw: 9 } as object), "value", "options.draw");
  });
});

describe("a signal", () => {
  const signal = {} as AbortSignal;
  const calls: readonly [string, () => Promise<unknown>][] = [
    ["forecastTraining", () => remote.forecastTraining(classifier, data, { signal })],
    ["prescribe", () => remote.prescribe(classifier, data, {}, { signal })],
    ["prescribe's fit", () => remote.prescribe(classifier, data, { signal })],
    ["fit", () => there.fit(data, { signal })],
  ];
  it.each(calls)("of %s that is none is refused", async (_name, call) => {
    await expectRefusal(call, "value", "signal");
  });
});

describe("prescribe", () => {
  const fit = () => ({ epochs: 6, optimizer: remote.sgd({ learningRate: 4 }) });

  it("tells trials as they come, and stops at a signal", async () => {
    const controller = new AbortController();
    const told: remote.Trial[] = [];
    const prescription = await remote.prescribe(
      classifier,
      data,
      { ...fit(), epochs: 300 },
      {
        workers: 1,
        signal: controller.signal,
        onTrial(trial) {
          told.push(trial);
          if (told.length === 2) controller.abort();
        },
      },
    );
    expect(prescription.stopped).toBe("aborted");
    expect(told[0]).toMatchObject({ name: "baseline", fit: { epochs: 300, optimizer: { name: "sgd" } } });
    expect(prescription.trials.length).toBeLessThan(8);
    expect(prescription.workers).toBe(1);
    expect(prescription.trials).toContain(prescription.baseline);
  });

  it("ends with what onTrial throws, and tells no more", async () => {
    let calls = 0;
    const enough = new Error("enough");
    const onTrial = () => {
      if (++calls === 2) throw enough;
    };
    await expect(remote.prescribe(classifier, data, fit(), { workers: 1, onTrial })).rejects.toThrow(enough);
    expect(calls).toBe(2);
  });

  it("takes callbacks of the package, for every trial, and a number for a rate", async () => {
    const early = remote.earlyStopping({ patience: 1, minDelta: 100 });
    const given = { epochs: 6, learningRate: 0.3, callbacks: [early] };
    const options = { workers: 2, trials: 2, repeats: 1 } as const;
    const { trials } = await remote.prescribe(classifier, data, given, options);
    expect(trials.map(({ epochs }) => epochs)).toEqual([2, 2, 2]);
    const rates = trials.map(({ fit: { optimizer } }) => optimizer!.learningRate).sort();
    expect(rates[0]).toBe(0.03);
    expect(rates[2]).toBe(0.3);
    const near = await direct.prescribe(
      classifier,
      data,
      { ...given, callbacks: [direct.earlyStopping({ patience: 1, minDelta: 100 })] },
      { ...options, workers: 1 },
    );
    const figures = (all: readonly direct.Trial[]) => all.map(({ name, metrics }) => ({ name, metrics }));
    expect(figures(trials)).toEqual(figures(near.trials));
  });

  it("refuses functions, which can't be sent", async () => {
    await expectRefusal(
      () => remote.prescribe(classifier, data, { learningRate: () => 1 }),
      "unsupported",
      "fit.learningRate",
    );
    await expectRefusal(
      () => remote.prescribe(classifier, data, { callbacks: [{ onEpochEnd() {} }] }),
      "unsupported",
      "fit.callbacks[0]",
    );
    await expectRefusal(() => remote.prescribe(classifier, data, { epoch: 3 } as object), "value", "fit.epoch");
    await expectRefusal(() => remote.prescribe(classifier, data, fit(), { trials: 0 }), "value", "trials");
  });
});

describe("prove", () => {
  const box = { low: [-2, -2], high: [2, 2] };
  it("gives the same verdicts, in the network's worker and further ones, tells how far it is, and goes on", async () => {
    const near = await direct.prove(here, { box }, { budget: 1e7, threads: 1 });
    expect(near.provenDead).toBeGreaterThan(0);
    expect(near.refuted).toBeGreaterThan(0);
    const told: direct.ProofProgress[] = [];
    const onProgress = (progress: direct.ProofProgress) => void told.push(progress);
    expect(await remote.prove(there, { box }, { budget: 1e7, threads: 2, onProgress })).toEqual(near);
    expect(told.length).toBeGreaterThan(0);
    expect(await direct.prove(here, { box }, { budget: 1e7, threads: 2 })).toEqual(near);
    const far = await remote.prove(there, data.x, { budget: 1e7, threads: 1 });
    expect(far).toEqual(await direct.prove(here, data.x, { budget: 1e7, threads: 1 }));
    const on = await remote.prove(there, data.x, { budget: 0, from: far });
    expect(on.units).toEqual(far.units);
  });

  it("ends with its network", async () => {
    const hidden = { units: 48, biasInitializer: -2 };
    const large = await remote.createNetwork({ ...classifier, inputs: 40, layers: [hidden, hidden, hidden, hidden] });
    const twin = await large.clone();
    const box = { low: Array<number>(40).fill(-1), high: Array<number>(40).fill(1) };
    const pending = remote.prove(twin, { box }, { budget: 1e15, threads: 1 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const settled = expectRefusal(() => pending, "disposed", "network");
    await twin.dispose();
    await settled;
    await large.summary();
    await large.dispose();
    if (typeof process === "undefined") return; // a browser tells no processor time
    const { user } = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(process.cpuUsage().user - user).toBeLessThan(150_000);
  });

  it("stops at a signal, and at what onProgress throws", async () => {
    expect(await remote.prove(there, { box }, { signal: AbortSignal.abort() })).toMatchObject({ stopped: "aborted" });
    const mine = new TypeError("mine");
    const fail = () => {
      throw mine;
    };
    await expect(remote.prove(there, { box }, { budget: 1e15, onProgress: fail })).rejects.toBe(mine);
    await expectRefusal(() => remote.prove(there, {}), "value", "question");
  });
});
