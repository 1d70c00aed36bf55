// prescribe of "relumine": its trials train in workers of this package's own.
import { startWorker } from "#worker";
import { isNetwork } from "./is-network.js";
import { startTrialWorkers } from "./job-workers.js";
import type { DataSet } from "../network/data.js";
import type { NetworkSpec } from "../network/spec.js";
import type { FitOptions, Network } from "../network/types.js";
import { prescribeWith } from "../treatment/prescribe/prescribe.js";
import type { PrescribeOptions, Prescription } from "../treatment/prescribe/types.js";

/**
 * Trains the network as given and sees what its units die of; then tries remedies, the fitting ones first, each from
 * the same initial weights and in the same order of rows, and ranks them.
 *
 * Remedies get a quarter of the epochs, the better half all of them, the better half of those every seed (successive
 * halving); the diagnosis's first choice goes all the way. A trial is better than another if its accuracy (without one:
 * its loss) on the validation rows is, on average and in most repeats by more than two standard errors (a tenth of the
 * loss), and in none worse by as much (one repeat alone: by twice that); among trials that are not told apart so, fewer
 * dead units (in tenths of all) come first, then the baseline, then fewer changes, then what the diagnosis asks for,
 * then the score. One that diverges or throws comes last. Ranks hold for these rows and seeds.
 *
 * Trials train side by side in workers, if `fit` holds no functions (a schedule, callbacks of yours), which can't be
 * sent to them; the results are the same, `seconds` aside. `workers` of the prescription says how many there were.
 * Callbacks of the package are made again for each trial. Aborted before the baseline has finished, the prescription
 * holds the baseline as far as it came.
 *
 * Trials are ranked by accuracy where targets are classes, else by the loss that was given, in the targets' own units,
 * whatever loss and scale a trial trains with; the best constant answer stands beside them, and what is not better than
 * that, or fails in one seed, is not recommended. What to try comes from what the baseline dies of and from the
 * findings of `diagnose`, in all of its runs; what does well is also tried in pairs.
 *
 * Of a network instead of a spec every trial goes on with its weights (the optimizer starts anew); bringing dead units
 * back and removing what killed them, together, come first then. The network stays as it is.
 * @param spec as for createNetwork, or a network to go on with
 * @param fit as for network.fit; without `validation` a fifth of the rows, drawn from the spec's seed, is held out, of
 *   fewer than 30 rows none: those that train judge, as they do for 0; all repeats use the same rows
 * @param data rows x inputs, and a target a row
 * @cost the baseline's training times its repeats, and for each remedy between a quarter and all of that; side by side
 *   on all cores
 * @throws RelumineError "value", "shape" or "memory" for wrong arguments, or if the baseline can't be trained; what
 *   onTrial or a callback throws; "format" for a journal that is none, "unsupported" for one where fit has functions
 * @example
 * const prescription = await prescribe(spec, { x, y }, { epochs: 20, optimizer: sgd({ learningRate: 1 }) });
 * console.log(String(prescription), prescription.best.spec);
 */
export function prescribe(
  spec: NetworkSpec | Network,
  data: DataSet,
  fit: FitOptions = {},
  options?: PrescribeOptions,
): Promise<Prescription> {
  return prescribeWith(
    startTrialWorkers(() => startWorker(undefined)),
    isNetwork(spec) ? spec.spec : spec,
    data,
    fit,
    options,
    isNetwork(spec) ? spec.layers.map((layer) => layer.getWeights()) : undefined,
    async (journal, setup) => (await import("./trial-journal.js")).openStore(journal, setup),
  );
}
