// Draws trainings that mix all that a network and a fit can be told: specs, fits, optimizers, rows and targets.
import { drawSparse, withZeros } from "../../support/sparse.js";
import { randomRows, seededRandom } from "../../support/random.js";
import fc from "../../support/property.js";
import {
  adagrad,
  adam,
  adamax,
  adamW,
  cosine,
  type DataSet,
  type DenseSpec,
  type FitOptions,
  lion,
  type LossSpec,
  type Matrix,
  nadam,
  type NetworkSpec,
  oneCycle,
  reduceOnPlateau,
  rmsprop,
  type Samples,
  type Schedule,
  sgd,
  stepDecay,
  warmup,
} from "../../../src/index.js";
import { toMatrix } from "../../../src/core/matrix.js";
import { ACTIVATION_NAMES } from "../../../src/wasm/abi.js";

export interface Mixed {
  readonly spec: NetworkSpec;
  readonly fit: FitOptions;
  readonly schedule: Schedule | undefined;
  /** Made anew for each training: an optimizer object goes on with its moments. */
  readonly optimizer: () => NonNullable<FitOptions["optimizer"]>;
  readonly rows: number;
  readonly rowsAs: "float32" | "sparse" | "uint8" | "float16";
  readonly seed: number;
  readonly arithmetic: "fast" | "reproducible";
  /** Products are large enough that threads share them. */
  readonly isWide: boolean;
}

// ── networks ──

const MOST_EPOCHS = 3;
const INITIALIZERS = ["heNormal", "heUniform", "glorotNormal", "glorotUniform", "lecunNormal", "orthogonal"] as const;
const ofTen = (tenths: number) => fc.integer({ min: 0, max: 9 }).map((drawn) => drawn < tenths);
const given = <T extends object>(options: T): T =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
/** One of these in so many cases of ten, else none. */
const sometimes = <T>(tenths: number, ...choices: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.tuple(ofTen(tenths), fc.constantFrom(...choices)).map(([is, choice]) => (is ? choice : undefined));

const normalization = sometimes<DenseSpec["normalization"]>(
  4,
  "batch",
  "layer",
  { kind: "batch", momentum: 0 },
  { kind: "batch", momentum: 1, epsilon: 1e-3 },
  { kind: "batch", momentum: 0.5, epsilon: 1e-7 },
  { kind: "layer", epsilon: 0.1 },
);
const regularizer = sometimes<DenseSpec["kernelRegularizer"]>(2, { l1: 0.01 }, { l2: 0.05 }, { l1: 1e-3, l2: 0.5 });
/** Of any layer. */
const options: fc.Arbitrary<Partial<DenseSpec>> = fc
  .record({
    kernelInitializer: sometimes(5, ...INITIALIZERS),
    frozen: sometimes(2, true),
    normalization,
    kernelRegularizer: regularizer,
    maxNorm: sometimes(2, 0.5, 3),
    bias: fc.constantFrom({}, {}, { useBias: false }, { biasInitializer: 0.2 }, { biasInitializer: -0.5 }),
  })
  .map(({ bias, ...rest }) => given({ ...rest, ...bias }));

type Hidden = DenseSpec & { readonly wantsResidual?: true };
const hidden: fc.Arbitrary<Hidden> = fc
  .record({
    units: fc.integer({ min: 1, max: 12 }),
    activation: fc.oneof(fc.constant("relu" as const), fc.constantFrom(...ACTIVATION_NAMES)),
    options,
    dropout: sometimes(3, 0.1, 0.5, 0.9),
    activityRegularizer: regularizer,
    wantsResidual: sometimes(3, true as const),
  })
  .map(({ options, ...rest }) => given({ ...rest, ...options }));

/** A residual layer is as wide as what it is fed. */
function join(layers: readonly Hidden[]): DenseSpec[] {
  const joined: DenseSpec[] = [];
  for (const { wantsResidual, ...layer } of layers) {
    const below = joined.at(-1);
    joined.push(wantsResidual && below ? { ...layer, units: below.units, residual: true } : layer);
  }
  return joined;
}

const smoothing = fc.constantFrom({}, {}, { labelSmoothing: 0.1 }, { labelSmoothing: 0.5 });
/** A loss with the last layer's activation that suits it. */
const output = fc.oneof(
  fc.tuple(fc.constantFrom("linear" as const, "softmax" as const), smoothing).map(([activation, more]) => ({
    activation,
    loss: { name: "crossEntropy", ...more } satisfies LossSpec as LossSpec,
  })),
  fc.tuple(fc.constantFrom("linear" as const, "sigmoid" as const), smoothing).map(([activation, more]) => ({
    activation,
    loss: {
      name: "binaryCrossEntropy",
      from: activation === "sigmoid" ? "probabilities" : "logits",
      ...more,
    } satisfies LossSpec as LossSpec,
  })),
  fc.constantFrom("meanSquaredError" as const, "meanAbsoluteError" as const, "huber" as const).map((name) => ({
    activation: "linear" as const,
    loss: { name } satisfies LossSpec as LossSpec,
  })),
);

const spec: fc.Arbitrary<NetworkSpec> = fc
  .record({
    inputs: fc.integer({ min: 1, max: 9 }),
    layers: fc.array(hidden, { maxLength: 3 }),
    last: fc.tuple(fc.integer({ min: 1, max: 4 }), options),
    output,
    seed: fc.nat(1e6),
  })
  .map(({ layers, last: [units, more], output: { activation, loss }, ...rest }) => ({
    ...rest,
    layers: [
      ...join(layers),
      {
        ...more,
        units: loss.name === "crossEntropy" ? units + 1 : units,
        activation,
        ...(activation === "softmax" && { normalization: undefined }),
      },
    ].map(given),
    loss,
  }));

// ── trainings ──

const rate = fc.constantFrom(1e-3, 1e-2, 0.1, 1, 100, 1e9);
const momenta = fc.constantFrom({}, { momentum: 0.9 }, { momentum: 0.5, nesterov: true }, { weightDecay: 0.01 });
const optimizer = fc.oneof(
  fc.tuple(rate, momenta).map(
    ([learningRate, more]) =>
      () =>
        sgd({ learningRate, ...more }),
  ),
  fc.tuple(rate, fc.constantFrom(adam, adamW, nadam, adamax, rmsprop, adagrad, lion)).map(
    ([learningRate, make]) =>
      () =>
        make({ learningRate }),
  ),
);

const schedule = sometimes<Schedule>(
  4,
  cosine(),
  cosine({ every: 1, minimum: 1e-4 }),
  stepDecay({ every: 1, factor: 0.5 }),
  stepDecay({ after: [1, 2], factor: 3e-1 }),
  warmup({ steps: 3 }),
  warmup({ epochs: 1.5, next: cosine() }),
  oneCycle(),
  reduceOnPlateau({ monitor: "loss", patience: 0, threshold: 0.2, factor: 0.5 }),
  warmup({ steps: 2, next: reduceOnPlateau({ patience: 0, threshold: 0.2 }) }),
);

const fit: fc.Arbitrary<FitOptions> = fc
  .record({
    epochs: fc.integer({ min: 2, max: MOST_EPOCHS }),
    batchSize: fc.integer({ min: 1, max: 16 }),
    accumulate: sometimes(3, 2, 3),
    clipNorm: sometimes(3, 0.01, 1),
    shuffle: sometimes(3, false),
    validation: sometimes(3, 0.3),
  })
  .map(given);

export const mixed: fc.Arbitrary<Mixed> = fc.record({
  spec,
  fit,
  schedule,
  optimizer,
  rows: fc.integer({ min: 4, max: 40 }),
  rowsAs: fc.constantFrom("float32", "float32", "sparse", "uint8", "float16"),
  seed: fc.nat(1e6),
  arithmetic: fc.constantFrom("fast", "reproducible"),
  isWide: fc.constant(false),
});

/** Such that two threads share the products of hidden layers; each takes seconds. */
export const wide: fc.Arbitrary<Mixed> = mixed.map(({ spec, fit, rows, ...rest }) => {
  const layers: DenseSpec[] = [];
  for (const [l, layer] of spec.layers.entries()) {
    const added = l === spec.layers.length - 1 ? 0 : 120;
    layers.push({ ...layer, units: layer.residual ? layers[l - 1].units : layer.units + added });
  }
  return {
    ...rest,
    spec: { ...spec, inputs: spec.inputs + 120, layers },
    fit: { ...fit, batchSize: fit.batchSize! + 90 },
    rows: rows + 130,
    isWide: true,
  };
});

// ── data ──

export type Drawn = DataSet & { readonly dense: Matrix };

/** Rows as they are given, and as a matrix. */
function drawRows({ spec: { inputs }, rows, rowsAs, seed }: Mixed): { readonly x: Samples; readonly dense: Matrix } {
  const random = seededRandom(seed);
  const fill = <T extends Uint8Array | Uint16Array>(data: T, low: number, count: number): T =>
    data.map(() => low + Math.floor(random() * count)) as T;
  const size = rows * inputs;
  if (rowsAs === "sparse") {
    const x = drawSparse(rows, inputs, 0.4, seed + 1);
    return { x, dense: withZeros(x) };
  }
  const shape = { rows, columns: inputs };
  const halves = (): Samples => ({
    ...shape,
    type: "float16",
    data: fill(new Uint16Array(size), random() < 0.5 ? 0x3000 : 0xb000, 0xc00),
  });
  const drawn = {
    uint8: (): Samples => ({ ...shape, data: fill(new Uint8Array(size), 0, 256), scale: 1 / 127, offset: -1 }),
    float16: halves,
    float32: (): Samples => ({ ...shape, data: Float32Array.from(randomRows(random, rows, inputs).flat()) }),
  };
  const x = drawn[rowsAs]();
  return { x, dense: toMatrix("x", x) };
}

/** Rows in one of the forms that they may have, with targets of any form, and weights. */
export function drawData(drawn: Mixed): Drawn {
  const { spec, rows, seed } = drawn;
  const { layers, loss } = spec;
  const random = seededRandom(seed + 2);
  const { units } = layers.at(-1)!;
  const { name } = loss as LossSpec;
  const each = <T>(of: () => T): T[] => Array.from({ length: rows }, of);
  const number = name === "binaryCrossEntropy" ? () => Math.round(random()) : () => 4 * random() - 2;
  const label = () => Math.min(units - 1, Math.floor(random() * units));
  const row = () => Array.from({ length: units }, () => Math.fround(number()));
  const oneHot = () => {
    const own = label();
    return Array.from({ length: units }, (_, c) => Number(c === own));
  };
  const classes = () => (random() < 0.7 ? each(label) : each(oneHot));
  const y = name === "crossEntropy" ? classes() : each(row);
  const weights = random() < 0.3 ? { weights: each(() => Math.floor(3 * random())).with(0, 1) } : {};
  return { ...drawRows(drawn), y, ...weights };
}
