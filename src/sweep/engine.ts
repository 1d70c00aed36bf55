// What does the trials of a sweep: this machine's workers, or a queue of others.
import { figuresOf, readTask, type SweepTask, type SweepTrial } from "./task.js";
import { unpackRows } from "./rows.js";
import type { TrialFigures } from "./types.js";
import { runJob } from "../treatment/trial/run-trial.js";
import type { TrialSetup } from "../treatment/trial/trial.js";

/** What all trials of a sweep share. */
export interface SweepWork {
  /** SHA-256 of the file that `pack` makes, in hexadecimal digits. */
  readonly data: string;
  /** Who trains must be this build, or the bits are others: see `openWork`. */
  readonly build: string;
  /** As for createNetwork. */
  readonly arithmetic: "fast" | "reproducible";
  /** The rows, and how answers are judged, as a file that travels. */
  pack(): Uint8Array;
  /** @internal The same in memory: who does them here need not unpack it. */
  readonly setup: TrialSetup;
}

/** How an engine tells, and is told. */
export interface EngineOptions {
  /** It is to stop at once: what is under way may be given up. */
  readonly signal: AbortSignal;
  /** To be called once for each trial; awaited, so that a result counts only once it is kept. */
  readonly onResult: (trial: SweepTrial, figures: TrialFigures, host: string) => void | Promise<void>;
}

/**
 * Does trials, in any order and any number at a time. A trial is deterministic: doing it twice, or on a machine that is
 * then lost, does no harm, and it is enough that some result of each is told.
 */
export interface SweepEngine {
  /** Of plans that name none: "reproducible" where machines may differ. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
  /**
   * Takes trials as fast as it can use them, one at a time: the next is asked for once the last one is there, and may
   * only come once results of others are told. Fulfilled when all
   * are told, or the signal is raised; rejected, which ends the sweep, when it can't go on.
   * @example for await (const trial of trials) await onResult(trial, await train(trial.task), hostname());
   */
  run(trials: AsyncIterable<SweepTrial>, work: SweepWork, options: EngineOptions): Promise<void>;
}

/** Rows that were unpacked, on which tasks train. */
export interface OpenWork {
  /**
   * Does one task; what the network refuses, and a training that diverges, are its figures.
   * @throws RelumineError "format" for what is no task
   * @example const figures = await work.run(trial.task);
   */
  run(task: SweepTask, options?: { readonly signal?: AbortSignal }): Promise<TrialFigures>;
}

/**
 * For engines: what a machine elsewhere makes of the file of a SweepWork. Compare its SHA-256 with SweepWork.data
 * before, and `sweepBuild(arithmetic)` with SweepWork.build: what another build trains has other bits.
 * @param file as SweepWork.pack gave it; it may come from anybody
 * @param arithmetic of the sweep
 * @cost a copy of the rows
 * @throws RelumineError "format" or "shape" for what is no such file, or a damaged one
 * @example const work = openWork(bytes, "reproducible"); const figures = await work.run(task);
 */
export function openWork(file: Uint8Array, arithmetic: "fast" | "reproducible"): OpenWork {
  const setup: TrialSetup = { ...unpackRows(file), arithmetic };
  return {
    run: async (task, options) => figuresOf(await runJob(setup, readTask(task), { signal: options?.signal })),
  };
}
