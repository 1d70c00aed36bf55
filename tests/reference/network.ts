// The naive reference: dense networks in float64, one loop for each sum, nothing fused, nothing imported but its like.
// Matrices are arrays of rows; a kernel has one row per input and one column per unit.
// Definitions: PyTorch's activations (gelu by erf), losses with mean reduction (huber with delta 1), optimizers,
// clip_grad_norm_; Keras's poisson.
import * as entry from "./entry-optimizer.js";

export type Rows = number[][];

export interface ReferenceActivation {
  readonly name: string;
  readonly alpha?: number;
}

export interface ReferenceLayer {
  readonly activation: ReferenceActivation;
  /** inputs x units. */
  kernel: Rows;
  bias: number[];
  /** PReLU slopes, one per unit. */
  alpha?: number[];
}

export interface LayerGradient {
  readonly kernel: Rows;
  readonly bias: number[];
  readonly alpha?: number[];
}

/** Class labels, or one row of numbers per sample. */
export type ReferenceTargets = readonly number[] | Rows;

// ── activations ──

/**
 * erf by its series of positive terms, 2/sqrt(pi)·exp(-x²)·sum 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)); 1 within float64 from 6 on.
 */
export function erf(x: number): number {
  if (Math.abs(x) >= 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}

function normalCdf(z: number): number {
  return 0.5 * (1 + erf(z / Math.SQRT2));
}

function normalPdf(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** f(z); `alpha` is the slope or scale where the activation has one. */
export function activate(name: string, z: number, alpha = 0): number {
  switch (name) {
    case "linear":
      return z;
    case "relu":
      return z > 0 ? z : 0;
    case "leakyRelu":
    case "prelu":
      return z > 0 ? z : alpha * z;
    case "elu":
      return z > 0 ? z : alpha * Math.expm1(z);
    case "selu":
      return SELU_SCALE * (z > 0 ? z : SELU_ALPHA * Math.expm1(z));
    case "gelu":
      return z * normalCdf(z);
    case "silu":
      return z * sigmoid(z);
    case "softplus":
      return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    case "sigmoid":
      return sigmoid(z);
    case "tanh":
      return Math.tanh(z);
    case "hardSwish":
      return (z * Math.min(Math.max(z + 3, 0), 6)) / 6;
    default:
      throw new Error(`no activation ${name}`);
  }
}

/** f'(z); at 0 that of the closed side. */
export function slope(name: string, z: number, alpha = 0): number {
  switch (name) {
    case "linear":
      return 1;
    case "relu":
      return z > 0 ? 1 : 0;
    case "leakyRelu":
    case "prelu":
      return z > 0 ? 1 : alpha;
    case "elu":
      return z > 0 ? 1 : alpha * Math.exp(z);
    case "selu":
      return SELU_SCALE * (z > 0 ? 1 : SELU_ALPHA * Math.exp(z));
    case "gelu":
      return normalCdf(z) + z * normalPdf(z);
    case "silu":
      return sigmoid(z) * (1 + z * sigmoid(-z));
    case "softplus":
      return sigmoid(z);
    case "sigmoid":
      return sigmoid(z) * sigmoid(-z);
    case "tanh":
      return 1 - Math.tanh(z) ** 2;
    case "hardSwish":
      return Math.abs(z) >= 3 ? Number(z > 0) : (2 * z + 3) / 6;
    default:
      throw new Error(`no activation ${name}`);
  }
}

function alphaOf({ activation, alpha }: ReferenceLayer, unit: number): number | undefined {
  return alpha ? alpha[unit] : activation.alpha;
}

// ── forward ──

/** One layer's preactivations and activations, rows x units. */
export interface LayerPass {
  readonly z: Rows;
  readonly a: Rows;
}

export function forward(layers: readonly ReferenceLayer[], x: Rows): LayerPass[] {
  const passes: LayerPass[] = [];
  let input = x;
  for (const layer of layers) {
    const z = input.map((row) =>
      layer.bias.map((bias, unit) => row.reduce((sum, value, i) => sum + value * layer.kernel[i][unit], bias)),
    );
    const a = z.map((row) => row.map((value, unit) => activate(layer.activation.name, value, alphaOf(layer, unit))));
    passes.push({ z, a });
    input = a;
  }
  return passes;
}

export function outputs(layers: readonly ReferenceLayer[], x: Rows): Rows {
  return forward(layers, x).at(-1)!.a;
}

export function softmax(row: readonly number[]): number[] {
  const max = Math.max(...row);
  const exponentials = row.map((value) => Math.exp(value - max));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

// ── losses ──

export interface LossResult {
  /** The mean: over samples for crossEntropy, over samples and outputs for the others. */
  readonly loss: number;
  /** Its gradient by the outputs, rows x outputs. */
  readonly gradient: Rows;
}

function crossEntropy(y: Rows, targets: ReferenceTargets): LossResult {
  let loss = 0;
  const gradient = y.map((row, r) => {
    const target = targets[r];
    const wanted = typeof target === "number" ? row.map((_, c) => Number(c === target)) : target;
    const max = Math.max(...row);
    const logSum = max + Math.log(row.reduce((sum, value) => sum + Math.exp(value - max), 0));
    wanted.forEach((weight, c) => (loss += weight * (logSum - row[c])));
    const total = wanted.reduce((sum, weight) => sum + weight, 0);
    return softmax(row).map((p, c) => (total * p - wanted[c]) / y.length);
  });
  return { loss: loss / y.length, gradient };
}

/** Loss and derivative of one output. */
const ELEMENTWISE: Record<string, (output: number, target: number) => readonly [number, number]> = {
  binaryCrossEntropy: (y, t) => [Math.max(y, 0) - y * t + Math.log1p(Math.exp(-Math.abs(y))), sigmoid(y) - t],
  meanSquaredError: (y, t) => [(y - t) ** 2, 2 * (y - t)],
  meanAbsoluteError: (y, t) => [Math.abs(y - t), Math.sign(y - t)],
  huber: (y, t) => (Math.abs(y - t) <= 1 ? [0.5 * (y - t) ** 2, y - t] : [Math.abs(y - t) - 0.5, Math.sign(y - t)]),
  poisson: (y, t) => [y - t * Math.log(y + 1e-7), 1 - t / (y + 1e-7)],
};

export function lossOf(name: string, y: Rows, targets: ReferenceTargets): LossResult {
  if (name === "crossEntropy") return crossEntropy(y, targets);
  const count = y.length * y[0].length;
  let loss = 0;
  const gradient = y.map((row, r) =>
    row.map((output, c) => {
      const target = targets[r];
      const [value, derivative] = ELEMENTWISE[name](output, typeof target === "number" ? target : target[c]);
      loss += value;
      return derivative / count;
    }),
  );
  return { loss: loss / count, gradient };
}

// ── backward ──

export interface Gradients {
  readonly loss: number;
  readonly layers: LayerGradient[];
}

export function gradients(
  layers: readonly ReferenceLayer[],
  x: Rows,
  targets: ReferenceTargets,
  loss: string,
): Gradients {
  const passes = forward(layers, x);
  const result = lossOf(loss, passes.at(-1)!.a, targets);
  const perLayer: LayerGradient[] = [];
  let upstream = result.gradient;
  for (let index = layers.length - 1; index >= 0; index--) {
    const layer = layers[index];
    const { z } = passes[index];
    const input = index === 0 ? x : passes[index - 1].a;
    const dz = upstream.map((row, r) =>
      row.map((value, unit) => value * slope(layer.activation.name, z[r][unit], alphaOf(layer, unit))),
    );
    const kernel = layer.kernel.map((row, i) =>
      row.map((_, unit) => dz.reduce((sum, dRow, r) => sum + input[r][i] * dRow[unit], 0)),
    );
    const bias = layer.bias.map((_, unit) => dz.reduce((sum, row) => sum + row[unit], 0));
    const alpha = layer.alpha?.map((_, unit) =>
      upstream.reduce((sum, row, r) => sum + row[unit] * Math.min(z[r][unit], 0), 0),
    );
    perLayer.unshift(alpha ? { kernel, bias, alpha } : { kernel, bias });
    upstream = dz.map((row) =>
      layer.kernel.map((weights) => weights.reduce((sum, weight, unit) => sum + weight * row[unit], 0)),
    );
  }
  return { loss: result.loss, layers: perLayer };
}

// ── optimizers ──

export interface ReferenceOptimizer {
  readonly name: "sgd" | "adam" | "adamW" | "nadam" | "adamax" | "rmsprop" | "adagrad" | "lion";
  readonly learningRate: number;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly rho?: number;
  readonly epsilon?: number;
  readonly momentumDecay?: number;
  readonly learningRateDecay?: number;
  readonly initialAccumulator?: number;
}

/** The moments of one parameter. */
export interface Moments {
  m: number;
  v: number;
}

/** As `update`, by the formulae for single entries. */
function updateEntry(
  optimizer: ReferenceOptimizer,
  learningRate: number,
  step: number,
  p: number,
  g: number,
  moments: Moments,
): number {
  const { name, beta1 = 0.9, weightDecay = 0 } = optimizer;
  const { m, v } = moments;
  const { beta2 = name === "lion" ? 0.99 : 0.999, epsilon = name === "adagrad" ? 1e-10 : 1e-8 } = optimizer;
  const { momentumDecay = 0.004, learningRateDecay = 0, initialAccumulator = 0 } = optimizer;
  const options = { learningRate, beta1, beta2, epsilon, weightDecay };
  const entries = {
    nadam: () => entry.nadam(p, g, m, v, step, { ...options, momentumDecay }),
    adamax: () => entry.adamax(p, g, m, v, step, options),
    adagrad: () => entry.adagrad(p, g, v, step, { ...options, learningRateDecay, initialAccumulator }),
    lion: () => entry.lion(p, g, m, options),
  };
  const next = entries[name as keyof typeof entries]();
  Object.assign(moments, { m: next.m, v: next.v });
  return next.p;
}

/** A parameter's new value; `step` counts from 1. */
export function update(
  optimizer: ReferenceOptimizer,
  rate: number,
  step: number,
  p: number,
  g: number,
  moments: Moments,
): number {
  const { name, momentum = 0, nesterov = false, beta1 = 0.9, beta2 = 0.999, rho = 0.99, epsilon = 1e-8 } = optimizer;
  if (name === "sgd") {
    const decayed = g + (optimizer.weightDecay ?? 0) * p;
    moments.m = momentum * moments.m + decayed;
    return p - rate * (nesterov ? decayed + momentum * moments.m : moments.m);
  }
  if (name === "rmsprop") {
    moments.v = rho * moments.v + (1 - rho) * g * g;
    moments.m = momentum * moments.m + g / (Math.sqrt(moments.v) + epsilon);
    return p - rate * moments.m;
  }
  if (name !== "adam" && name !== "adamW") return updateEntry(optimizer, rate, step, p, g, moments);
  const decayed = name === "adamW" ? p * (1 - rate * (optimizer.weightDecay ?? 0.01)) : p;
  moments.m = beta1 * moments.m + (1 - beta1) * g;
  moments.v = beta2 * moments.v + (1 - beta2) * g * g;
  const m = moments.m / (1 - beta1 ** step);
  const v = moments.v / (1 - beta2 ** step);
  return decayed - (rate * m) / (Math.sqrt(v) + epsilon);
}

/** All parameters or gradients of a network in one order: kernel rows, bias, slopes, layer by layer. */
export function flatten(layers: readonly LayerGradient[]): number[] {
  return layers.flatMap(({ kernel, bias, alpha }) => [...kernel.flat(), ...bias, ...(alpha ?? [])]);
}

export function assign(layers: readonly ReferenceLayer[], values: readonly number[]): void {
  let next = 0;
  const take = () => values[next++];
  for (const layer of layers) {
    layer.kernel = layer.kernel.map((row) => row.map(take));
    layer.bias = layer.bias.map(take);
    if (layer.alpha) layer.alpha = layer.alpha.map(take);
  }
}

/** Scales by min(1, clipNorm / (norm + 1e-6)), as PyTorch's clip_grad_norm_. */
export function clip(values: readonly number[], clipNorm: number): number[] {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const scale = Math.min(1, clipNorm / (norm + 1e-6));
  return values.map((value) => value * scale);
}

export interface ReferenceTraining {
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: ReferenceOptimizer;
  readonly schedule?: (step: number, epoch: number) => number;
  readonly clipNorm?: number;
  /** Indices of layers that stay as they are; their gradients are no part of the norm. */
  readonly frozen?: readonly number[];
}

/** By parameter, in the order of `flatten`, whether it learns. */
function learning(layers: readonly ReferenceLayer[], frozen: readonly number[]): boolean[] {
  return layers.flatMap((layer, l) => flatten([layer]).map(() => !frozen.includes(l)));
}

/** Trains in place, the rows in their order; returns each batch's loss before its update. */
export function train(
  layers: readonly ReferenceLayer[],
  x: Rows,
  targets: ReferenceTargets,
  loss: string,
  options: ReferenceTraining,
): number[] {
  const { epochs, batchSize, optimizer, schedule, clipNorm, frozen = [] } = options;
  const losses: number[] = [];
  const learns = learning(layers, frozen);
  const moments = learns.map((): Moments => ({ m: 0, v: 0 }));
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (let start = 0; start < x.length; start += batchSize) {
      const end = start + batchSize;
      const batch = gradients(layers, x.slice(start, end), targets.slice(start, end) as ReferenceTargets, loss);
      losses.push(batch.loss);
      const step = losses.length;
      const rate = schedule ? schedule(step, epoch) : optimizer.learningRate;
      const raw = flatten(batch.layers).map((g, i) => (learns[i] ? g : 0));
      const gradient = clipNorm === undefined ? raw : clip(raw, clipNorm);
      assign(
        layers,
        flatten(layers).map((p, i) => (learns[i] ? update(optimizer, rate, step, p, gradient[i], moments[i]) : p)),
      );
    }
  }
  return losses;
}
