// Random networks of all kinds of layers on real data: where they train well no cause is named, and of the same with
// one fault planted that fault is the first cause. Verdicts are no proofs: of 1,176 networks with a fault five were
// told another cause first, or none (measured), of 672 that train well none was told one. So the draws are the same
// each time, unless RELUMINE_SEED is set, and of many three in a hundred may be wrong. RELUMINE_LONG=10 draws 80 and
// 70.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadDigits } from "../support/digits.js";
import { withNetwork } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { seedOfRun } from "../support/seed.js";
import { patienceFor, times } from "../support/times.js";
import {
  adagrad,
  adam,
  cosine,
  type DataSet,
  type DenseSpec,
  diagnose,
  type Finding,
  type FindingKind,
  type FitOptions,
  lion,
  type Loss,
  type Network,
  type NetworkSpec,
  rmsprop,
  sgd,
  warmup,
} from "../../src/index.js";
import { prepareTable } from "../../src/table.js";

const seedOfDraws = () => seedOfRun(process.env["RELUMINE_SEED"] ?? "17");
const MOST_WRONG = 0.03;

type Random = () => number;
const pick = <T>(random: Random, all: readonly T[]): T => all[integer(random, 0, all.length - 1)];

interface Task {
  readonly data: DataSet;
  readonly inputs: number;
  readonly units: number;
  readonly loss: Loss;
  readonly epochs: number;
}

async function table(file: string, target: string, units: number, loss: Loss, epochs: number): Promise<Task> {
  const text = readFileSync(new URL(`../data/${file}`, import.meta.url), "utf8");
  const { training } = await prepareTable(text, { target });
  return { data: training, inputs: training.x.columns, units, loss, epochs };
}

const TASKS = Promise.all([
  table("auto-mpg.csv", "mpg", 1, "meanSquaredError", 60),
  table("breast-cancer.csv", "diagnosis", 1, "binaryCrossEntropy", 30),
  { data: loadDigits().training, inputs: 64, units: 10, loss: "crossEntropy" as const, epochs: 15 },
]);

function drawSpec(random: Random, { inputs, units, loss }: Task, seed: number): NetworkSpec {
  const width = integer(random, 24, 64);
  const normalization = pick(random, [undefined, "batch", "layer"] as const);
  const dropout = pick(random, [0, 0, 0.1, 0.3]);
  const restraint = pick<Partial<DenseSpec>>(random, [{}, {}, { kernelRegularizer: { l2: 1e-5 } }, { maxNorm: 3 }]);
  const isResidual = random() < 0.3;
  const hidden = Array.from({ length: integer(random, 1, 3) }, (_, i) => ({
    units: width,
    ...(normalization && { normalization }),
    ...(dropout > 0 && { dropout }),
    ...(isResidual && i > 0 && { residual: true }),
    ...restraint,
  }));
  return { inputs, layers: [...hidden, { units }], loss, seed };
}

const OPTIMIZERS = [
  () => adam({ learningRate: 0.003 }),
  () => sgd({ learningRate: 0.01, momentum: 0.9 }),
  () => rmsprop({ learningRate: 0.001 }),
  () => lion({ learningRate: 0.0005 }),
  () => adagrad({ learningRate: 0.05 }),
];
const SCHEDULES = [{}, { learningRate: cosine() }, { learningRate: warmup({ epochs: 2, next: cosine() }) }];

const drawFit = (random: Random, { epochs }: Task): FitOptions => ({
  epochs,
  batchSize: pick(random, [16, 32]),
  optimizer: pick(random, OPTIMIZERS)(),
  ...pick(random, SCHEDULES),
});

/** The score, and the causes in order. */
function judged(spec: NetworkSpec, { data }: Task, fit: FitOptions, before?: (n: Network) => void) {
  return withNetwork(spec, async (network) => {
    before?.(network);
    const history = await network.fit(data, fit);
    const { learning, findings } = diagnose(network, data.x, { targets: data.y, history, proofs: false });
    return { score: learning!.score ?? -Infinity, causes: findings.filter(({ role }) => role === "cause") };
  });
}

const texts = (causes: readonly Finding[]) => causes.map(({ kind, message }) => `${kind}: ${message}`);

const DRAWS = times(8);
test(`${DRAWS} random networks that train well`, { timeout: patienceFor(3) }, async () => {
  const seed = seedOfDraws();
  const random = seededRandom(seed);
  const alarms: string[] = [];
  let healthy = 0;
  for (let drawn = 0; healthy < DRAWS && drawn < 3 * DRAWS; drawn++) {
    const task = pick(random, await TASKS);
    const { score, causes } = await judged(drawSpec(random, task, drawn), task, drawFit(random, task));
    if (score < 0.8) continue;
    healthy++;
    alarms.push(...texts(causes).map((text) => `seed ${seed}, network ${drawn}: ${text}`));
  }
  expect(healthy).toBe(DRAWS);
  expect(alarms).toEqual([]);
});

interface Fault {
  readonly name: string;
  readonly first: readonly FindingKind[];
  readonly layer?: Partial<DenseSpec>;
  readonly last?: Partial<DenseSpec>;
  readonly fit?: Partial<FitOptions>;
  readonly before?: (network: Network) => void;
}

const BATCH = { normalization: "batch" } as const;
const shut = (part: "beta" | "gamma", value: number) => (network: Network) => {
  const top = network.layers.at(-2)!;
  top.setWeights({ [part]: new Float32Array(top.units).fill(value) });
};

const FAULTS: readonly Fault[] = [
  { name: "beta of -30", first: ["collapsedOutput"], layer: { ...BATCH, residual: false }, before: shut("beta", -30) },
  { name: "gamma of 0", first: ["collapsedOutput"], layer: { ...BATCH, residual: false }, before: shut("gamma", 0) },
  // other steps may leave the finite numbers for it, which is told first
  {
    name: "dropout of 0.97",
    first: ["heldDown"],
    layer: { dropout: 0.97 },
    fit: { optimizer: adam({ learningRate: 0.003 }) },
  },
  {
    name: "l1 of 0.3",
    first: ["heldDown"],
    layer: { kernelRegularizer: { l1: 0.3 } },
    last: { kernelRegularizer: { l1: 0.3 } },
  },
  { name: "Adam at 1", first: ["highRate", "divergence"], fit: { optimizer: adam({ learningRate: 1 }) } },
  { name: "batches of one row", first: ["stepsTooSmall"], layer: { ...BATCH, residual: false }, fit: { batchSize: 1 } },
  { name: "a schedule of half an epoch", first: ["stepsTooSmall"], fit: { learningRate: cosine({ epochs: 0.5 }) } },
];

describe("one planted fault is the first cause, where it does harm", () => {
  test.each(FAULTS)("$name", { timeout: patienceFor(3) }, async ({ first, layer, last, fit, before }) => {
    const seed = seedOfDraws();
    const random = seededRandom(seed);
    const tasks = await TASKS;
    const count = times(2);
    const wrong: string[] = [];
    let harmed = 0;
    for (let drawn = 0; harmed < count && drawn < 4 * count; drawn++) {
      const task = tasks[drawn % 3];
      const { layers, ...spec } = drawSpec(random, task, drawn);
      const sick: NetworkSpec = {
        ...spec,
        layers: [...layers.slice(0, -1).map((each) => ({ ...each, ...layer })), { ...layers.at(-1)!, ...last }],
      };
      const { score, causes } = await judged(sick, task, { ...drawFit(random, task), ...fit }, before);
      if (score > 0.3) continue;
      harmed++;
      if (!first.includes(causes[0]?.kind)) wrong.push(`seed ${seed}, network ${drawn}: ${texts(causes).join(" ")}`);
    }
    expect(harmed).toBeGreaterThan(0);
    expect(wrong.length, wrong.join("\n")).toBeLessThanOrEqual(MOST_WRONG * harmed);
  });
});
