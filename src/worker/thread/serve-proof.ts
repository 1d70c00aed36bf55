// The worker's side of one proof: its progress is told to the page, and its jobs run in workers of this worker.
import { starterOf } from "./starter.js";
import type { FromWorker, PackedProve } from "../protocol.js";
import { startProofWorkers } from "../job-workers.js";
import { proveWith } from "../../diagnosis/proof/prove-network.js";
import type { NetworkProof, ProofQuestion } from "../../diagnosis/proof/proof-types.js";
import type { Samples } from "../../core/matrix.js";
import type { Network } from "../../network/types.js";

export class ServedProof {
  private readonly abort = new AbortController();

  constructor(
    private readonly id: number,
    private readonly post: (message: FromWorker) => void,
  ) {}

  stop(): void {
    this.abort.abort();
  }

  run(network: Network, question: Samples | ProofQuestion, { options, program }: PackedProve): Promise<NetworkProof> {
    const start = starterOf(program);
    return proveWith(start ? startProofWorkers(start) : async () => undefined, network, question, {
      ...options,
      signal: this.abort.signal,
      onProgress: (progress) => this.post({ kind: "proof", id: this.id, progress }),
    });
  }
}
