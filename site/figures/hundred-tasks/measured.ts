// What was measured beforehand, by the figure's own training over several starts: the mean accuracy in the last ten of
// the hundred tasks. tests/site/hundred-tasks.slow.test.ts measures it again.
import { METHODS } from "./messages.js";
import { mean } from "../../../src/core/statistics.js";

export interface Measured {
  readonly rate: number;
  /** By start, whose seeds are 1, 2, ..., and by method. */
  readonly accuracy: readonly (readonly number[])[];
}

export const MEASURED: readonly Measured[] = [
  {
    rate: 0.1,
    accuracy: [
      [0.872, 0.916, 0.9304],
      [0.8664, 0.9232, 0.9048],
      [0.8424, 0.9192, 0.9008],
      [0.8232, 0.9184, 0.9296],
      [0.8544, 0.9048, 0.9208],
      [0.8752, 0.8992, 0.8992],
    ],
  },
  {
    rate: 0.2,
    accuracy: [
      [0.7776, 0.9152, 0.9424],
      [0.8088, 0.916, 0.9328],
      [0.7816, 0.9136, 0.904],
      [0.8344, 0.884, 0.9264],
      [0.7632, 0.9104, 0.9128],
      [0.7704, 0.9192, 0.9048],
    ],
  },
  {
    rate: 0.4,
    accuracy: [
      [0.0824, 0.8344, 0.9008],
      [0.3144, 0.8736, 0.8744],
      [0.0832, 0.8832, 0.8536],
      [0.2432, 0.8912, 0.9144],
      [0.2984, 0.8136, 0.9032],
      [0.3304, 0.8448, 0.888],
    ],
  },
];

/** Over all starts, by method. */
export const meanAccuracy = ({ accuracy }: Measured): number[] =>
  METHODS.map((_, method) => mean(accuracy.map((start) => start[method])));
