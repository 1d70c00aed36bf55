// Networks of the layers that people really train: units shut by beta or by gamma, columns that never change, dropout,
// skip connections. Each with its healthy twin. What is true of them is said here; layers.test.ts holds diagnose,
// countDead, fit's counters and treat to it, and all of it to float64.
import { randomRows, seededRandom } from "../support/random.js";
import {
  cosine,
  type DenseSpec,
  type FindingKind,
  type FitOptions,
  type Mechanism,
  oneCycle,
  warmup,
} from "../../src/index.js";
import type { Rows } from "../reference/network.js";

/** What is set of a layer beside what its seed draws, by unit. */
export interface LayerNumbers {
  /** Row by row. */
  readonly kernel?: readonly number[];
  readonly bias?: readonly number[];
  readonly gamma?: readonly number[];
  readonly beta?: readonly number[];
}

export interface DeadUnit {
  /** Left out where one answer is as true as another. */
  readonly mechanism?: Mechanism;
  /** Is it known that no training on these rows moves it? */
  readonly permanent: boolean;
}

export interface LayerCase {
  readonly name: string;
  /** Why the verdicts are true, in one sentence. */
  readonly why: string;
  readonly hidden: readonly DenseSpec[];
  /** By hidden layer. */
  readonly numbers: readonly LayerNumbers[];
  readonly x: Rows;
  readonly expected: {
    /** By hidden layer, its dead units by their places; all others live. */
    readonly dead: readonly Readonly<Record<number, DeadUnit>>[];
    readonly present?: readonly FindingKind[];
    readonly absent?: readonly FindingKind[];
    /** What remedies leave dead; absent: liftBias brings all back, and every output stays as it is. */
    readonly stillDead?: number;
  };
}

const ROWS = 60;
const x = randomRows(seededRandom(4), ROWS, 3);
/** The last column never changes. */
const withConstant = x.map(([a, b]) => [a, b, 0.5]);

const same = (value: number, units = 4) => Array<number>(units).fill(value);
const but = (value: number, unit: number, other: number, units = 4) =>
  same(value, units).map((each, i) => (i === unit ? other : each));
const shut = (mechanism: Mechanism, permanent: boolean): DeadUnit => ({ mechanism, permanent });
const all = (unit: DeadUnit, units = 4) => Object.fromEntries(same(0, units).map((_, i) => [i, unit]));

/** Each unit is the difference of two inputs and a half: open on some row, whatever feeds it. */
const RING = [1, 0, 0, -1, -1, 1, 0, 0, 0, -1, 1, 0, 0, 0, -1, 1];
const ring = (numbers: LayerNumbers = {}): LayerNumbers => ({ kernel: RING, bias: same(0.5), ...numbers });

/** Nothing is wrong with it as a whole. */
const WHOLE: readonly FindingKind[] = [
  "collapsedOutput",
  "noGradientFromAbove",
  "silentTogether",
  "constantTogether",
  "vanishingGradient",
  "deadOutputUnits",
  "zeroOutgoingWeights",
];

const BY_BETA = (["batch", "layer"] as const).flatMap((normalization): LayerCase[] => {
  const hidden = [{ units: 4, normalization }, { units: 4 }];
  const isBatch = normalization === "batch";
  const why = isBatch
    ? "of 60 numbers none lies more than sqrt(59) deviations above their mean, 7.7: no batch opens it at beta -30"
    : "a number of four lies at most sqrt(3) deviations above their mean; the others' gradients move its weights";
  return [
    {
      name: `${normalization}: a unit shut by beta`,
      why,
      hidden,
      numbers: [{ beta: but(0, 1, -30) }, ring()],
      x,
      expected: { dead: [{ 1: shut("negativeBias", isBatch) }, {}], absent: WHOLE },
    },
    {
      name: `${normalization}: a beta that shuts on most rows`,
      why: "some rows lie more than a deviation above the mean",
      hidden,
      numbers: [{ beta: but(0, 1, -1) }, ring()],
      x,
      expected: { dead: [{}, {}], absent: WHOLE },
    },
    {
      name: `${normalization}: a whole layer shut by beta`,
      why: "no unit opens, so that the network is a constant and no gradient gets below",
      hidden: [{ units: 4 }, { units: 4, normalization }, { units: 4 }],
      numbers: [{ bias: same(0.5) }, ring({ beta: same(-30) }), ring()],
      x,
      expected: {
        dead: [{}, all(shut("negativeBias", true)), {}],
        present: ["collapsedOutput", "noGradientFromAbove", "silentTogether"],
      },
    },
    {
      name: `${normalization}: a whole layer of low betas`,
      why: "each unit opens on some rows",
      hidden: [{ units: 4 }, { units: 4, normalization }, { units: 4 }],
      numbers: [{ bias: same(0.5) }, ring({ beta: same(-0.5) }), ring()],
      x,
      expected: { dead: [{}, {}, {}], absent: WHOLE },
    },
  ];
});

const BY_GAMMA: readonly LayerCase[] = (["batch", "layer"] as const).flatMap((normalization): LayerCase[] => {
  const hidden = [{ units: 4, normalization }, { units: 4 }];
  const isBatch = normalization === "batch";
  return [
    ...[0, -0.5].map((beta): LayerCase => ({
      name: `${normalization}: gamma 0 and beta ${beta}`,
      why: "the unit's preactivation is beta on every row, which is not above 0; neither gamma nor beta gets a gradient",
      hidden,
      numbers: [{ gamma: but(1, 2, 0), beta: but(0, 2, beta) }, ring()],
      x,
      expected: { dead: [{ 2: shut("zeroGamma", isBatch) }, {}], absent: WHOLE },
    })),
    {
      name: `${normalization}: gamma 0 and a beta above 0`,
      why: "it says beta on every row: constant, open, and with a gradient for gamma and beta",
      hidden,
      numbers: [{ gamma: but(1, 2, 0), beta: but(0, 2, 0.5) }, ring()],
      x,
      expected: { dead: [{}, {}], absent: WHOLE },
    },
  ];
});

/** The third unit reads the third column alone. */
const readsThird = [0.5, -1, 0, 1, -1, 0.5, 0, 1, 0.5, 0.5, 2, -1];
const CONSTANT: readonly LayerCase[] = [
  {
    name: "batch: a unit of a constant column",
    why: "a batch's variance is 0 and what is normalized is 0 on every row: beta alone is left, and it is not above 0",
    hidden: [{ units: 4, normalization: "batch" }, { units: 4 }],
    numbers: [{ kernel: readsThird }, ring()],
    x: withConstant,
    expected: {
      dead: [{ 2: { mechanism: "negativeWeights", permanent: false } }, {}],
      present: ["constantInputs"],
      absent: WHOLE,
    },
  },
  {
    name: "batch: a unit of a constant column with a beta above 0",
    why: "it is a bias to the next layer, and open",
    hidden: [{ units: 4, normalization: "batch" }, { units: 4 }],
    numbers: [{ kernel: readsThird, beta: but(0, 2, 0.25) }, ring()],
    x: withConstant,
    expected: { dead: [{}, {}], present: ["constantInputs"], absent: WHOLE },
  },
];

const BLOCKS: DenseSpec[] = [{ units: 4 }, { units: 4, residual: true }, { units: 4, residual: true }];
const PASSED: readonly LayerCase[] = [
  {
    name: "residual: a block of dead units",
    why: "its inputs pass it by: the outputs differ and gradients reach what is below, which moves what feeds it",
    hidden: BLOCKS,
    numbers: [{ bias: same(0.5) }, ring({ bias: same(-99) }), ring()],
    x,
    expected: {
      dead: [{}, all(shut("negativeBias", false)), {}],
      present: ["silentTogether"],
      absent: WHOLE.filter((kind) => kind !== "silentTogether"),
      stillDead: 4,
    },
  },
  {
    name: "residual: blocks that live",
    why: "each unit opens on some row",
    hidden: BLOCKS,
    numbers: [{ bias: same(0.5) }, ring(), ring()],
    x,
    expected: { dead: [{}, {}, {}], absent: WHOLE },
  },
  {
    name: "the same block, nothing passes it by",
    why: "without the skip the network is a constant, and no gradient gets below",
    hidden: BLOCKS.map(({ units }) => ({ units })),
    numbers: [{ bias: same(0.5) }, ring({ bias: same(-99) }), ring({ bias: same(0.5) })],
    x,
    expected: {
      dead: [{}, all(shut("negativeBias", true)), {}],
      present: ["collapsedOutput", "noGradientFromAbove", "silentTogether"],
    },
  },
];

const DROPPED: readonly LayerCase[] = [
  {
    name: "dropout of nine in ten: units that live",
    why: "what is evaluated has no dropout: each unit opens on some row",
    hidden: [
      { units: 4, dropout: 0.9 },
      { units: 4, dropout: 0.9 },
    ],
    numbers: [{ bias: same(0.5) }, ring({ bias: same(0.1) })],
    x,
    expected: { dead: [{}, {}], absent: WHOLE },
  },
  {
    name: "dropout above a unit shut by its bias",
    why: "dropout opens no unit of its own layer, and nothing else than the rows feeds it",
    hidden: [{ units: 4, dropout: 0.5 }, { units: 4 }],
    numbers: [{ bias: but(0.5, 3, -99) }, ring()],
    x,
    expected: { dead: [{ 3: shut("negativeBias", true) }, {}], absent: WHOLE },
  },
];

export const LAYER_CASES: readonly LayerCase[] = [...BY_BETA, ...BY_GAMMA, ...CONSTANT, ...PASSED, ...DROPPED];

/** A training that something holds down, and its twin. */
export interface HeldCase {
  readonly name: string;
  readonly why: string;
  /** Of both hidden layers, and with it of the last where it is a penalty of kernels. */
  readonly held: Partial<DenseSpec>;
  /** The same in a measure that does no harm. */
  readonly twin: Partial<DenseSpec>;
  /** A figure of the finding that tells by what. */
  readonly figure: string;
}

export const HELD_DOWN: readonly HeldCase[] = [
  {
    name: "L2 of 1",
    why: "at the start the weights cost fifty times what the classes are worth",
    held: { kernelRegularizer: { l2: 1 } },
    twin: { kernelRegularizer: { l2: 1e-3 } },
    figure: "penalty",
  },
  {
    name: "L1 of 0.1, which zeroes all weights",
    why: "a gradient of 0.1 on each weight is larger than the loss has for any",
    held: { kernelRegularizer: { l1: 0.1 } },
    twin: { kernelRegularizer: { l1: 1e-4 } },
    figure: "penalty",
  },
  {
    name: "a penalty of 10 on squared activations",
    why: "units that say 1 would cost hundreds, and the classes are worth one",
    held: { activityRegularizer: { l2: 10 } },
    twin: { activityRegularizer: { l2: 1e-4 } },
    figure: "activityPenalty",
  },
  {
    name: "norms of at most 0.02",
    why: "two layers of norms of 0.02 let no more than 0.0004 of an input through",
    held: { maxNorm: 0.02 },
    twin: { maxNorm: 3 },
    figure: "maxNorm",
  },
  {
    name: "dropout of 0.97",
    why: "of 24 units less than one is left in a step",
    held: { dropout: 0.97 },
    twin: { dropout: 0.3 },
    figure: "dropout",
  },
  {
    name: "batch normalization with an epsilon of a million",
    why: "beside it variances of about one are nothing: what is normalized varies by a thousandth",
    held: { normalization: { kind: "batch", epsilon: 1e6 } },
    twin: { normalization: { kind: "batch", epsilon: 1e-3 } },
    figure: "epsilon",
  },
  {
    name: "layer normalization with an epsilon of a million",
    why: "as of a batch, over the units of each row",
    held: { normalization: { kind: "layer", epsilon: 1e6 } },
    twin: { normalization: { kind: "layer", epsilon: 1e-3 } },
    figure: "epsilon",
  },
  {
    name: "an epsilon that training cannot make up for",
    why: "what a training makes up for at 100, as its twin shows, it can't at a million",
    held: { normalization: { kind: "batch", epsilon: 1e6 } },
    twin: { normalization: { kind: "batch", epsilon: 100 } },
    figure: "variance",
  },
];

/** A training that is wrong, and one that is right. */
export interface TrainedCase {
  readonly name: string;
  readonly why: string;
  /** Of both hidden layers. */
  readonly layer: Partial<DenseSpec>;
  readonly fit: Partial<FitOptions>;
  readonly twin: { readonly layer?: Partial<DenseSpec>; readonly fit?: Partial<FitOptions> };
  /** Added to every input; of the rows that are judged, another number. */
  readonly shift?: number;
  readonly judgedShift?: number;
  readonly cause: FindingKind;
  readonly says: RegExp;
}

const BATCH: Partial<DenseSpec> = { normalization: "batch" };
const moved = (momentum: number): Partial<DenseSpec> => ({ normalization: { kind: "batch", momentum } });

export const TRAINED: readonly TrainedCase[] = [
  {
    name: "batches of one row under batch normalization",
    why: "a row less itself is 0: beta is all that is left of it, and no gradient gets below",
    layer: BATCH,
    fit: { batchSize: 1 },
    twin: { fit: { batchSize: 16 } },
    cause: "stepsTooSmall",
    says: /batches have one row each/,
  },
  {
    name: "a cosine that comes to 0 within the first of thirty epochs",
    why: "29 epochs have a rate of 0",
    layer: {},
    fit: { learningRate: cosine({ epochs: 0.3 }) },
    twin: { fit: { learningRate: cosine() } },
    cause: "stepsTooSmall",
    says: /the learning rate fell from/,
  },
  {
    name: "a warm-up that outlasts the training",
    why: "after 30 of 30,000 epochs the rate has come to a thousandth of what it was to be",
    layer: {},
    fit: { learningRate: warmup({ epochs: 30_000, start: 1e-4 }) },
    twin: { fit: { learningRate: warmup({ epochs: 2, next: oneCycle() }) } },
    cause: "stepsTooSmall",
    says: /too small/,
  },
  {
    name: "running statistics of the last batch, of two rows",
    why: "at a momentum of 1 they are that batch's, and two rows lie on either side of their mean",
    layer: moved(1),
    fit: { batchSize: 2, shuffle: false },
    twin: { layer: moved(0.1), fit: { batchSize: 8 } },
    cause: "statisticsMismatch",
    says: /running statistics of layer/i,
  },
  {
    name: "running statistics that hardly move",
    why: "450 steps of a hundred-thousandth leave a mean of 0, which is not that of inputs of about 5",
    layer: moved(1e-5),
    fit: {},
    shift: 5,
    twin: { layer: moved(0.1) },
    cause: "statisticsMismatch",
    says: /running statistics of layer/i,
  },
  {
    name: "rows that were not centred as the training's were",
    why: "evaluation takes the training's means away, and the rows have others",
    layer: BATCH,
    fit: {},
    twin: {},
    judgedShift: 3,
    cause: "statisticsMismatch",
    says: /running statistics of layer/i,
  },
];
