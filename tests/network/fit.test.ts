// The training loop: batches, logs, callbacks, stopping, validation, schedules, clipping, divergence.
import { describe, expect, test, vi } from "vitest";
import { expectRefusal } from "../support/errors.js";
import {
  classifier,
  expectUntouched,
  regressor,
  relativeDistance,
  toReference,
  weightsOf,
  withNetwork,
} from "../support/networks.js";
import { sectors, waves } from "../support/samples.js";
import {
  adam,
  type BatchLog,
  type Callback,
  earlyStopping,
  type EpochLog,
  type History,
  type NetworkSpec,
  RelumineError,
  sgd,
} from "../../src/index.js";
import { forward, lossOf, outputs } from "../reference/network.js";

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
const data = sectors(70);

/** A callback that writes down what it is told. */
function recorder(): { batches: BatchLog[]; epochs: EpochLog[]; callback: Callback } {
  const batches: BatchLog[] = [];
  const epochs: EpochLog[] = [];
  return {
    batches,
    epochs,
    callback: { onBatchEnd: (log) => void batches.push({ ...log }), onEpochEnd: (log) => void epochs.push(log) },
  };
}

describe("batches and logs", () => {
  test("steps count from 1 and go on over the epochs; the last batch is smaller", () =>
    withNetwork(classifier, async (network) => {
      const { batches, epochs, callback } = recorder();
      const history = await network.fit(data, { epochs: 3, callbacks: [callback] });
      expect(batches.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]); // 32 + 32 + 6 rows
      expect(batches.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
      expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
      expect(history.epochs).toEqual(epochs);
      expect(history.stopped).toBeUndefined();
      epochs.forEach(({ loss }, index) => {
        const [a, b, c] = batches.slice(index * 3, index * 3 + 3).map((batch) => batch.loss);
        expect(loss).toBeCloseTo((32 * a + 32 * b + 6 * c) / 70, 6); // the mean over rows, not over batches
      });
    }));

  test("defaults: 10 epochs, batches of 32, adam at 0.001, shuffled, no validation", async () => {
    const trained = (options?: object) =>
      withNetwork(classifier, async (network) => {
        const history = await network.fit(data, options);
        return { weights: weightsOf(network), epochs: history.epochs.length, validation: history.epochs[0].validation };
      });
    const explicit = {
      epochs: 10,
      batchSize: 32,
      optimizer: adam({ learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
      shuffle: true,
    };
    expect(await trained()).toEqual(await trained(explicit));
    expect((await trained()).validation).toBeUndefined();
  });

  test("a batch larger than the data is the data", async () => {
    const weights = (batchSize: number) =>
      withNetwork(classifier, async (network) => {
        await network.fit(data, { epochs: 2, batchSize, shuffle: false });
        return weightsOf(network);
      });
    expect(await weights(1e6)).toEqual(await weights(70));
  });

  test("one row trains", () =>
    withNetwork(regressor, async (network) => {
      const { epochs } = await network.fit(
        { x: [[0.5, -1]], y: [2] },
        { epochs: 60, optimizer: sgd({ learningRate: 0.05 }) },
      );
      expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0].loss / 10);
    }));

  test("the logged loss and accuracy are those before the update", () =>
    withNetwork(classifier, async (network) => {
      const before = network.evaluate(data);
      const {
        epochs: [log],
      } = await network.fit(data, { epochs: 1, batchSize: 70, optimizer: sgd({ learningRate: 0.5 }) });
      expect(log.loss).toBeCloseTo(before.loss, 5);
      expect(log.accuracy).toBe(before.accuracy);
      expect(network.evaluate(data).loss).toBeLessThan(before.loss);
    }));

  test("regression has no accuracy", () =>
    withNetwork(regressor, async (network) => {
      const {
        epochs: [log],
      } = await network.fit(waves(20), { epochs: 1 });
      expect(log).not.toHaveProperty("accuracy");
      expect(network.evaluate(waves(20))).not.toHaveProperty("accuracy");
    }));

  test("seconds are those that the epoch took", () =>
    withNetwork(classifier, async (network) => {
      const {
        epochs: [log],
      } = await network.fit(data, { epochs: 1, callbacks: [{ onBatchEnd: () => pause(15) }] });
      expect(log.seconds).toBeGreaterThan(0.04);
      expect(log.seconds).toBeLessThan(5);
    }));

  test("an epoch's silent units are those that a recount at the same weights finds", () =>
    withNetwork(
      {
        ...classifier,
        layers: [{ units: 30, biasInitializer: -0.7 }, { units: 20, biasInitializer: -0.3 }, { units: 3 }],
      },
      async (network) => {
        const passes = forward(toReference(network), data.x);
        const recount = passes
          .slice(0, -1)
          .map(({ z }) => z[0].filter((_, unit) => z.every((row) => row[unit] <= 0)).length);
        expect(recount[0]).toBeGreaterThan(0);
        expect(recount[0]).toBeLessThan(30);
        const { epochs } = await network.fit(data, { epochs: 2, batchSize: 16, optimizer: sgd({ learningRate: 0 }) });
        expect(epochs.map(({ silentUnits }) => silentUnits)).toEqual([recount, recount]);
      },
    ));

  test("a network without hidden layers has no silent units", () =>
    withNetwork({ inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" }, async (network) => {
      const {
        epochs: [{ silentUnits }],
      } = await network.fit(data, { epochs: 1 });
      expect(silentUnits).toEqual([]);
    }));

  test("a task is learnt", () =>
    withNetwork({ ...classifier, layers: [{ units: 32 }, { units: 32 }, { units: 3 }] }, async (network) => {
      const history = await network.fit(sectors(400), { epochs: 40, optimizer: adam({ learningRate: 0.01 }) });
      expect(history.epochs.at(-1)!.accuracy).toBeGreaterThan(0.95);
      expect(network.evaluate(sectors(200, 3, 2)).accuracy).toBeGreaterThan(0.93);
    }));
});

describe("callbacks", () => {
  test("are called in order and waited for", () =>
    withNetwork(classifier, async (network) => {
      const calls: string[] = [];
      const named = (name: string): Callback => ({
        onTrainBegin: async () => {
          await pause(1);
          calls.push(`${name} begin`);
        },
        onBatchEnd: async ({ step }) => {
          await pause(1);
          calls.push(`${name} batch ${step}`);
        },
        onEpochEnd: async ({ epoch }) => {
          await pause(1);
          calls.push(`${name} epoch ${epoch}`);
        },
        onTrainEnd: async () => {
          await pause(1);
          calls.push(`${name} end`);
        },
      });
      await network.fit(data, { epochs: 1, batchSize: 50, callbacks: [named("a"), {}, named("b")] });
      const events = ["begin", "batch 1", "batch 2", "epoch 1", "end"];
      expect(calls).toEqual(events.flatMap((event) => [`a ${event}`, `b ${event}`]));
    }));

  test("are told the network, and their history is what fit returns", () =>
    withNetwork(classifier, async (network) => {
      let told: History | undefined;
      const onTrainEnd: Callback["onTrainEnd"] = (history, context) => {
        told = history;
        expect(context.network).toBe(network);
      };
      const history = await network.fit(data, { epochs: 1, callbacks: [{ onTrainEnd }] });
      expect(told).toEqual(history);
    }));

  test("keep their `this`", () =>
    withNetwork(classifier, async (network) => {
      class Counter implements Callback {
        batches = 0;
        onBatchEnd(): void {
          this.batches++;
        }
      }
      const counter = new Counter();
      await network.fit(data, { epochs: 2, callbacks: [counter] });
      expect(counter.batches).toBe(6);
    }));

  test("an error in one rejects the fit, and the network can be used and trained again", () =>
    withNetwork(classifier, async (network) => {
      const own = new Error("the caller's own");
      const broken: Callback = {
        onBatchEnd: ({ step }) => {
          if (step === 2) throw own;
        },
      };
      await expect(network.fit(data, { callbacks: [broken] })).rejects.toThrow(own);
      expect(network.predict(data.x).rows).toBe(70);
      expect((await network.fit(data, { epochs: 1 })).epochs.length).toBe(1);
    }));

  test("may change weights", () =>
    withNetwork(classifier, async (network) => {
      const bias = Float32Array.of(1, 2, 3);
      const last = network.layers[2];
      await network.fit(data, {
        epochs: 1,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: [{ onBatchEnd: () => last.setWeights({ bias }) }],
      });
      expect(last.getWeights().bias).toEqual(bias);
    }));
});

describe("stopping", () => {
  test("context.stop() ends after the running batch", () =>
    withNetwork(classifier, async (network) => {
      const { batches, callback } = recorder();
      const history = await network.fit(data, {
        callbacks: [
          callback,
          {
            onBatchEnd: ({ step }, { stop }) => {
              if (step === 4) stop();
            },
          },
        ],
      });
      expect(batches.length).toBe(4);
      expect(history.stopped).toBe("callback");
      expect(history.epochs.length).toBe(1);
    }));

  test("context.stop() works as a method, at the start and at an epoch's end", () =>
    withNetwork(classifier, async (network) => {
      const atOnce = await network.fit(data, { callbacks: [{ onTrainBegin: (context) => context.stop() }] });
      expect(atOnce).toEqual({ epochs: [], stopped: "callback" });
      const later = await network.fit(data, {
        callbacks: [
          {
            onEpochEnd: ({ epoch }, context) => {
              if (epoch === 2) context.stop();
            },
          },
        ],
      });
      expect(later.epochs.length).toBe(2);
      expect(later.stopped).toBe("callback");
    }));

  test("a signal that is already aborted trains nothing", () =>
    withNetwork(classifier, async (network) => {
      const before = weightsOf(network);
      const ends: History[] = [];
      const history = await network.fit(data, {
        signal: AbortSignal.abort(),
        callbacks: [{ onTrainEnd: (end) => void ends.push(end) }],
      });
      expect(history).toEqual({ epochs: [], stopped: "aborted" });
      expect(ends).toEqual([history]);
      expect(weightsOf(network)).toEqual(before);
    }));

  test("an abort during a batch ends after that batch and keeps what was learnt", () =>
    withNetwork(classifier, async (network) => {
      const before = weightsOf(network);
      const { batches, callback } = recorder();
      const controller = new AbortController();
      const history = await network.fit(data, {
        signal: controller.signal,
        callbacks: [
          callback,
          {
            onBatchEnd: ({ step }) => {
              if (step === 2) controller.abort();
            },
          },
        ],
      });
      expect(batches.length).toBe(2);
      expect(history.stopped).toBe("aborted");
      expect(weightsOf(network)).not.toEqual(before);
    }));

  test("an abort from a timer is heeded without any callback", () =>
    withNetwork({ ...classifier, layers: [{ units: 64 }, { units: 64 }, { units: 3 }] }, async (network) => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 30);
      const history = await network.fit(data, { epochs: 1e9, signal: controller.signal });
      expect(history.stopped).toBe("aborted");
    }));

  test("no listener stays behind on the signal", () =>
    withNetwork(classifier, async (network) => {
      const { signal } = new AbortController();
      const added = vi.spyOn(signal, "addEventListener");
      const removed = vi.spyOn(signal, "removeEventListener");
      await network.fit(data, { epochs: 1, signal });
      expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    }));
});

describe("the event loop", () => {
  const wide: NetworkSpec = { inputs: 2, layers: [{ units: 128 }, { units: 128 }, { units: 3 }], loss: "crossEntropy" };

  test("keeps turning during a long fit", () =>
    withNetwork(wide, async (network) => {
      const controller = new AbortController();
      let turns = 0;
      const timer = setInterval(() => {
        if (++turns === 9) controller.abort();
      }, 5);
      const history = await network.fit(sectors(1000), { epochs: 1e6, signal: controller.signal });
      clearInterval(timer);
      expect(history.stopped).toBe("aborted");
    }));

  test("answers messages during a long fit", () =>
    withNetwork(wide, async (network) => {
      const { port1, port2 } = new MessageChannel();
      const controller = new AbortController();
      let answers = 0;
      port1.onmessage = () => {
        if (++answers === 6) controller.abort();
        port2.postMessage(0);
      };
      port2.postMessage(0);
      const history = await network.fit(sectors(1000), { epochs: 1e6, signal: controller.signal });
      port1.close();
      port2.close();
      expect(history.stopped).toBe("aborted");
    }));
});

describe("validation", () => {
  test("a set is measured with the weights at the end of each epoch", () =>
    withNetwork(classifier, async (network) => {
      const validation = sectors(33, 3, 9);
      const measured: unknown[] = [];
      const measure = () => {
        const { loss, accuracy } = network.evaluate(validation);
        measured.push({ loss, accuracy });
      };
      const { epochs } = await network.fit(data, {
        epochs: 2,
        validation,
        callbacks: [{ onEpochEnd: measure }],
      });
      expect(epochs.map((log) => log.validation)).toEqual(measured);
      expect(measured[0]).not.toEqual(measured[1]);
    }));

  test("a set trains as no set does", async () => {
    const weights = (validation?: ReturnType<typeof sectors>) =>
      withNetwork(classifier, async (network) => {
        await network.fit(data, { epochs: 2, ...(validation && { validation }) });
        return weightsOf(network);
      });
    expect(await weights(sectors(500, 3, 9))).toEqual(await weights());
  });

  test("a fraction holds rows out: rows of another loss are seen in validation alone", () =>
    withNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "meanAbsoluteError" }, async (network) => {
      const y = Array.from({ length: 40 }, (_, row) => row);
      const {
        epochs: [log],
      } = await network.fit(
        { x: y.map(() => [0]), y },
        { epochs: 1, validation: 0.25, optimizer: sgd({ learningRate: 0 }) },
      );
      expect(log.loss * 30 + log.validation!.loss * 10).toBeCloseTo((40 * 39) / 2, 3);
    }));

  test("rows of a fraction that all weigh 0 have a loss of 0, as rows that train do", async () => {
    const y = Array.from({ length: 8 }, (_, row) => row + 1);
    const spec = { inputs: 1, layers: [{ units: 1 }], loss: "meanSquaredError" } as const;
    const logs = await Promise.all(
      y.map((_, only) =>
        withNetwork(spec, async (network) => {
          const weights = y.map((__, row) => Number(row === only));
          const set = { x: y.map(() => [0]), y, weights };
          const options = { epochs: 1, validation: 0.25, optimizer: sgd({ learningRate: 0 }) };
          const { epochs } = await network.fit(set, options);
          return [epochs[0].loss, epochs[0].validation!.loss];
        }),
      ),
    );
    const heldOut = logs.filter(([training]) => training === 0);
    expect(heldOut).toHaveLength(2);
    logs.forEach(([training, validation], row) => {
      expect([training, validation]).toContain(0);
      expect(training + validation).toBeCloseTo(y[row] ** 2, 4);
    });
  });

  test("a fraction of 0 holds out none", () =>
    withNetwork(classifier, async (network) => {
      const {
        epochs: [log],
      } = await network.fit(data, { epochs: 1, validation: 0 });
      expect(log.validation).toBeUndefined();
    }));

  test.each([1, -0.1, 1.5, Number.NaN, Infinity, 0.001, 0.999])("the fraction %s is refused", (validation) =>
    withNetwork(classifier, (network) =>
      expectUntouched(network, () => network.fit(data, { validation }), "value", "validation", String(validation)),
    ),
  );
});

describe("the rate", () => {
  test("a schedule is asked for each step, overrides the optimizer's rate and is logged", () =>
    withNetwork(classifier, async (network) => {
      const asked: [number, number][] = [];
      const learningRate = (step: number, epoch: number) => {
        asked.push([step, epoch]);
        return 1 / (10 * step);
      };
      const { epochs } = await network.fit(data, { epochs: 2, learningRate, optimizer: sgd({ learningRate: 9 }) });
      expect(asked).toEqual([
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 2],
        [5, 2],
        [6, 2],
      ]);
      expect(epochs.map((log) => log.learningRate)).toEqual([1 / 30, 1 / 60]);
    }));

  test("a constant schedule is the same as the rate", async () => {
    const weights = (options: object) =>
      withNetwork(classifier, async (network) => {
        await network.fit(data, { epochs: 2, ...options });
        return weightsOf(network);
      });
    expect(await weights({ optimizer: sgd({ learningRate: 0.2 }) })).toEqual(
      await weights({ optimizer: sgd({ learningRate: 7 }), learningRate: () => 0.2 }),
    );
  });

  test.each([Number.NaN, -1, Infinity, "0.1", undefined])(
    "a schedule that gives %s is refused and leaves the weights of the step before",
    (rate) =>
      withNetwork(classifier, async (network) => {
        let before: number[] = [];
        const callbacks = [
          {
            onBatchEnd: () => {
              before = weightsOf(network);
            },
          },
        ];
        const learningRate = (step: number) => (step < 3 ? 0.1 : (rate as number));
        await expectRefusal(
          () => network.fit(data, { learningRate, callbacks }),
          "value",
          "learningRate(3, 1)",
          String(rate),
        );
        expect(weightsOf(network)).toEqual(before);
      }),
  );

  test("clipNorm bounds the step of plain descent, and leaves small gradients alone", async () => {
    const stepOf = (clipNorm?: number) =>
      withNetwork(regressor, async (network) => {
        const before = weightsOf(network);
        const { x, y } = waves(16);
        await network.fit(
          { x, y: y.map((value) => 100 * value) },
          { epochs: 1, optimizer: sgd({ learningRate: 1 }), ...(clipNorm && { clipNorm }) },
        );
        return weightsOf(network).map((value, i) => value - before[i]);
      });
    const norm = (step: number[]) => Math.hypot(...step);
    const free = await stepOf();
    const clipped = await stepOf(0.5);
    expect(norm(free)).toBeGreaterThan(5);
    expect(norm(clipped)).toBeCloseTo(0.5, 4);
    expect(
      relativeDistance(
        clipped,
        free.map((value) => (value * 0.5) / norm(free)),
      ),
    ).toBeLessThan(1e-5);
    expect(await stepOf(1e9)).toEqual(free);
  });
});

describe("early stopping", () => {
  /** Validation losses follow `losses`, since a callback sets the only weight, the output's bias. */
  async function runWith(
    losses: readonly number[],
    options: Parameters<typeof earlyStopping>[0],
    monitorTraining = false,
  ) {
    return withNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "meanAbsoluteError" }, async (network) => {
      const set = (value: number) =>
        network.layers[0].setWeights({ kernel: new Float32Array(1), bias: Float32Array.of(value) });
      const script: Callback = {
        onTrainBegin: () => set(losses[0]),
        onBatchEnd: ({ epoch }) => set(losses[epoch - 1]),
        onEpochEnd: ({ epoch }) => {
          if (monitorTraining) set(losses[epoch]);
        },
      };
      const target = { x: [[0]], y: [0] };
      const history = await network.fit(target, {
        epochs: losses.length,
        optimizer: sgd({ learningRate: 0 }),
        callbacks: monitorTraining ? [earlyStopping(options), script] : [script, earlyStopping(options)],
        ...(!monitorTraining && { validation: target }),
      });
      return { epochs: history.epochs.length, stopped: history.stopped, bias: network.layers[0].getWeights().bias[0] };
    });
  }

  test("stops after `patience` epochs without a better validation loss", async () => {
    expect(await runWith([5, 4, 6, 6, 6, 6, 6, 6], { patience: 3 })).toEqual({
      epochs: 5,
      stopped: "callback",
      bias: 6,
    });
  });
  test("a better loss starts the count anew", async () => {
    expect(await runWith([5, 6, 6, 4, 6, 6, 6, 6], { patience: 3 })).toMatchObject({ epochs: 7 });
  });
  test("an improvement within minDelta is none", async () => {
    expect(await runWith([5, 4.5, 4.1, 4.05, 3], { patience: 2, minDelta: 1 })).toMatchObject({ epochs: 3 });
  });
  test("does not stop while the loss falls", async () => {
    expect(await runWith([5, 4, 3, 2, 1], { patience: 1 })).toMatchObject({ epochs: 5, stopped: undefined });
  });
  test("restoreBest goes back to the best epoch's weights, also when training ran to its end", async () => {
    expect(await runWith([5, 2, 6, 6, 6], { patience: 2, restoreBest: true })).toMatchObject({ epochs: 4, bias: 2 });
    expect(await runWith([5, 2, 6], { patience: 9, restoreBest: true })).toMatchObject({ epochs: 3, bias: 2 });
  });
  test("monitors the loss where there is no validation", async () => {
    expect(await runWith([5, 4, 6, 6, 6, 6, 6], { patience: 2, monitor: "loss" }, true)).toMatchObject({
      epochs: 4,
      stopped: "callback",
    });
  });
  test("one callback object serves two fits", () =>
    withNetwork(regressor, async (network) => {
      const stopping = earlyStopping({ patience: 2, monitor: "loss" });
      const options = { epochs: 9, optimizer: sgd({ learningRate: 0 }), callbacks: [stopping] };
      expect((await network.fit(waves(8), options)).epochs.length).toBe(3);
      expect((await network.fit(waves(8), options)).epochs.length).toBe(3);
    }));
  test("validationLoss without validation is refused", () =>
    withNetwork(regressor, (network) =>
      expectRefusal(
        () => network.fit(waves(8), { callbacks: [earlyStopping({ monitor: "validationLoss" })] }),
        "value",
        "validation",
      ),
    ));
  test.each([
    { patience: -1 },
    { patience: 1.5 },
    { minDelta: Number.NaN },
    { monitor: "lss" as "loss" },
    { restoreBest: 1 as unknown as boolean },
  ])("%j is refused", (options) => expectRefusal(() => earlyStopping(options), "value"));
});

describe("divergence", () => {
  const targets = waves(64);
  const large = { x: targets.x, y: targets.y.map((value) => value * 1e4) };

  test.each([
    ["plain descent", { optimizer: sgd({ learningRate: 1e3 }) }],
    ["momentum", { optimizer: sgd({ learningRate: 1e3, momentum: 0.99 }) }],
    ["an enormous rate", { optimizer: sgd({ learningRate: 1e38 }) }],
    ["adam at an enormous rate", { optimizer: adam({ learningRate: 1e38 }) }],
    ["batches of one", { optimizer: sgd({ learningRate: 1e3 }), batchSize: 1 }],
    ["clipped, at an enormous rate", { optimizer: sgd({ learningRate: 1e30 }), clipNorm: 1e5 }],
  ])("%s stops with finite weights", (_name, options) =>
    withNetwork(
      {
        inputs: 2,
        layers: [{ units: 20, activation: "leakyRelu" }, { units: 20, activation: "leakyRelu" }, { units: 1 }],
        loss: "meanSquaredError",
      },
      async (network) => {
        const ends: History[] = [];
        const history = await network.fit(large, {
          epochs: 500,
          ...options,
          callbacks: [{ onTrainEnd: (end) => void ends.push(end) }],
        });
        expect(history.stopped).toBe("diverged");
        expect(ends).toEqual([history]);
        expect(weightsOf(network).every(Number.isFinite)).toBe(true);
        for (const { loss } of history.epochs) expect(Number.isFinite(loss)).toBe(true);
        expect((await network.fit(waves(4), { epochs: 0 })).stopped).toBeUndefined(); // and the network can be used on
      },
    ),
  );

  test("the weights are those before the update that the loss could not stand", () =>
    withNetwork(regressor, async (network) => {
      let last = weightsOf(network);
      const history = await network.fit(large, {
        epochs: 500,
        batchSize: 64,
        optimizer: sgd({ learningRate: 1e3 }),
        callbacks: [
          {
            onBatchEnd: () => {
              last = weightsOf(network);
            },
          },
        ],
      });
      expect(history.stopped).toBe("diverged");
      expect(weightsOf(network)).toEqual(last);
    }));
});

describe("one at a time", () => {
  test("a second fit on the same network is refused and the first goes on", () =>
    withNetwork(classifier, async (network) => {
      const first = network.fit(data, { epochs: 3, callbacks: [{ onBatchEnd: () => pause(1) }] });
      await expectRefusal(() => network.fit(data), "value", "network");
      await pause(3);
      await expectRefusal(() => network.fit(data), "value", "network");
      expect((await first).epochs.length).toBe(3);
      expect((await network.fit(data, { epochs: 1 })).epochs.length).toBe(1);
    }));

  test("a fit from within a callback is refused", () =>
    withNetwork(classifier, async (network) => {
      const onEpochEnd = () => expectRefusal(() => network.fit(data), "value", "network");
      expect((await network.fit(data, { epochs: 2, callbacks: [{ onEpochEnd }] })).epochs.length).toBe(2);
    }));

  test("a fit that was refused leaves no lock", () =>
    withNetwork(classifier, async (network) => {
      await expectRefusal(() => network.fit(data, { epochs: -1 }), "value");
      expect((await network.fit(data, { epochs: 1 })).epochs.length).toBe(1);
    }));

  test("dispose during a fit ends it with an error", async () =>
    withNetwork(classifier, (network) =>
      expectRefusal(
        () =>
          network.fit(data, {
            callbacks: [
              {
                onBatchEnd: ({ step }) => {
                  if (step === 2) network.dispose();
                },
              },
            ],
          }),
        "disposed",
      ),
    ));

  test.each(["onTrainBegin", "onEpochEnd", "onTrainEnd"] as const)("dispose in %s does no harm", (hook) =>
    withNetwork(classifier, async (network) => {
      const outcome = await network
        .fit(data, { epochs: 2, callbacks: [{ [hook]: () => network.dispose() }] })
        .catch((error: unknown) => error);
      expect(outcome instanceof RelumineError ? outcome.code : "disposed").toBe("disposed");
      await withNetwork(classifier, async (other) =>
        expect((await other.fit(data, { epochs: 1 })).epochs.length).toBe(1),
      );
    }),
  );
});

test("the data may change after fit was called with rows", () =>
  withNetwork(regressor, async (network) => {
    const { x, y } = waves(40);
    const wanted = lossOf("meanSquaredError", outputs(toReference(network), x), y).loss;
    const running = network.fit({ x, y }, { epochs: 1, batchSize: 40, optimizer: sgd({ learningRate: 0 }) });
    x.forEach((row) => row.fill(1e6));
    expect((await running).epochs[0].loss).toBeCloseTo(wanted, 4);
  }));
