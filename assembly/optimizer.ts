// One step of an optimizer over a contiguous block of n floats: all parameters of a network, with as many gradients and
// moments at other addresses. PyTorch's definitions (torch.optim.SGD, Adam, AdamW, NAdam, Adamax, RMSprop, Adagrad; Kingma and Ba
// 2015, Loshchilov and Hutter 2019, Dozat 2016, Duchi et al. 2011), and Lion (Chen et al. 2023). Moments start at 0.
//
// A moving average has its gain 1 - beta as operand, not beta: x <- (x - gain·x) + gain·new. Near 1 a float32 beta would spoil
// the fifth digit of 1 - beta. For the same reason AdamW takes learningRate·weightDecay, not 1 minus it.
//
// An entry whose new parameter or moment would not be finite is refused: it keeps its parameter and its moments. Each
// function returns the number of such entries. (A moment that is not finite shows in the parameter, but for v: it would divide.) A parameter that an update does not change keeps its bits (-0 too).
// Nothing here fuses: both builds give the same bits.
import { firstLanes, LANES, loadLanes, storeLanes } from "./simd";

/** All ones where x is finite: x - x is 0, but NaN where it is not. */
// @ts-ignore: decorator
@inline
function finite(x: v128): v128 {
  return f32x4.eq(f32x4.sub(x, x), f32x4.splat(0));
}

/** Moving average: (average - gain·average) + gain·sample. */
// @ts-ignore: decorator
@inline
function decayTowards(average: v128, sample: v128, gain: v128): v128 {
  return f32x4.add(f32x4.sub(average, f32x4.mul(gain, average)), f32x4.mul(gain, sample));
}

/** Stores `updated` where it is accepted and differs from `old`, which keeps the bits of -0. */
// @ts-ignore: decorator
@inline
function storeParameters(address: usize, updated: v128, old: v128, accepted: v128, count: usize): void {
  storeLanes(address, v128.bitselect(updated, old, v128.and(accepted, f32x4.ne(updated, old))), count);
}

/** The same float in each lane. */
// @ts-ignore: decorator
@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** -1 in each of the first `count` lanes that is not accepted. */
// @ts-ignore: decorator
@inline
function refusedLanes(accepted: v128, count: usize): v128 {
  return v128.andnot(firstLanes(count), accepted);
}

/** How often a lane was -1, from the sum of all. */
// @ts-ignore: decorator
@inline
function countOf(lanes: v128): i32 {
  return -(i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1) + i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3));
}

/** `count` (1 to 4) entries from byte `offset` on; gives -1 in the lane of each that is accepted. */
// @ts-ignore: decorator
@inline
function sgdLanes(
  count: usize, offset: usize, parameters: usize, gradient: usize, velocity: usize,
  learningRate: f32, momentum: f32, weightDecay: f32, nesterov: i32,
): v128 {
  const p = loadLanes(parameters + offset, count);
  const g = f32x4.add(loadLanes(gradient + offset, count), f32x4.mul(splat(weightDecay), p));
  let oldVelocity = splat(0);
  let newVelocity = g;
  let step = g;
  if (velocity) {
    oldVelocity = loadLanes(velocity + offset, count);
    newVelocity = f32x4.add(f32x4.mul(splat(momentum), oldVelocity), g);
    step = nesterov ? f32x4.add(g, f32x4.mul(splat(momentum), newVelocity)) : newVelocity;
  }
  const updated = f32x4.sub(p, f32x4.mul(splat(learningRate), step));
  const accepted = count == LANES ? finite(updated) : v128.and(firstLanes(count), finite(updated));
  storeParameters(parameters + offset, updated, p, accepted, count);
  if (velocity) storeLanes(velocity + offset, v128.bitselect(newVelocity, oldVelocity, accepted), count);
  return accepted;
}

/** p - learningRate·(g + weightDecay·p) at two addresses. The 0 makes -0 of no change a 0, which leaves a p of -0 as it is. */
// @ts-ignore: decorator
@inline
function descended(parameters: usize, gradient: usize, learningRate: f32, weightDecay: f32): v128 {
  const p = v128.load(parameters);
  const step = f32x4.add(v128.load(gradient), f32x4.mul(splat(weightDecay), p));
  return f32x4.sub(p, f32x4.add(f32x4.mul(splat(learningRate), step), splat(0)));
}

/**
 * sgd without velocity, eight entries at a time, as long as all stay finite: what is refused need not be selected then, which takes
 * two fifths off the time (measured). Returns how many entries it updated, from the first on.
 */
function descend(n: usize, parameters: usize, gradient: usize, learningRate: f32, weightDecay: f32): usize {
  let i: usize = 0;
  for (; i + 2 * LANES <= n; i += 2 * LANES, parameters += 32, gradient += 32) {
    const low = descended(parameters, gradient, learningRate, weightDecay);
    const high = descended(parameters + 16, gradient + 16, learningRate, weightDecay);
    if (v128.any_true(v128.or(f32x4.sub(low, low), f32x4.sub(high, high)))) break;
    v128.store(parameters, low);
    v128.store(parameters, high, 16);
  }
  return i;
}

/**
 * g = gradient + weightDecay·p; v = momentum·v + g; p -= learningRate·(nesterov ? g + momentum·v : v).
 * parameters, gradient, velocity: n floats each, n a multiple of 4; velocity 0: plain p -= learningRate·(g + weightDecay·p).
 */
export function sgd(
  n: usize, parameters: usize, gradient: usize, velocity: usize,
  learningRate: f32, momentum: f32, weightDecay: f32, nesterov: i32,
): i32 {
  const first: usize = velocity ? 0 : descend(n, parameters, gradient, learningRate, weightDecay);
  let accepted = i32x4.splat(0);
  for (let i = first; i < n; i += LANES) {
    const lanes = sgdLanes(
      LANES, i << 2, parameters, gradient, velocity,
      learningRate, momentum, weightDecay, nesterov,
    );
    accepted = i32x4.add(accepted, lanes);
  }
  return <i32>(n - first) - countOf(accepted);
}

/** Plain sgd of one to three entries. */
export function sgdRest(n: usize, parameters: usize, gradient: usize, learningRate: f32): i32 {
  return <i32>n - countOf(sgdLanes(n, 0, parameters, gradient, 0, learningRate, 0, 0, 0));
}

/** The same for `count` (1 to 4) entries; columnAges: those of their columns, or 0. */
// @ts-ignore: decorator
@inline
function adamLanes(
  count: usize, offset: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, rowStepSize: v128, rowCorrection: v128, epsilon: f32, shrink: f32, columnAges: usize, stride: usize,
): v128 {
  let stepSize = rowStepSize;
  let correction = rowCorrection;
  if (columnAges) {
    stepSize = f32x4.pmax(stepSize, loadLanes(columnAges, count));
    correction = f32x4.pmax(correction, loadLanes(columnAges + stride, count));
  }
  const p = loadLanes(parameters + offset, count);
  const g = loadLanes(gradient + offset, count);
  const oldM = loadLanes(m + offset, count);
  const oldV = loadLanes(v + offset, count);
  const newM = decayTowards(oldM, g, splat(gain1));
  const newV = decayTowards(oldV, f32x4.mul(g, g), splat(gain2));
  const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(newV), correction), splat(epsilon));
  const step = f32x4.div(f32x4.mul(stepSize, newM), divisor);
  const updated = f32x4.sub(p, f32x4.add(f32x4.mul(splat(shrink), p), step));
  const accepted = v128.and(finite(updated), finite(newV));
  storeParameters(parameters + offset, updated, p, accepted, count);
  storeLanes(m + offset, v128.bitselect(newM, oldM, accepted), count);
  storeLanes(v + offset, v128.bitselect(newV, oldV, accepted), count);
  return refusedLanes(accepted, count);
}

/** g + decay·p. */
// @ts-ignore: decorator
@inline
function decayed(gradient: usize, p: v128, decay: f32, count: usize): v128 {
  return f32x4.add(loadLanes(gradient, count), f32x4.mul(splat(decay), p));
}

/** As adamLanes: `gradientStep` and `momentStep` instead of the one step size. */
// @ts-ignore: decorator
@inline
function nadamLanes(
  count: usize, offset: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, rowGradientStep: v128, rowCorrection: v128, rowMomentStep: v128, epsilon: f32, decay: f32,
  columnAges: usize, stride: usize,
): v128 {
  let gradientStep = rowGradientStep;
  let correction = rowCorrection;
  let momentStep = rowMomentStep;
  if (columnAges) {
    gradientStep = f32x4.pmax(gradientStep, loadLanes(columnAges, count));
    correction = f32x4.pmax(correction, loadLanes(columnAges + stride, count));
    momentStep = f32x4.pmax(momentStep, loadLanes(columnAges + 2 * stride, count));
  }
  const p = loadLanes(parameters + offset, count);
  const g = decayed(gradient + offset, p, decay, count);
  const oldM = loadLanes(m + offset, count);
  const oldV = loadLanes(v + offset, count);
  const newM = decayTowards(oldM, g, splat(gain1));
  const newV = decayTowards(oldV, f32x4.mul(g, g), splat(gain2));
  const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(newV), correction), splat(epsilon));
  const way = f32x4.add(f32x4.mul(gradientStep, g), f32x4.mul(momentStep, newM));
  const updated = f32x4.sub(p, f32x4.div(way, divisor));
  const accepted = v128.and(finite(updated), finite(newV));
  storeParameters(parameters + offset, updated, p, accepted, count);
  storeLanes(m + offset, v128.bitselect(newM, oldM, accepted), count);
  storeLanes(v + offset, v128.bitselect(newV, oldV, accepted), count);
  return refusedLanes(accepted, count);
}

/** As adamLanes, with the largest gradient so far, which fades, in place of the second moment. */
// @ts-ignore: decorator
@inline
function adamaxLanes(
  count: usize, offset: usize, parameters: usize, gradient: usize, m: usize, u: usize,
  gain1: f32, gain2: f32, rowStepSize: v128, epsilon: f32, decay: f32, columnAges: usize,
): v128 {
  const stepSize = columnAges ? f32x4.pmax(rowStepSize, loadLanes(columnAges, count)) : rowStepSize;
  const p = loadLanes(parameters + offset, count);
  const g = decayed(gradient + offset, p, decay, count);
  const oldM = loadLanes(m + offset, count);
  const oldU = loadLanes(u + offset, count);
  const newM = decayTowards(oldM, g, splat(gain1));
  const faded = f32x4.sub(oldU, f32x4.mul(splat(gain2), oldU));
  const newU = f32x4.max(faded, f32x4.add(f32x4.abs(g), splat(epsilon)));
  const updated = f32x4.sub(p, f32x4.div(f32x4.mul(stepSize, newM), newU));
  const accepted = v128.and(v128.and(finite(updated), finite(newU)), finite(newM));
  storeParameters(parameters + offset, updated, p, accepted, count);
  storeLanes(m + offset, v128.bitselect(newM, oldM, accepted), count);
  storeLanes(u + offset, v128.bitselect(newU, oldU, accepted), count);
  return refusedLanes(accepted, count);
}

// @ts-ignore: decorator
@inline
const ADAM: i32 = 0;
// @ts-ignore: decorator
@inline
const NADAM: i32 = 1;
// @ts-ignore: decorator
@inline
const ADAMAX: i32 = 2;

/** `count` entries of row r, in the lanes of `rule`. */
// @ts-ignore: decorator
@inline
function agedLanes(
  rule: i32, count: usize, offset: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, first: v128, second: v128, third: v128, epsilon: f32, decay: f32, columnAges: usize, stride: usize,
): v128 {
  if (rule == NADAM) return nadamLanes(
    count, offset, parameters, gradient, m, v, gain1, gain2, first, second, third, epsilon, decay, columnAges, stride,
  );
  if (rule == ADAMAX) return adamaxLanes(
    count, offset, parameters, gradient, m, v, gain1, gain2, first, epsilon, decay, columnAges,
  );
  return adamLanes(
    count, offset, parameters, gradient, m, v, gain1, gain2, first, second, epsilon, decay, columnAges, stride,
  );
}

/** What a row of that age has; 0: as old as the whole. */
// @ts-ignore: decorator
@inline
function ofRow(whole: f32, ages: usize, offset: usize): v128 {
  return splat(ages ? max(whole, load<f32>(ages + offset)) : whole);
}

/**
 * A step of one of the rules above on rows x columns entries whose rows or columns may have been reset at times of their own, so that
 * each has a step count t of its own. An entry takes that of the younger: the larger of the corrections, all of which fall with t.
 * rowAges, columnAges: the first corrections of the rows or columns, `stride` bytes further the second and the third ones; 0: as old as
 * the whole, for which first, second and third stand.
 */
// @ts-ignore: decorator
@inline
function aged(
  rule: i32, rows: usize, columns: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, first: f32, second: f32, third: f32, epsilon: f32, decay: f32,
  rowAges: usize, columnAges: usize, stride: usize,
): i32 {
  const whole = columns - columns % LANES;
  let refused = i32x4.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    const start = r * columns;
    const rowFirst = ofRow(first, rowAges, r << 2);
    const rowSecond = ofRow(second, rowAges, stride + (r << 2));
    const rowThird = ofRow(third, rowAges, 2 * stride + (r << 2));
    for (let c: usize = 0; c < whole; c += LANES) {
      refused = i32x4.add(refused, agedLanes(
        rule, LANES, (start + c) << 2, parameters, gradient, m, v, gain1, gain2, rowFirst, rowSecond, rowThird, epsilon, decay,
        columnAges ? columnAges + (c << 2) : 0, stride,
      ));
    }
    if (whole < columns) {
      refused = i32x4.add(refused, agedLanes(
        rule, columns - whole, (start + whole) << 2, parameters, gradient, m, v, gain1, gain2, rowFirst, rowSecond, rowThird, epsilon,
        decay, columnAges ? columnAges + (whole << 2) : 0, stride,
      ));
    }
  }
  return countOf(refused);
}

/**
 * m += gain1·(g - m); v += gain2·(g² - v); p -= shrink·p + stepSize·m / (√v·correction + epsilon).
 * parameters, gradient, m, v: n floats each. At step t (from 1): gain1 = 1 - beta1, gain2 = 1 - beta2,
 * stepSize = learningRate / (1 - beta1^t), correction = 1 / √(1 - beta2^t), shrink = learningRate·weightDecay (adam: 0).
 * For rows and columns see `aged`.
 */
export function adam(
  rows: usize, columns: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, stepSize: f32, correction: f32, third: f32, epsilon: f32, shrink: f32,
  rowAges: usize, columnAges: usize, stride: usize,
): i32 {
  return aged(
    ADAM, rows, columns, parameters, gradient, m, v, gain1, gain2, stepSize, correction, third, epsilon, shrink,
    rowAges, columnAges, stride,
  );
}

/**
 * g = gradient + decay·p; m += gain1·(g - m); v += gain2·(g² - v); p -= (gradientStep·g + momentStep·m) / (√v·correction + epsilon).
 * At step t, with mu_t = beta1·(1 - 0.96^(t·momentumDecay) / 2) and P the product of mu_1 to mu_t: gradientStep = rate·(1 - mu_t) / (1 - P),
 * momentStep = rate·mu_{t+1} / (1 - P·mu_{t+1}); the others as adam's. For rows and columns see `aged`.
 */
export function nadam(
  rows: usize, columns: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, gradientStep: f32, correction: f32, momentStep: f32, epsilon: f32, decay: f32,
  rowAges: usize, columnAges: usize, stride: usize,
): i32 {
  return aged(
    NADAM, rows, columns, parameters, gradient, m, v, gain1, gain2, gradientStep, correction, momentStep, epsilon, decay,
    rowAges, columnAges, stride,
  );
}

/**
 * g = gradient + decay·p; m += gain1·(g - m); u = max(u - gain2·u, |g| + epsilon); p -= stepSize·m / u, stepSize as adam's. For rows and
 * columns see `aged`, of whose corrections it takes the first.
 */
export function adamax(
  rows: usize, columns: usize, parameters: usize, gradient: usize, m: usize, u: usize,
  gain1: f32, gain2: f32, stepSize: f32, second: f32, third: f32, epsilon: f32, decay: f32,
  rowAges: usize, columnAges: usize, stride: usize,
): i32 {
  return aged(
    ADAMAX, rows, columns, parameters, gradient, m, u, gain1, gain2, stepSize, second, third, epsilon, decay,
    rowAges, columnAges, stride,
  );
}

/** Below this a power changes no correction in float32. */
const FADED: f64 = 1e-9;

/**
 * One step on for n units with step counts of their own: powers, 2 x n float64, are multiplied by beta1 and beta2; ages, 3 x n float32, become
 * first / (1 - power1), 1 / √(1 - power2), and third / (1 - power1·next). Powers of 0 stand for a unit as old as the network, or so old that it
 * makes no difference. beta1 is that of this step, `next` that of the next one: nadam's differ; for adam `third` is 0.
 */
export function advanceAges(
  n: usize, powers: usize, ages: usize, beta1: f64, beta2: f64, first: f64, third: f64, next: f64,
): void {
  for (let i: usize = 0; i < n; i++) {
    const at = powers + (i << 3);
    const second = at + (n << 3);
    let power1 = load<f64>(at) * beta1;
    let power2 = load<f64>(second) * beta2;
    let stepSize = first;
    let correction: f64 = 1;
    let momentStep = third;
    if (max(power1, power2) < FADED) {
      power1 = power2 = 0;
    } else {
      stepSize /= 1 - power1;
      correction /= sqrt<f64>(1 - power2);
      momentStep /= 1 - power1 * next;
    }
    store<f64>(at, power1);
    store<f64>(second, power2);
    store<f32>(ages + (i << 2), <f32>stepSize);
    store<f32>(ages + ((n + i) << 2), <f32>correction);
    store<f32>(ages + ((2 * n + i) << 2), <f32>momentStep);
  }
}

/** As sgdLanes. */
// @ts-ignore: decorator
@inline
function rmspropLanes(
  offset: usize, parameters: usize, gradient: usize, v: usize, velocity: usize,
  learningRate: f32, gain: f32, epsilon: f32, momentum: f32,
): v128 {
  const p = v128.load(parameters + offset);
  const g = v128.load(gradient + offset);
  const oldV = v128.load(v + offset);
  const newV = decayTowards(oldV, f32x4.mul(g, g), splat(gain));
  let oldVelocity = splat(0);
  let step = f32x4.div(g, f32x4.add(f32x4.sqrt(newV), splat(epsilon)));
  if (velocity) {
    oldVelocity = v128.load(velocity + offset);
    step = f32x4.add(f32x4.mul(splat(momentum), oldVelocity), step);
  }
  const updated = f32x4.sub(p, f32x4.mul(splat(learningRate), step));
  const accepted = v128.and(finite(updated), finite(newV));
  storeParameters(parameters + offset, updated, p, accepted, LANES);
  v128.store(v + offset, v128.bitselect(newV, oldV, accepted));
  if (velocity) v128.store(velocity + offset, v128.bitselect(step, oldVelocity, accepted));
  return accepted;
}

/**
 * v += gain·(g² - v); u = g / (√v + epsilon); with a velocity: b = momentum·b + u, p -= learningRate·b; else p -= learningRate·u.
 * parameters, gradient, v, velocity: n floats each, n a multiple of 4; velocity 0: none. gain = 1 - rho.
 */
export function rmsprop(
  n: usize, parameters: usize, gradient: usize, v: usize, velocity: usize,
  learningRate: f32, gain: f32, epsilon: f32, momentum: f32,
): i32 {
  let accepted = i32x4.splat(0);
  for (let i: usize = 0; i < n; i += LANES) {
    accepted = i32x4.add(accepted, rmspropLanes(i << 2, parameters, gradient, v, velocity, learningRate, gain, epsilon, momentum));
  }
  return <i32>n - countOf(accepted);
}

/** `count` (1 to 4) entries. */
// @ts-ignore: decorator
@inline
function adagradLanes(
  count: usize, parameters: usize, gradient: usize, sum: usize, learningRate: f32, epsilon: f32, initial: f32, decay: f32,
): v128 {
  const p = loadLanes(parameters, count);
  const g = decayed(gradient, p, decay, count);
  const oldSum = loadLanes(sum, count);
  const newSum = f32x4.add(oldSum, f32x4.mul(g, g));
  const divisor = f32x4.add(f32x4.sqrt(f32x4.add(newSum, splat(initial))), splat(epsilon));
  const updated = f32x4.sub(p, f32x4.mul(splat(learningRate), f32x4.div(g, divisor)));
  const accepted = v128.and(finite(updated), finite(newSum));
  storeParameters(parameters, updated, p, accepted, count);
  storeLanes(sum, v128.bitselect(newSum, oldSum, accepted), count);
  return refusedLanes(accepted, count);
}

/**
 * g = gradient + decay·p; sum += g²; p -= learningRate·g / (√(sum + initial) + epsilon).
 * parameters, gradient, sum: n floats each. What PyTorch lets the sum start with is `initial`, beside it: so it is of all moments that 0 is
 * the start.
 */
export function adagrad(
  n: usize, parameters: usize, gradient: usize, sum: usize, learningRate: f32, epsilon: f32, initial: f32, decay: f32,
): i32 {
  const whole = n & ~(LANES - 1);
  let refused = i32x4.splat(0);
  for (let i: usize = 0; i < whole; i += LANES, parameters += 16, gradient += 16, sum += 16) {
    refused = i32x4.add(refused, adagradLanes(LANES, parameters, gradient, sum, learningRate, epsilon, initial, decay));
  }
  if (whole < n) {
    refused = i32x4.add(refused, adagradLanes(n - whole, parameters, gradient, sum, learningRate, epsilon, initial, decay));
  }
  return countOf(refused);
}

/** The sign of each: 1, -1, or 0. */
// @ts-ignore: decorator
@inline
function signOf(x: v128): v128 {
  return v128.and(v128.bitselect(x, splat(1), splat(-0.0)), f32x4.ne(x, splat(0)));
}

/**
 * c = m + gain1·(g - m); m += gain2·(g - m); p -= shrink·p + learningRate·sign(c). gain1 = 1 - beta1, gain2 = 1 - beta2,
 * shrink = learningRate·weightDecay.
 * parameters, gradient, m: n floats each, n a multiple of 4.
 */
export function lion(
  n: usize, parameters: usize, gradient: usize, m: usize, learningRate: f32, gain1: f32, gain2: f32, shrink: f32,
): i32 {
  let refused = i32x4.splat(0);
  for (const end = parameters + (n << 2); parameters < end; parameters += 16, gradient += 16, m += 16) {
    const p = v128.load(parameters);
    const g = v128.load(gradient);
    const oldM = v128.load(m);
    const newM = decayTowards(oldM, g, splat(gain2));
    const step = f32x4.mul(splat(learningRate), signOf(decayTowards(oldM, g, splat(gain1))));
    const updated = f32x4.sub(p, f32x4.add(f32x4.mul(splat(shrink), p), step));
    const accepted = v128.and(finite(updated), finite(newM));
    storeParameters(parameters, updated, p, accepted, LANES);
    v128.store(m, v128.bitselect(newM, oldM, accepted));
    refused = i32x4.add(refused, refusedLanes(accepted, LANES));
  }
  return countOf(refused);
}
