// Times of training steps on a machine that does other things too: networks by turns, and of each the fastest step,
// since what disturbs a step only adds to it.
import type { DigitRuns } from "./digit-runs.js";
import type { Network } from "../../index.js";

const ROUNDS = 5;
const BATCH_SIZE = 32;

/** Microseconds of each network's fastest step in one repeat; the weights stay as they are. */
async function fastestSteps(digits: DigitRuns, networks: readonly Network[], rows: number): Promise<number[]> {
  const fastest = networks.map(() => Infinity);
  const data = digits.someRows(rows);
  const optimizer = digits.library.sgd({ learningRate: 0 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, network] of networks.entries()) {
      let last = Number.NaN; // the first step of an epoch has no start of its own
      const onBatchEnd = (): void => {
        const now = performance.now();
        if (now > last) fastest[i] = Math.min(fastest[i], (now - last) * 1000);
        last = now;
      };
      await network.fit(data, {
        epochs: 1,
        batchSize: BATCH_SIZE,
        shuffle: false,
        optimizer,
        callbacks: [{ onBatchEnd }],
      });
    }
  }
  return fastest;
}

/** By network and repeat; one more repeat before them warms up. The networks are disposed of. */
export async function timeSteps(
  digits: DigitRuns,
  networks: readonly Network[],
  rows: number,
  note: string,
): Promise<number[][]> {
  const times = networks.map((): number[] => []);
  for (let repeat = -1; repeat < digits.repeats; repeat++) {
    await digits.pause(note);
    const fastest = await fastestSteps(digits, networks, rows);
    if (repeat >= 0) fastest.forEach((time, i) => times[i].push(time));
  }
  for (const network of networks) network.dispose();
  return times;
}

/**
 * How many times as long `slower` takes, by the fastest of all repeats: the figure that a busy machine disturbs least.
 */
export function timesAsLong(slower: readonly number[], faster: readonly number[]): number {
  return Math.min(...slower) / Math.min(...faster);
}
