// The rules that reset units, each as the callback that acts by it.
import {
  type Callback,
  continualBackprop,
  type PackageCallback,
  recycleDormant,
  selfNormalizedResets,
} from "../../../src/index.js";
import { batchOf } from "../../../src/network/training/plan.js";
import { fitOf, type RunningFit } from "../../../src/network/training/running-fit.js";
import { resetUnit } from "../../../src/treatment/remedies/unit-parameters.js";
import { BatchCounter } from "../../../src/wasm/abi.js";

export interface Rule {
  readonly name: string;
  /** Of the steps at which it resets units, the share that is followed on a copy: all would take too long. */
  readonly followed: number;
  make(): readonly (Callback | PackageCallback)[];
}

/** Resets a unit when it has fired on none of as many rows as an epoch has. */
function silentForAnEpoch(): Callback {
  let silence: Float64Array[] = [];
  let running: RunningFit;
  return {
    onTrainBegin(context) {
      running = fitOf(context);
      const { state, plan } = running;
      state.reserveResets();
      if (silence.length === 0) silence = state.spec.layers.slice(0, -1).map(({ units }) => new Float64Array(units));
      running.watch(() => {
        const { rows } = batchOf(plan, running.step);
        silence.forEach((layer, index) => {
          const at = (state.buffers.counters(index) >>> 2) + BatchCounter.fired * layer.length;
          const { f32 } = state.runtime.heap;
          layer.forEach((silent, unit) => (layer[unit] = f32[at + unit]! > 0 ? 0 : silent + rows));
        });
      });
    },
    onBatchEnd() {
      const { state, plan } = running;
      silence.forEach((layer, index) =>
        layer.forEach((silent, unit) => {
          if (silent < plan.trainingRows) return;
          state.edit(() => resetUnit(state, index, unit));
          layer[unit] = 0;
        }),
      );
    },
  };
}

export const PLAIN = "none";

export const RULES: readonly Rule[] = [
  { name: PLAIN, followed: 0, make: () => [] },
  { name: "ReDo 0.025", followed: 1, make: () => [recycleDormant({ everySteps: 100, dormantBelow: 0.025 })] },
  { name: "ReDo 0.1", followed: 1, make: () => [recycleDormant({ everySteps: 100, dormantBelow: 0.1 })] },
  {
    name: "continual backprop",
    followed: 0.2,
    make: () => [continualBackprop({ replacementRate: 1e-3, maturity: 100 })],
  },
  { name: "SNR 0.05", followed: 0.1, make: () => [selfNormalizedResets({ threshold: 0.05 })] },
  { name: "SNR 0.01", followed: 0.1, make: () => [selfNormalizedResets({ threshold: 0.01 })] },
  { name: "silent for an epoch", followed: 0.1, make: () => [silentForAnEpoch()] },
];
