// What `demo:permuted` measures: its page shows it, its table counts it.

export interface PermutedRun {
  readonly seed: number;
  /** Of the held-out rows of the task, after its epoch. */
  readonly accuracy: readonly number[];
  /** Hidden units, of 200, dead on the task's training rows, after its epoch. */
  readonly dead: readonly number[];
}

/** One method's runs over all tasks, one for each seed. */
export interface MethodRuns {
  readonly name: string;
  readonly runs: readonly PermutedRun[];
}
