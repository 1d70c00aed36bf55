// Branch and bound for few inputs: the box is halved along the input that loosens the bounds most, until each part is
// closed or one holds an input that opens the unit.
import { BoxBounds } from "./bounds.js";
import type { Box } from "./box.js";
import type { BranchResult } from "./branch-and-bound.js";
import { inputsAt, type Layer64, preactivationOf } from "./layers64.js";

/** Multiplications that a part costs beside those of the bounds. */
const OVERHEAD = 20_000;
const PARTS_WITHIN_ROUNDING = 100;

/** The box halved along one input; undefined where float32 has nothing between. */
function halve({ low, high }: Box, axis: number): readonly [Box, Box] | undefined {
  const middle = Math.fround((low[axis] + high[axis]) / 2);
  if (!(middle > low[axis] && middle < high[axis])) return undefined;
  return [
    { low, high: high.with(axis, middle) },
    { low: low.with(axis, middle), high },
  ];
}

export class BoxSplitting {
  work = 0;

  constructor(
    private readonly network: readonly Layer64[],
    private readonly layer: number,
    private readonly unit: number,
    private readonly ceiling: number,
  ) {}

  *steps(box: Box, budget: number): Generator<void, BranchResult> {
    const parts = [box];
    while (parts.length > 0) {
      yield;
      if (this.work > budget) return "open";
      const part = parts.pop()!;
      const bounds = new BoxBounds(this.network, part);
      bounds.extend(this.layer, Infinity);
      const { bound, corner } = bounds.leastBound(this.layer, this.unit);
      this.work += bounds.work + OVERHEAD;
      const { high, error } = bounds.layers[this.layer];
      const least = high[this.unit] < Infinity && bound < high[this.unit] ? bound : high[this.unit];
      if (least <= this.ceiling) continue;
      const { z, size } = preactivationOf(
        this.network[this.layer],
        this.unit,
        inputsAt(this.network, this.layer, corner),
      );
      if (z > 1e-6 * size) return { candidate: corner };
      // Within rounding of 0 a proof needs sums that are exact: they are few and soon found.
      if (z > this.ceiling - error[this.unit])
        budget = Math.min(budget, this.work + PARTS_WITHIN_ROUNDING * (bounds.work + OVERHEAD));
      const halves = halve(part, this.loosestAxis(bounds, part));
      if (!halves) return "open";
      parts.push(...halves);
    }
    return "provenDead";
  }

  /** The input whose width moves the units of the first layer most that the part leaves undecided. */
  private loosestAxis(bounds: BoxBounds, { low, high }: Box): number {
    const { inputs, units, kernel } = this.network[0];
    const first = bounds.layers[0];
    const next = this.network[1];
    let most = -1,
      axis = 0;
    for (let i = 0; i < inputs; i++) {
      let pull = 0;
      for (let j = 0; j < units; j++) {
        const isOpen = first.low[j] < 0 && first.high[j] > 0;
        const weight = this.layer === 1 ? next.kernel[j * next.units + this.unit] : 1;
        pull += (isOpen ? 1 : 0.001) * Math.abs(kernel[i * units + j] * weight);
      }
      if (pull * (high[i] - low[i]) > most) [most, axis] = [pull * (high[i] - low[i]), i];
    }
    return axis;
  }
}
