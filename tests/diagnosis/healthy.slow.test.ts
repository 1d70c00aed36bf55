// No cause is named where a training went well: on tables that people know, and on random tasks, of
// which RELUMINE_LONG=5 draws 200.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadDigits } from "../support/digits.js";
import { withNetwork } from "../support/networks.js";
import { integer, randomRows, seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { patienceFor, times } from "../support/times.js";
import { diagnosisAfter } from "./support.js";
import {
  type ActivationName,
  adam,
  adamW,
  diagnose,
  type Diagnosis,
  type LayerActivationName,
  type LayerDiagnosis,
  type Loss,
  type NetworkSpec,
  type Optimizer,
  rmsprop,
  sgd,
} from "../../src/index.js";
import { prepareTable } from "../../src/table.js";

type Targets = number[] | number[][];

const causesOf = ({ findings }: Diagnosis) =>
  findings.filter(({ role }) => role === "cause").map(({ kind, message }) => `${kind}: ${message}`);

describe("tables", () => {
  test.each([
    ["iris.csv", "species", 60],
    ["penguins.csv", "species", 40],
    ["breast-cancer.csv", "diagnosis", 12],
    ["wine.csv", "class", 15],
  ])("%s", async (file, target, epochs) => {
    const text = readFileSync(new URL(`../data/${file}`, import.meta.url), "utf8");
    const { encoding, training, heldOut } = await prepareTable(text, { target });
    if (encoding.target.kind !== "classes") throw new Error("wanted classes");
    const classes = encoding.target.classes.length;
    const units = classes === 2 ? 1 : classes;
    const spec: NetworkSpec = {
      inputs: training.x.columns,
      layers: [{ units: 16 }, { units }],
      loss: units === 1 ? "binaryCrossEntropy" : "crossEntropy",
      seed: 3,
    };
    await withNetwork(spec, async (network) => {
      const history = await network.fit(training, {
        epochs,
        batchSize: 16,
        optimizer: adam({ learningRate: 0.005 }),
        validation: heldOut,
      });
      const diagnosis = diagnose(network, training.x, { targets: training.y, history, validation: heldOut });
      expect(diagnosis.learning!.score).toBeGreaterThan(0.8);
      expect(diagnosis.learning!.heldOut!.accuracy).toBeGreaterThan(0.85);
      expect(causesOf(diagnosis)).toEqual([]);
    });
  });

  test("digits", async () => {
    const { training, heldOut } = loadDigits();
    const spec: NetworkSpec = {
      inputs: 64,
      layers: [{ units: 64 }, { units: 32 }, { units: 10 }],
      loss: "crossEntropy",
      seed: 1,
    };
    await withNetwork(spec, async (network) => {
      const history = await network.fit(training, { epochs: 20, optimizer: adam(), validation: heldOut });
      const diagnosis = diagnose(network, training.x, { targets: training.y, history, validation: heldOut });
      expect(diagnosis.learning!.heldOut!.accuracy).toBeGreaterThan(0.93);
      expect(causesOf(diagnosis)).toEqual([]);
    });
  });
});

interface Task {
  readonly loss: Loss;
  readonly units: number;
  readonly y: Targets;
}

/** Things to learn from rows: a bent surface, with some noise or none; classes; yes or no, once or several times. */
function drawTask(random: () => number, x: readonly (readonly number[])[]): Task {
  const columns = x[0].length;
  const directions = randomRows(random, 4, columns, 1);
  const scale = Math.sqrt(3 / columns); // uniform numbers have a variance of a third
  const along = (row: readonly number[], i: number) =>
    scale * 1.7 * row.reduce((sum, value, c) => sum + value * directions[i][c], 0);
  const noise = 0.3 * integer(random, 0, 1);
  switch (integer(random, 0, 4)) {
    case 0: {
      const loss = (["meanSquaredError", "huber", "meanAbsoluteError"] as const)[integer(random, 0, 2)];
      return {
        loss,
        units: 1,
        y: x.map((row) => Math.sin(2 * along(row, 0)) + along(row, 1) + noise * (2 * random() - 1)),
      };
    }
    case 1:
      return {
        loss: "meanSquaredError",
        units: 3,
        y: x.map((row) => [along(row, 0), Math.abs(along(row, 1)), Math.tanh(along(row, 2))]),
      };
    case 2:
      return {
        loss: "binaryCrossEntropy",
        units: 1,
        y: x.map((row) => Number(along(row, 0) + along(row, 1) ** 2 > 0.2)),
      };
    case 3: {
      const y = x.map((row) => [0, 1, 2].reduce((best, i) => (along(row, i) > along(row, best) ? i : best), 0));
      return { loss: "crossEntropy", units: 3, y };
    }
    default:
      return {
        loss: "binaryCrossEntropy",
        units: 4,
        y: x.map((row) => [0, 1, 2, 3].map((i) => Number(along(row, i) > 0.1))),
      };
  }
}

const ACTIVATIONS: readonly ActivationName[] = ["relu", "relu", "leakyRelu", "tanh", "gelu", "elu", "silu"];
const OPTIMIZERS: readonly (() => Optimizer)[] = [
  () => adam({ learningRate: 0.005 }),
  () => sgd({ learningRate: 0.03, momentum: 0.9 }),
  () => rmsprop({ learningRate: 0.003 }),
  () => adamW({ learningRate: 0.005 }),
];

/** A training that killed most units of a layer did not go well, whatever the others made of it. */
const isMostlyDead = ({ dead, units }: LayerDiagnosis) => dead > units.length / 2;

const HEALTHY = times(40);

test(`${HEALTHY} random trainings that went well`, { timeout: patienceFor(3) }, async () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  const alarms: string[] = [];
  let healthy = 0;
  let drawn = 0;
  for (; healthy < HEALTHY && drawn < 1.5 * HEALTHY + 20; drawn++) {
    const x = randomRows(random, integer(random, 300, 1000), integer(random, 1, 5), 1.7);
    const { loss, units, y } = drawTask(random, x);
    const activation: LayerActivationName = ACTIVATIONS[integer(random, 0, ACTIVATIONS.length - 1)];
    const hidden = Array.from({ length: integer(random, 1, 3) }, () => ({
      units: 8 * integer(random, 2, 6),
      activation,
    }));
    const spec: NetworkSpec = { inputs: x[0].length, layers: [...hidden, { units }], loss, seed: drawn };
    const optimizer = OPTIMIZERS[integer(random, 0, OPTIMIZERS.length - 1)]();
    const validation = 0.2 * integer(random, 0, 1);
    const diagnosis = await diagnosisAfter(
      spec,
      x,
      y,
      { epochs: 60, batchSize: 16, optimizer, validation },
      { proofs: true },
    );
    const { score = 0, heldOut } = diagnosis.learning!;
    const isHealthy = score > 0.6 && (heldOut?.score ?? score) > 0.4 && !diagnosis.layers.some(isMostlyDead);
    if (!isHealthy) continue;
    healthy++;
    alarms.push(...causesOf(diagnosis).map((alarm) => `seed ${seed}, training ${drawn}: ${alarm}`));
  }
  expect(healthy).toBe(HEALTHY);
  expect(alarms).toEqual([]);
});
