// Step counts of single units. The bias corrections of Adam belong to moments that started at 0: a unit that is reset
// in the midst of a training has a step count of its own, and so have the entries of its incoming weights, bias, slope,
// gamma, beta and outgoing weights. An entry between two units counts the steps of the younger one. Only hidden units
// are ever reset.
import type { ParameterLayout } from "./parameters.js";
import type { ResolvedSpec } from "../spec.js";
import type { AgedUpdate, KernelExports } from "../../wasm/exports.js";
import type { Arena, Heap } from "../../wasm/heap.js";

/**
 * Entries that lie together: rows x columns from byte `offset` on, with the addresses of their units' ages (0: as old
 * as the network).
 */
interface Part {
  readonly offset: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowAges: number;
  readonly columnAges: number;
}

/** Addresses of three kinds of blocks with one layout: parameters, their gradient, the optimizer's moments. */
export interface ParameterBlocks {
  readonly parameters: number;
  readonly gradient: number;
  /** As many as the optimizer has `slots`. */
  readonly slots: readonly number[];
}

export class UnitAges {
  private readonly units: number;
  /** Of each hidden layer, its first unit among all. */
  private readonly first: readonly number[];
  /** Addresses, see advanceAges in assembly/optimizer.ts. */
  private readonly powers: number;
  private readonly ages: number;
  private readonly parts: readonly Part[];

  constructor(
    spec: ResolvedSpec,
    layout: ParameterLayout,
    private readonly heap: Heap,
    arena: Arena,
  ) {
    const hidden = spec.layers.slice(0, -1);
    this.units = hidden.reduce((sum, { units }) => sum + units, 0);
    let first = 0;
    this.first = hidden.map(({ units }) => (first += units) - units);
    this.powers = arena.allocate(this.units * 28, "the step counts of the units");
    this.ages = this.powers + this.units * 16;
    const agesOf = (layer: number) => (layer in this.first ? this.ages + this.first[layer] * 4 : 0);
    this.parts = layout.layers.flatMap(({ kernel, bias, alpha, normalization }, layer) => {
      if (spec.layers[layer].frozen) return [];
      const columns = spec.layers[layer].units;
      const columnAges = agesOf(layer);
      const single = { rows: 1, columns, rowAges: 0, columnAges };
      return [
        {
          offset: kernel,
          rows: layer === 0 ? spec.inputs : hidden[layer - 1].units,
          columns,
          rowAges: agesOf(layer - 1),
          columnAges,
        },
        ...[bias, alpha, normalization?.gamma, normalization?.beta].flatMap((offset) =>
          offset === undefined ? [] : [{ offset, ...single }],
        ),
      ];
    });
  }

  /**
   * The step counts, to be kept: beta1^t of all units, then beta2^t; 0 for those as old as the network. A view into the
   * heap, valid until the next allocation.
   */
  get values(): Float64Array {
    return this.heap.f64.subarray(this.powers >>> 3, (this.powers >>> 3) + 2 * this.units);
  }

  /** All as old as the network: powers of 0, whose corrections are never the larger ones. */
  clear(): void {
    this.values.fill(0);
  }

  /** Begins a unit anew. */
  reset(layer: number, unit: number): void {
    const { values } = this;
    values[this.first[layer] + unit] = values[this.units + this.first[layer] + unit] = 1;
  }

  /** Every unit's beta1^t and beta2^t one step on, and the corrections that follow (see advanceAges). */
  advance(kernels: KernelExports, beta1: number, beta2: number, first: number, third = 0, next = 0): void {
    kernels.advanceAges(this.units, this.powers, this.ages, beta1, beta2, first, third, next);
  }

  /** A step on all parts, as the kernel makes it on the whole; returns how many entries were refused. */
  update(
    kernel: AgedUpdate,
    { parameters, gradient, slots }: ParameterBlocks,
    gain1: number,
    gain2: number,
    first: number,
    second: number,
    third: number,
    epsilon: number,
    decay: number,
  ): number {
    let refused = 0;
    for (const { offset, rows, columns, rowAges, columnAges } of this.parts) {
      refused += kernel(
        rows,
        columns,
        parameters + offset,
        gradient + offset,
        slots[0] + offset,
        slots[1] + offset,
        gain1,
        gain2,
        first,
        second,
        third,
        epsilon,
        decay,
        rowAges,
        columnAges,
        this.units * 4,
      );
    }
    return refused;
  }
}

/** A step on all entries, unit by unit where they have ages; returns how many were refused. */
export function updateAged(
  kernel: AgedUpdate,
  operands: ParameterBlocks & { readonly count: number; readonly ages?: UnitAges },
  gain1: number,
  gain2: number,
  first: number,
  second: number,
  third: number,
  epsilon: number,
  decay: number,
): number {
  const { count, parameters, gradient, slots, ages } = operands;
  if (ages) return ages.update(kernel, operands, gain1, gain2, first, second, third, epsilon, decay);
  const [m, v] = [slots[0], slots[1]];
  return kernel(1, count, parameters, gradient, m, v, gain1, gain2, first, second, third, epsilon, decay, 0, 0, 0);
}
