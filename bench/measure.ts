// How a row of the benchmark is timed, and what it holds. A subject is a function from a Context to its cases.
import { Bench, type FnOptions, type FnReturnedObject } from "tinybench";
import type { Build } from "../src/wasm/binary.js";
import type { Core } from "./core.js";
import type { PeakMemory } from "./peak-memory.js";
import { mean, median, quartiles, type Interval } from "./statistics.js";

/** What a subject measures with: the build, R, how many cores there are, and whether the slow cases are wanted. */
export interface Context {
  readonly build: Build;
  readonly core: Core;
  /** On a single one two threads only wait for each other: their cases are left out. */
  readonly cores: number;
  readonly all: boolean;
  /** Of the process that trains from a file, which is ten times as large. */
  readonly heapMegabytes?: number;
}

export interface Case {
  readonly name: string;
  /** Takes seconds and says little new: runs where --all or --filter asks for it. */
  readonly onDemand?: boolean;
  run(): Promise<Result | Figure>;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** What is no rate: a share, a size or a delay, beside what the project asks of it. */
export interface Figure {
  readonly value: number;
  readonly unit: string;
  /** Of the turns that `value` is the median of. */
  readonly quartiles?: Interval;
  readonly wanted?: Target;
  /** Of one call of what is measured, and of what it is compared with. */
  readonly memory?: { readonly own: PeakMemory; readonly beside?: PeakMemory };
  /** What was compared or checked on the way, in a few words. */
  readonly note?: string;
  /** What a check of the results found amiss: no figure then counts. */
  readonly wrong?: string;
}

export interface Timing {
  /** Median seconds of one call. */
  readonly seconds: number;
  readonly samples: number;
  /** Rate over R: the median of the samples' own shares, and their quartiles. */
  readonly shareOfR?: number;
  readonly quartiles?: Interval;
}

export interface Result extends Timing {
  readonly rate: number;
  readonly unit: "GFLOP/s" | "GB/s";
  /** Instead of a share of R: the rate over that of a plain copy, by turns; the quartiles are then its. */
  readonly shareOfCopy?: number;
  /** Of the share of R, in percent. */
  readonly wanted?: Target;
  /** How far the result is from float64, as a share of what `tolerance` allows: above 1 it is wrong. */
  readonly residual: number;
  readonly tolerance: string;
}

/** With `operations` of one call, each sample is compared with samples of R just before and after it. */
export interface Measurement {
  readonly milliseconds?: number;
  readonly core?: Core;
  readonly operations?: number;
  readonly now?: () => number;
}

const SAMPLE_SECONDS = 1e-3; // shorter calls are repeated within one sample, since clocks are coarse: 5 us in a browser
const LEAST_SAMPLES = 9;
const WARM_UP_CALLS = 500;
const WARM_UP_SECONDS = 0.04;
const CORE_SHARE = 0.5; // of a sample's time, for the samples of R beside it
const LEAST_CORE_SECONDS = 1.5e-3;

const clock = () => performance.now();

/**
 * Many short calls, then a pause in which the optimizing compiler can finish: code entered once may stay in the
 * baseline compiler.
 */
export async function warmUp(call: () => unknown): Promise<void> {
  const end = performance.now() + WARM_UP_SECONDS * 1e3;
  for (let i = 0; i < WARM_UP_CALLS && performance.now() < end; i++) await call();
  await new Promise((resolve) => setTimeout(resolve, 5));
}

export const times = (call: () => unknown, count: number) => (): void => {
  for (let i = 0; i < count; i++) call();
};

/** Warms up, and tells how many calls fill a sample of `seconds`. */
export async function callsPerSample(call: () => unknown, seconds = SAMPLE_SECONDS, now = clock): Promise<number> {
  await warmUp(call);
  const elapsed = (run: () => void) => {
    const start = now();
    run();
    return now() - start;
  };
  for (let calls = 1; ; calls *= 2) {
    const run = times(call, calls);
    // the fastest of three: where another program came in between, a few calls would seem to fill the sample
    if (Math.min(elapsed(run), elapsed(run), elapsed(run)) >= seconds * 1e3) return calls;
  }
}

/**
 * Each value over the mean of the two references beside it: references[i] was measured just before values[i],
 * references[i + 1] just after.
 */
export function shares(values: readonly number[], references: readonly number[]): number[] {
  return values.map((value, i) => value / mean([references[i]!, references[i + 1]!]));
}

/**
 * The samples of one measurement in their order, which tinybench doesn't keep, with R before the first and after each.
 */
class Samples {
  private seconds: number[] = [];
  private references: number[] = [];
  private last = 0;

  constructor(
    private readonly core: Core | undefined,
    private readonly now: () => number,
  ) {}

  /**
   * Called by tinybench outside of the times that it takes. Warming up begins the samples too, so that they begin
   * twice.
   */
  readonly hooks: Pick<FnOptions, "beforeAll" | "afterEach"> = {
    beforeAll: () => {
      this.seconds = [];
      this.references = [];
      this.last = this.now();
      this.reference();
    },
    afterEach: () => this.reference(),
  };

  /** Tells tinybench that a sample's cost is all the time since the last one: R counts towards the milliseconds too. */
  end(start: number): FnReturnedObject {
    const now = this.now();
    const overriddenIterationCost = now - this.last;
    this.seconds.push((now - start) / 1e3);
    this.last = now;
    return { overriddenIterationCost };
  }

  /** Of the rate of so many operations a sample. */
  shareOfR(operations: number): Pick<Timing, "shareOfR" | "quartiles"> {
    const found = shares(
      this.seconds.map((seconds) => operations / seconds / 1e9),
      this.references,
    );
    return { shareOfR: median(found), quartiles: quartiles(found) };
  }

  private reference(): void {
    if (this.core)
      this.references.push(this.core.sample(Math.max(LEAST_CORE_SECONDS, CORE_SHARE * (this.seconds.at(-1) ?? 0))));
  }
}

async function timed(
  run: () => unknown,
  calls: number,
  isAsync: boolean,
  { milliseconds = 300, core, operations, now = clock }: Measurement,
): Promise<Timing> {
  const samples = new Samples(core, now);
  const bench = new Bench({
    time: milliseconds,
    iterations: LEAST_SAMPLES,
    warmupTime: milliseconds / 3,
    warmupIterations: 1,
    throws: true,
    now,
  });
  const call = isAsync
    ? async () => {
        const start = now();
        await run();
        return samples.end(start);
      }
    : () => {
        const start = now();
        run();
        return samples.end(start);
      };
  bench.add("call", call, { async: isAsync, ...samples.hooks });
  if (isAsync) await bench.run();
  else bench.runSync();
  const { result } = bench.tasks[0]!;
  if (result.state !== "completed") throw new Error(`the measurement ended as ${result.state}`);
  const { p50, samplesCount } = result.latency;
  return {
    seconds: p50 / 1e3 / calls,
    samples: samplesCount,
    ...(core && operations && samples.shareOfR(operations * calls)),
  };
}

/** The median time of a synchronous call. */
export async function measure(call: () => void, measurement: Measurement = {}): Promise<Timing> {
  const calls = await callsPerSample(call, SAMPLE_SECONDS, measurement.now);
  return timed(times(call, calls), calls, false, measurement);
}

/** The median time of one of the `calls` that an asynchronous run makes. */
export function measureRun(run: () => Promise<unknown>, calls: number, measurement: Measurement = {}): Promise<Timing> {
  return timed(run, calls, true, measurement);
}
