// Is a dead unit closed on the whole input box, or does some input open it? Layer by layer from the first on: bounds,
// a search for an input, then both on parts of the box, a little for every unit before much for one. What is proved
// closed is a constant 0 for the layers above. The pieces are jobs, and the order of things depends on their results
// alone: whoever does the jobs, and however many at once, the verdicts are the same.
import { BoxBounds } from "./bounds.js";
import { type Box, cornerOf } from "./box.js";
import type { Observation } from "../../inspect/observation.js";
import { type Layer64, readLayers } from "./layers64.js";
import { BOUND_ROUNDS, type ProofAnswer, type ProofJob, type ProofJobResult, ProofWorker } from "./proof-job.js";
import type { Proof, UnitState } from "../types.js";
import type { Steps } from "../../core/pace.js";
import type { Candidate } from "./candidate.js";
import { type FoundInputs, WakeSearch } from "./counterexample-search.js";
import { closedUpTo } from "../../activations/analysis.js";
import { isRectifier } from "../../activations/activations.js";
import { mulberry32, randomBits } from "../../core/random.js";

export interface UnitProof {
  readonly proof: Proof;
  readonly wakingInput?: Float32Array;
}

/** Multiplications that a diagnosis may take, about a second's. */
export const DIAGNOSIS_WORK = 1.2e9;
/** Of what is left, bounds on units that nobody asks for may take so much: they are what the others' bounds rest on. */
const BOUNDS_SHARE = 0.25;
/** Units that share a job. */
const UNITS_A_JOB = 8;
/** Rounds of the first look at a unit's search tree, of a bound each; each further look has four times as many. */
const FIRST_ROUNDS = 40;
const GROWTH = 4;
/** A share of the work that is not enough for so many rounds decides nothing. */
const LEAST_ROUNDS = 10;
/** Multiply-adds that one search may take on the kernels, and how many of them count as one multiplication. */
const SEARCH_WORK = 2e9;
const SEARCH_SPEED = 8;
const RANDOM_STARTS = 2;
/**
 * An attack: starts of each open unit, half of them inputs that opened others of its layer, with bends of relu of
 * several widths; again until nothing was found so many times, for no more than a share of what is left.
 */
const ATTACK_STARTS = 8;
const ATTACK_STEPS = 40;
const EXCHANGE_ROUNDS = 40;
const HEATS = [0.5, 1, 2, 1];
/** Of these, where a start is near to opening the unit. */
const NEAR = 0.5;
const IDLE_ATTACKS = 2;
const ATTACK_SHARE = 1 / 16;

/** A unit that is asked about, and what is known of it. */
export interface Question {
  readonly layer: number;
  readonly unit: number;
  proof: Proof;
  wakingInput?: Float32Array;
  /** Multiplications that its search tree was allowed the last time. */
  tried: number;
}

export type Rounds = Generator<readonly ProofJob[], void, readonly (ProofJobResult | undefined)[]>;

/** The same steps, each of which yields what `tell` says by then. */
function* telling<Y, T>(steps: Generator<void, T>, tell: () => Y): Generator<Y, T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    yield tell();
  }
}

/** Steps that are no jobs: others may have their turn between two. */
function resting<T>(steps: Generator<void, T>): Generator<readonly ProofJob[], T> {
  return telling(steps, () => []);
}

export class Prover {
  private readonly bounds: BoxBounds;
  private version = 0;
  private attacks = 0;
  /** By layer. */
  private readonly found: readonly FoundInputs[];
  /** What search trees found last, until a search has tried it. */
  private untried: { readonly layer: number; readonly candidates: readonly Candidate[] } | undefined;
  /** Multiplications so far. */
  work = 0;

  /**
   * @param ceilings by layer: at or below it a unit counts as closed
   * @param questions each layer's in order; proved and refuted ones are believed
   * @param budget multiplications; bounds in one pass are made whatever it is, and are all that is made where it is 0
   */
  constructor(
    private readonly network: readonly Layer64[],
    private readonly box: Box,
    private readonly ceilings: readonly number[],
    private readonly wake: WakeSearch,
    readonly questions: readonly Question[],
    private readonly budget: number,
  ) {
    this.bounds = new BoxBounds(network, box);
    this.found = network.map(() => new Map());
  }

  /**
   * Yields jobs that can be done in any order, and takes their results in the jobs' own; a missing one was not done.
   * None is yielded where others may have their turn.
   */
  *rounds(): Rounds {
    for (let layer = 0; layer < this.network.length; layer++)
      if (this.open(layer).length > 0 || this.askedAbove(layer)) yield* this.look(layer);
    for (let rounds = FIRST_ROUNDS; this.left > 0; rounds *= GROWTH) {
      const before = this.open().length;
      for (let layer = 1; layer < this.depth; layer++) yield* this.attack(layer);
      const worked = this.work;
      for (let layer = 1; layer < this.depth; layer++) yield* this.part(layer, rounds);
      const mayHaveMore = this.open().some(
        (each) => each.layer > 0 && this.mayBeProved(each) && rounds * this.costBelow(each.layer) < this.shareLeft,
      );
      if (this.work === worked && this.open().length === before && !mayHaveMore) return;
    }
  }

  /** Where rounds end early: takes up what was found by then. In steps: others may have their turn between two. */
  *settle(): Generator<void, void> {
    if (this.untried) {
      const { layer, candidates } = this.untried;
      yield* this.wake.search(layer, candidates, 0, this.found[layer]);
    }
    for (const layer of this.found.keys()) this.refute(layer);
  }

  /** Layers that were looked at. */
  private get depth(): number {
    return this.bounds.layers.length;
  }

  /** Its sum cannot overflow upwards. */
  private mayBeProved({ layer, unit }: Question): boolean {
    return layer < this.depth && this.bounds.layers[layer].high[unit] < Infinity;
  }

  private get left(): number {
    return this.budget - this.work;
  }

  /** Which share of the work is done, at least. */
  get share(): number {
    const decided = 1 - this.open().length / Math.max(1, this.questions.length);
    return Math.max(decided, Math.min(1, this.work / Math.max(1, this.budget)));
  }

  /** Of what is left, for each open unit. */
  private get shareLeft(): number {
    return this.left / Math.max(1, this.open().length);
  }

  private open(layer?: number): Question[] {
    return this.questions.filter((each) => each.proof === "open" && (layer === undefined || each.layer === layer));
  }

  private askedAbove(layer: number): boolean {
    return this.questions.some((each) => each.proof === "open" && each.layer > layer);
  }

  private jobsFor(
    kind: ProofJob["kind"],
    layer: number,
    units: readonly number[],
    size: number,
    budget = 0,
  ): ProofJob[] {
    const known = { version: this.version, bounds: this.bounds.layers };
    const ceiling = this.ceilings[layer];
    return Array.from({ length: Math.ceil(units.length / size) }, (_, i) => {
      return { kind, layer, units: units.slice(i * size, (i + 1) * size), ceiling, budget, known };
    });
  }

  /** The answers to jobs that were done, by unit. */
  private *ask(
    jobs: readonly ProofJob[],
  ): Generator<readonly ProofJob[], ProofAnswer[], readonly (ProofJobResult | undefined)[]> {
    if (jobs.length === 0) return [];
    const results = yield jobs;
    for (const result of results) this.work += result?.work ?? 0;
    return results.flatMap((result) => result?.answers ?? []);
  }

  /** Bounds, those that layers above rest on included, and a search. */
  private *look(layer: number): Rounds {
    this.bounds.extend(layer, 0);
    this.version++;
    this.work += 4 * this.network[layer].kernel.length;
    this.conclude(layer);
    const corners = new Map<number, ArrayLike<number>>();
    if (layer === 0) for (const { unit } of this.open(0)) corners.set(unit, this.cornerOfFirst(unit));
    if (layer > 0) {
      const asked = this.open(layer).map(({ unit }) => unit);
      const isBelowOthers = this.askedAbove(layer);
      const units = isBelowOthers ? [...new Set([...asked, ...this.undecided(layer)])] : asked;
      const jobs = this.jobsFor(isBelowOthers ? "lines" : "tops", layer, units, UNITS_A_JOB);
      for (const { unit, low = -Infinity, high, candidate } of yield* this.ask(jobs)) {
        this.bounds.narrow(unit, low, high!);
        corners.set(unit, candidate!);
      }
      this.conclude(layer);
    }
    if (this.budget > 0) yield* this.search(layer, corners);
    this.refute(layer);
    if (layer > 0 && this.askedAbove(layer)) yield* this.tighten(layer);
  }

  /** Units whose sign the bounds leave open. */
  private undecided(layer: number): number[] {
    const { low, high } = this.bounds.layers[layer];
    const isPiecewise = isRectifier(this.network[layer].name);
    return [...high.keys()].filter(
      (j) => high[j] > low[j] && high[j] - low[j] < Infinity && (!isPiecewise || (low[j] < 0 && high[j] > 0)),
    );
  }

  private cornerOfFirst(unit: number): Float32Array {
    const { inputs, units, kernel } = this.network[0];
    return cornerOf(
      this.box,
      Float32Array.from({ length: inputs }, (_, i) => kernel[i * units + unit]),
    );
  }

  /** Questions that the bounds answer. */
  private conclude(layer: number): void {
    const { high } = this.bounds.layers[layer];
    for (const question of this.open(layer))
      if (high[question.unit] <= this.ceilings[layer]) question.proof = "provenDead";
    for (const { proof, unit } of this.questions.filter((each) => each.layer === layer))
      if (proof === "provenDead") high[unit] = Math.min(high[unit], this.ceilings[layer]);
  }

  private refute(layer: number): void {
    for (const question of this.open(layer)) {
      const wakingInput = this.found[layer].get(question.unit);
      if (wakingInput) Object.assign(question, { proof: "refuted", wakingInput });
    }
  }

  /** Both ends of the units whose sign the bounds leave open. */
  private *tighten(layer: number): Rounds {
    const cost = 2 * BOUND_ROUNDS * this.costBelow(layer);
    const most = Math.max(0, Math.floor((BOUNDS_SHARE * this.left) / cost));
    const units = this.undecided(layer).slice(0, most);
    const answers = yield* this.ask(this.jobsFor("slopes", layer, units, UNITS_A_JOB));
    for (const { unit, low = -Infinity, high = Infinity } of answers) this.bounds.narrow(unit, low, high);
    this.conclude(layer);
  }

  /** Multiplications of a round on the slopes. */
  private costBelow(layer: number): number {
    return 3 * this.network.slice(0, layer).reduce((sum, { kernel }) => sum + kernel.length, 1000);
  }

  /** The search trees of a layer's open units, for so many rounds each. */
  private *part(layer: number, rounds: number): Rounds {
    const cost = this.costBelow(layer);
    const budget = Math.min(rounds * cost, this.shareLeft);
    const questions = this.open(layer).filter((each) => each.tried < budget && this.mayBeProved(each));
    if (questions.length === 0 || budget < LEAST_ROUNDS * cost) return;
    this.version++;
    const jobs = this.jobsFor(
      "parts",
      layer,
      questions.map(({ unit }) => unit),
      1,
      budget,
    );
    const results = yield jobs;
    const candidates: Candidate[] = [];
    const near: Candidate[] = [];
    results.forEach((result, i) => {
      if (!result) return;
      this.work += result.work;
      questions[i].tried = budget;
      const [{ unit, high, candidate, nearest }] = result.answers;
      if (high !== undefined) questions[i].proof = "provenDead";
      if (candidate) candidates.push({ unit, start: candidate });
      if (nearest) near.push(...HEATS.map((heat) => ({ unit, start: nearest, heat: NEAR * heat })));
    });
    this.conclude(layer);
    this.untried = { layer, candidates };
    yield* resting(this.wake.search(layer, candidates, 2, this.found[layer]));
    this.untried = undefined;
    this.refute(layer);
    yield* this.ascend(layer, near);
  }

  /** Annealed ascents; how many units were refuted. */
  private ascend(layer: number, starts: readonly Candidate[]): Generator<readonly ProofJob[], number> {
    const cost = this.wake.costOf(layer) * starts.length * ATTACK_STEPS;
    return this.attempt(layer, cost, this.wake.search(layer, starts, ATTACK_STEPS, this.found[layer]));
  }

  /** The same by exchange, from half of the starts. */
  private exchange(layer: number, starts: readonly Candidate[]): Generator<readonly ProofJob[], number> {
    const some = starts.filter((_, i) => i % 2 === 0);
    const cost = this.wake.exchangeCost(layer) * some.length * EXCHANGE_ROUNDS;
    return this.attempt(layer, cost, this.wake.exchange(layer, some, EXCHANGE_ROUNDS, this.found[layer]));
  }

  /**
   * A search, if it takes no more than its share; how many units were refuted.
   * @param multiplyAdds on the kernels
   */
  private *attempt(
    layer: number,
    multiplyAdds: number,
    search: Generator<void, void>,
  ): Generator<readonly ProofJob[], number> {
    const cost = multiplyAdds / SEARCH_SPEED;
    if (cost > ATTACK_SHARE * this.left) return 0;
    this.work += cost;
    const before = this.found[layer].size;
    yield* resting(search);
    this.refute(layer);
    return this.found[layer].size - before;
  }

  private *search(
    layer: number,
    corners: ReadonlyMap<number, ArrayLike<number>>,
  ): Generator<readonly ProofJob[], void> {
    const found = this.found[layer];
    const units = this.open(layer).map(({ unit }) => unit);
    const starts = units.flatMap((unit): Candidate[] =>
      corners.has(unit) ? [{ unit, start: corners.get(unit)! }] : [],
    );
    yield* resting(this.wake.search(layer, starts, layer === 0 ? 0 : 2, found));
    if (layer === 0) return;
    const left = units.filter((unit) => !found.has(unit));
    if (left.length === 0) return;
    const nearest = yield* resting(this.wake.nearestSamples(layer, left));
    const more = left.flatMap((unit, i): Candidate[] => [
      ...(nearest ? [{ unit, start: nearest[i] }] : []),
      { unit, start: corners.get(unit) ?? this.box.low },
      ...this.randomCorners(unit),
    ]);
    const cost = this.wake.costOf(layer) * more.length;
    const steps = Math.max(2, Math.min(16, Math.floor(SEARCH_WORK / cost)));
    this.work += (cost * steps) / SEARCH_SPEED;
    yield* resting(this.wake.search(layer, more, steps, found));
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

  /** Annealed ascents for a layer's open units, as long as they find inputs. */
  private *attack(layer: number): Generator<readonly ProofJob[], void> {
    for (let idle = 0; idle < IDLE_ATTACKS && this.open(layer).length > 0; idle++) {
      const starts = this.startsOf(layer);
      const found = (yield* this.ascend(layer, starts)) || (yield* this.exchange(layer, starts));
      if (found > 0) idle = -1;
    }
  }

  private startsOf(layer: number): Candidate[] {
    const random = mulberry32(++this.attacks);
    const { low, high } = this.box;
    const woken = this.questions.flatMap((each) =>
      each.layer === layer && each.wakingInput ? [each.wakingInput] : [],
    );
    const point = (kind: number): Float32Array => {
      const share = random();
      const place = [() => Number(random() < share), random, () => 0.5][kind];
      return low.map((value, i) => value + place() * (high[i] - value));
    };
    return this.open(layer).flatMap(({ unit }) =>
      Array.from({ length: ATTACK_STARTS }, (_, k): Candidate => {
        const isWoken = woken.length > 0 && k < ATTACK_STARTS / 2;
        const start = isWoken ? woken[Math.floor(random() * woken.length)] : point((k + this.attacks) % 3);
        return { unit, start, heat: HEATS[k % HEATS.length] };
      }),
    );
  }
}

/**
 * For each dead unit of each hidden layer: proved closed on the box, or refuted by an input, or open. Nothing is said
 * of units whose weights, or those of a layer below, are not known.
 * @param states of the hidden layers, by layer and unit
 * @param budget as for a Prover
 */
export function* proofSteps(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
  box: Box,
  budget: number,
): Steps<Map<number, UnitProof>[]> {
  const dead = states.map((units) => [...units.keys()].filter((unit) => units[unit] === "dead"));
  const depth = dead.findLastIndex((units) => units.length > 0) + 1;
  if (depth === 0) return dead.map(() => new Map());
  const layers = readLayers(observation.layers.slice(0, depth));
  const questions = dead
    .slice(0, layers.length)
    .flatMap((units, layer) => units.map((unit): Question => ({ layer, unit, proof: "open", tried: 0 })));
  const ceilings = observation.layers.slice(0, layers.length).map(({ activation }) => closedUpTo(activation));
  const wake = new WakeSearch(observation, layers, box);
  const prover = new Prover(layers, box, ceilings, wake, questions, budget);
  const worker = new ProofWorker({ layers, box });
  const rounds = prover.rounds();
  for (let next = rounds.next(); !next.done;) {
    const results: ProofJobResult[] = [];
    yield prover.share;
    for (const job of next.value) results.push(yield* telling(worker.steps(job), () => prover.share));
    next = rounds.next(results);
  }
  // layers that are normalized by rows, and what is above those and residual ones, were not asked
  const isNormalized = observation.layers[layers.length]?.weights !== undefined;
  const isLeft = isNormalized || observation.layers[layers.length - 1]?.isResidual === true;
  const left = dead.map((units, layer) =>
    isLeft && layer >= layers.length ? units.map((unit): [number, UnitProof] => [unit, { proof: "open" }]) : [],
  );
  return dead.map(
    (_, at) =>
      new Map([
        ...left[at],
        ...questions.flatMap(({ layer, unit, proof, wakingInput }): [number, UnitProof][] =>
          layer === at ? [[unit, { proof, ...(wakingInput && { wakingInput }) }]] : [],
        ),
      ]),
  );
}
