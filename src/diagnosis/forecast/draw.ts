// Initial weights as the initializers draw them: the same distributions, not the same numbers, and without WebAssembly.
import { mulberry32 } from "../../core/random.js";
import {
  ASYMMETRIC,
  biasDistributionOf,
  distributionOf,
  type KernelInitializer,
} from "../../network/initializer-spec.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { Layer64 } from "../proof/layers64.js";

export interface Random {
  /** From 0 to 1, the 1 left out. */
  readonly uniform: () => number;
  /** Standard normal. */
  readonly normal: () => number;
}

/** Mulberry32, and Marsaglia's polar method (1964) on it. */
export function randomFrom(seed: number): Random {
  const uniform = mulberry32(Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32));
  let spare = Number.NaN;
  const normal = (): number => {
    if (spare === spare) {
      const value = spare;
      spare = Number.NaN;
      return value;
    }
    for (;;) {
      const u = 2 * uniform() - 1;
      const v = 2 * uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(s)) / s);
      spare = v * scale;
      return u * scale;
    }
  };
  return { uniform, normal };
}

/** A layer yet to be filled. */
interface Blank extends Pick<Layer64, "inputs" | "units"> {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly hasBias: boolean;
}
type Draw = (layer: Blank, random: Random) => void;

/** Fills with numbers that are drawn each by itself. */
function fill(
  values: Float32Array,
  distribution: NonNullable<ReturnType<typeof distributionOf>>,
  random: Random,
): void {
  if ("constant" in distribution) values.fill(distribution.constant);
  else if ("normal" in distribution)
    for (let i = 0; i < values.length; i++) values[i] = distribution.normal * random.normal();
  else for (let i = 0; i < values.length; i++) values[i] = distribution.uniform * (2 * random.uniform() - 1);
}

/** Four sums at a time: one alone would wait for each addition. */
function dot(a: Float64Array, b: Float64Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let k = 0;
  for (; k + 3 < a.length; k += 4) {
    s0 += a[k] * b[k];
    s1 += a[k + 1] * b[k + 1];
    s2 += a[k + 2] * b[k + 2];
    s3 += a[k + 3] * b[k + 3];
  }
  for (; k < a.length; k++) s0 += a[k] * b[k];
  return s0 + s1 + s2 + s3;
}

/** Orthonormal rows, or columns if there are fewer of them: Gram-Schmidt on normal draws. */
const orthogonal: Draw = ({ inputs, units, kernel }, random) => {
  const count = Math.min(inputs, units);
  const length = Math.max(inputs, units);
  const rows: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const row = Float64Array.from({ length }, random.normal);
    for (const other of rows) {
      const product = dot(row, other);
      for (let k = 0; k < length; k++) row[k] -= product * other[k];
    }
    const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let k = 0; k < length; k++) {
      row[k] /= norm;
      kernel[inputs <= units ? i * units + k : k * units + i] = row[k];
    }
    rows.push(row);
  }
};

/** Lu et al. 2019: see the initializer. */
const asymmetric: Draw = (layer, random) => {
  const { inputs, units, kernel, bias, hasBias } = layer;
  const weights = inputs + Number(hasBias);
  fill(kernel, { normal: Math.sqrt(ASYMMETRIC ** 2 / inputs) }, random);
  for (let j = 0; j < units; j++) {
    const drawn = (ASYMMETRIC / Math.sqrt(inputs)) * random.normal();
    if (hasBias) bias[j] = drawn;
    const chosen = Math.floor(random.uniform() * weights);
    const beta = Math.sqrt(random.uniform());
    if (chosen === inputs) bias[j] = beta;
    else kernel[chosen * units + j] = beta;
  }
};

function drawKernel(initializer: KernelInitializer, layer: Blank, random: Random): void {
  const distribution = distributionOf(initializer, layer.inputs, layer.units);
  if (distribution) fill(layer.kernel, distribution, random);
  else if (initializer === "orthogonal") orthogonal(layer, random);
  else asymmetric(layer, random);
}

/** The first `count` layers of an initial network; of those that are given, the ones that follow them. */
export function drawLayers(
  spec: ResolvedSpec,
  count: number,
  random: Random,
  given: readonly Layer64[] = [],
): Layer64[] {
  const drawn = spec.layers
    .slice(given.length, count)
    .map(({ units, activation: { name, alpha }, kernelInitializer, biasInitializer, useBias }, i) => {
      const index = given.length + i;
      const inputs = index === 0 ? spec.inputs : spec.layers[index - 1].units;
      const layer = {
        name,
        inputs,
        units,
        kernel: new Float32Array(inputs * units),
        bias: new Float32Array(units),
        alpha: new Float64Array(units).fill(alpha ?? 0),
      };
      drawKernel(kernelInitializer, { ...layer, hasBias: useBias !== false }, random);
      if (typeof biasInitializer === "number") for (let j = 0; j < units; j++) layer.bias[j] += biasInitializer;
      else fill(layer.bias, biasDistributionOf(biasInitializer, inputs), random);
      return layer;
    });
  return [...given, ...drawn];
}

/** Steps, about a multiplication each, that drawing the first `count` layers takes. */
export function drawingCost(spec: ResolvedSpec, count: number): number {
  return spec.layers.slice(0, count).reduce((sum, { units, kernelInitializer }, index) => {
    const inputs = index === 0 ? spec.inputs : spec.layers[index - 1].units;
    return sum + inputs * units * (kernelInitializer === "orthogonal" ? 16 + Math.min(inputs, units) : 16);
  }, 0);
}
