// prescribe: the fitting remedy is tried first and ranked above the baseline, noise gains nothing, and neither workers
// nor interruptions change what is said.
import { describe, expect, it } from "vitest";
import { expectRefusal } from "../../support/errors.js";
import { sectors, waves } from "../../support/samples.js";
import {
  adam,
  calibrate,
  createNetwork,
  type FitOptions,
  type NetworkSpec,
  prescribe,
  type PrescribeOptions,
  type Prescription,
  sgd,
  type Trial,
} from "../../../src/index.js";

const data = sectors(400);
const layers = (count: number, units: number, more: object = {}) => [
  ...Array.from({ length: count }, () => ({ units, ...more })),
  { units: 3 },
];
const spec: NetworkSpec = { inputs: 2, layers: layers(2, 16), loss: "crossEntropy", seed: 1 };
const healthy: FitOptions = { epochs: 12, optimizer: sgd({ learningRate: 0.3 }) };
const lethal: FitOptions = { epochs: 12, optimizer: sgd({ learningRate: 4 }) };
const alone: PrescribeOptions = { workers: 1 };

/** Everything but what the clock says, as text: bits and order. */
function bits({ trials, reason, causes, validationRows }: Prescription): string {
  return JSON.stringify({ trials: trials.map(({ seconds: _, ...rest }) => rest), reason, causes, validationRows });
}

interface Faulty {
  readonly what: string;
  readonly spec: NetworkSpec;
  readonly fit: FitOptions;
  /** The first remedy, and those of which one must be the best. */
  readonly first: string;
  readonly best: RegExp;
  readonly reason: RegExp;
}

const FAULTY: readonly Faulty[] = [
  {
    what: "a rate that is too high",
    spec,
    fit: lethal,
    first: "rate ÷ 10",
    best: /^rate ÷/,
    reason: /closed by a plain gradient step: a lower rate comes first/,
  },
  {
    what: "momentum",
    spec,
    fit: { epochs: 12, optimizer: sgd({ learningRate: 1, momentum: 0.95 }) },
    first: "no momentum",
    best: /^no momentum$/,
    reason: /closed by momentum/,
  },
  {
    what: "weight decay",
    spec,
    fit: { epochs: 12, optimizer: sgd({ learningRate: 0.2, weightDecay: 0.3 }) },
    first: "no weight decay",
    best: /^no weight decay$/,
    reason: /closed by weight decay/,
  },
  {
    what: "a negative bias",
    spec: { ...spec, layers: layers(2, 16, { biasInitializer: -2 }) },
    fit: healthy,
    first: "bias 0.1",
    best: /^bias|^calibrated/,
    reason: /negative starting bias/,
  },
  {
    what: "a narrow, deep network that is born dead",
    spec: { ...spec, layers: layers(8, 2) },
    fit: { epochs: 12, optimizer: adam({ learningRate: 0.01 }) },
    first: "asymmetric start",
    best: /LU$|start/,
    reason: /silent from the start: another start comes first/,
  },
];

describe("the cause decides", () => {
  it.each(FAULTY)("$what", async ({ spec, fit, first, best, reason }) => {
    const told: string[] = [];
    const prescription = await prescribe(spec, data, fit, { ...alone, onTrial: ({ name }) => told.push(name) });
    expect(told.slice(0, 2)).toEqual(["baseline", first]);
    expect(prescription.reason).toMatch(reason);
    expect(prescription.best.name).toMatch(best);
    expect(prescription.best).toBe(prescription.trials[0]);
    expect(prescription.best.metrics.accuracy!).toBeGreaterThan(prescription.baseline.metrics.accuracy! + 0.2);
    expect(prescription.best.gain!.mean).toBeCloseTo(
      prescription.best.metrics.accuracy! - prescription.baseline.metrics.accuracy!,
      10,
    );
    expect(prescription.best.deadFraction).toBeLessThan(prescription.baseline.deadFraction);
    const fitting = prescription.trials.find(({ name }) => name === first)!;
    expect(fitting.stoppedEarly).toBeUndefined();
    expect(prescription.trials.indexOf(fitting)).toBeLessThan(prescription.trials.indexOf(prescription.baseline));
    expect(String(prescription)).toContain(`Take "${prescription.best.name}"`);
    expect(
      Math.max(
        ...String(prescription)
          .split("\n")
          .map(({ length }) => length),
      ),
    ).toBeLessThanOrEqual(80);
  });
});

describe("a healthy network", () => {
  it("keeps its baseline, whatever the seed: noise gains nothing", async () => {
    for (const seed of [1, 2, 3, 4]) {
      const prescription = await prescribe({ ...spec, seed }, data, healthy, alone);
      expect(prescription.best).toBe(prescription.baseline);
      expect(String(prescription)).toContain("Nothing is wrong with the units");
      expect(prescription.trials.length).toBeGreaterThan(10);
    }
  });

  it("also in regression, where the loss decides", async () => {
    const regressor: NetworkSpec = {
      inputs: 2,
      layers: [{ units: 24 }, { units: 1 }],
      loss: "meanSquaredError",
      seed: 3,
    };
    const faulty = await prescribe(
      { ...regressor, layers: [{ units: 24, biasInitializer: -12 }, { units: 1 }] },
      waves(300),
      { epochs: 20 },
      { ...alone, repeats: 2 },
    );
    expect(faulty.best).not.toBe(faulty.baseline);
    expect(faulty.best.metrics.accuracy).toBeUndefined();
    expect(faulty.best.metrics.loss).toBeLessThan(faulty.baseline.metrics.loss / 2);
    expect(faulty.best.gain!.mean).toBeCloseTo(faulty.baseline.metrics.loss - faulty.best.metrics.loss, 6);
  });
});

describe("other shapes of networks and targets", () => {
  it("no hidden layer: the optimizer's remedies are tried", async () => {
    const { trials, baseline, diagnosis } = await prescribe({ ...spec, layers: [{ units: 3 }] }, data, healthy, {
      ...alone,
      repeats: 1,
    });
    expect(diagnosis!.units).toBe(0);
    expect(baseline.deadFraction).toBe(0);
    expect(trials.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["baseline", "rate ÷ 10", "clipping to norm 1"]),
    );
    expect(trials.map(({ name }) => name)).not.toContain("Leaky ReLU");
  });

  it("rows of targets, with workers as without", async () => {
    const binary: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 2 }], loss: "binaryCrossEntropy" };
    const rows = { x: data.x, y: data.y.map((label) => [Number(label > 0), Number(label === 1)]) };
    const [one, two] = [1, 2].map((workers) => prescribe(binary, rows, healthy, { workers, trials: 4, repeats: 2 }));
    expect(bits(await one)).toBe(bits(await two));
    expect((await one).validationRows).toBe(80);
  });
});

describe("a trial can be had again", () => {
  it("by createNetwork, calibrate and fit, to the bit; the baseline is what fit alone gives", async () => {
    const prescription = await prescribe(spec, data, { ...lethal, validation: 0.25 }, { ...alone, repeats: 1 });
    const names = ["baseline", "rate ÷ 10", "clipping to norm 1", "rate ÷ 3, Leaky ReLU"];
    expect(prescription.trials.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    for (const { name, spec, fit, calibrate: start, metrics, epochs, callbacks } of prescription.trials) {
      if (!names.includes(name)) continue;
      using network = await createNetwork(spec);
      expect(start).toBeUndefined();
      expect(callbacks).toBeUndefined();
      const history = await network.fit(data, { ...fit, epochs, validation: 0.25 });
      expect(history.epochs.at(-1)!.validation).toEqual(metrics);
    }
  });

  it("with what acts before and during the training", async () => {
    const faulty = { ...spec, layers: layers(2, 16, { biasInitializer: -2 }) };
    const heldOut = sectors(80, 3, 9);
    const { trials } = await prescribe(faulty, data, { ...healthy, validation: heldOut }, { ...alone, repeats: 1 });
    const calibrated = trials.find(({ name }) => name === "calibrated start")!;
    const recycled = trials.find(({ name }) => name === "recycling")!;
    expect(calibrated.calibrate).toEqual({ activity: 0.5 });
    expect(recycled.callbacks).toEqual([{ name: "recycleDormant", options: { everySteps: 100, dormantBelow: 0.025 } }]);
    for (const { spec, fit, calibrate: start, metrics, epochs } of [calibrated, recycled]) {
      using network = await createNetwork(spec);
      if (start) await calibrate(network, data.x, start);
      await network.fit(data, { ...fit, epochs });
      expect(network.evaluate(heldOut)).toMatchObject(metrics);
    }
  });
});

describe("workers", () => {
  it("change no bit, no rank and no word", async () => {
    const [one, two] = [
      await prescribe(spec, data, lethal, alone),
      await prescribe(spec, data, lethal, { workers: 2 }),
    ];
    expect(bits(two)).toBe(bits(one));
    const reproducible = await prescribe(spec, data, lethal, { workers: 3, arithmetic: "reproducible", repeats: 2 });
    expect(bits(reproducible)).toBe(
      bits(await prescribe(spec, data, lethal, { ...alone, arithmetic: "reproducible", repeats: 2 })),
    );
    expect(bits(reproducible)).not.toBe(bits(one));
  });

  it("are left out where the fit holds functions, which then apply to every trial", async () => {
    let trainings = 0;
    const fit: FitOptions = {
      epochs: 3,
      optimizer: sgd({ learningRate: 4 }),
      learningRate: () => 4,
      callbacks: [{ onTrainBegin: () => void trainings++ }],
    };
    const { trials } = await prescribe(spec, data, fit, { workers: 2, repeats: 1, trials: 2 });
    expect(trainings).toBe(3);
    const plain = await prescribe(
      spec,
      data,
      { epochs: 3, optimizer: sgd({ learningRate: 4 }) },
      { ...alone, repeats: 1, trials: 2 },
    );
    const lower = ({ trials: all }: { trials: readonly Trial[] }) => all.find(({ name }) => name === "rate ÷ 10")!;
    expect((lower({ trials }).fit.learningRate as (step: number, epoch: number) => number)(1, 1)).toBeCloseTo(0.4, 12);
    expect(lower({ trials }).metrics.loss).toBeCloseTo(lower(plain).metrics.loss, 4);
  });
});

describe("an interruption", () => {
  it("keeps what was tried", async () => {
    const controller = new AbortController();
    const told = new Set<string>();
    const onTrial = ({ name }: Trial) => void (told.add(name).size === 4 && controller.abort());
    const prescription = await prescribe(spec, data, lethal, { ...alone, signal: controller.signal, onTrial });
    expect(prescription.stopped).toBe("aborted");
    expect(new Set(prescription.trials.map(({ name }) => name))).toEqual(told);
    expect(prescription.best.name).toMatch(/^rate ÷/); // after a quarter of its epochs it beats the whole baseline
    expect(prescription.best.stoppedEarly).toBe(true);
    expect(String(prescription)).toContain("Interrupted");
  });

  it("stops workers too", async () => {
    const controller = new AbortController();
    const prescription = await prescribe(
      spec,
      data,
      { ...lethal, epochs: 2000 },
      { workers: 2, signal: controller.signal, onTrial: () => controller.abort() },
    );
    expect(prescription.trials.map(({ name }) => name)).toContain("baseline");
    expect(prescription.stopped).toBe("aborted");
  });

  it("before the baseline is done leaves the baseline as far as it came", async () => {
    for (const option of ["fit", "options"] as const) {
      const signal = AbortSignal.abort();
      const prescription = await prescribe(
        spec,
        data,
        { ...lethal, ...(option === "fit" && { signal }) },
        { workers: 2, ...(option === "options" && { signal }) },
      );
      const { baseline, trials, best, stopped } = prescription;
      expect(String(prescription)).toMatch(/^No remedy was tried/);
      expect(String(prescription)).toContain("The baseline was interrupted");
      expect(trials).toEqual([baseline]);
      expect(best).toBe(baseline);
      expect(baseline).toMatchObject({ epochs: 0, failed: { code: "aborted" } });
      expect(stopped).toBe("aborted");
    }
  });
});

describe("what goes wrong", () => {
  it("in a trial is ranked last", async () => {
    const { trials } = await prescribe(spec, data, { epochs: 8, optimizer: sgd({ learningRate: 30 }) }, alone);
    const failed = trials.map(({ failed }) => failed !== undefined);
    expect(failed).toContain(true);
    expect(failed.indexOf(true)).toBeGreaterThan(0);
    expect(failed.slice(failed.indexOf(true))).not.toContain(false);
  });

  it("in a baseline that diverges is answered by smaller steps", async () => {
    const { baseline, best, reason } = await prescribe(
      { ...spec, layers: layers(2, 16, { activation: "elu" }) },
      data,
      { epochs: 8, optimizer: sgd({ learningRate: 30 }) },
      alone,
    );
    expect(baseline.failed).toMatchObject({ code: "diverged" });
    expect(reason).toContain("smaller steps come first");
    expect(best.failed).toBeUndefined();
  });

  it("in onTrial ends it with that error", async () => {
    for (const workers of [1, 2]) {
      let calls = 0;
      const enough = new Error("enough");
      const onTrial = () => {
        if (++calls === 3) throw enough;
      };
      await expect(prescribe(spec, data, healthy, { workers, onTrial })).rejects.toThrow(enough);
      const before = calls;
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(calls).toBe(before);
    }
  });

  it("in the user's callbacks is thrown on", async () => {
    const notToday = new Error("not today");
    const callbacks = [
      {
        onEpochEnd: () => {
          throw notToday;
        },
      },
    ];
    await expect(prescribe(spec, data, { ...healthy, callbacks }, alone)).rejects.toThrow(notToday);
  });

  it.each([
    [{ trials: 0 }, ["trials", "0"]],
    [{ repeats: 0 }, ["repeats", "0"]],
    [{ workers: 0 }, ["workers", "0"]],
    [{ workers: "many" }, ["workers", '"many"']],
    [{ arithmetic: "slow" }, ["arithmetic", '"slow"']],
    [{ onTrial: 1 }, ["onTrial", "1"]],
    [{ signal: {} }, ["options.signal", "object"]],
    [{ repeat: 2 }, ["options.repeat", '"repeat"']],
  ])("in the options %j is refused", async (options, words) => {
    await expectRefusal(
      () => prescribe(spec, data, healthy, options as PrescribeOptions),
      "value",
      ...(words as [string]),
    );
  });

  it("in data, spec and fit is refused before anything is trained", async () => {
    let calls = 0;
    const options = { onTrial: () => void calls++ };
    await expectRefusal(
      () =>
        prescribe(
          spec,
          {
            x: [
              [NaN, 1],
              [1, 2],
            ],
            y: [0, 1],
          },
          healthy,
          options,
        ),
      "value",
      "data.x",
    );
    await expectRefusal(() => prescribe(spec, { x: [[1, 2, 3]], y: [0] }, healthy, options), "shape");
    await expectRefusal(() => prescribe({ ...spec, layers: [] }, data, healthy, options), "value", "layers");
    await expectRefusal(() => prescribe(spec, data, { epochs: -1 }, options), "value", "epochs");
    await expectRefusal(() => prescribe(spec, data, { epoch: 1 } as FitOptions, options), "value", "fit.epoch");
    await expectRefusal(
      () => prescribe({ ...spec, seed: Number.MAX_SAFE_INTEGER }, data, healthy, options),
      "value",
      "seed + repeats",
    );
    const few = {
      x: [
        [1, 2],
        [2, 1],
      ],
      y: [0, 1],
    };
    await expectRefusal(() => prescribe(spec, few, { ...healthy, validation: 0.2 }, options), "value", "validation");
    expect(calls).toBe(0);
  });

  it("trials and repeats are as many as asked for", async () => {
    const { trials, baseline } = await prescribe(spec, data, lethal, { ...alone, trials: 2, repeats: 1 });
    expect(trials.map(({ name }) => name).sort()).toEqual(["baseline", "rate ÷ 10", "rate ÷ 3"]);
    expect(baseline).toMatchObject({ repeats: 1, epochs: 12 });
    expect(baseline.interval).toBeUndefined();
  });
});
