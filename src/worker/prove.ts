// prove of "relumine": its jobs run in workers of this package's own.
import { startWorker } from "#worker";
import { startProofWorkers } from "./job-workers.js";
import { proveWith } from "../diagnosis/proof/prove-network.js";
import type { NetworkProof, ProofQuestion, ProveOptions } from "../diagnosis/proof/proof-types.js";
import type { Samples } from "../core/matrix.js";
import type { Network } from "../network/types.js";

/**
 * Which units are closed on a whole box of inputs: proved, or refuted by an input that opens the unit, or open where
 * the budget did not do.
 *
 * Layer by layer, bounds that are rounded outwards (intervals, CROWN with slopes found by descent), a search for inputs
 * along the gradient, then both on parts of the box, by branch and bound; what is proved closed is a constant 0 for the
 * layers above. "provenDead" holds in exact arithmetic and in float32, whatever the order of its sums. A refuting
 * input was run through the network, in float64 too.
 *
 * The result is data: stored, it can be handed back as `from`, to go on with the open units under another budget. The
 * same network, question and budget give the same verdicts, on any machine and any number of threads, unless `seconds`
 * or `signal` stop it.
 * @param network stays as it is; it may train on meanwhile, the proof is about its weights at the call
 * @param question samples, whose dead units are asked about, on each feature's range; or { box, x? }: without x all
 *   hidden units that can be closed are asked about
 * @cost `budget` multiplications at most, or a little more: 1e9 take about half a second of a core; workers hold copies
 *   of the weights, in float32 and of what matters in float64
 * @throws RelumineError "value", "shape", "memory" or "disposed" (as a rejection)
 * @example
 * const proof = await prove(network, x, { budget: 1e10 });
 * console.log(`${proof.provenDead} proved closed, ${proof.refuted} not, ${proof.open} open`);
 * const more = await prove(network, x, { budget: 1e12, from: proof });
 */
export function prove(
  network: Network,
  question: Samples | ProofQuestion,
  options?: ProveOptions,
): Promise<NetworkProof> {
  return proveWith(
    startProofWorkers(() => startWorker(undefined)),
    network,
    question,
    options,
  );
}
