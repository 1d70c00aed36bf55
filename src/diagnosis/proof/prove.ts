// Is a dead unit closed on the whole input box, or does some input open it? Bounds first, then a search, then both on
// parts of the box.
import { randomBits } from "../../core/random.js";
import { BoxBounds, LANES } from "./bounds.js";
import type { Box } from "./box.js";
import { Branching } from "./branch-and-bound.js";
import type { Observation } from "../../inspect/observation.js";
import { type Layer64, readLayers } from "./layers64.js";
import { LiveNetwork } from "./reduced-network.js";
import { BoxSplitting } from "./box-splitting.js";
import type { Proof, UnitState } from "../types.js";
import { type Candidate, WakeSearch } from "./counterexample-search.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import { closedUpTo } from "../../activations/analysis.js";

export interface UnitProof {
  readonly proof: Proof;
  readonly wakingInput?: Float32Array;
}

/** Multiplications that the bounds may take. */
const BOUND_WORK = 4e8;
/** With no more inputs the box itself is parted, with more the signs of preactivations are. */
const SPLIT_INPUTS = 8;
/** Multiplications that the parting of the box may take, about a second's. */
const BRANCH_WORK = 8e8;
/** A share of it that is not enough for so many rounds decides nothing. */
const LEAST_ROUNDS = 10;
/** Multiply-adds that the search may take on the kernels. */
const SEARCH_WORK = 2e9;
const RANDOM_STARTS = 2;

const PROVEN: UnitProof = { proof: "provenDead" };
const OPEN: UnitProof = { proof: "open" };

/** The corner of the box where a linear function with these coefficients is largest. */
function cornerOf({ low, high }: Box, coefficients: ArrayLike<number>): Float32Array {
  return low.map((value, i) => (coefficients[i] > 0 ? high[i] : value));
}

class Prover {
  private readonly activations: readonly ResolvedActivation[];
  private readonly bounds: BoxBounds;
  private readonly wake: WakeSearch;
  /** Of BRANCH_WORK. */
  private left = BRANCH_WORK;

  constructor(
    observation: Observation,
    private readonly network: readonly Layer64[],
    private readonly box: Box,
  ) {
    this.activations = observation.layers.map(({ activation }) => activation);
    this.bounds = new BoxBounds(network, box);
    this.wake = new WakeSearch(observation, network, box);
  }

  prove(layer: number, units: readonly number[]): Map<number, UnitProof> {
    const proofs = new Map(units.map((unit) => [unit, OPEN]));
    const isBounded = units.length > 0 && this.bounds.extend(layer, BOUND_WORK);
    const ceiling = closedUpTo(this.activations[layer]);
    const corners = new Map<number, ArrayLike<number>>();
    const open = () => units.filter((unit) => proofs.get(unit) === OPEN);
    if (isBounded) {
      for (const unit of units) if (this.bounds.layers[layer].high[unit] <= ceiling) proofs.set(unit, PROVEN);
      this.proveBackwards(layer, open(), ceiling, proofs, corners);
    }
    for (const [unit, wakingInput] of this.search(layer, open(), corners))
      proofs.set(unit, { proof: "refuted", wakingInput });
    if (isBounded && layer > 0) this.branch(layer, open(), ceiling, proofs);
    return proofs;
  }

  private branch(layer: number, units: readonly number[], ceiling: number, proofs: Map<number, UnitProof>): void {
    const splitsBox = this.box.low.length <= SPLIT_INPUTS;
    const net = splitsBox ? undefined : new LiveNetwork(this.network, layer, this.bounds, this.box);
    const candidates: Candidate[] = [];
    units.forEach((unit, i) => {
      const share = this.left / (units.length - i);
      if (net && share < LEAST_ROUNDS * net.cost) return;
      const tree = net ? new Branching(net, unit, ceiling) : new BoxSplitting(this.network, layer, unit, ceiling);
      const result = tree.run(this.box, share);
      this.left -= tree.work;
      if (result === "provenDead") proofs.set(unit, PROVEN);
      else if (result !== "open") candidates.push({ unit, start: result.candidate });
    });
    for (const [unit, wakingInput] of this.wake.search(layer, candidates, 2))
      proofs.set(unit, { proof: "refuted", wakingInput });
  }

  private proveBackwards(
    layer: number,
    units: readonly number[],
    ceiling: number,
    proofs: Map<number, UnitProof>,
    corners: Map<number, ArrayLike<number>>,
  ): void {
    const { inputs, units: width, kernel } = this.network[layer];
    for (let at = 0; at < units.length; at += LANES) {
      const targets = units.slice(at, at + LANES);
      if (layer === 0)
        for (const unit of targets)
          corners.set(
            unit,
            cornerOf(
              this.box,
              Float32Array.from({ length: inputs }, (_, i) => kernel[i * width + unit]),
            ),
          );
      else
        this.bounds
          .descend(layer, targets, 1, (t, coefficients) => corners.set(targets[t], cornerOf(this.box, coefficients)))
          .forEach((bound, t) => {
            if (bound <= ceiling) proofs.set(targets[t], PROVEN);
          });
    }
  }

  private search(
    layer: number,
    units: readonly number[],
    corners: ReadonlyMap<number, ArrayLike<number>>,
  ): Map<number, Float32Array> {
    const starts = units.flatMap((unit): Candidate[] =>
      corners.has(unit) ? [{ unit, start: corners.get(unit)! }] : [],
    );
    const found = this.wake.search(layer, starts, layer === 0 ? 0 : 2);
    if (layer === 0) return found;
    const left = units.filter((unit) => !found.has(unit));
    if (left.length === 0) return found;
    const nearest = this.wake.nearestSamples(layer, left);
    const more = left.flatMap((unit, i): Candidate[] => [
      ...(nearest ? [{ unit, start: nearest[i] }] : []),
      { unit, start: corners.get(unit) ?? this.box.low },
      ...this.randomCorners(unit),
    ]);
    for (const entry of this.wake.search(layer, more, this.stepsFor(more.length))) found.set(...entry);
    return found;
  }

  /** A few corners of the box, from a generator that is the same every time. */
  private randomCorners(unit: number): Candidate[] {
    const { low, high } = this.box;
    const random = randomBits(unit + 1);
    return Array.from({ length: RANDOM_STARTS }, () => ({
      unit,
      start: low.map((value, i) => (random() === 0 ? value : high[i])),
    }));
  }

  private stepsFor(rows: number): number {
    const cost = 2 * rows * this.network.reduce((sum, { kernel }) => sum + kernel.length, 0);
    return Math.max(2, Math.min(16, Math.floor(SEARCH_WORK / cost)));
  }
}

/**
 * For each dead unit of each hidden layer: proved closed on the box, or refuted by an input, or open. Nothing is said
 * of units whose weights, or those of a layer below, are not known.
 * @param states of the hidden layers, by layer and unit
 */
export function proveDeadUnits(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
  box: Box,
): Map<number, UnitProof>[] {
  const dead = states.map((units) => [...units.keys()].filter((unit) => units[unit] === "dead"));
  const depth = dead.findLastIndex((units) => units.length > 0) + 1;
  if (depth === 0) return dead.map(() => new Map());
  const network = readLayers(observation.layers.slice(0, depth));
  const prover = new Prover(observation, network, box);
  return dead.map((units, layer) =>
    units.length === 0 || layer >= network.length ? new Map() : prover.prove(layer, units),
  );
}
