// Losses in float64, naive, with the rounding that a float32 kernel may add. Written from their definitions; imports
// nothing.

const ROUNDOFF = 2 ** -24;
const SMALLEST = 2 ** -149;
const EXP_ROUNDINGS = 8; // exp and log1p within 4 ulp: an ulp is at most 2 roundoffs

export interface LossOfRow {
  readonly loss: number;
  readonly lossError: number; // what float32 rounding may add
  readonly gradient: number[];
  readonly gradientError: number[];
  readonly correct: boolean;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
/** The first place of the maximum. */
const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values));

/** Of none -Infinity. */
export function logSumExp(z: readonly number[]): number {
  const most = Math.max(...z);
  return Math.abs(most) < Infinity ? most + Math.log(sum(z.map((x) => Math.exp(x - most)))) : most;
}

/**
 * Cross-entropy of softmax(z) against a distribution t: sum t_i (logSumExp(z) - z_i).
 * exp(z_i - max) carries the rounding of its argument, |z_i - max| roundoffs, and its own.
 */
export function softmaxCrossEntropyDense(z: readonly number[], t: readonly number[]): LossOfRow {
  const top = argmax(z);
  const gaps = z.map((x) => z[top]! - x);
  const e = gaps.map((gap) => Math.exp(-gap));
  const errors = e.map((x, i) => (i === top ? 0 : x * (gaps[i]! + EXP_ROUNDINGS) * ROUNDOFF + SMALLEST));
  const others = sum(e.filter((_, i) => i !== top));
  const spread = sum(errors) / (1 + others);
  const total = sum(t);
  const loss = sum(t.map((weight, i) => weight * gaps[i]!)) + total * Math.log1p(others);
  const p = e.map((x) => x / (1 + others));
  return {
    loss,
    lossError: total * sum(errors) + 8 * Number.EPSILON * loss,
    gradient: p.map((x, i) => total * x - t[i]!),
    // The exponential's own error, that of the sum, and up to six roundings of factor, products and difference.
    gradientError: p.map((x, i) => total * (errors[i]! + x * spread) + 6 * ROUNDOFF * (total * x + t[i]!)),
    correct: top === argmax(t),
  };
}

/** The same against a label; the gradient at a label on top must be as exact as the probability of the other places. */
export function softmaxCrossEntropy(z: readonly number[], label: number): LossOfRow {
  const row = softmaxCrossEntropyDense(
    z,
    z.map((_, i) => Number(i === label)),
  );
  if (!row.correct) return row;
  const others = sum(z.map((x, i) => (i === label ? 0 : Math.exp(x - z[label]!))));
  const p = others / (1 + others);
  row.gradient[label] = -p;
  row.gradientError[label] = 2 * row.lossError + 3 * ROUNDOFF * p;
  return row;
}

/** softplus(z) - t z, by parts that cannot cancel. */
export function binaryCrossEntropy(z: number, t: number): LossOfRow {
  const weight = z > 0 ? 1 - t : t;
  const e = Math.exp(-Math.abs(z));
  const tail = e / (1 + e);
  const loss = Math.abs(z) * weight + Math.log1p(e);
  const difference = z > 0 ? weight - tail : tail - weight;
  return {
    loss,
    // exp and then log1p of it; weight, product and sum
    lossError: loss * (2 * EXP_ROUNDINGS + 3) * ROUNDOFF + 2 * SMALLEST,
    gradient: [difference],
    // exp, sum, quotient; then 1 - t, the difference and the product by the scale
    gradientError: [(tail * (EXP_ROUNDINGS + 2) + 3 * (tail + weight)) * ROUNDOFF + 2 * SMALLEST],
    correct: z > 0 === t > 0.5,
  };
}

/**
 * The loss and slope of one difference. It is rounded once, to a relative roundoff; no loss grows faster than its
 * square, so three roundoffs cover the loss, and three the slope with its product by the scale.
 */
function regression(y: number, t: number, loss: (d: number) => number, slope: (d: number) => number): LossOfRow {
  const d = y - t;
  return {
    loss: loss(d),
    lossError: 3 * ROUNDOFF * loss(d),
    gradient: [slope(d)],
    gradientError: [3 * ROUNDOFF * Math.abs(slope(d))],
    correct: false,
  };
}
export const meanSquaredError = (y: number, t: number) =>
  regression(
    y,
    t,
    (d) => d * d,
    (d) => 2 * d,
  );
export const meanAbsoluteError = (y: number, t: number) => regression(y, t, Math.abs, Math.sign);
export const huber = (y: number, t: number) =>
  regression(
    y,
    t,
    (d) => (Math.abs(d) <= 1 ? (d * d) / 2 : Math.abs(d) - 0.5),
    (d) => Math.max(-1, Math.min(1, d)),
  );
