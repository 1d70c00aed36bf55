// What `prove` takes and gives.
import type { InputBox, Proof } from "../types.js";
import type { Samples } from "../../core/matrix.js";

/** What is asked: the box of inputs, the samples whose dead units are meant, or both. */
export interface ProofQuestion {
  /** Samples, of which the dead units are asked about; without them every hidden unit that can be closed is. */
  readonly x?: Samples;
  /** The inputs over which closure is proved or refuted. Default: each feature's range in x. */
  readonly box?: InputBox;
}

/** Options of `prove`. */
export interface ProveOptions {
  /**
   * Most multiplications, those of earlier proofs in `from` not counted. Default 2e10: on one core some ten seconds.
   * Verdicts depend on it and on nothing else: not on threads, not on the machine.
   */
  readonly budget?: number;
  /**
   * Stops so many seconds after the call; which units are still open then depends on the machine. Where not all samples
   * were seen by then, all units that can be closed are. Default: no limit.
   */
  readonly seconds?: number;
  /** An earlier proof for the same weights and box: its verdicts stand, and its open units are gone on with. */
  readonly from?: NetworkProof;
  /**
   * Workers that prove at the same time, each started once there is work for it; "auto", the default: one a core, at
   * most 8; 1: none. Of more than there are cores (but two) no more are started.
   */
  readonly threads?: number | "auto";
  /** Stops; units that are not decided by then are open. */
  readonly signal?: AbortSignal;
  /** Called about as often as a piece of work is done. */
  readonly onProgress?: (progress: ProofProgress) => void;
}

/** How far `prove` has come. */
export interface ProofProgress {
  /** Units that are proved or refuted. */
  readonly decided: number;
  /** Units that are asked about. */
  readonly units: number;
  /** Multiplications so far. */
  readonly work: number;
  /** Most multiplications. */
  readonly budget: number;
}

/** The verdict on one unit. */
export interface ProvedUnit {
  /** Index in network.layers. */
  readonly layer: number;
  /** Index in its layer. */
  readonly unit: number;
  /** See UnitDiagnosis.proof. */
  readonly proof: Proof;
  /** With "refuted": an input within the box that opens the unit, one number an input. */
  readonly wakingInput?: readonly number[];
  /** Of an open unit: multiplications that its search tree was allowed the last time. */
  readonly tried?: number;
}

/** What `prove` gives: plain data, for JSON or a structured clone. */
export interface NetworkProof {
  /** A checksum of the hidden layers that it is about. */
  readonly weights: string;
  /** The box of inputs, as float32 has it. */
  readonly box: {
    /** The least value of each input. */
    readonly low: readonly number[];
    /** The largest value of each input. */
    readonly high: readonly number[];
  };
  /** By layer and unit. */
  readonly units: readonly ProvedUnit[];
  /** How many are closed on the whole box. */
  readonly provenDead: number;
  /** How many some input opens. */
  readonly refuted: number;
  /** How many are neither. */
  readonly open: number;
  /** Multiplications, those of the proofs that it went on from included. */
  readonly work: number;
  /** Why it stopped early. */
  readonly stopped?: "aborted" | "seconds";
}
