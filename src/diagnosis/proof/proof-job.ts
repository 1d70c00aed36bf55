// A piece of a proof as plain data, which any worker can do by itself: bounds on some units, or the search tree of one.
import { BoxBounds, LANES, type LayerBounds } from "./bounds.js";
import { type Box, cornerOf } from "./box.js";
import { BoxSplitting } from "./box-splitting.js";
import { Branching } from "./branch-and-bound.js";
import { finish } from "../../core/pace.js";
import type { Layer64 } from "./layers64.js";
import { LiveNetwork } from "./reduced-network.js";

/** With no more inputs the box itself is parted, with more the signs of preactivations are. */
const SPLIT_INPUTS = 8;
/** Rounds on the slopes for bounds of units whose own sign nobody asks for. */
export const BOUND_ROUNDS = 12;

/** What all pieces share. */
export interface ProofSetup {
  /** Hidden layers from the first on. */
  readonly layers: readonly Layer64[];
  readonly box: Box;
}

export interface ProofJob {
  /**
   * - "tops": linear bounds on the upper ends, and the corners that attain them;
   * - "lines": on the lower ends, too;
   * - "slopes": on both ends, tightened by descent on the lines' slopes;
   * - "parts": the search tree of the one unit.
   */
  readonly kind: "tops" | "lines" | "slopes" | "parts";
  readonly layer: number;
  readonly units: readonly number[];
  /** At or below it a unit counts as closed. */
  readonly ceiling: number;
  /** Multiplications that "parts" may take. */
  readonly budget: number;
  /** What is known of the layers up to this one; the same version is the same knowledge. */
  readonly known: { readonly version: number; readonly bounds: readonly LayerBounds[] };
}

/** What came of one unit. */
export interface ProofAnswer {
  readonly unit: number;
  readonly low?: number;
  readonly high?: number;
  /** An input that may open the unit. */
  readonly candidate?: ArrayLike<number>;
  /** Of a search tree that came to no end: the input that came nearest to opening the unit. */
  readonly nearest?: ArrayLike<number>;
}

export interface ProofJobResult {
  readonly answers: readonly ProofAnswer[];
  /** Multiplications. */
  readonly work: number;
}

/** Does jobs one after another. */
export class ProofWorker {
  private version = -1;
  private bounds: BoxBounds;
  /** Holds copies of weights: those of one layer at a time. */
  private below: { readonly layer: number; readonly net: LiveNetwork } | undefined;

  constructor(private readonly setup: ProofSetup) {
    this.bounds = new BoxBounds(setup.layers, setup.box);
  }

  run(job: ProofJob): ProofJobResult {
    return finish(this.steps(job));
  }

  /** The same in small steps: others may have their turn between two. */
  *steps(job: ProofJob): Generator<void, ProofJobResult> {
    if (job.known.version !== this.version) {
      this.version = job.known.version;
      this.bounds = new BoxBounds(this.setup.layers, this.setup.box);
      this.bounds.restore(job.known.bounds);
      this.below = undefined;
    }
    const before = this.bounds.work;
    switch (job.kind) {
      case "tops":
      case "lines":
        return { answers: this.follow(job), work: this.bounds.work - before };
      case "slopes":
        return yield* this.tighten(job);
      case "parts":
        return yield* this.part(job);
    }
  }

  private netBelow(layer: number): LiveNetwork {
    if (this.below?.layer !== layer) {
      const { layers, box } = this.setup;
      this.below = { layer, net: new LiveNetwork(layers, layer, this.bounds, box) };
    }
    return this.below.net;
  }

  private follow({ kind, layer, units }: ProofJob): ProofAnswer[] {
    const answers: ProofAnswer[] = [];
    for (let at = 0; at < units.length; at += LANES) {
      const targets = units.slice(at, at + LANES);
      const corners: Float32Array[] = [];
      const highs = this.bounds.descend(layer, targets, 1, (_, row) => corners.push(cornerOf(this.setup.box, row)));
      const lows = kind === "lines" ? this.bounds.descend(layer, targets, -1) : undefined;
      targets.forEach((unit, t) =>
        answers.push({ unit, ...(lows && { low: -lows[t] }), high: highs[t], candidate: corners[t] }),
      );
    }
    return answers;
  }

  private *tighten({ layer, units }: ProofJob): Generator<void, ProofJobResult> {
    const net = this.netBelow(layer);
    const answers: ProofAnswer[] = [];
    let work = 0;
    for (const unit of units) {
      const [up, down] = ([1, -1] as const).map((sign) => new Branching(net, unit, 0, sign));
      const high = up.upperBound(BOUND_ROUNDS);
      yield;
      const low = high > 0 ? -down.upperBound(BOUND_ROUNDS) : undefined;
      yield;
      work += up.work + down.work;
      answers.push({ unit, high, ...(low !== undefined && { low }) });
    }
    return { answers, work };
  }

  private *part({ layer, units: [unit], ceiling, budget }: ProofJob): Generator<void, ProofJobResult> {
    const { layers, box } = this.setup;
    const tree: BoxSplitting | Branching =
      box.low.length <= SPLIT_INPUTS
        ? new BoxSplitting(layers, layer, unit, ceiling)
        : new Branching(this.netBelow(layer), unit, ceiling);
    const result = yield* tree.steps(box, budget);
    const { work } = tree;
    if (result === "open") {
      const nearest = tree instanceof Branching ? tree.nearest : undefined;
      return { answers: [{ unit, ...(nearest && { nearest }) }], work };
    }
    return { answers: [{ unit, ...(result === "provenDead" ? { high: ceiling } : result) }], work };
  }
}
