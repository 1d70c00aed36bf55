// What lies below a layer, cut down to what can move within the box, for branch and bound.
import type { BoxBounds, LayerBounds } from "./bounds.js";
import type { Box } from "./box.js";
import { isRectifier } from "../../activations/activations.js";
import { activate } from "../../activations/analysis.js";
import type { Layer64 } from "./layers64.js";

/** A layer below the target, without the units that the bounds show to be 0 on the whole box. */
export interface LiveLayer {
  readonly layer: Layer64;
  /** Which of the layer's units are kept. */
  readonly live: readonly number[];
  readonly inputs: number;
  readonly units: number;
  /** inputs x units. */
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
  readonly error: Float64Array;
  readonly lowSlope: Float64Array;
  readonly lowAt: Float64Array;
  readonly highSlope: Float64Array;
  readonly highAt: Float64Array;
  /** Bounds on preactivations. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** Units whose sign may be split: relu, not yet known to be open or closed. */
  readonly free: Uint8Array;
}

/** Index of the first unit of each layer in arrays that run over all layers. */
type Offsets = readonly number[];

/** Both signs are possible, and both ends finite. */
function isSplit({ low, high }: LayerBounds, j: number): boolean {
  return low[j] > -Infinity && low[j] < 0 && high[j] > 0 && high[j] < Infinity;
}

/** Everything below layer `depth`, cut down to what can move. */
export class LiveNetwork {
  readonly layers: readonly LiveLayer[];
  readonly offsets: Offsets;
  readonly count: number;
  /** The first layer's kernel once more, units x inputs. */
  readonly firstByUnit: Float64Array;

  constructor(
    network: readonly Layer64[],
    readonly depth: number,
    private readonly bounds: BoxBounds,
    readonly box: Box,
  ) {
    let rows: readonly number[] = [...box.low.keys()];
    this.layers = network.slice(0, depth).map((layer, l) => {
      const relaxation = bounds.relaxations[l];
      const live = [...relaxation.low.keys()].filter((j) => relaxation.low[j] !== 0 || relaxation.high[j] !== 0);
      const pick = (values: ArrayLike<number>) => Float64Array.from(live, (j) => values[j]);
      const kernel = new Float64Array(rows.length * live.length);
      let at = 0;
      for (const row of rows) for (const unit of live) kernel[at++] = layer.kernel[row * layer.units + unit];
      const free = Uint8Array.from(live, (j) => Number(isRectifier(layer.name) && isSplit(bounds.layers[l], j)));
      const inputs = rows.length;
      rows = live;
      return {
        layer,
        live,
        inputs,
        units: live.length,
        kernel,
        free,
        bias: pick(layer.bias),
        error: pick(bounds.layers[l].error),
        low: pick(bounds.layers[l].low),
        high: pick(bounds.layers[l].high),
        lowSlope: pick(relaxation.lowSlope),
        lowAt: pick(relaxation.lowAt),
        highSlope: pick(relaxation.highSlope),
        highAt: pick(relaxation.highAt),
      };
    });
    let count = 0;
    this.offsets = this.layers.map(({ units }) => (count += units) - units);
    this.count = count;
    const { inputs, units, kernel } = this.layers[0];
    this.firstByUnit = new Float64Array(kernel.length);
    for (let i = 0, at = 0; i < inputs; i++)
      for (let j = 0; j < units; j++, at++) this.firstByUnit[j * inputs + i] = kernel[at];
    this.target = network[depth];
  }

  private readonly target: Layer64;

  /** Multiplications of one round. */
  get cost(): number {
    return 2 * this.layers.reduce((sum, { kernel }) => sum + kernel.length, 0) + 60 * this.count + 1000;
  }

  /** A bound on sign·z of the unit that is linear in the live activations below it. */
  top(unit: number, sign: 1 | -1 = 1): { weights: Float64Array; constant: number } {
    const { coefficients, constant } = this.bounds.target(this.depth, unit, sign);
    return { weights: Float64Array.from(this.layers.at(-1)!.live, (i) => coefficients[i]), constant };
  }

  bias(unit: number): number {
    return this.target.bias[unit];
  }
}

/** Preactivations of the live units. */
export function multiply({ inputs, units, kernel, bias }: LiveLayer, a: Float64Array): Float64Array {
  const z = bias.slice();
  for (let i = 0, row = 0; i < inputs; i++, row += units) {
    const value = a[i];
    if (value !== 0) for (let j = 0; j < units; j++) z[j] += value * kernel[row + j];
  }
  return z;
}

export function activateLive({ layer: { name, alpha }, live }: LiveLayer, z: Float64Array): Float64Array {
  const a = new Float64Array(z.length);
  if (isRectifier(name)) for (let j = 0; j < a.length; j++) a[j] = z[j] > 0 ? z[j] : 0;
  else for (let j = 0; j < a.length; j++) a[j] = activate(name, z[j], alpha[live[j]]);
  return a;
}
