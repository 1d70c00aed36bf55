// Initial kernels and biases, drawn by the kernels' own counter-based generator: the same on every machine.
import type { Runtime } from "../../wasm/runtime.js";
import { type Seed, Stream } from "../../core/random.js";
import type { LayerView } from "./layer-view.js";
import {
  ASYMMETRIC,
  biasDistributionOf,
  distributionOf,
  HE,
  type KernelInitializer,
  type ResolvedBias,
  VARIANCES,
} from "../initializer-spec.js";

/** kernel: fanIn x fanOut floats, bias: fanOut floats, by address. */
interface InitialLayer {
  readonly fanIn: number;
  readonly fanOut: number;
  readonly kernel: number;
  readonly bias: number;
  /** Whether one of the weights that are drawn may be the bias. */
  readonly hasBias: boolean;
  /** The layer's index: each has random numbers of its own. */
  readonly index: number;
}

/** Fills so many floats, each by itself. */
function fill(
  { kernels, heap }: Runtime,
  distribution: NonNullable<ReturnType<typeof distributionOf>>,
  count: number,
  address: number,
  { low, high }: Seed,
  stream: number,
  index: number,
): void {
  if ("constant" in distribution) heap.f32.fill(distribution.constant, address >>> 2, (address >>> 2) + count);
  else if ("normal" in distribution)
    kernels.fillNormal(count, address, low, high, stream, index, 0, distribution.normal);
  else kernels.fillUniform(count, address, low, high, stream, index, -distribution.uniform, distribution.uniform);
}

/**
 * Orthonormal rows, or columns if there are fewer of them (Saxe et al. 2014): Gram-Schmidt on normal draws, each row
 * projected twice.
 */
function orthogonal(runtime: Runtime, { fanIn, fanOut, kernel, index }: InitialLayer, { low, high }: Seed): void {
  const { kernels, heap, workspace } = runtime;
  const count = Math.min(fanIn, fanOut);
  const length = Math.max(fanIn, fanOut);
  const rows = heap.allocate((count * length + count) * 4, "an orthogonal initializer");
  const products = rows + count * length * 4;
  try {
    kernels.fillNormal(count * length, rows, low, high, Stream.kernel, index, 0, 1);
    for (let i = 0; i < count; i++) {
      const row = rows + i * length * 4;
      for (let pass = 0; pass < 2; pass++) {
        kernels.gemm(i, 1, length, rows, length, 1, row, 1, 1, 0, products, 1, workspace);
        kernels.scale(i, products, -1);
        kernels.gemm(1, length, i, products, i, 1, rows, length, 1, 1, row, length, workspace);
      }
      kernels.scale(length, row, 1 / Math.sqrt(kernels.sumSquares(length, row)));
    }
    const f32 = heap.f32;
    const [inStride, outStride] = fanIn <= fanOut ? [length, 1] : [1, length];
    for (let i = 0; i < fanIn; i++) {
      for (let j = 0; j < fanOut; j++)
        f32[(kernel >>> 2) + i * fanOut + j] = f32[(rows >>> 2) + i * inStride + j * outStride];
    }
  } finally {
    heap.free(rows);
  }
}

/**
 * Randomized asymmetric initialization (Lu et al. 2019): all fanIn + 1 weights of a unit normal, then one of them,
 * chosen uniformly, drawn from Beta(2, 1) instead, so that few units are born dead.
 */
function asymmetric(runtime: Runtime, layer: InitialLayer, { low, high }: Seed): void {
  const { kernels, heap } = runtime;
  const { fanIn, fanOut, kernel, bias, index, hasBias } = layer;
  const weights = fanIn + Number(hasBias);
  const deviation = ASYMMETRIC / Math.sqrt(fanIn);
  const draws = heap.allocate(fanOut * 2 * 4, "an asymmetric initializer");
  try {
    kernels.fillNormal(fanIn * fanOut, kernel, low, high, Stream.kernel, index, 0, deviation);
    kernels.fillNormal(fanOut, bias, low, high, Stream.bias, index, 0, deviation);
    kernels.fillUniform(fanOut * 2, draws, low, high, Stream.asymmetry, index, 0, 1);
    const f32 = heap.f32;
    for (let unit = 0; unit < fanOut; unit++) {
      const chosen = Math.floor(f32[(draws >>> 2) + 2 * unit] * weights);
      const beta = Math.sqrt(f32[(draws >>> 2) + 2 * unit + 1]);
      if (chosen === fanIn) f32[(bias >>> 2) + unit] = beta;
      else f32[(kernel >>> 2) + chosen * fanOut + unit] = beta;
    }
  } finally {
    heap.free(draws);
  }
}

/**
 * Draws the kernel and the biases of layer `index`; a constant bias is added to what the initializer drew for the
 * biases (0 but for "asymmetric"). Each layer has random numbers of its own.
 * @param hasBias else the biases are 0, and "asymmetric" draws the kernel alone
 */
export function initializeLayer(
  runtime: Runtime,
  index: number,
  layer: LayerView,
  initializer: KernelInitializer,
  bias: ResolvedBias,
  seed: Seed,
  hasBias = true,
): void {
  const { inputs: fanIn, units: fanOut, kernelAddress: kernel, biasAddress } = layer;
  const distribution = distributionOf(initializer, fanIn, fanOut);
  const place = { index, fanIn, fanOut, kernel, bias: biasAddress, hasBias };
  if (distribution) fill(runtime, distribution, fanIn * fanOut, kernel, seed, Stream.kernel, index);
  else if (initializer === "orthogonal") orthogonal(runtime, place, seed);
  else asymmetric(runtime, place, seed);
  if (typeof bias !== "number") {
    fill(runtime, biasDistributionOf(bias, fanIn), fanOut, biasAddress, seed, Stream.bias, index);
    return;
  }
  const biases = layer.bias;
  if (!hasBias) return void biases.fill(0);
  for (let unit = 0; unit < fanOut; unit++) biases[unit] += bias;
}

/** The deviation of one unit's new weights. */
function redrawDeviation(initializer: KernelInitializer, fanIn: number, fanOut: number): number {
  if (initializer === "asymmetric") return ASYMMETRIC / Math.sqrt(fanIn);
  if (initializer === "orthogonal") return Math.sqrt(1 / Math.max(fanIn, fanOut));
  if (typeof initializer === "object" && "normal" in initializer && initializer.normal > 0) return initializer.normal;
  const variance = typeof initializer === "string" ? VARIANCES[initializer] : undefined;
  return Math.sqrt((variance ?? HE)(fanIn, fanOut));
}

/** The limit where the new weights are uniform. */
function redrawLimit(initializer: KernelInitializer, fanIn: number, fanOut: number): number | undefined {
  if (typeof initializer === "string" && initializer.endsWith("Uniform"))
    return Math.sqrt(3) * redrawDeviation(initializer, fanIn, fanOut);
  const distribution = distributionOf(initializer, fanIn, fanOut);
  return distribution && "uniform" in distribution && distribution.uniform > 0 ? distribution.uniform : undefined;
}

/**
 * Draws one unit's incoming weights again, and sets its bias to 0 ("asymmetric" draws it, where there is one).
 * "orthogonal" draws normal numbers of the same variance; where all weights start as one constant, which would make
 * units alike, He's are drawn.
 * @param draws address of room for three numbers more than the layer has inputs
 * @param nth which redraw of the network it is: each has random numbers of its own
 */
export function redrawUnit(
  { kernels, heap }: Runtime,
  layer: LayerView,
  unit: number,
  nth: number,
  initializer: KernelInitializer,
  { low, high }: Seed,
  draws: number,
  hasBias = true,
): void {
  const { inputs: fanIn, units: fanOut } = layer;
  const weights = fanIn + Number(hasBias);
  const isAsymmetric = initializer === "asymmetric";
  const deviation = redrawDeviation(initializer, fanIn, fanOut);
  const limit = redrawLimit(initializer, fanIn, fanOut);
  if (limit !== undefined) {
    kernels.fillUniform(fanIn, draws, low, high, Stream.redraw, nth, -limit, limit);
  } else {
    kernels.fillNormal(fanIn + 1, draws, low, high, Stream.redraw, nth, 0, deviation);
  }
  if (isAsymmetric) kernels.fillUniform(2, draws + (fanIn + 1) * 4, low, high, Stream.asymmetry, -1 - nth, 0, 1);
  const drawn = heap.f32.subarray(draws >>> 2, (draws >>> 2) + fanIn + 3);
  if (isAsymmetric) drawn[Math.floor(drawn[fanIn + 1] * weights)] = Math.sqrt(drawn[fanIn + 2]);
  const { kernel, bias } = layer;
  for (let i = 0; i < fanIn; i++) kernel[i * fanOut + unit] = drawn[i];
  bias[unit] = isAsymmetric && hasBias ? drawn[fanIn] : 0;
}
