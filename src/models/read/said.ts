// What a reader is told beside the file, and what it gives.
import type { Activation } from "../../activations/activations.js";
import type { Loss } from "../../network/losses.js";
import type { NetworkSpec } from "../../network/spec.js";
import type { Head, ReadChain } from "../chain/head.js";
import type { BranchName, Keep } from "../chain/training-parts.js";

/** The caller's words on what a file does not hold. */
export interface Said {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly activation?: Activation | readonly Activation[];
  readonly order?: readonly string[];
  readonly head?: Head;
  /** Of batch normalizations. */
  readonly epsilon?: number | undefined;
  /** Of what its training needs; default nothing. */
  readonly keep?: Keep;
  /** Of an If that asks the rows. */
  readonly branch?: BranchName | undefined;
}

/** What a graph's input and output are called: who runs it gives the one and asks for the other. */
export interface GraphEnds {
  /** Of the rows that go in. */
  readonly input: string;
  /** Of what comes out. */
  readonly output: string;
}

/** A chain, and who wrote it. */
export interface ReadFile extends ReadChain {
  readonly writer?: string;
  readonly notes?: readonly string[];
  /** What it was trained by: of probabilities, where that is a cross-entropy. */
  readonly compiled?: Loss | undefined;
  /** It has batch normalizations, and not their epsilon. */
  readonly lacksEpsilon?: boolean;
  /** Where the file holds one itself. */
  readonly spec?: NetworkSpec;
  /** PyTorch's names of the parameters, layer by layer, where each of the file's is one of the network's. */
  readonly parameters?: readonly string[];
  /** Of a graph: the names of its input and its output. */
  readonly ends?: GraphEnds;
}
