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
