// Sweeps: how long the trials of a map take on all cores, start of the workers included, and what a trial costs beside
// its training.
import { planeTask } from "../site/tasks/built-in-tasks.js";
import { loadDigits } from "../tests/support/digits.js";
import {
  deathMap,
  localEngine,
  sweep,
  type MapPlan,
  type SweepDataSet,
  type SweepEngine,
  type SweepFit,
  type SweepPlan,
  type SweepResult,
} from "../src/sweep.js";
import type { Loss } from "../src/index.js";
import type { Case, Context, Figure } from "./measure.js";

const AXES = {
  learningRate: { from: 0.01, to: 3, count: 8, scale: "log" as const },
  bias: { from: -2, to: 1, count: 7 },
};

/** The playground's: two arms, which a straight line can't part. */
function spiral(): SweepDataSet {
  const { train, heldOut } = planeTask("spiral");
  return { ...train, validation: heldOut };
}

function onDigits(): SweepDataSet {
  const { training, heldOut } = loadDigits();
  return { ...training, validation: heldOut };
}

const planOf = ([inputs, ...layers]: readonly number[], loss: Loss, fit: SweepFit): SweepPlan => ({
  base: { spec: { inputs, layers: layers.map((units) => ({ units })), loss }, fit: { optimizer: "sgd", ...fit } },
  axes: AXES,
  repeats: 3,
});

/** Network, batches and epochs of the playground's first minute. */
const spiralPlan = planOf([2, 10, 8, 1], "binaryCrossEntropy", { epochs: 100, batchSize: 16 });
const digitsPlan = planOf([64, 64, 10], "crossEntropy", { epochs: 3 });

const told = ({ trials }: SweepResult): string => JSON.stringify(trials.map(({ id, loss, dead }) => [id, loss, dead]));

/** @param wanted seconds at most */
async function timeSweep(plan: SweepPlan, data: SweepDataSet, cores: number, wanted: number): Promise<Figure> {
  const [first, last] = [await sweep(plan, data), await sweep(plan, data, { engine: localEngine({ workers: cores }) })];
  const rate = last.trials.length / last.seconds;
  return {
    value: last.seconds,
    unit: "s",
    wanted: { atMost: wanted },
    note: `${last.trials.length} trials on ${cores} workers, ${rate.toFixed(0)} a second`,
    ...(told(first) !== told(last) && { wrong: "two sweeps of one plan differ" }),
  };
}

/** An engine that trains nothing. */
const idle: SweepEngine = {
  async run(trials, _work, { onResult }) {
    const all = trials[Symbol.asyncIterator]();
    for (let next = await all.next(); !next.done; next = await all.next())
      await onResult(next.value, { loss: 1, accuracy: 0.5, units: [10, 8], dead: [0, 0], seconds: 0, trained: 1 }, "");
  },
};

async function overhead(): Promise<Figure> {
  const plan = { ...spiralPlan, repeats: 60 };
  await sweep({ ...plan, repeats: 6 }, spiral(), { engine: idle });
  const { seconds, trials } = await sweep(plan, spiral(), { engine: idle });
  return {
    value: (1000 * seconds) / trials.length,
    unit: "ms",
    wanted: { atMost: 0.5 },
    note: `of ${trials.length} trials`,
  };
}

const largeMap: MapPlan = {
  base: digitsPlan.base,
  x: { name: "learningRate", values: { from: 0.01, to: 3, count: 32 } },
  y: { name: "bias", values: { from: -2, to: 1, count: 32 } },
};

async function timeMap(): Promise<Figure> {
  const { seconds, trials, walls } = await deathMap(largeMap, onDigits());
  return {
    value: seconds,
    unit: "s",
    wanted: { atMost: 25 },
    note: `${trials} trainings`,
    ...(walls.some(({ lines }) => lines.length === 0) && { wrong: "the map has no wall" }),
  };
}

/** Until 16 cells, a coarse map of the whole, are in; start of the workers included. */
async function timeFirstPicture(): Promise<Figure> {
  const stop = new AbortController();
  const started = performance.now();
  let seconds = 0;
  await deathMap(largeMap, onDigits(), {
    signal: stop.signal,
    onProgress: ({ done }, soFar) => {
      if (done < 16 || seconds > 0) return;
      String(soFar());
      seconds = (performance.now() - started) / 1000;
      stop.abort();
    },
  });
  return { value: seconds, unit: "s", wanted: { atMost: 1 }, note: "16 cells" };
}

export function sweepCases({ cores }: Context): Case[] {
  return [
    {
      name: "sweep: 2-10-8-1 on the spiral, 8 x 7 x 3",
      run: () => timeSweep(spiralPlan, spiral(), cores, 0.84),
    },
    {
      name: "sweep: 64-64-10 on digits, 8 x 7 x 3",
      onDemand: true,
      run: () => timeSweep(digitsPlan, onDigits(), cores, 5),
    },
    { name: "map of death: 64-64-10 on digits, 32 x 32 x 3", onDemand: true, run: timeMap },
    { name: "map of death: its first picture", run: timeFirstPicture },
    { name: "sweep: a trial beside its training", run: overhead },
  ];
}
