// The referee: what is true of a case, worked out in float64 from the definitions alone; nothing here comes from src/.
import {
  forward,
  gradients,
  type LayerPass,
  type ReferenceLayer,
  type ReferenceTargets,
  type Rows,
  slope,
} from "../reference/network.js";

export interface Thresholds {
  readonly rareBelow: number;
  readonly dormantBelow: number;
}

const GATES = ["relu", "leakyRelu", "prelu", "elu", "selu", "gelu", "silu"];
const PIECEWISE = ["linear", "relu", "leakyRelu", "prelu"];
const SATURATED = 1e-3; // the slope below which a smooth unit counts as flat

/** What float32 can hold: the kernels' numbers vanish where float64's do not. */
const vanishes = (value: number) => Math.fround(value) === 0;
const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
const columnOf = (rows: Rows, unit: number) => rows.map((row) => row[unit]);

export const isSilent = (pass: LayerPass, unit: number) => pass.a.every((row) => vanishes(row[unit]));

function slopesOf(layer: ReferenceLayer, pass: LayerPass, unit: number): number[] {
  return columnOf(pass.z, unit).map((z) =>
    Math.abs(slope(layer.activation.name, z, layer.alpha?.[unit] ?? layer.activation.alpha)),
  );
}

/** Passes neither signal nor gradient on any sample; a PReLU's slope learns even where it is 0. */
export function isDead(layer: ReferenceLayer, pass: LayerPass, unit: number): boolean {
  return layer.activation.name !== "prelu" && isSilent(pass, unit) && slopesOf(layer, pass, unit).every(vanishes);
}

function isLinear({ activation: { name } }: ReferenceLayer, z: readonly number[]): boolean {
  if (name === "linear") return true;
  if (z.every((value) => value > 0)) return ["relu", "leakyRelu", "prelu", "elu", "selu"].includes(name);
  return z.every((value) => value <= 0) && ["leakyRelu", "prelu"].includes(name);
}

function dormancyOf(pass: LayerPass, unit: number): number {
  const sizes = pass.a[0].map((_, other) => mean(columnOf(pass.a, other).map(Math.abs)));
  return mean(sizes) === 0 ? 0 : sizes[unit] / mean(sizes);
}

export function stateOf(
  layer: ReferenceLayer,
  pass: LayerPass,
  unit: number,
  { rareBelow, dormantBelow }: Thresholds,
): string {
  const { name } = layer.activation;
  const z = columnOf(pass.z, unit);
  const open = z.filter((value) => value > 0).length;
  if (isDead(layer, pass, unit)) return "dead";
  if (!PIECEWISE.includes(name) && slopesOf(layer, pass, unit).every((value) => value < SATURATED)) return "saturated";
  if (isLinear(layer, z)) return "linear";
  if (GATES.includes(name) && open > 0 && open < rareBelow * z.length) return "rare";
  return dormancyOf(pass, unit) <= dormantBelow ? "dormant" : "alive";
}

/** Of a dead unit. A unit feeds another if there is a weight other than 0 between them. */
export function mechanismOf(layers: readonly ReferenceLayer[], x: Rows, layer: number, unit: number): string {
  const below = layer === 0 ? undefined : forward(layers, x)[layer - 1];
  const weights = layers[layer].kernel.map((row) => row[unit]);
  const feeders = weights.flatMap((weight, input) => (weight === 0 ? [] : [input]));
  const isSilentBelow = (input: number) => below !== undefined && isSilent(below, input);
  if (below && (feeders.length > 0 ? feeders : weights.map((_, input) => input)).every(isSilentBelow))
    return "silentInputs";
  const firesWithoutBias = (row: number[]) => row.reduce((total, value, i) => total + value * weights[i], 0) > 0;
  return (below?.a ?? x).some(firesWithoutBias) ? "negativeBias" : "negativeWeights";
}

const copyOf = (layers: readonly ReferenceLayer[]): ReferenceLayer[] => structuredClone(layers) as ReferenceLayer[];

/** One step of plain gradient descent, in place. */
function descend(
  layers: readonly ReferenceLayer[],
  x: Rows,
  targets: ReferenceTargets,
  loss: string,
  rate: number,
): void {
  gradients(layers, x, targets, loss).layers.forEach((gradient, index) => {
    const layer = layers[index];
    layer.kernel = layer.kernel.map((row, i) => row.map((weight, unit) => weight - rate * gradient.kernel[i][unit]));
    layer.bias = layer.bias.map((bias, unit) => bias - rate * gradient.bias[unit]);
    if (gradient.alpha) layer.alpha = layer.alpha!.map((alpha, unit) => alpha - rate * gradient.alpha![unit]);
  });
}

/** A unit's weights and what comes in through those that are not 0. */
function mouthOf(layers: readonly ReferenceLayer[], x: Rows, layer: number, unit: number): number[] {
  const weights = layers[layer].kernel.map((row) => row[unit]);
  const input = layer === 0 ? x : forward(layers, x)[layer - 1].a;
  return [...weights, layers[layer].bias[unit], ...input.flatMap((row) => row.filter((_, i) => weights[i] !== 0))];
}

/**
 * Does gradient descent on these samples, tried with several targets and losses, ever move the unit's weights or its
 * inputs?
 */
export function canMove(layers: readonly ReferenceLayer[], x: Rows, layer: number, unit: number): boolean {
  const before = mouthOf(layers, x, layer, unit);
  return [3, -3, 50].some((size) =>
    ["meanSquaredError", "huber"].some((loss) => {
      const trial = copyOf(layers);
      const targets = x.map((_, row) => trial.at(-1)!.bias.map((_bias, output) => size * (1 + ((row + output) % 3))));
      for (let step = 0; step < 4; step++) descend(trial, x, targets, loss, 1e-3);
      return mouthOf(trial, x, layer, unit).some((value, i) => value !== before[i]);
    }),
  );
}

/** Samples of the box: all corners (of up to ten inputs), and a grid or a scatter within. */
export function probesOf(low: readonly number[], high: readonly number[]): Rows {
  const width = low.length;
  const corners = Array.from({ length: 2 ** Math.min(width, 10) }, (_, bits) =>
    low.map((value, i) => ((bits >> i) & 1 ? high[i] : value)),
  );
  const golden = (row: number, i: number) => ((row + 1) * Math.sqrt([2, 3, 5, 7, 11, 13, 17, 19, 23, 29][i % 10])) % 1;
  const scatter = Array.from({ length: 600 }, (_, row) =>
    low.map((value, i) =>
      width === 1 ? value + ((high[i] - value) * row) / 599 : value + (high[i] - value) * golden(row, i),
    ),
  );
  return [...corners, ...scatter];
}

export function opens(layers: readonly ReferenceLayer[], x: Rows, layer: number, unit: number): boolean {
  return forward(layers.slice(0, layer + 1), x)[layer].z.some((row) => row[unit] > 0);
}
