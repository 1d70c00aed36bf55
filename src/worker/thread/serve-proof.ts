// The worker's side of one proof: its jobs run in workers of this worker.
import { starterOf } from "./starter.js";
import type { PackedProve } from "../protocol.js";
import { startProofWorkers } from "../job-workers.js";
import { proveWith } from "../../diagnosis/proof/prove-network.js";
import type { NetworkProof, ProofProgress, ProofQuestion } from "../../diagnosis/proof/proof-types.js";
import type { Samples } from "../../core/matrix.js";
import type { Network } from "../../network/types.js";

export function serveProof(
  network: Network,
  question: Samples | ProofQuestion,
  { options, program }: PackedProve,
  signal: AbortSignal,
  onProgress: (progress: ProofProgress) => void,
): Promise<NetworkProof> {
  const start = starterOf(program);
  const startWorkers = start ? startProofWorkers(start) : async () => undefined;
  return proveWith(startWorkers, network, question, { ...options, signal, onProgress });
}
