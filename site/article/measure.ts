// What the article tells of starts, measured with the package: measured.json. `relumine textbook` measures the rest:
// textbook.json. site/build/measure.mjs writes both, tests/site holds them against the package.
import { COLUMNS, CURES, FAULTS } from "../figures/cures/faults.js";
import { trainCell } from "../figures/cures/train-cell.js";
import { RECIPE } from "../figures/death-map/engine.js";
import { FULL_RANGE, mapDataOf, mapPlanOf } from "../figures/death-map/map-plan.js";
import { meanAccuracy, MEASURED } from "../figures/hundred-tasks/measured.js";
import { METHODS, OPENING as HUNDRED } from "../figures/hundred-tasks/messages.js";
import { TaskStream } from "../figures/hundred-tasks/stream.js";
import { PlaneEngine } from "../figures/no-return/engine.js";
import { OPENING as KILLING } from "../figures/who-killed-it/messages.js";
import { replay, TracedLives } from "../figures/who-killed-it/training.js";
import { START, UnitsEngine } from "../figures/one-unit/engine.js";
import { Pace } from "../figures/parts/pace.js";
import { trainCurve } from "../figures/straight-line/training.js";
import { OPENING } from "../figures/zero-lines/messages.js";
import { ZeroLineTraining } from "../figures/zero-lines/training.js";
import { digitsTask, planeTask } from "../tasks/built-in-tasks.js";
import { mean } from "../../src/core/statistics.js";
import { createNetwork, type NetworkSpec } from "../../src/index.js";
import { deathMap } from "../../src/sweep.js";

/** The same numbers on every machine. */
const OPTIONS = { arithmetic: "reproducible" } as const;
const STARTS = 2000;
/** The rate that figure 5 tries first in the step that killed. */
const GENTLE = 0.62;
/** Of a hundred tasks. */
const FIRST = 10;

/** The share of `starts` random starts whose outputs on the rows differ nowhere. */
export async function shareConstant(spec: NetworkSpec, x: readonly number[][], starts = STARTS): Promise<number> {
  let constant = 0;
  for (let seed = 0; seed < starts; seed++) {
    using network = await createNetwork({ ...spec, seed }, OPTIONS);
    const { data } = network.predict(x as number[][]);
    if (data.every((value) => value === data[0])) constant++;
  }
  return constant / starts;
}

export const XOR_INPUTS = [0, 1, 2, 3].map((i) => [i >> 1, i & 1]);
const LINE = Array.from({ length: 101 }, (_, i) => [((i - 50) / 50) * Math.sqrt(3)]);

/** One ReLU unit that is all of the network: constant on the four inputs just when it is dead on them. */
export const xorUnit: NetworkSpec = { inputs: 2, layers: [{ units: 1, activation: "relu" }], loss: "meanSquaredError" };

/** Nine hidden layers, by He's rule. */
export const deep = (units: number): NetworkSpec => ({
  inputs: 1,
  layers: [...Array.from({ length: 9 }, () => ({ units })), { units: 1 }],
  loss: "meanSquaredError",
});

/** Figure 1 as it opens, and at a rate at which sigmoid and tanh saturate. */
async function oneUnit(): Promise<Record<string, number>> {
  const engine = await UnitsEngine.create();
  const take = async (rate: number) => {
    const reply = await engine.answer({ kind: "start", bias: START.bias, rate });
    return reply.kind === "started" ? reply.units : [];
  };
  const [{ before, after }] = await take(0.2);
  await take(3);
  const train = async (steps: number) => {
    const reply = await engine.answer({ kind: "train", steps });
    return reply.kind === "trained" ? reply.units : [];
  };
  const soon = await train(10);
  const late = await train(10_000);
  return {
    "one unit: samples": before.z.length,
    "one unit: gradient": before.gradient.bias,
    "one unit: bias after": after.weights.bias,
    "one unit: mean z before": mean(Array.from(before.z)),
    "one unit: mean z after": mean(Array.from(after.z)),
    "one unit: samples that open it after": after.z.filter((value) => value > 0).length,
    "one unit: loss before": before.loss,
    "one unit: loss after": after.loss,
    "one unit: output bias after": after.weights.outputBias,
    ...Object.fromEntries(
      engine.units.flatMap(({ activation }, i) => [
        [`one unit, rate 3: slope of ${activation}, 10 steps on`, soon[i].slope],
        [`one unit, rate 3: slope of ${activation}, 10,000 steps on`, late[i].slope],
      ]),
    ),
  };
}

/** The demonstration of the first chapter, with three hidden layers. */
async function straightLine(): Promise<Record<string, number>> {
  const [without, withRelu] = await Promise.all(
    (["linear", "relu"] as const).map((activation) => trainCurve({ activation, layers: 3 })),
  );
  return {
    "line: network without activation": without.looks.at(-1)!.loss,
    "line: least squares": without.line.loss,
    "line: network with ReLU": withRelu.looks.at(-1)!.loss,
  };
}

/** Figure 2: from where it opens, at a lower rate and at the one it opens with. */
async function noReturn(): Promise<Record<string, number>> {
  const engine = await PlaneEngine.create();
  const found: Record<string, number> = { "plane: samples": engine.samples.x.length };
  for (const rate of [0.3, 0.9]) {
    const reply = await engine.answer({ kind: "train", start: { w: -0.4, b: 2 }, rate });
    if (reply.kind !== "trained") continue;
    const { path, open, losses } = reply.training;
    found[`plane, rate ${rate}: steps`] = path.length - 1;
    found[`plane, rate ${rate}: samples that open it`] = open;
    found[`plane, rate ${rate}: loss`] = losses.at(-1)!;
  }
  return found;
}

/** Cells of figure 4. */
async function mapCells(): Promise<Record<string, number>> {
  const task = planeTask("spiral");
  const range = { ...FULL_RANGE, rates: [0.1, 0.8, 4.4], biases: [-1.2, 0, 0.8] };
  const { cells } = await deathMap(mapPlanOf(RECIPE, task, range), mapDataOf(RECIPE, task));
  // the same for ten times as long; a map has two values an axis
  const long = { ...FULL_RANGE, rates: [0.1, 0.05], biases: [0, 0.1], epochs: 10 * FULL_RANGE.epochs };
  const longer = await deathMap(mapPlanOf(RECIPE, task, long), mapDataOf(RECIPE, task));
  const cell = longer.cells.find(({ x, y }) => x === 0.1 && y === 0)!;
  const found: [string, number][] = [
    ["map: epochs", FULL_RANGE.epochs],
    ["map, longer: epochs", long.epochs],
    ["map, longer, rate 0.1, bias 0: accuracy", cell.score!],
  ];
  return Object.fromEntries(
    cells
      .flatMap(({ x, y, dead, score }) => [
        [`map, rate ${x}, bias ${y}: dead`, dead!],
        [`map, rate ${x}, bias ${y}: accuracy`, score!],
      ])
      .concat(found),
  );
}

/** Figure 5 as it opens: trained to its first death; and with another rate in the step that did it. */
async function whoKilledIt(): Promise<Record<string, number>> {
  const lives = await TracedLives.create(KILLING);
  const pace = new Pace(Infinity);
  pace.run(true);
  await lives.run(pace, () => lives.deaths.length > 0 && pace.end());
  const { step, deaths } = lives.lives(false);
  const { death } = deaths[0];
  const { blow, lastStraw } = death;
  lives.dispose();
  const change = { from: blow!.step, to: blow!.step, rate: GENTLE };
  const shares = await replay(KILLING, death, change);
  return {
    "killed: rate": KILLING.rate,
    "killed: layer, from 1": death.layer + 1,
    "killed: unit, from 1": death.unit + 1,
    "killed: known at step": step,
    "killed: blow": blow!.step,
    "killed: open before the blow": blow!.openBefore,
    "killed: open after the blow": blow!.openAfter,
    "killed: keeps half at": blow!.survivesAt!,
    "killed: last straw": lastStraw!.step,
    "killed: open before the last straw": lastStraw!.openBefore!,
    "killed: replayed at": GENTLE,
    "killed: replayed, open when it was known": shares![step],
  };
}

/** Cells of figure 6, once the fault has shown itself: those that the text speaks of. */
async function cures(): Promise<Record<string, number>> {
  const columns = [...CURES.map(({ name }) => name), "pair"];
  const wanted: readonly [fault: string, cures: readonly string[]][] = [
    ["Rate too high", ["Nothing", "Lower rate", "Lift", "Recycle", "pair"]],
    ["Negative bias", ["Nothing", "Positive bias"]],
    ["Unscaled inputs", ["Nothing", "Recycle", "pair"]],
  ];
  const found: Record<string, number> = { "cures: columns": COLUMNS };
  for (const [name, names] of wanted)
    for (const cure of names) {
      const row = FAULTS.findIndex((fault) => fault.name === name);
      const place = { moment: "sick", row, column: columns.indexOf(cure) } as const;
      const { course, outcome } = await trainCell(FAULTS[row], place, () => {});
      found[`cures, ${name}: units`] = outcome.units;
      found[`cures, ${name}: living before`] ??= course.living[course.epochs.indexOf(course.curedAt)];
      found[`cures, ${name}, ${cure}: living`] = outcome.living;
      found[`cures, ${name}, ${cure}: accuracy`] = outcome.accuracy;
    }
  return found;
}

/** Figure 7: what it was measured to be over several starts, at the rate that it opens with; and how the tasks begin. */
async function hundredTasks(digits: Uint8Array): Promise<Record<string, number>> {
  const measured = MEASURED.find(({ rate }) => rate === HUNDRED.rate)!;
  const starts = measured.accuracy.length;
  const lastTen = meanAccuracy(measured);
  const task = digitsTask(digits);
  const sums = METHODS.map(() => 0);
  for (let seed = 1; seed <= starts; seed++) {
    const stream = await TaskStream.create(task, { rate: HUNDRED.rate, seed });
    for (let each = 0; each < FIRST; each++) await stream.learnNext();
    METHODS.forEach((_, i) => stream.results.forEach((result) => (sums[i] += result.accuracy[i])));
    stream.dispose();
  }
  return {
    ...Object.fromEntries(METHODS.map((method, i) => [`tasks: ${method}, first ten`, sums[i] / (starts * FIRST)])),
    "tasks: rate": HUNDRED.rate,
    "tasks: starts": starts,
    ...Object.fromEntries(METHODS.map((method, i) => [`tasks: ${method}, last ten`, lastTen[i]])),
  };
}

/** Figure 3 as it opens, to its last step. */
async function zeroLines(): Promise<Record<string, number>> {
  const training = await ZeroLineTraining.create(OPENING);
  const pace = new Pace(Infinity);
  pace.run(true);
  await training.run(pace, () => {});
  const { open, deaths, accuracy, step } = training.frame(false);
  training.dispose();
  const alive = open.filter((share) => share > 0);
  return {
    "zero lines: steps": step,
    "zero lines: units": open.length,
    "zero lines: dead": open.length - alive.length,
    "zero lines: died first at step": Math.min(...deaths.map((death) => death.step)),
    "zero lines: rarest of the living": Math.min(...alive),
    "zero lines: accuracy": accuracy,
  };
}

/** @param digits as loadDigits has them */
export async function measure(digits: Uint8Array, starts = STARTS): Promise<Record<string, number>> {
  return {
    ...(await straightLine()),
    ...(await oneUnit()),
    ...(await noReturn()),
    ...(await zeroLines()),
    ...(await mapCells()),
    ...(await whoKilledIt()),
    ...(await cures()),
    ...(await hundredTasks(digits)),
    "xor: starts": starts,
    "xor: share dead": await shareConstant(xorUnit, XOR_INPUTS, starts),
    "narrow: starts": starts,
    "narrow: share constant": await shareConstant(deep(2), LINE, starts),
    "wide: share constant": await shareConstant(deep(16), LINE, starts),
  };
}
