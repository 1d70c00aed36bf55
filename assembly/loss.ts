// Losses fused with their gradients. Matrices are row-major and tight, one row a sample; a gradient has the shape of the logits or
// outputs and may lie at their address, address 0 means that it is not wanted. `divisor` divides the gradient alone: the rows for a
// mean over samples. A result block is two float64, [loss sum, correct predictions]; both are added to.
//
// Sums are kept in float64 in an order that depends on the shape alone. NaN passes into the loss and the gradient, and a row with a
// NaN is never correct. Where a row of logits holds one +infinity, softmax is its limit: 1 there and 0 elsewhere; the loss is 0 if that
// is the label's place and +infinity if not. Two of them, or a row of -infinity alone, give NaN. A single -infinity has probability 0.
//
// `smoothing`, a share s in [0, 1), takes each target t for (1 - s)·t + s / classes (Szegedy et al. 2016; of two classes in the binary
// ones), which no memory holds; what is correct is seen by t itself. With s = 0 every sum is that without it.
//
// With z_top the row's first maximum and R = sum of exp(z_i - z_top) over the other places, logSumExp(z) - z_label is
// (z_top - z_label) + log1p(R): nothing overflows, and no digit cancels however small the loss is.
import { firstLanes, LANES, loadLanes, storeLanes } from "./simd";
import { exp, log1p } from "./math";
import { highDoubles, lowDoubles, scale as multiply, totalOf } from "./reduce";

/** Adds `amount` to the float64 at `address`. */
// @ts-ignore: decorator
@inline
function addTo(address: usize, amount: f64): void {
  store<f64>(address, load<f64>(address) + amount);
}

/** What the gradient is multiplied by. */
// @ts-ignore: decorator
@inline
function scaleFor(divisor: usize): f32 {
  return <f32>(1 / <f64>divisor);
}

/** The largest of n floats, NaN if one of them is. */
function maximumOf(n: usize, x: usize): f32 {
  let largest = f32x4.splat(-Infinity);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    largest = f32x4.max(largest, v128.bitselect(loadLanes(x + (i << 2), count), largest, firstLanes(count)));
  }
  return max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
}

/** The first place of `value` among n floats; n if there is none, as for NaN. */
function placeOf(value: f32, n: usize, x: usize): usize {
  const values = f32x4.splat(value);
  for (let i: usize = 0; i < n; i += LANES) {
    const found = i32x4.bitmask(f32x4.eq(loadLanes(x + (i << 2), min(LANES, n - i)), values));
    if (found) return min(n, i + <usize>ctz(found)); // a zero of the padding counts as none
  }
  return n;
}

function sumOf(n: usize, x: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const v = loadLanes(x + (i << 2), min(LANES, n - i));
    low = f64x2.add(low, lowDoubles(v));
    high = f64x2.add(high, highDoubles(v));
  }
  return totalOf(low, high);
}

/**
 * R = sum of exp(z_i - z_top) over all places but `top`; `maximum` is z_top.
 * z: n floats. out: n floats for the exponentials, 1 at `top`; may be z, 0 if not wanted.
 */
function exponentials(n: usize, z: usize, maximum: f32, top: usize, out: usize): f64 {
  const maxima = f32x4.splat(maximum);
  const tops = i32x4.splat(<i32>top);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const isTop = i32x4.eq(i32x4.add(i32x4.splat(<i32>i), i32x4(0, 1, 2, 3)), tops);
    const e = exp(f32x4.sub(loadLanes(z + (i << 2), count), maxima));
    const others = v128.and(v128.andnot(e, isTop), firstLanes(count));
    low = f64x2.add(low, lowDoubles(others));
    high = f64x2.add(high, highDoubles(others));
    if (out) storeLanes(out + (i << 2), v128.bitselect(f32x4.splat(1), e, isTop), count);
  }
  return totalOf(low, high);
}

/** out = softmax(logits), row by row. logits, out: rows x classes; out may be logits. */
export function softmax(rows: usize, classes: usize, logits: usize, out: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const offset = (row * classes) << 2;
    const maximum = maximumOf(classes, logits + offset);
    const top = placeOf(maximum, classes, logits + offset);
    const others = exponentials(classes, logits + offset, maximum, top, out + offset);
    multiply(classes, out + offset, <f32>(1.0 / (1.0 + others)));
  }
}

/**
 * out = log(p / (1 - p)) of softmax's probabilities p, row by row: how far each logit is above logSumExp of the others. Where p itself
 * is 0 or 1 in float32 rows still differ. logits, out: rows x classes; out may be logits.
 */
export function logOdds(rows: usize, classes: usize, logits: usize, out: usize): void {
  for (let row: usize = 0; row < rows; row++) {
    const offset = (row * classes) << 2;
    const z = logits + offset;
    const maximum = maximumOf(classes, z);
    const top = placeOf(maximum, classes, z);
    const oddsOfTop = logOddsOfTop(classes, z, maximum, top);
    const others = exponentials(classes, z, maximum, top, 0);
    for (let i: usize = 0; i < classes; i += LANES) {
      const count = min(LANES, classes - i);
      const gaps = f32x4.sub(loadLanes(z + (i << 2), count), f32x4.splat(maximum));
      const e = exp(gaps);
      const lanes = f32x4(
        logOddsBelowTop(f32x4.extract_lane(gaps, 0), f32x4.extract_lane(e, 0), others),
        logOddsBelowTop(f32x4.extract_lane(gaps, 1), f32x4.extract_lane(e, 1), others),
        logOddsBelowTop(f32x4.extract_lane(gaps, 2), f32x4.extract_lane(e, 2), others),
        logOddsBelowTop(f32x4.extract_lane(gaps, 3), f32x4.extract_lane(e, 3), others),
      );
      storeLanes(out + offset + (i << 2), lanes, count);
    }
    if (top < classes) store<f32>(out + offset + (top << 2), oddsOfTop);
  }
}

/** Of the row's maximum, from what is left without it: alone it has infinite odds. */
function logOddsOfTop(classes: usize, z: usize, maximum: f32, top: usize): f32 {
  if (top == classes) return NaN;
  store<f32>(z + (top << 2), -Infinity);
  const second = maximumOf(classes, z);
  const gap = <f64>maximum - <f64>second;
  const others = exponentials(classes, z, second, placeOf(second, classes, z), 0);
  store<f32>(z + (top << 2), maximum);
  return <f32>(gap < Infinity ? gap - Math.log1p(others) : gap);
}

/** gap: z_i - z_top, e: its exponential, others: the sum of those of all but the top. */
function logOddsBelowTop(gap: f32, e: f32, others: f64): f32 {
  return <f32>(<f64>gap - Math.log1p(max(0, others - <f64>e)));
}

/**
 * Loss sum of logSumExp(z) - z_label over the rows; gradient (softmax(z) - onehot(label)) / divisor. A row is correct if its first
 * maximum is at the label. Smoothed: logSumExp(z) - (1 - s)·z_label - s·mean(z), gradient (softmax(z) - (1 - s)·onehot(label) - s / classes) / divisor.
 * logits, gradient: rows x classes. labels: rows int32, 0 to classes - 1.
 */
export function softmaxCrossEntropy(
  rows: usize, classes: usize, logits: usize, labels: usize, gradient: usize, divisor: usize, result: usize, smoothing: f64,
): void {
  const scale = scaleFor(divisor);
  const everywhere = smoothing / <f64>classes;
  let loss: f64 = 0;
  let correct: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const offset = (row * classes) << 2;
    const z = logits + offset;
    const dz = gradient ? gradient + offset : 0;
    const label = <usize>load<u32>(labels + (row << 2));
    const maximum = maximumOf(classes, z);
    const top = placeOf(maximum, classes, z);
    if (label == top) correct += 1;
    else loss += (1 - smoothing) * (<f64>maximum - <f64>load<f32>(z + (label << 2)));
    if (smoothing > 0) loss += everywhere * sumOfGaps(classes, z, maximum);
    const others = exponentials(classes, z, maximum, top, dz);
    loss += Math.log1p(others);
    if (!dz) continue;
    finishGradient(classes, dz, label, label == top, others, scale);
    if (smoothing > 0) smoothGradient(classes, dz, label, smoothing * <f64>scale);
  }
  addTo(result, loss);
  addTo(result + 8, correct);
}

/** From exponentials to (softmax - onehot)·scale. At a label on top, where softmax - 1 would cancel, it is -R / (1 + R). */
function finishGradient(classes: usize, dz: usize, label: usize, labelOnTop: bool, others: f64, scale: f32): void {
  const factor = <f64>scale / (1.0 + others);
  const atLabel = dz + (label << 2);
  multiply(classes, dz, <f32>factor);
  store<f32>(atLabel, labelOnTop ? <f32>(-others * factor) : load<f32>(atLabel) - scale);
}

/** From the gradient of a label to that of the smoothed one: s / classes less everywhere, s more at the label. `share`: s·scale. */
function smoothGradient(n: usize, dz: usize, label: usize, share: f64): void {
  const less = share / <f64>n;
  const atLabel = dz + (label << 2);
  const g = load<f32>(atLabel);
  const lanes = f32x4.splat(<f32>less);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    storeLanes(dz + (i << 2), f32x4.sub(loadLanes(dz + (i << 2), count), lanes), count);
  }
  store<f32>(atLabel, <f32>(<f64>g + (share - less)));
}

/** Sum of maximum - z_i; 0 for a z_i that is the maximum, infinite or not. */
function sumOfGaps(n: usize, z: usize, maximum: f32): f64 {
  const maxima = f64x2.splat(<f64>maximum);
  const one = f64x2.splat(1);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const logits = v128.bitselect(loadLanes(z + (i << 2), count), f32x4.splat(maximum), firstLanes(count));
    low = f64x2.add(low, gapTerms(lowDoubles(logits), one, maxima));
    high = f64x2.add(high, gapTerms(highDoubles(logits), one, maxima));
  }
  return totalOf(low, high);
}

/**
 * The same with a distribution t for each row instead of a label: loss sum of t_i·(logSumExp(z) - z_i) over rows and places, where a
 * t_i of 0 adds 0 whatever z_i is; gradient (sum(t)·softmax(z) - t) / divisor. A row is correct if z and t have their first maximum at the
 * same place.
 * logits, targets, gradient: rows x classes; the gradient is not to lie on the targets.
 */
export function softmaxCrossEntropyDense(
  rows: usize, classes: usize, logits: usize, targets: usize, gradient: usize, divisor: usize, result: usize, smoothing: f64,
): void {
  const scale = scaleFor(divisor);
  const kept = 1 - smoothing;
  const everywhere = smoothing / <f64>classes;
  let loss: f64 = 0;
  let correct: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const offset = (row * classes) << 2;
    const z = logits + offset;
    const t = targets + offset;
    const dz = gradient ? gradient + offset : 0;
    const maximum = maximumOf(classes, z);
    const top = placeOf(maximum, classes, z);
    const total = kept * sumOf(classes, t) + smoothing;
    if (top < classes && top == placeOf(maximumOf(classes, t), classes, t)) correct += 1;
    loss += kept * weightedGap(classes, z, t, maximum);
    if (smoothing > 0) loss += everywhere * sumOfGaps(classes, z, maximum);
    const others = exponentials(classes, z, maximum, top, dz);
    loss += total * Math.log1p(others);
    if (dz) finishDenseGradient(
      classes, dz, t, <f32>(total * <f64>scale / (1.0 + others)), <f32>(kept * <f64>scale), <f32>(everywhere * <f64>scale),
    );
  }
  addTo(result, loss);
  addTo(result + 8, correct);
}

/** Sum of t_i·(maximum - z_i); 0 for a t_i of 0 and for a z_i that is the maximum, infinite or not. */
function weightedGap(n: usize, z: usize, t: usize, maximum: f32): f64 {
  const maxima = f64x2.splat(<f64>maximum);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const logits = loadLanes(z + (i << 2), count);
    const weights = loadLanes(t + (i << 2), count);
    low = f64x2.add(low, gapTerms(lowDoubles(logits), lowDoubles(weights), maxima));
    high = f64x2.add(high, gapTerms(highDoubles(logits), highDoubles(weights), maxima));
  }
  return totalOf(low, high);
}

// @ts-ignore: decorator
@inline
function gapTerms(z: v128, t: v128, maxima: v128): v128 {
  const none = v128.or(f64x2.eq(t, f64x2.splat(0)), f64x2.eq(z, maxima));
  return v128.andnot(f64x2.mul(t, f64x2.sub(maxima, z)), none);
}

/** From exponentials to e·factor - (t·scale + shift). */
function finishDenseGradient(n: usize, dz: usize, t: usize, factor: f32, scale: f32, shift: f32): void {
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const probabilities = f32x4.mul(loadLanes(dz + (i << 2), count), f32x4.splat(factor));
    const wanted = f32x4.add(f32x4.mul(loadLanes(t + (i << 2), count), f32x4.splat(scale)), f32x4.splat(shift));
    storeLanes(dz + (i << 2), f32x4.sub(probabilities, wanted), count);
  }
}

/**
 * Loss sum of softplus(z) - t·z; gradient (sigmoid(z) - t) / divisor; correct where z > 0 just if t > 1/2. With w = 1 - t for a positive z
 * and t otherwise, the loss is |z|·w + log1p(exp(-|z|)) and the gradient's size sigmoid(-|z|) - w: nothing overflows or cancels.
 * logits, targets (0 to 1), gradient: n floats.
 */
export function binaryCrossEntropy(
  n: usize, logits: usize, targets: usize, gradient: usize, divisor: usize, result: usize, smoothing: f64,
): void {
  const scale = scaleFor(divisor);
  const kept = f32x4.splat(<f32>(1 - smoothing));
  const half = f32x4.splat(<f32>(smoothing / 2));
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let correct = i32x4.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const z = loadLanes(logits + (i << 2), count);
    const t = loadLanes(targets + (i << 2), count);
    const used = firstLanes(count);
    const positive = f32x4.gt(z, zero);
    const w = f32x4.add(f32x4.mul(v128.bitselect(f32x4.sub(one, t), t, positive), kept), half);
    const size = f32x4.abs(z);
    const e = exp(f32x4.neg(size));
    const gap = v128.andnot(f32x4.mul(size, w), f32x4.eq(w, zero)); // infinity·0 is 0 here
    const terms = v128.and(f32x4.add(gap, log1p(e)), used);
    low = f64x2.add(low, lowDoubles(terms));
    high = f64x2.add(high, highDoubles(terms));
    const agrees = v128.not(v128.xor(positive, f32x4.gt(t, f32x4.splat(0.5))));
    correct = i32x4.sub(correct, v128.and(v128.and(agrees, f32x4.eq(z, z)), used));
    if (gradient) {
      const difference = f32x4.sub(f32x4.div(e, f32x4.add(one, e)), w);
      const signed = v128.bitselect(f32x4.neg(difference), difference, positive);
      storeLanes(gradient + (i << 2), f32x4.mul(signed, f32x4.splat(scale)), count);
    }
  }
  addTo(result, totalOf(low, high));
  addTo(result + 8, <f64>(
    i32x4.extract_lane(correct, 0) + i32x4.extract_lane(correct, 1) + i32x4.extract_lane(correct, 2) + i32x4.extract_lane(correct, 3)
  ));
}

const enum Regression { Squared, Absolute, Huber }

/** The loss of two differences, float64. */
// @ts-ignore: decorator
@inline
function regressionTerms(kind: Regression, d: v128): v128 {
  if (kind == Regression.Squared) return f64x2.mul(d, d);
  const size = f64x2.abs(d);
  if (kind == Regression.Absolute) return size;
  const bounded = f64x2.min(size, f64x2.splat(1));
  return f64x2.mul(bounded, f64x2.sub(size, f64x2.mul(bounded, f64x2.splat(0.5))));
}

/** The gradient of four differences, times `scales`. */
// @ts-ignore: decorator
@inline
function regressionGradient(kind: Regression, d: v128, scales: v128): v128 {
  if (kind == Regression.Squared) return f32x4.mul(d, f32x4.add(scales, scales));
  if (kind == Regression.Huber) return f32x4.mul(f32x4.max(f32x4.min(d, f32x4.splat(1)), f32x4.splat(-1)), scales);
  const signed = v128.xor(scales, v128.and(d, i32x4.splat(0x80000000)));
  return v128.bitselect(signed, d, f32x4.gt(f32x4.abs(d), f32x4.splat(0))); // 0 and NaN stay as they are
}

/** d = outputs - targets in float32; the sum of its loss is added to the result's first number, the second is left alone. */
// @ts-ignore: decorator
@inline
function regression(kind: Regression, n: usize, outputs: usize, targets: usize, gradient: usize, scale: f32, result: usize): void {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    const count = min(LANES, n - i);
    const d = f32x4.sub(loadLanes(outputs + (i << 2), count), loadLanes(targets + (i << 2), count));
    low = f64x2.add(low, regressionTerms(kind, lowDoubles(d)));
    high = f64x2.add(high, regressionTerms(kind, highDoubles(d)));
    if (gradient) storeLanes(gradient + (i << 2), regressionGradient(kind, d, f32x4.splat(scale)), count);
  }
  addTo(result, totalOf(low, high));
}

/** Loss sum of d², d = outputs - targets; gradient 2d / divisor. outputs, targets, gradient: n floats. */
export function meanSquaredError(n: usize, outputs: usize, targets: usize, gradient: usize, divisor: usize, result: usize): void {
  regression(Regression.Squared, n, outputs, targets, gradient, scaleFor(divisor), result);
}

/** Loss sum of |d|, d = outputs - targets; gradient sign(d) / divisor, 0 where d is 0. outputs, targets, gradient: n floats. */
export function meanAbsoluteError(n: usize, outputs: usize, targets: usize, gradient: usize, divisor: usize, result: usize): void {
  regression(Regression.Absolute, n, outputs, targets, gradient, scaleFor(divisor), result);
}

/** Loss sum of d²/2 where |d| <= 1 and |d| - 1/2 elsewhere (Huber 1964); gradient clamp(d, -1, 1) / divisor. outputs, targets, gradient: n floats. */
export function huber(n: usize, outputs: usize, targets: usize, gradient: usize, divisor: usize, result: usize): void {
  regression(Regression.Huber, n, outputs, targets, gradient, scaleFor(divisor), result);
}

// ── Losses of outputs that are taken as probabilities, as Keras defines them ──

/** Probabilities are held to [EPSILON, 1 - EPSILON]; what lies outside gets no gradient. */
const EPSILON: f64 = 1e-7;

/** ln x, x > 0, to some 1e-16 / x. */
// @ts-ignore: decorator
@inline
function logOf(x: f64): f64 {
  return Math.log1p(x - 1);
}

/** NaN stays. */
// @ts-ignore: decorator
@inline
function clipProbability(p: f64): f64 {
  return p < EPSILON ? EPSILON : p > 1 - EPSILON ? 1 - EPSILON : p;
}

/**
 * Each row of outputs is divided by its sum s: p = y / s. Loss sum of -t_i·ln(p_i) over rows and places, p_i held to [1e-7, 1 - 1e-7];
 * gradient (g_i - sum of g_j·p_j) / (s·divisor), g_i = -t_i / p_i where p_i was not held and 0 where it was. A row is correct if y and t
 * have their first maximum at the same place.
 * outputs, targets, gradient: rows x classes; the gradient may lie on the outputs. With `labelled`, targets: rows int32.
 */
export function probabilityCrossEntropy(
  rows: usize, classes: usize, outputs: usize, targets: usize, labelled: bool, gradient: usize, divisor: usize, result: usize,
  smoothing: f64,
): void {
  const kept = 1 - smoothing;
  const everywhere = smoothing / <f64>classes;
  let loss: f64 = 0;
  let correct: f64 = 0;
  for (let row: usize = 0; row < rows; row++) {
    const offset = (row * classes) << 2;
    const y = outputs + offset;
    const t = targets + offset;
    const label = labelled ? <usize>load<u32>(targets + (row << 2)) : classes;
    const top = placeOf(maximumOf(classes, y), classes, y);
    if (top < classes && top == (labelled ? label : placeOf(maximumOf(classes, t), classes, t))) correct += 1;
    const sum = sumOf(classes, y);
    let weighted: f64 = 0; // sum of g_j·p_j
    for (let i: usize = 0; i < classes; i++) {
      const wanted = kept * (labelled ? <f64>(i == label) : <f64>load<f32>(t + (i << 2))) + everywhere;
      const p = <f64>load<f32>(y + (i << 2)) / sum;
      const held = clipProbability(p);
      if (wanted != 0 || held != held) loss -= wanted * logOf(held);
      if (p == held) weighted -= wanted;
    }
    if (!gradient) continue;
    const factor = 1 / (sum * <f64>divisor);
    for (let i: usize = 0; i < classes; i++) {
      const wanted = kept * (labelled ? <f64>(i == label) : <f64>load<f32>(t + (i << 2))) + everywhere;
      const p = <f64>load<f32>(y + (i << 2)) / sum;
      const slope = p == clipProbability(p) ? -wanted / p : 0;
      store<f32>(gradient + offset + (i << 2), <f32>((slope - weighted) * factor));
    }
  }
  addTo(result, loss);
  addTo(result + 8, correct);
}

/**
 * Loss sum of -(t·ln(p) + (1 - t)·ln(1 - p)), p the outputs held to [1e-7, 1 - 1e-7]; gradient (p - t) / (p·(1 - p)·divisor), 0 where p was
 * held; correct where the output is above 1/2 just if t is. outputs, targets, gradient: n floats.
 */
export function probabilityBinaryCrossEntropy(
  n: usize, outputs: usize, targets: usize, gradient: usize, divisor: usize, result: usize, smoothing: f64,
): void {
  let loss: f64 = 0;
  let correct: f64 = 0;
  for (let at: usize = 0; at < n << 2; at += 4) {
    const y = <f64>load<f32>(outputs + at);
    const whole = <f64>load<f32>(targets + at);
    const t = (1 - smoothing) * whole + smoothing / 2;
    const p = clipProbability(y);
    loss -= t * logOf(p) + (1 - t) * logOf(1 - p);
    if (y == y && y > 0.5 == whole > 0.5) correct += 1;
    if (gradient) store<f32>(gradient + at, y == p ? <f32>((p - t) / (p * (1 - p) * <f64>divisor)) : 0);
  }
  addTo(result, loss);
  addTo(result + 8, correct);
}

/** Loss sum of y - t·ln(y + 1e-7); gradient (1 - t / (y + 1e-7)) / divisor. NaN for y < -1e-7. outputs, targets, gradient: n floats. */
export function poisson(n: usize, outputs: usize, targets: usize, gradient: usize, divisor: usize, result: usize): void {
  let loss: f64 = 0;
  for (let at: usize = 0; at < n << 2; at += 4) {
    const y = <f64>load<f32>(outputs + at);
    const t = <f64>load<f32>(targets + at);
    loss += y - t * logOf(y + EPSILON);
    if (gradient) store<f32>(gradient + at, <f32>((1 - t / (y + EPSILON)) / <f64>divisor));
  }
  addTo(result, loss);
}

/** dz_i = p_i·(g_i - sum of g_j·p_j), row by row: from a gradient by p = softmax(z) to that by z. p, g, dz: rows x classes; dz may be g. */
export function softmaxBackward(rows: usize, classes: usize, probabilities: usize, gradient: usize, dz: usize): void {
  const stride = classes << 2;
  for (let row: usize = 0; row < rows; row++, probabilities += stride, gradient += stride, dz += stride) {
    let mean: f64 = 0;
    for (let at: usize = 0; at < stride; at += 4) mean += <f64>load<f32>(probabilities + at) * <f64>load<f32>(gradient + at);
    for (let at: usize = 0; at < stride; at += 4)
      store<f32>(dz + at, <f32>(<f64>load<f32>(probabilities + at) * (<f64>load<f32>(gradient + at) - mean)));
  }
}
