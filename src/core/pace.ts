// Long work in slices: the event loop turns about every frame, a signal ends the work, and who asked hears how far it
// is. What can be done in one go as well as in slices is a generator of its steps.
import { checkFunction, checkSignal } from "./checks.js";
import { RelumineError } from "./errors.js";
import { yieldToEventLoop } from "./event-loop.js";

/** Options of what may take longer than a frame. */
export interface PaceOptions {
  /** Ends it: the promise is rejected, and nothing is changed. */
  readonly signal?: AbortSignal;
  /**
   * Hears about every frame which share of the work is done, from 0 to 1; what it throws, at once or by a promise, ends
   * the work, with nothing changed. 1 comes before the result is put in place, which waits for a promise that is
   * returned then.
   */
  readonly onProgress?: (share: number) => void;
}

/** Their names, for `checkOptions`. */
export const PACE_OPTIONS = ["signal", "onProgress"] as const satisfies readonly (keyof PaceOptions)[];

/** Work by its steps, each of which yields the share of the work that is done. */
export type Steps<T> = Generator<number, T, void>;

const YIELD_AFTER = 8; // milliseconds

/** @throws RelumineError "value" */
export function checkPace({
  signal,
  onProgress,
}: { readonly [key in keyof PaceOptions]: PaceOptions[key] | undefined }): PaceOptions {
  checkSignal(signal);
  if (onProgress !== undefined) checkFunction("onProgress", onProgress);
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}

function interruption(): RelumineError {
  return new RelumineError("value", "signal", "not to be aborted", "an interruption");
}

/**
 * What others promised, or a rejection as soon as the signal is aborted: they may never answer.
 * @throws RelumineError "value"
 */
export function orAborted<T>(promised: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promised;
  return new Promise((resolve, reject) => {
    const abort = () => reject(interruption());
    const settle = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    promised.then(resolve, reject).finally(settle);
    if (signal.aborted) abort();
  });
}

export class Pace {
  private lastYield = performance.now();
  /** What the part of the work that is under way makes up of all. */
  private part = { from: 0, to: 1 };
  private told = 0;
  /** With what a promise of `onProgress` was rejected. */
  private refusal: { readonly error: unknown } | undefined;

  /**
   * @param options as `checkPace` leaves them
   * @param check throws where the work cannot go on, after others have had their turn
   */
  constructor(
    private readonly options: PaceOptions = {},
    private readonly check: () => void = () => {},
  ) {}

  /** From now on shares are those of a part that ends at this share of all. */
  begin(to: number): void {
    this.part = { from: this.part.to === 1 ? 0 : this.part.to, to };
  }

  /**
   * To be awaited where it is a promise: it is time to let others have their turn.
   * @param share of the part under way that is done
   * @throws RelumineError "value" where the signal is aborted
   */
  at(share: number): Promise<void> | undefined {
    this.checkSignal();
    return performance.now() - this.lastYield < YIELD_AFTER ? undefined : this.yield(share);
  }

  /** Does the steps of a part. */
  async run<T>(steps: Steps<T>): Promise<T> {
    try {
      for (;;) {
        const { done, value } = steps.next();
        if (done) return value;
        const pause = this.at(value);
        if (pause) await pause;
      }
    } finally {
      steps.return(undefined as never); // gives back what unfinished steps hold
    }
  }

  /** All is done but for what takes no time: once that is heard, and it can still be put in place, it is to be. */
  async end(): Promise<void> {
    this.checkSignal();
    const heard = this.tell(1);
    if (heard) await orAborted(heard, this.options.signal);
    this.verify();
  }

  /** To be called after others have had their turn: throws where the work cannot go on. */
  verify(): void {
    this.checkSignal();
    this.check();
  }

  private checkSignal(): void {
    if (this.refusal) throw this.refusal.error;
    if (this.options.signal?.aborted) throw interruption();
  }

  /** What it throws later ends the work, too. */
  private tell(share: number): Promise<unknown> | undefined {
    const heard: unknown = this.options.onProgress?.(share);
    if (!(heard instanceof Promise)) return undefined;
    heard.catch((error: unknown) => (this.refusal ??= { error }));
    return heard;
  }

  private async yield(share: number): Promise<void> {
    const { from, to } = this.part;
    this.told = Math.max(this.told, from + (to - from) * Math.min(1, share));
    if (this.told < 1) void this.tell(this.told); // 1 is told in the end
    await yieldToEventLoop();
    this.lastYield = performance.now();
    this.verify();
  }
}

/** Does all steps in one go. */
export function finish<T>(steps: Generator<unknown, T, void>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
