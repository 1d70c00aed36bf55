// What was measured beforehand, by the figure's own training over several starts: the mean accuracy in the last ten of
// the hundred tasks, by method. tests/site/hundred-tasks.slow.test.ts measures it again.
export interface Measured {
  readonly rate: number;
  readonly starts: number;
  readonly accuracy: readonly number[];
}

export const MEASURED: readonly Measured[] = [
  { rate: 0.1, starts: 6, accuracy: [0.856, 0.913, 0.914] },
  { rate: 0.2, starts: 6, accuracy: [0.789, 0.91, 0.921] },
  { rate: 0.4, starts: 6, accuracy: [0.225, 0.857, 0.889] },
];
