// Browsers: no workers of its own; trials run one at a time where they are called, and yield to the page.
import type { Job, Outcome, Setup } from "./run-trial.js";

/** Workers that train side by side. */
export interface Crew {
  readonly size: number;
  /** The outcome; undefined if the worker was lost, or the crew dismissed. */
  run(job: Job): Promise<Outcome | undefined>;
  dismiss(): void;
}

/** A crew of at most `size` ("auto": one a core), or undefined where there is none to be had. */
export async function hire(_setup: Setup, _size: number | "auto"): Promise<Crew | undefined> {
  return undefined;
}
