// What of a model serves its training: batch normalizations and dropout, kept where a network of this package has them
// at that place and the caller wants them, else folded or left out; and what became of each.
import { RelumineError } from "../../core/errors.js";
import { LEAST_EPSILON } from "../../network/normalization.js";
import { refuse } from "./refuse.js";
import { type Affine, checkWeights, foldNorm, identity, type NormNumbers, scale, type Term } from "./value.js";

/** What is kept where it can be. */
export interface Keep {
  readonly normalization: boolean;
  readonly dropout: boolean;
}

/** Of an ONNX If. */
export const BRANCH_NAMES = ["then", "else"] as const;
export type BranchName = (typeof BRANCH_NAMES)[number];

/** What became of a part of a model that its training needs, or of two networks in one. */
export interface ModelChange {
  /**
   * "noise": Gaussian noise, Gaussian or alpha dropout, which no network of this package has; "branch": one of an If
   * whose condition hangs on the rows.
   */
  readonly part: "batchNormalization" | "dropout" | "noise" | "branch";
  /** As the file calls it. */
  readonly name: string;
  /**
   * "folded": into the layers beside it; "kept": in the network's spec; "dropped": nothing of it is left; "taken": the
   * branch stands for the If, whatever its condition is.
   */
  readonly became: "folded" | "kept" | "dropped" | "taken";
  /** Of an If, which was taken. */
  readonly branch?: BranchName;
  /** Of dropout: what training sets to 0. */
  readonly share?: number;
  /**
   * Of a batch normalization that is kept, where training goes on otherwise than in PyTorch if its momentum there was
   * None, the mean of all batches: what the layer has in its place. 0 of an ONNX file, which says the same of None and
   * of 0: running statistics stay as they are until the spec says another; the default of a file of PyTorch's own.
   */
  readonly momentum?: number;
}

/** Constants of a batch normalization. */
export interface BatchConstants {
  readonly epsilon: number;
  /** The share of a batch's statistics in the next running ones. */
  readonly momentum: number;
  /** The file has the mean of all batches instead. */
  readonly isCumulative?: boolean;
}

interface Found extends Omit<ModelChange, "became"> {
  /** Where it may have been kept. */
  readonly term?: Term;
}

/** Of what another program calls momentum: the share that stays. */
export function momentumOf(staying: number): number {
  return Math.round((1 - staying) * 1e6) / 1e6; // 0.9 as a float32 is not 0.9
}

function checkStatistics(what: string, { variance }: NormNumbers, { epsilon }: BatchConstants): void {
  const below = variance.findIndex((each) => !(each >= 0));
  if (below >= 0)
    throw new RelumineError("format", `the variances of ${what}`, "to be at least 0", `${variance[below]} at ${below}`);
  if (!(epsilon >= 0 && Number.isFinite(Math.fround(epsilon))))
    throw new RelumineError("format", `the epsilon of ${what}`, "to be above 0", `${epsilon}`);
}

/** Takes the parts as a reader meets them. */
export class TrainingParts {
  readonly #found: Found[] = [];

  constructor(private readonly keep: Keep = { normalization: false, dropout: false }) {}

  /** Whether a layer that has no bias in the file learns none: as batch normalizations are kept, for training. */
  get leavesOutBiases(): boolean {
    return this.keep.normalization;
  }

  /**
   * gamma·(value - mean) / sqrt(variance + epsilon) + beta, of one number a unit.
   * @param what it is called in errors
   * @throws RelumineError "format", "unsupported"
   */
  batchNorm(value: Affine, name: string, what: string, numbers: NormNumbers, constants: BatchConstants): Affine {
    checkStatistics(what, numbers, constants);
    const { a, b } = foldNorm(numbers, constants.epsilon);
    checkWeights(`the variances of ${what}`, a);
    checkWeights(`the shifts of ${what}`, b);
    if (!this.keep.normalization || value.term.kind !== "dense") {
      this.#found.push({ part: "batchNormalization", name });
      return scale(value, a, b);
    }
    const { epsilon, momentum } = constants;
    if (epsilon < LEAST_EPSILON)
      throw refuse(what, `an epsilon of ${epsilon}`, 'Without it no training goes on: { normalization: "fold" }');
    if (!(momentum >= 0 && momentum <= 1))
      throw new RelumineError("format", `the momentum of ${what}`, "to be from 0 to 1", `${momentum}`);
    const { gamma = 1, beta = 0, mean, variance } = numbers;
    const term: Term = { kind: "batch", units: value.term.units, argument: value, mean, variance, epsilon, momentum };
    const isOther = constants.isCumulative || momentum === 0;
    this.#found.push({ part: "batchNormalization", name, term, ...(isOther && { momentum }) });
    return scale(identity(term), gamma, beta);
  }

  /**
   * What sets a share of a value to 0 in training.
   * @param share NaN where the file does not say
   */
  dropout(value: Affine, name: string, share: number): Affine {
    const { a, b, term } = value;
    const isActivation = term.kind === "kink" || term.kind === "smooth";
    const isLinear = term.kind === "dense" || term.kind === "norm" || term.kind === "batch";
    // a factor may follow a dropout as well as go before it; what is added may not
    const isPlaced = isLinear || (isActivation && b.every((each) => each === 0));
    if (!this.keep.dropout || !isPlaced || !(share > 0 && share < 1)) {
      this.#found.push({ part: "dropout", name, ...(Number.isFinite(share) && { share }) });
      return value;
    }
    const argument = isActivation ? identity(term) : value;
    const dropped: Term = { kind: "dropout", units: term.units, argument, share };
    this.#found.push({ part: "dropout", name, share, term: dropped });
    return isActivation ? { a, b, term: dropped } : identity(dropped);
  }

  /** Noise of other kinds, which no network of this package has. */
  noise(name: string): void {
    this.#found.push({ part: "noise", name });
  }

  /** One branch of an If that is read for it. */
  branch(name: string, branch: BranchName): void {
    this.#found.push({ part: "branch", name, branch });
  }

  /** Whether one branch of an If was read since there were so many. */
  hasTaken(count: number): boolean {
    return this.#found.slice(count).some(({ part }) => part === "branch");
  }

  /** How many there were so far; given back to `forget`, those that came since are left out. */
  get count(): number {
    return this.#found.length;
  }

  forget(count: number): void {
    this.#found.length = count;
  }

  /** @param kept those that are parts of the layers that were made */
  changes(kept: ReadonlySet<Term>): ModelChange[] {
    return this.#found.map(({ term, momentum, ...said }) => {
      if (term && kept.has(term)) return { ...said, ...(momentum !== undefined && { momentum }), became: "kept" };
      if (said.part === "branch") return { ...said, became: "taken" };
      return { ...said, became: said.part === "batchNormalization" ? "folded" : "dropped" };
    });
  }
}
