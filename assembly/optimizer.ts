// One step of an optimizer over a contiguous block of n floats: all parameters of a network, with as many gradients and
// moments at other addresses. PyTorch's definitions (torch.optim.SGD, Adam, AdamW, RMSprop; Kingma and Ba 2015, Loshchilov and
// Hutter 2019). Moments start at 0.
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

/**
 * m += gain1·(g - m); v += gain2·(g² - v); p -= shrink·p + stepSize·m / (√v·correction + epsilon).
 * parameters, gradient, m, v: n floats each. At step t (from 1): gain1 = 1 - beta1, gain2 = 1 - beta2,
 * stepSize = learningRate / (1 - beta1^t), correction = 1 / √(1 - beta2^t), shrink = learningRate·weightDecay (adam: 0).
 */
export function adam(
  n: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, stepSize: f32, correction: f32, epsilon: f32, shrink: f32,
): i32 {
  return adamAged(1, n, parameters, gradient, m, v, gain1, gain2, stepSize, correction, epsilon, shrink, 0, 0, 0);
}

/**
 * The same for rows x columns entries of a kernel whose rows or columns were reset at times of their own, so that each has a step
 * count t of its own. An entry takes that of the younger: the larger stepSize and correction, both of which fall with t.
 * rowAges, columnAges: the stepSizes of the rows or columns, and `stride` bytes further the corrections; 0: as old as the whole, for
 * which stepSize and correction stand.
 */
export function adamAged(
  rows: usize, columns: usize, parameters: usize, gradient: usize, m: usize, v: usize,
  gain1: f32, gain2: f32, stepSize: f32, correction: f32, epsilon: f32, shrink: f32, rowAges: usize, columnAges: usize, stride: usize,
): i32 {
  const whole = columns - columns % LANES;
  let refused = i32x4.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    const start = r * columns;
    const rowStepSize = splat(rowAges ? max(stepSize, load<f32>(rowAges + (r << 2))) : stepSize);
    const rowCorrection = splat(rowAges ? max(correction, load<f32>(rowAges + stride + (r << 2))) : correction);
    for (let c: usize = 0; c < whole; c += LANES) {
      refused = i32x4.add(refused, adamLanes(
        LANES, (start + c) << 2, parameters, gradient, m, v, gain1, gain2, rowStepSize, rowCorrection, epsilon, shrink,
        columnAges ? columnAges + (c << 2) : 0, stride,
      ));
    }
    if (whole < columns) {
      refused = i32x4.add(refused, adamLanes(
        columns - whole, (start + whole) << 2, parameters, gradient, m, v, gain1, gain2, rowStepSize, rowCorrection, epsilon, shrink,
        columnAges ? columnAges + (whole << 2) : 0, stride,
      ));
    }
  }
  return countOf(refused);
}

/** Below this a power changes no correction in float32. */
const FADED: f64 = 1e-9;

/**
 * One step on for n units with step counts of their own: powers, 2 x n float64, become beta1^t and beta2^t; ages, 2 x n float32, become
 * learningRate / (1 - beta1^t) and 1 / √(1 - beta2^t). Powers of 0 stand for a unit as old as the network, or so old that it makes no difference.
 */
export function advanceAges(n: usize, powers: usize, ages: usize, beta1: f64, beta2: f64, learningRate: f64): void {
  for (let i: usize = 0; i < n; i++) {
    const first = powers + (i << 3);
    const second = first + (n << 3);
    let power1 = load<f64>(first) * beta1;
    let power2 = load<f64>(second) * beta2;
    let stepSize = learningRate;
    let correction: f64 = 1;
    if (max(power1, power2) < FADED) {
      power1 = power2 = 0;
    } else {
      stepSize /= 1 - power1;
      correction /= sqrt<f64>(1 - power2);
    }
    store<f64>(first, power1);
    store<f64>(second, power2);
    store<f32>(ages + (i << 2), <f32>stepSize);
    store<f32>(ages + ((n + i) << 2), <f32>correction);
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
