// Calls that are compared take turns, so that noise hits all alike; what is told is the median over turns, with their
// quartiles.
import type { Figure } from "./measure.js";
import { median, quartiles } from "./statistics.js";

const WARM_UP_TURNS = 3;
const LEAST_TURNS = 5;

/**
 * Seconds of each call, turn by turn, for `milliseconds` in all. Every other turn goes backwards, so that a drift
 * favours none.
 */
export async function byTurns(
  calls: readonly (() => unknown)[],
  milliseconds = 2500,
  now: () => number = () => performance.now(),
  leastTurns = LEAST_TURNS,
): Promise<number[][]> {
  const turn = async (backwards: boolean): Promise<number[]> => {
    const seconds = calls.map(() => 0);
    const order = [...calls.keys()];
    for (const i of backwards ? order.reverse() : order) {
      const start = now();
      await calls[i]!();
      seconds[i] = (now() - start) / 1e3;
    }
    return seconds;
  };
  const warm = now() + milliseconds;
  for (let i = 0; i < WARM_UP_TURNS && now() < warm; i++) await turn(false);
  const turns: number[][] = [];
  for (const end = now() + milliseconds; turns.length < leastTurns || now() < end;)
    turns.push(await turn(turns.length % 2 === 1));
  return turns;
}

/** Milliseconds: of the process where that is told, as other programs then do not count. */
export function processorTime(): number {
  const { user = 0, system = 0 } = globalThis.process?.cpuUsage?.() ?? {};
  return user + system > 0 ? (user + system) / 1e3 : performance.now();
}

/** The second call's time over the first's, turn by turn. */
export async function ratios(
  first: () => unknown,
  second: () => unknown,
  milliseconds?: number,
  leastTurns?: number,
): Promise<number[]> {
  return (await byTurns([first, second], milliseconds, undefined, leastTurns)).map(([one, other]) => other! / one!);
}

export function summarize(values: readonly number[]): Pick<Figure, "value" | "quartiles"> {
  return { value: median(values), quartiles: quartiles(values) };
}
