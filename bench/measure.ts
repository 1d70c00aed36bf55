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
  run(): Promise<Result>;
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
