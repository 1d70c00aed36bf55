// Self-normalized resets (SNR; Farias and Jozefiak, ICLR 2025, arXiv 2410.20098): a unit is reset when it has been
// silent for longer than its own gaps between firings let expect. Their algorithm 1 resets unit i when
// P(A_i >= a_i) <= eta, where a_i is the time since it last fired and A_i is distributed as its gaps. As in their
// program time is counted in rows, by whole batches, and gaps are kept in a histogram. Unlike there, which looks the
// percentile up now and then and doubles or halves its way to it, the test is made in each batch, with one added to
// what is counted, so that few gaps can't show a small share; gaps of 0 rows count too.
import { BatchCounter } from "../../wasm/abi.js";
import { Gaps, type SavedGaps } from "./gaps.js";
import {
  describeSelfNormalizedResets,
  type SelfNormalizedResets,
  type SelfNormalizedResetsOptions,
  type SelfNormalizedResetsResults,
  type UnitReset,
} from "./options.js";
import { actDuring, type RunningRemedy } from "./remedy-callback.js";
import { resetUnit } from "../remedies/unit-parameters.js";
import { canDie } from "../../activations/analysis.js";
import { isHeldStill, type ResolvedSpec } from "../../network/spec.js";
import { defineCallback } from "../../network/training/callbacks.js";
import { batchOf, rowsPerStep, stepRowsOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** What it keeps. */
export interface SavedResets extends SelfNormalizedResetsResults {
  readonly layers: readonly SavedGaps[];
  readonly pending: readonly UnitReset[];
}

/** Hidden layers whose units are silent where they do not fire, and may be changed. */
export function resettableLayers(spec: ResolvedSpec): { readonly layer: number; readonly units: number }[] {
  return spec.layers
    .slice(0, -1)
    .flatMap(({ units, activation }, layer) =>
      canDie(activation) && !isHeldStill(spec, layer) ? [{ layer, units }] : [],
    );
}

class Resetter implements RunningRemedy<SelfNormalizedResetsResults> {
  resets: UnitReset[] = [];
  private pending: UnitReset[] = [];
  private readonly layers: readonly { readonly layer: number; readonly gaps: Gaps }[];

  constructor({ state }: RunningFit, threshold: number) {
    state.reserveResets();
    this.layers = resettableLayers(state.spec).map(({ layer, units }) => ({ layer, gaps: new Gaps(units, threshold) }));
  }

  read(): SelfNormalizedResetsResults {
    return { resets: this.resets };
  }

  begin(fit: RunningFit): void {
    this.resets = [];
    this.pending = [];
    this.measure(fit);
  }

  private measure({ plan }: RunningFit): void {
    for (const { gaps } of this.layers) gaps.begin(rowsPerStep(stepRowsOf(plan)));
  }

  save(): SavedResets {
    const { resets, pending } = this;
    return { resets, pending, layers: this.layers.map(({ gaps }) => gaps.save()) };
  }

  restore({ resets, pending, layers }: SavedResets, fit: RunningFit): void {
    Object.assign(this, { resets, pending });
    layers.forEach((saved, place) => this.layers[place].gaps.restore(saved));
    this.measure(fit);
  }

  note({ state, plan, step }: RunningFit): void {
    const { rows } = batchOf(stepRowsOf(plan), step);
    const { f32 } = state.runtime.heap;
    for (const { layer, gaps } of this.layers) {
      const at = (state.buffers.counters(layer) >>> 2) + BatchCounter.fired * gaps.units;
      for (let unit = 0; unit < gaps.units; unit++) {
        if (f32[at + unit] > 0) gaps.fired(unit);
        else if (gaps.stayedSilent(unit, rows)) {
          this.pending.push({ layer, unit, step, silence: gaps.silence[unit], quantile: gaps.quantile[unit] });
          gaps.forget(unit);
        }
      }
    }
  }

  /** Front to back: what a reset unit passes on to another one is that one's new incoming weight. */
  apply({ state }: RunningFit): void {
    for (const reset of this.pending) {
      state.edit(() => resetUnit(state, reset.layer, reset.unit));
      this.resets.push(reset);
    }
    if (this.pending.length > 0) this.pending = [];
  }
}

/**
 * A callback that resets a hidden unit when it has been silent for longer than its own gaps between firings let expect
 * (self-normalized resets, SNR, Farias and Jozefiak 2025).
 *
 * A unit's gap is the number of rows between two batches in which it fired on some row: 0 where they follow each
 * other, since a batch does not tell which of its rows it was. A unit that is silent for s rows is reset when
 * (1 + gaps of s rows and more) / (1 + gaps) is at most the threshold; of a unit that fires as before, that is so in
 * no more than that share of its gaps. Gaps of long ago count less: all of a unit's count half each time they come to
 * 4 / threshold. A unit with fewer than 1 / threshold - 1 of them is reset when it is silent for longer than
 * 1 / threshold batches, and than any of its gaps. A reset unit gets incoming weights redrawn by its layer's
 * initializer, bias 0 and outgoing weights 0, and of a normalized layer gamma 1, beta 0 and running statistics as at
 * the start; the optimizer's moments and step counts of just those entries are reset, and its gaps begin anew. Judged
 * are units that are silent where they do not fire: relu, and leakyRelu and elu with an alpha of 0.
 *
 * A later fit of the same network with the same callback goes on where the last one ended. Put a trace behind it.
 * @param options threshold: the share, between 0 and 1, default 0.01
 * @cost some 7 % of a step of 64-64-64-10 in batches of 32, less than the noise at 784-512-512-10; 800 bytes a unit,
 *   which are copied at the end of a fit
 * @throws RelumineError "value"; in a second fit (as its rejection) while the first is still running
 * @example
 * const renewal = selfNormalizedResets({ threshold: 0.02 });
 * await network.fit({ x, y }, { callbacks: [renewal] });
 * for (const { step, layer, unit, silence } of renewal.resets) console.log(step, layer, unit, silence);
 */
export function selfNormalizedResets(options?: SelfNormalizedResetsOptions): SelfNormalizedResets {
  const description = describeSelfNormalizedResets(options);
  const start = actDuring((fit) => new Resetter(fit, description.options.threshold));
  return defineCallback({ ...description, takesSource: "cut", start });
}
