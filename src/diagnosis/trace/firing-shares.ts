// Each unit's share of open rows over the training, read from the counters that every batch leaves behind, and where it
// fell most: an estimate, in memory that does not grow, of the blow that a death may go back to.
//
// Steps are counted in blocks of an eighth of the trace's window. Block 0 is the first batch alone, block b >= 1 the
// steps (b - 1)·length + 1 .. b·length. A fall in block b is the mean share over the 8 blocks before it less that over
// the 8 behind it: a window each, an epoch by default, in which every row comes once. Kept is, by unit, the largest
// fall that took more than half of the share before it, until the unit regains half of it, or a later fall counts.
import type { RunningFit } from "../../network/training/running-fit.js";
import { batchOf } from "../../network/training/plan.js";
import { BatchCounter } from "../../wasm/abi.js";
import { outweighs, tookMost } from "./open-shares.js";
import { type TracedLayer, tracedLayers } from "./last-fired.js";

const WINDOW_BLOCKS = 8;
/** Those before a block, itself, those behind it, and the one that is being filled. */
const RING = 2 * WINDOW_BLOCKS + 2;
/** Figures kept of a fall: the share before, behind, and the fall from the block before to the one behind. */
const FIGURES = 3;

export interface SavedShares {
  /** RING blocks x traced units: rows that opened the unit. */
  readonly fired: Float32Array;
  /** By block: rows. */
  readonly rows: Float64Array;
  /** By traced unit: the block of its fall; 0: none. */
  readonly blocks: Float64Array;
  /** Traced units x FIGURES. */
  readonly figures: Float32Array;
}

/** Lengths of the arrays of SavedShares. */
export const sharesSizes = (units: number) => ({
  fired: RING * units,
  rows: RING,
  blocks: units,
  figures: FIGURES * units,
});

/** A fall as the counters show it. */
export interface CountedFall {
  /** Its block's steps. */
  readonly step: number;
  readonly lastStep: number;
  /** Mean shares over the window before it and the one behind. */
  readonly before: number;
  readonly after: number;
  /** The block alone took more than half of the share before: the block before it against the one behind it. */
  readonly isSudden: boolean;
}

export class FiringShares {
  /** Steps. */
  readonly blockLength: number;
  private readonly layers: readonly TracedLayer[];
  private readonly units: number;
  private fired: Float32Array;
  private rows: Float64Array;
  private blocks: Float64Array;
  private figures: Float32Array;
  /** Sums over a window, by traced unit. */
  private readonly before: Float32Array;
  private readonly after: Float32Array;

  constructor(
    private readonly fit: RunningFit,
    window: number,
  ) {
    this.blockLength = Math.ceil(window / WINDOW_BLOCKS);
    this.layers = tracedLayers(fit.state.spec);
    this.units = this.layers.reduce((sum, { units }) => sum + units, 0);
    const sizes = sharesSizes(this.units);
    this.fired = new Float32Array(sizes.fired);
    this.rows = new Float64Array(sizes.rows);
    this.blocks = new Float64Array(sizes.blocks);
    this.figures = new Float32Array(sizes.figures);
    this.before = new Float32Array(this.units);
    this.after = new Float32Array(this.units);
  }

  save(): SavedShares {
    const { fired, rows, blocks, figures } = this;
    return { fired, rows, blocks, figures };
  }

  resume(saved: SavedShares): void {
    Object.assign(this, saved);
  }

  private blockOf(step: number): number {
    return Math.floor((step - 1) / this.blockLength) + 1;
  }

  /** Reads the counters of the batch of the step that was just made. */
  note(): void {
    const { step, plan } = this.fit;
    const { rows } = batchOf(plan, step);
    if (step === 1) this.add(0, rows);
    const block = this.blockOf(step);
    if ((step - 1) % this.blockLength === 0) this.clear(block);
    this.add(block, rows);
    if (step % this.blockLength === 0 && block > WINDOW_BLOCKS) this.settle(block - WINDOW_BLOCKS);
  }

  private clear(block: number): void {
    const at = block % RING;
    this.rows[at] = 0;
    this.fired.fill(0, at * this.units, (at + 1) * this.units);
  }

  private add(block: number, rows: number): void {
    const { fit, fired } = this;
    const { buffers, runtime } = fit.state;
    const { f32 } = runtime.heap;
    const at = block % RING;
    this.rows[at] += rows;
    for (const { layer, units, first } of this.layers) {
      const from = (buffers.counters(layer) >>> 2) + BatchCounter.fired * units;
      const to = at * this.units + first;
      for (let unit = 0; unit < units; unit++) fired[to + unit] += f32[from + unit];
    }
  }

  /** A unit's share over some blocks; NaN without rows. */
  private share(traced: number, from: number, to: number): number {
    let fired = 0,
      rows = 0;
    for (let block = from; block <= to; block++) {
      fired += this.fired[(block % RING) * this.units + traced];
      rows += this.rows[block % RING];
    }
    return fired / rows;
  }

  /** All units, at a block that has a window behind it. */
  private settle(block: number): void {
    const { before, after } = this;
    const rowsBefore = this.sumUp(Math.max(0, block - WINDOW_BLOCKS), block - 1, before);
    const rowsAfter = this.sumUp(block + 1, block + WINDOW_BLOCKS, after);
    for (let traced = 0; traced < this.units; traced++)
      this.weigh(traced, block, before[traced] / rowsBefore, after[traced] / rowsAfter);
  }

  /** Of all units over some blocks, into `sums`. @returns the rows */
  private sumUp(from: number, to: number, sums: Float32Array): number {
    const { fired, units } = this;
    let rows = 0;
    sums.fill(0);
    for (let block = from; block <= to; block++) {
      const at = block % RING;
      rows += this.rows[at];
      for (let traced = 0, place = at * units; traced < units; traced++) sums[traced] += fired[place++];
    }
    return rows;
  }

  /** Is the fall in this block the one to keep? Behind it are no blocks where nothing is known of them. */
  private weigh(traced: number, block: number, before: number, after: number, isLast = false): void {
    const { figures } = this;
    const at = traced * FIGURES;
    if (this.blocks[traced] > 0 && after >= (figures[at] + figures[at + 1]) / 2) this.blocks[traced] = 0;
    if (!tookMost(before - after, before)) return;
    const behind = isLast ? 0 : this.share(traced, block + 1, block + 1);
    const sudden = this.share(traced, block - 1, block - 1) - behind;
    if (this.blocks[traced] > 0 && !this.replaces(traced, block, [before, after, sudden])) return;
    this.blocks[traced] = block;
    figures[at] = before;
    figures[at + 1] = after;
    figures[at + 2] = sudden;
  }

  /**
   * Does a fall take the place of the one that is kept? In the same window the larger does; later, one that took no
   * remainder: but no slow one that of a sudden one.
   */
  private replaces(traced: number, block: number, [before, after, sudden]: readonly number[]): boolean {
    const [keptBefore, keptAfter, keptSudden] = this.figures.subarray(traced * FIGURES);
    if (block - this.blocks[traced] <= WINDOW_BLOCKS) return before - after > keptBefore - keptAfter;
    const isSlower = tookMost(keptSudden, keptBefore) && !tookMost(sudden, before);
    return outweighs(before - after, keptBefore) && !isSlower;
  }

  /** The fall that is kept of a unit that is closed now and was opened last by this step's batch. */
  fallOf(traced: number, step: number): CountedFall | undefined {
    const now = this.blockOf(this.fit.step);
    const at = traced * FIGURES;
    const kept = [this.blocks[traced], ...this.figures.subarray(at, at + FIGURES)];
    // Behind the last ones there is no whole window yet; no row of what is missing would open the unit.
    const settled = Math.max(0, this.fit.step % this.blockLength === 0 ? now : now - 1) - WINDOW_BLOCKS;
    for (let block = Math.max(1, settled + 1); block <= this.blockOf(step); block++) {
      const before = this.share(traced, Math.max(0, block - WINDOW_BLOCKS), block - 1);
      const after = block === now ? 0 : this.share(traced, block + 1, Math.min(now, block + WINDOW_BLOCKS));
      this.weigh(traced, block, before, after, block === now);
    }
    const block = this.blocks[traced];
    const [before, after, sudden] = this.figures.subarray(at, at + FIGURES);
    [this.blocks[traced]] = kept;
    this.figures.set(kept.slice(1), at);
    if (block === 0) return undefined;
    const lastStep = Math.min(step, block * this.blockLength);
    return {
      step: (block - 1) * this.blockLength + 1,
      lastStep,
      before,
      after,
      isSudden: tookMost(sudden, before),
    };
  }
}
