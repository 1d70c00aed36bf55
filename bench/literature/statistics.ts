// What theory expects of a share, and when a measured one agrees with it.

/**
 * within: two-sided, tolerance 0 by default; atLeast and atMost: bounds. The standard error of `count` trials is
 * allowed for three times over.
 */
export interface Expectation {
  readonly kind: "within" | "atLeast" | "atMost" | "exactly";
  readonly value: number;
  /** An absolute one; what counts is the larger of it and three standard errors. */
  readonly tolerance?: number;
}

/** Of a share, over independent trials: binomial, with the expected share as its probability. */
export function standardError(share: number, count: number): number {
  return Math.sqrt((share * (1 - share)) / count);
}

/** How far a measured share may lie from the expected one. */
export function allowance({ kind, value, tolerance = 0 }: Expectation, count: number): number {
  return kind === "exactly" ? tolerance : Math.max(tolerance, 3 * standardError(value, count));
}

/** NaN, which is what no trials yield, agrees with nothing. */
export function agrees(expected: Expectation, measured: number, count: number): boolean {
  const above = measured - expected.value;
  const allowed = allowance(expected, count);
  if (expected.kind === "atLeast") return above >= -allowed;
  if (expected.kind === "atMost") return above <= allowed;
  return Math.abs(above) <= allowed;
}

/**
 * Chance that a network of `depth` hidden ReLU layers of `width`, zero biases and symmetric weights, is silent at one
 * given input.
 */
export function silentAtOneInput(width: number, depth: number): number {
  return 1 - (1 - 2 ** -width) ** depth;
}

/** Chance that such a network of two hidden layers is constant on the real line. */
export function constantAtDepthTwo(width: number): number {
  return 4 ** -width * (3 - 2 ** (1 - width));
}

/**
 * A lower bound of the chance that it is constant on the real line, for any depth: the chances that both half-lines,
 * one or none still reach the layer, as if a layer closed on each of them independently.
 */
export function constantAtLeast(width: number, depth: number): number {
  const q = 2 ** -width;
  const p = q * q;
  let [both, one, dead] = [1 - 2 * q, 2 * q, 0];
  for (let layer = 1; layer < depth; layer++) {
    [both, one, dead] = [both * (1 - 2 * q + p), 2 * both * (q - p) + one * (1 - q), dead + both * p + one * q];
  }
  return dead;
}
