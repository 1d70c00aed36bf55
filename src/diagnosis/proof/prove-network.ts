// `prove`: proofs of a network's dead units apart from a diagnosis, for as long as one likes, in workers, and
// resumable.
import { type Box, readBox, resolveBox } from "./box.js";
import { WakeSearch } from "./counterexample-search.js";
import { readLayers } from "./layers64.js";
import { type ProofJob, type ProofJobResult, type ProofSetup, ProofWorker } from "./proof-job.js";
import type { NetworkProof, ProofQuestion, ProvedUnit, ProveOptions } from "./proof-types.js";
import { Prover, type Question } from "./prove.js";
import type { Proof } from "../types.js";
import { closedUpTo } from "../../activations/analysis.js";
import {
  checkFunction,
  checkInteger,
  checkName,
  checkNumber,
  checkOptions,
  checkSignal,
  describe,
  isFloat32,
} from "../../core/checks.js";
import { longChecksumOf } from "../../core/checksum.js";
import { RelumineError } from "../../core/errors.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import {
  denseIfSmall,
  isMatrix,
  type SampleRows,
  type Samples,
  shownMatrix,
  toSomeSamples,
} from "../../core/matrix.js";
import { isSparse } from "../../core/sparse.js";
import { type Inspector, type RunOptions, type VisitChunk, withInspectorAsync } from "../../inspect/inspector.js";
import { factsOfLayer } from "../../inspect/observation.js";
import { hasFinite, isDead } from "../../inspect/unit-state.js";
import type { Network } from "../../network/types.js";
import { type NetworkState, stateOf } from "../../network/state/state.js";
import { WEIGHT_NAMES } from "../../network/state/weight-names.js";

const DEFAULT_BUDGET = 2e10;
const MOST_THREADS = 64;
const FRAME = 12; // milliseconds
const PROOFS = ["provenDead", "refuted", "open"] as const satisfies readonly Proof[];

/** Workers that do jobs side by side. */
export interface ProofWorkers {
  /** How many there are, or may be started. */
  readonly size: number;
  /** The result; undefined if the worker was lost, or all were ended. */
  run(job: ProofJob): Promise<ProofJobResult | undefined>;
  end(): void;
}

/** At most `count` workers ("auto": one a core), or undefined where there are to be none. */
export type StartProofWorkers = (setup: ProofSetup, count: number | "auto") => Promise<ProofWorkers | undefined>;

/**
 * A checksum of a network's hidden layers: shapes, activations, weights; where a layer is normalized, how and by what.
 */
export function hashHidden(state: NetworkState): string {
  const layers = state.layers.slice(0, -1);
  const shape = JSON.stringify([
    state.spec.inputs,
    layers.map(({ units, activation: { name, alpha } }, index) => {
      const { normalization: by, residual } = state.spec.layers[index];
      return [units, name, alpha ?? null, ...(by ? [by.kind, by.epsilon] : []), ...(residual ? ["residual"] : [])];
    }),
  ]);
  const views = layers.flatMap((layer) => WEIGHT_NAMES.flatMap((name) => (layer[name] ? [layer[name]] : [])));
  return longChecksumOf([shape], views);
}

function readQuestion(question: Samples | ProofQuestion, inputs: number): { x?: SampleRows; box: Box } {
  const isSamples = Array.isArray(question) || isMatrix(question) || isSparse(question);
  const given = isSamples
    ? { x: question as Samples }
    : checkOptions("question", question as ProofQuestion, ["x", "box"]);
  if (given.x === undefined && given.box === undefined)
    throw new RelumineError("value", "question", "to have samples x, or a box, or both", describe(question));
  if (given.x === undefined) return { box: readBox(given.box!, inputs) };
  const x = denseIfSmall(toSomeSamples("x", given.x, inputs));
  return { x, box: resolveBox(given.box, x) };
}

/**
 * Units that can be closed: with samples, those that are dead on them, where there was time to see all of them.
 */
async function unitsToAsk(
  state: NetworkState,
  x: SampleRows | undefined,
  inspector: Inspector,
  limits: Limits,
): Promise<Question[]> {
  const hidden = state.layers.slice(0, -1);
  const ceilings = hidden.map(({ activation }) => closedUpTo(activation));
  const statistics = x && (await limits.run(inspector.statisticsSteps(x, undefined, hidden.length)));
  return hidden.flatMap(({ units, activation }, layer) => {
    const isAsked = (unit: number) => {
      const totals = statistics?.[layer][unit];
      return totals ? hasFinite(totals) && isDead(activation, totals) : Number.isFinite(ceilings[layer]);
    };
    return Array.from({ length: units }, (_, unit): Question => ({ layer, unit, proof: "open", tried: 0 })).filter(
      ({ unit }) => isAsked(unit),
    );
  });
}

function isSame(a: unknown, b: Float32Array): boolean {
  return Array.isArray(a) && a.length === b.length && b.every((value, i) => a[i] === value);
}

/** The units of an earlier proof, once it is known to be about this network and box. */
function unitsOf(from: NetworkProof, weights: string, { low, high }: Box, state: NetworkState): Question[] {
  const refuse = (path: string, expected: string, given: unknown) => {
    throw new RelumineError("value", `from${path}`, expected, describe(given));
  };
  if (typeof from !== "object" || from === null || !Array.isArray(from.units))
    refuse("", "to be what prove returned", from);
  if (from.weights !== weights) refuse(".weights", "to be the checksum of this network's hidden layers", from.weights);
  if (!isSame(from.box?.low, low) || !isSame(from.box?.high, high))
    refuse(".box", "to be the box that is asked about", from.box);
  checkNumber("from.work", from.work, { low: 0 });
  const hidden = state.layers.slice(0, -1);
  let before = -1;
  return Array.from(from.units, (given, i): Question => {
    const path = `from.units[${i}]`;
    if (typeof given !== "object" || given === null) refuse(`.units[${i}]`, "to be a unit's verdict", given);
    const { layer, unit, proof, wakingInput, tried = 0 } = given;
    checkInteger(`${path}.layer`, layer, { low: 0, high: hidden.length - 1 });
    checkInteger(`${path}.unit`, unit, { low: 0, high: hidden[layer].units - 1 });
    const place = hidden.slice(0, layer).reduce((sum, { units }) => sum + units, unit);
    if (place <= before) refuse(`.units[${i}]`, "to come once, behind those before it", unit);
    before = place;
    checkName(`${path}.proof`, proof, PROOFS);
    if (proof === "provenDead" && closedUpTo(hidden[layer].activation) === -Infinity)
      refuse(`.units[${i}].proof`, "to be of a unit that can be closed", proof);
    checkNumber(`${path}.tried`, tried, { low: 0 });
    if (proof !== "refuted") return { layer, unit, proof, tried };
    const isInside =
      Array.isArray(wakingInput) &&
      wakingInput.length === low.length &&
      wakingInput.every((v, c) => isFloat32(v) && v >= low[c] && v <= high[c]);
    if (!isInside) refuse(`.units[${i}].wakingInput`, "to be an input within the box", wakingInput);
    return { layer, unit, proof, wakingInput: Float32Array.from(wakingInput!), tried };
  });
}

function checkProve(options: ProveOptions | undefined) {
  const given = checkOptions("prove", options, ["budget", "seconds", "from", "threads", "signal", "onProgress"]);
  const { threads = "auto", signal, onProgress = () => {} } = given;
  checkSignal(signal);
  return {
    budget: checkNumber("budget", given.budget ?? DEFAULT_BUDGET, { low: 0 }),
    seconds: given.seconds === undefined ? Infinity : checkNumber("seconds", given.seconds, { low: 0 }),
    threads: threads === "auto" ? threads : checkInteger("threads", threads, { low: 1, high: MOST_THREADS }),
    signal,
    onProgress: checkFunction("onProgress", onProgress),
    from: typeof given.from === "object" && given.from !== null ? { ...given.from } : given.from, // read once
  };
}

/** When to stop: at a signal, or so many seconds after it was made. Others have their turn meanwhile. */
class Limits {
  stopped: "aborted" | "seconds" | undefined;
  /** Settles as soon as it is time to stop. */
  readonly stopping: Promise<void>;
  private settle: () => void = () => {};
  private last = performance.now();
  private readonly deadline: number;
  private readonly timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly signal: AbortSignal | undefined,
    seconds: number,
  ) {
    this.stopping = new Promise((resolve) => (this.settle = resolve));
    this.deadline = this.last + 1000 * seconds;
    signal?.addEventListener("abort", this.abort);
    if (signal?.aborted) this.abort();
    else if (seconds === 0) this.stop("seconds");
    // one day at most: longer ones overflow what timers take
    else if (seconds < 86_400) this.timer = setTimeout(() => this.stop("seconds"), 1000 * seconds);
  }

  private readonly abort = (): void => this.stop("aborted");

  private stop(reason: "aborted" | "seconds"): void {
    this.stopped ??= reason;
    this.settle();
  }

  close(): void {
    this.stop("aborted"); // what a worker still owes is not made up for here
    this.signal?.removeEventListener("abort", this.abort);
    clearTimeout(this.timer);
  }

  /** Lets others have their turn, a few times a frame's length. */
  async rest(): Promise<void> {
    if (performance.now() - this.last < FRAME) return;
    await yieldToEventLoop();
    this.last = performance.now();
    if (this.last >= this.deadline) this.stop("seconds");
  }

  /** The steps' result; undefined where it was time to stop before. */
  async run<T>(steps: Generator<unknown, T, void>): Promise<T | undefined> {
    try {
      while (!this.stopped) {
        const { done, value } = steps.next();
        if (done) return value;
        await this.rest();
      }
      return undefined;
    } finally {
      steps.return(undefined as never); // gives back what unfinished steps hold
    }
  }
}

/** Does the jobs: in workers, where there are some, or here between other things. */
class JobRunner {
  private workers: ProofWorkers | undefined;
  private readonly here: ProofWorker;

  constructor(
    private readonly setup: ProofSetup,
    private readonly limits: Limits,
    private readonly onDone: (result: ProofJobResult) => void,
  ) {
    this.here = new ProofWorker(setup);
  }

  async start(startWorkers: StartProofWorkers, count: number | "auto"): Promise<void> {
    if (this.limits.stopped || count === 1) return;
    await Promise.race([this.adopt(startWorkers(this.setup, count)), this.limits.stopping]);
  }

  /** Those that are there too late are ended. */
  private async adopt(starting: Promise<ProofWorkers | undefined>): Promise<void> {
    this.workers = await starting;
    void this.endInTime(this.workers);
  }

  private async endInTime(workers: ProofWorkers | undefined): Promise<void> {
    await this.limits.stopping;
    workers?.end();
  }

  /** In the jobs' order; undefined for those that were not done. */
  async run(jobs: readonly ProofJob[]): Promise<(ProofJobResult | undefined)[]> {
    await this.limits.rest();
    if (!this.workers?.size || jobs.length === 1) {
      const results: (ProofJobResult | undefined)[] = [];
      for (const job of jobs) results.push(await this.runHere(job));
      return results;
    }
    return Promise.all(
      jobs.map(async (job) => {
        const result = await this.workers!.run(job);
        if (result && !this.limits.stopped) this.onDone(result);
        return result ?? this.runHere(job); // of a worker that was lost: once more, here
      }),
    );
  }

  private async runHere(job: ProofJob): Promise<ProofJobResult | undefined> {
    const result = await this.limits.run(this.here.steps(job));
    if (result) this.onDone(result);
    return result;
  }
}

function toProof(
  weights: string,
  { low, high }: Box,
  questions: readonly Question[],
  work: number,
  stopped: "aborted" | "seconds" | undefined,
): NetworkProof {
  const count = (verdict: Proof) => questions.filter(({ proof }) => proof === verdict).length;
  return {
    weights,
    box: { low: [...low], high: [...high] },
    units: questions.map(({ layer, unit, proof, wakingInput, tried }): ProvedUnit => ({
      layer,
      unit,
      proof,
      ...(wakingInput && { wakingInput: [...wakingInput] }),
      ...(proof === "open" && { tried }),
    })),
    provenDead: count("provenDead"),
    refuted: count("refuted"),
    open: count("open"),
    work,
    ...(stopped && { stopped }),
  };
}

/** prove of "relumine" (see there), with a way to start workers. */
export async function proveWith(
  startWorkers: StartProofWorkers,
  network: Network,
  question: Samples | ProofQuestion,
  options?: ProveOptions,
): Promise<NetworkProof> {
  const { budget, seconds, threads, signal, onProgress, from } = checkProve(options);
  const { x, box } = readQuestion(question, stateOf(network).spec.inputs);
  const limits = new Limits(signal, seconds);
  try {
    using copy = await network.clone(); // what trains on meanwhile is another
    const ask = { startWorkers, x, box, budget, threads, onProgress, from };
    return await withInspectorAsync(stateOf(copy), (inspector) => proveIn(inspector, limits, ask));
  } finally {
    limits.close();
  }
}

interface Ask extends Pick<ReturnType<typeof checkProve>, "budget" | "threads" | "onProgress" | "from"> {
  readonly startWorkers: StartProofWorkers;
  readonly x: SampleRows | undefined;
  readonly box: Box;
}

async function proveIn(
  inspector: Inspector,
  limits: Limits,
  { startWorkers, x, box, budget, threads, onProgress, from }: Ask,
): Promise<NetworkProof> {
  const { state } = inspector;
  const weights = hashHidden(state);
  const questions =
    from === undefined ? await unitsToAsk(state, x, inspector, limits) : unitsOf(from, weights, box, state);
  const depth = questions.reduce((most, { layer }) => Math.max(most, layer + 1), 0);
  const hidden = state.layers.slice(0, depth);
  const layers = readLayers(
    hidden.map((weights, i) => ({ activation: weights.activation, weights, ...factsOfLayer(state.spec.layers[i]) })),
  );
  // units of layers that are normalized by rows, and above what passes a layer by, stay open
  const asked = questions.filter(({ layer }) => layer < layers.length);
  const ceilings = hidden.slice(0, layers.length).map(({ activation }) => closedUpTo(activation));
  const samples = x && {
    inputs: { x: shownMatrix(x) },
    again: (some: RunOptions, visit: VisitChunk) => inspector.run(x, some, visit),
  };
  const wake = new WakeSearch({ inspector, ...samples }, layers, box);
  for (const each of questions) {
    if (each.layer >= layers.length && each.proof !== "open")
      throw new RelumineError(
        "value",
        "from",
        "to be what prove returned",
        `${each.proof} from a layer on that is normalized by rows, or above a residual one`,
      );
    if (each.wakingInput && !wake.opens(each.layer, each.unit, each.wakingInput))
      throw new RelumineError("value", "from", "to be what prove returned", "an input that opens no unit");
    await limits.rest();
  }
  const prover = new Prover(layers, box, ceilings, wake, asked, budget);
  let done = 0;
  const runner = new JobRunner({ layers, box }, limits, ({ work }) => {
    done += work;
    const decided = questions.filter(({ proof }) => proof !== "open").length;
    onProgress({ decided, units: questions.length, work: done, budget });
  });
  if (asked.some(({ proof }) => proof === "open")) await runner.start(startWorkers, threads);
  const rounds = prover.rounds();
  if (!limits.stopped)
    for (let next = rounds.next(); !next.done && !limits.stopped;) next = rounds.next(await runner.run(next.value));
  for (const _ of prover.settle()) await yieldToEventLoop();
  return toProof(weights, box, questions, (from?.work ?? 0) + prover.work, limits.stopped);
}
