// What a training step of W3 does beside products and activations: the loss with its gradient, and the update of the
// largest layer.
import { Bench as Arena } from "../tests/support/kernels.js";
import { lossOf, update } from "../tests/reference/network.js";
import { measure, type Case, type Context, type Result, type Timing } from "./measure.js";
import { rowsOf } from "./networks.js";
import { filled, filler } from "./numbers.js";
import { WORKLOADS } from "./workloads.js";

const { widths, batch } = WORKLOADS[2]!;
const WEIGHTS = widths[0]! * widths[1]!;
const CLASSES = widths.at(-1)!;
const MILLISECONDS = 150;
const RATE = 1e-3;
const BETA1 = 0.9,
  BETA2 = 0.999,
  EPSILON = 1e-8;

const gigabytes = (bytes: number, { seconds }: Timing) => ({ rate: bytes / seconds / 1e9, unit: "GB/s" as const });
// NaN stays
const worst = (errors: readonly number[]): number => errors.reduce((max, value) => (value <= max ? max : value), 0);

async function loss({ build }: Context): Promise<Result> {
  const arena = await Arena.create(build);
  const next = filler(6);
  const logits = filled(batch * CLASSES, () => 4 * next());
  const labels = Array.from({ length: batch }, (_, row) => row % CLASSES);
  const atLogits = arena.place(logits),
    atLabels = arena.placeInt32(labels),
    gradient = arena.allocate(batch * CLASSES),
    result = arena.allocateDoubles(2);
  const timing = await measure(
    () => arena.kernels.softmaxCrossEntropy(batch, CLASSES, atLogits, atLabels, gradient, batch, result, 0),
    { milliseconds: MILLISECONDS },
  );
  const exact = lossOf("crossEntropy", rowsOf({ rows: batch, columns: CLASSES, data: logits }), labels).gradient.flat();
  const errors = [...arena.floats(gradient, batch * CLASSES)].map(
    (value, i) => (Math.abs(value - exact[i]!) * batch) / 1e-6,
  );
  return {
    ...timing,
    ...gigabytes(2 * 4 * batch * CLASSES, timing),
    residual: worst(errors),
    tolerance: "1e-6 over the batch",
  };
}

/**
 * Each number is read, changed and written: numbers that come from memory, and are many. The first update, from weights
 * and gradients as given, is checked.
 */
async function updating(name: "sgd" | "adam", { build }: Context): Promise<Result> {
  const arena = await Arena.create(build);
  const next = filler(7);
  const weights = filled(WEIGHTS, next),
    gradient = filled(WEIGHTS, next);
  const atWeights = arena.place(weights),
    atGradient = arena.place(gradient);
  const m = arena.place(new Float32Array(WEIGHTS)),
    v = arena.place(new Float32Array(WEIGHTS));
  const { sgd, adam } = arena.kernels;
  const call =
    name === "sgd"
      ? () => void sgd(WEIGHTS, atWeights, atGradient, 0, RATE, 0, 0, 0)
      : () =>
          void adam(
            1,
            WEIGHTS,
            atWeights,
            atGradient,
            m,
            v,
            1 - BETA1,
            1 - BETA2,
            RATE / (1 - BETA1),
            1 / Math.sqrt(1 - BETA2),
            0,
            EPSILON,
            0,
            0,
            0,
            0,
          );
  call();
  const errors = [...arena.floats(atWeights, WEIGHTS)].map((given, i) => {
    const exact = update({ name, learningRate: RATE }, RATE, 1, weights[i]!, gradient[i]!, { m: 0, v: 0 });
    return Math.abs(given - exact) / (1e-7 * Math.abs(exact) + 1e-6 * RATE);
  });
  const timing = await measure(call, { milliseconds: MILLISECONDS });
  const bytes = 4 * WEIGHTS * (name === "sgd" ? 3 : 7);
  return {
    ...timing,
    ...gigabytes(bytes, timing),
    residual: worst(errors),
    tolerance: "rounding and 1e-6 of the rate",
  };
}

export function pieceCases(context: Context): Case[] {
  return [
    { name: `loss W3, cross-entropy ${batch}x${CLASSES}`, run: () => loss(context) },
    ...(["sgd", "adam"] as const).map((name) => ({
      name: `update W3, ${name} ${widths[0]}x${widths[1]}`,
      run: () => updating(name, context),
    })),
  ];
}
