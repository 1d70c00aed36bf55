// prove of a network in a worker, which starts workers of its own for it.
import { followCall } from "./followed-call.js";
import { remoteOf } from "./remote-network.js";
import { sendable } from "./sendable.js";
import { programFor } from "./start.js";
import type { PackedProve } from "../protocol.js";
import type { RemoteNetwork, WorkerChoice } from "../types.js";
import { checkFunction, checkOptions, checkSignal } from "../../core/checks.js";
import { isMatrix, type Samples } from "../../core/matrix.js";
import { isSparse } from "../../core/sparse.js";
import type { NetworkProof, ProofQuestion, ProveOptions } from "../../diagnosis/proof/proof-types.js";

function sendQuestion(question: Samples | ProofQuestion): unknown {
  if (Array.isArray(question) || isMatrix(question) || isSparse(question)) return sendable("x", question as Samples);
  const { x, ...rest } = checkOptions("question", question as ProofQuestion, ["x", "box"]);
  return { ...rest, ...(x !== undefined && { x: sendable("x", x) }) };
}

/**
 * As prove of "relumine": in the network's worker, and in further ones that it starts. What `onProgress` throws ends
 * it.
 * @param question copied to the worker
 * @param options as for "relumine", and worker: what createNetwork was given, for the further ones; where that is a
 *   function there are none
 * @cost a message each way, and in the workers what it costs there
 * @throws RelumineError as prove of "relumine" (as a rejection)
 * @example const { provenDead, refuted, open } = await prove(network, x, { budget: 1e11 });
 */
export async function prove(
  network: RemoteNetwork,
  question: Samples | ProofQuestion,
  options?: ProveOptions & WorkerChoice,
): Promise<NetworkProof> {
  const { worker, signal, onProgress, ...given } = { ...options };
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  checkSignal(signal);
  remoteOf(network);
  const packed: PackedProve = { options: given, program: given.threads === 1 ? undefined : await programFor(worker) };
  const args = [sendQuestion(question), packed];
  const { value, thrown } = await followCall<NetworkProof>(network, "prove", args, signal, (message) => {
    if (message.kind === "proof") onProgress?.(message.progress);
  });
  if (thrown) throw thrown.error;
  return value;
}
