// How a remedy acts while a network trains: it reads the counters right after each update, and changes units when the
// callbacks have their turn, so that a trace behind it sees the change between two steps.
import type { RunningCallback } from "../../network/training/callbacks.js";
import type { TrainingContext } from "../../network/types.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** What one callback keeps of one network. */
export interface RunningRemedy<Results extends object> {
  /** A fit begins; it may go on from an earlier one. */
  begin(fit: RunningFit): void;
  /** Right after an update: counters and activations are its batch's. */
  note(fit: RunningFit): void;
  /** At the end of the batch: what `note` decided. */
  apply(fit: RunningFit): void;
  /** What it did in this fit so far. */
  read(): Results;
  /** What it needs to go on, as plain data. */
  save(): object;
  /** After `begin`: what `save` gave. */
  restore(saved: object, fit: RunningFit): void;
}

/** Lets a remedy act: one for each network, which goes on in a later fit. */
export function actDuring<Results extends object>(
  make: (fit: RunningFit) => RunningRemedy<Results>,
): (fit: RunningFit, context: TrainingContext, saved?: object) => RunningCallback<Results> {
  const remedies = new WeakMap<object, RunningRemedy<Results>>();
  return (fit, _context, saved) => {
    const remedy = remedies.get(fit.state) ?? make(fit);
    remedies.set(fit.state, remedy);
    remedy.begin(fit);
    if (saved) remedy.restore(saved, fit);
    fit.watch(() => remedy.note(fit));
    return { onBatchEnd: () => remedy.apply(fit), read: () => remedy.read(), save: () => remedy.save() };
  };
}
