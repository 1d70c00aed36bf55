// PyTorch's optimizers for one entry, naive, in float64. `size` is the sum of the absolute values of all terms that
// make up the parameter: rounding errors are a small multiple of it.

export interface Entry {
  p: number;
  m: number;
  v: number;
  size: number;
}

/** m is the velocity; without one, momentum is 0. */
export function sgd(
  p: number,
  gradient: number,
  velocity: number,
  o: { learningRate: number; momentum: number; weightDecay: number; nesterov: boolean },
): Entry {
  const g = gradient + o.weightDecay * p;
  const m = o.momentum * velocity + g;
  const gSize = Math.abs(gradient) + Math.abs(o.weightDecay * p);
  const mSize = Math.abs(o.momentum * velocity) + gSize;
  return {
    p: p - o.learningRate * (o.nesterov ? g + o.momentum * m : m),
    m,
    v: 0,
    size: Math.abs(p) + o.learningRate * (o.nesterov ? gSize + o.momentum * mSize : mSize),
  };
}

/** t counts steps from 1; weightDecay 0 is Adam, else AdamW. */
export function adam(
  p: number,
  g: number,
  oldM: number,
  oldV: number,
  t: number,
  o: { learningRate: number; beta1: number; beta2: number; epsilon: number; weightDecay: number },
): Entry {
  const m = o.beta1 * oldM + (1 - o.beta1) * g;
  const v = o.beta2 * oldV + (1 - o.beta2) * g * g;
  const factor = o.learningRate / (1 - o.beta1 ** t) / (Math.sqrt(v / (1 - o.beta2 ** t)) + o.epsilon);
  return {
    p: p * (1 - o.learningRate * o.weightDecay) - factor * m,
    m,
    v,
    size:
      Math.abs(p) * (1 + o.learningRate * o.weightDecay) +
      factor * (Math.abs(o.beta1 * oldM) + Math.abs((1 - o.beta1) * g)),
  };
}

/** m is the buffer of the momentum. */
export function rmsprop(
  p: number,
  g: number,
  oldM: number,
  oldV: number,
  o: { learningRate: number; rho: number; epsilon: number; momentum: number },
): Entry {
  const v = o.rho * oldV + (1 - o.rho) * g * g;
  const step = g / (Math.sqrt(v) + o.epsilon);
  return {
    p: p - o.learningRate * (o.momentum * oldM + step),
    m: o.momentum * oldM + step,
    v,
    size: Math.abs(p) + o.learningRate * (Math.abs(o.momentum * oldM) + Math.abs(step)),
  };
}

const muAt = (beta1: number, momentumDecay: number, t: number) => beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));

/** t counts steps from 1, `age` those of the moments: they differ for a unit that was reset. */
export function nadam(
  p: number,
  gradient: number,
  oldM: number,
  oldV: number,
  t: number,
  o: {
    learningRate: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    momentumDecay: number;
  },
  age = t,
): Entry {
  const g = gradient + o.weightDecay * p;
  const m = o.beta1 * oldM + (1 - o.beta1) * g;
  const v = o.beta2 * oldV + (1 - o.beta2) * g * g;
  let product = 1;
  for (let step = t - age + 1; step <= t; step++) product *= muAt(o.beta1, o.momentumDecay, step);
  const [mu, next] = [muAt(o.beta1, o.momentumDecay, t), muAt(o.beta1, o.momentumDecay, t + 1)];
  const factor = o.learningRate / (Math.sqrt(v / (1 - o.beta2 ** age)) + o.epsilon);
  const [byGradient, byMoment] = [(factor * (1 - mu)) / (1 - product), (factor * next) / (1 - product * next)];
  const gSize = Math.abs(gradient) + Math.abs(o.weightDecay * p);
  const mSize = Math.abs(o.beta1 * oldM) + (1 - o.beta1) * gSize;
  return { p: p - byGradient * g - byMoment * m, m, v, size: Math.abs(p) + byGradient * gSize + byMoment * mSize };
}

/** v is the largest gradient that fades. */
export function adamax(
  p: number,
  gradient: number,
  oldM: number,
  oldU: number,
  t: number,
  o: { learningRate: number; beta1: number; beta2: number; epsilon: number; weightDecay: number },
): Entry {
  const g = gradient + o.weightDecay * p;
  const m = o.beta1 * oldM + (1 - o.beta1) * g;
  const v = Math.max(o.beta2 * oldU, Math.abs(g) + o.epsilon);
  const factor = o.learningRate / (1 - o.beta1 ** t) / v;
  const gSize = Math.abs(gradient) + Math.abs(o.weightDecay * p);
  return {
    p: p - factor * m,
    m,
    v,
    size: Math.abs(p) + factor * (Math.abs(o.beta1 * oldM) + (1 - o.beta1) * gSize),
  };
}

/** v is the sum of squares without what it starts with. */
export function adagrad(
  p: number,
  gradient: number,
  oldV: number,
  t: number,
  o: {
    learningRate: number;
    learningRateDecay: number;
    epsilon: number;
    weightDecay: number;
    initialAccumulator: number;
  },
): Entry {
  const g = gradient + o.weightDecay * p;
  const v = oldV + g * g;
  const factor =
    o.learningRate / (1 + (t - 1) * o.learningRateDecay) / (Math.sqrt(v + o.initialAccumulator) + o.epsilon);
  const gSize = Math.abs(gradient) + Math.abs(o.weightDecay * p);
  return { p: p - factor * g, m: 0, v, size: Math.abs(p) + factor * gSize };
}

/** Chen et al. 2023, algorithm 2. */
export function lion(
  p: number,
  g: number,
  oldM: number,
  o: { learningRate: number; beta1: number; beta2: number; weightDecay: number },
): Entry {
  const sign = Math.sign(o.beta1 * oldM + (1 - o.beta1) * g);
  return {
    p: p - o.learningRate * (sign + o.weightDecay * p),
    m: o.beta2 * oldM + (1 - o.beta2) * g,
    v: 0,
    size: Math.abs(p) * (1 + o.learningRate * o.weightDecay) + o.learningRate,
  };
}
