// How a row of the benchmark is timed, and what it holds. A subject is a function from a Context to its cases.
import { Bench } from "tinybench";
import type { Build } from "../src/wasm/binary.js";

/** What a subject measures with: the build, R in GFLOP/s, and whether the slow cases are wanted. */
export interface Context {
  readonly build: Build;
  readonly r: number;
  readonly all: boolean;
}

export interface Case {
  readonly name: string;
  run(): Promise<Result | Figure>;
}

/** What is no rate: a share, a size or a delay, beside what the project asks of it. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  readonly wanted: { readonly atMost: number } | { readonly atLeast: number };
  /** What was compared or checked on the way, in a few words. */
  readonly note?: string;
}

export interface Timing {
  /** Median seconds of one call. */
  readonly seconds: number;
  readonly samples: number;
}

export interface Result extends Timing {
  readonly rate: number;
  readonly unit: "GFLOP/s" | "GB/s";
  /** Rate over R; products and steps only. */
  readonly shareOfR?: number;
  /** How far the result is from float64, as a share of what `tolerance` allows: above 1 it is wrong. */
  readonly residual: number;
  readonly tolerance: string;
}

const SAMPLE_SECONDS = 500e-6; // shorter calls are repeated within one sample, since clocks are coarse: 5 us in a browser
const WARM_UP_CALLS = 500;
const WARM_UP_SECONDS = 0.04;

/** Many short calls, then a pause in which the optimizing compiler can finish: code entered once may stay in the baseline compiler. */
export async function warmUp(call: () => unknown): Promise<void> {
  const end = performance.now() + WARM_UP_SECONDS * 1e3;
  for (let i = 0; i < WARM_UP_CALLS && performance.now() < end; i++) await call();
  await new Promise((resolve) => setTimeout(resolve, 5));
}

/** How many calls fill one sample; `call` is warm. */
function callsPerSample(call: () => void): number {
  let calls = 1;
  for (;;) {
    const start = performance.now();
    for (let i = 0; i < calls; i++) call();
    if (performance.now() - start >= SAMPLE_SECONDS * 1e3) return calls;
    calls *= 2;
  }
}

function summarize(bench: Bench, calls: number): Timing {
  const { result } = bench.tasks[0]!;
  if (result.state !== "completed") throw new Error(`the measurement ended as ${result.state}`);
  return { seconds: result.latency.p50 / 1e3 / calls, samples: result.latency.samplesCount };
}

/** The median time of a synchronous call. */
export async function measure(call: () => void, milliseconds = 150): Promise<Timing> {
  await warmUp(call);
  const calls = callsPerSample(call);
  const bench = new Bench({ time: milliseconds, iterations: 5, warmupTime: milliseconds / 5, warmupIterations: 1, throws: true });
  bench.add("call", () => { for (let i = 0; i < calls; i++) call(); }, { async: false });
  bench.runSync();
  return summarize(bench, calls);
}

/** Two calls by turns, so that noise hits both alike: the median of each, in seconds, and of their ratio, second over first. */
export async function alternate(first: () => unknown, second: () => unknown, milliseconds = 1500): Promise<{ first: number; second: number; ratio: number }> {
  const timed = async (call: () => unknown) => {
    const start = performance.now();
    await call();
    return (performance.now() - start) / 1e3;
  };
  for (let i = 0; i < 3; i++) {
    await first();
    await second();
  }
  const pairs: (readonly [number, number])[] = [];
  for (const end = performance.now() + milliseconds; pairs.length < 5 || performance.now() < end; ) {
    if (pairs.length % 2 === 0) pairs.push([await timed(first), await timed(second)]);
    else pairs.push(([await timed(second), await timed(first)] as [number, number]).reverse() as [number, number]);
  }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  return { first: middle(pairs.map(([a]) => a)), second: middle(pairs.map(([, b]) => b)), ratio: middle(pairs.map(([a, b]) => b / a)) };
}

/** The median time of one of the `calls` that an asynchronous run makes. */
export async function measureRun(run: () => Promise<unknown>, calls: number, milliseconds = 600): Promise<Timing> {
  const bench = new Bench({ time: milliseconds, iterations: 3, warmupTime: milliseconds / 2, warmupIterations: 1, throws: true });
  bench.add("run", run, { async: true });
  await bench.run();
  return summarize(bench, calls);
}

/** Numbers from -1 to 1, the same in every run: a multiplicative congruential generator, good enough to fill matrices. */
export function filler(seed: number): () => number {
  let state = (seed * 2 + 1) >>> 0;
  return () => {
    state = Math.imul(state, 747796405) >>> 0;
    return Math.fround((state >>> 8) / 2 ** 23 - 1);
  };
}

export function filled(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, next);
}
