// How a remedy acts while a network trains: it reads the counters right after each update, and changes units when the callbacks have their turn,
// so that a trace behind it sees the change between two steps.
import { RelumineError } from "../../core/errors.js";
import type { Callback } from "../../network/types.js";
import { fitOf, type RunningFit } from "../../network/training/running-fit.js";

/** What one callback keeps of one network. */
export interface RunningRemedy {
  /** A fit begins; it may go on from an earlier one. */
  begin(fit: RunningFit): void;
  /** Right after an update: counters and activations are its batch's. */
  note(fit: RunningFit): void;
  /** At the end of the batch: what `note` decided. */
  apply(fit: RunningFit): void;
}

/** The callback that lets a remedy act, and what it keeps of the network that trains or trained last. */
export function actDuring<R extends RunningRemedy>(
  name: string,
  make: (fit: RunningFit) => R,
): { readonly callback: Callback; readonly last: () => R | undefined } {
  const remedies = new WeakMap<object, R>();
  let running: { readonly fit: RunningFit; readonly remedy: R } | undefined;
  let last: R | undefined;
  const callback: Callback = {
    onTrainBegin(context) {
      const fit = fitOf(context);
      if (running)
        throw new RelumineError(
          "value",
          "callbacks",
          `to hold a ${name}() of their own`,
          "one that a running fit uses",
        );
      const remedy = remedies.get(fit.state) ?? make(fit);
      remedies.set(fit.state, remedy);
      remedy.begin(fit);
      running = { fit, remedy };
      last = remedy;
      fit.watch(() => remedy.note(fit));
      fit.atEnd(() => {
        running = undefined;
      });
    },
    onBatchEnd() {
      if (running && !running.fit.state.isDisposed) running.remedy.apply(running.fit);
    },
  };
  return { callback, last: () => last };
}
