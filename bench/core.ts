// R, the yardstick: the rate of the micro-kernel itself on one panel of each operand, both in L1. Other programs may
// halve a machine's speed for minutes, so it is sampled again beside whatever is compared with it.
import { Bench as Arena } from "../tests/support/kernels.js";
import type { Build } from "../src/wasm/binary.js";
import { filled, filler } from "./numbers.js";

export interface Core {
  /** GFLOP/s over the next `seconds`. */
  sample(seconds?: number): number;
  /** All samples so far. */
  readonly samples: readonly number[];
}

const SAMPLE_SECONDS = 1.5e-3;
const WARM_UP_SECONDS = 0.1;

/** Samples of a call that does so many operations. */
export function coreOf(call: () => void, operations: number, now: () => number = () => performance.now()): Core {
  const samples: number[] = [];
  return {
    samples,
    sample(seconds = SAMPLE_SECONDS) {
      const start = now();
      let calls = 0,
        elapsed: number;
      do {
        call();
        calls++;
        elapsed = (now() - start) / 1e3;
      } while (elapsed < seconds);
      samples.push((calls * operations) / elapsed / 1e9);
      return samples.at(-1)!;
    },
  };
}

/** The core of this build, warm: many short calls, so that the kernel leaves the engine's baseline compiler. */
export async function createCore(build: Build): Promise<Core> {
  const kc = 256;
  const repeats = 16;
  const arena = await Arena.create(build);
  const rows = arena.kernels.tileRows();
  const next = filler(1);
  const a = arena.place(filled(kc * rows, next));
  const b = arena.place(filled(kc * 8, next));
  const tile = arena.place(new Float32Array(rows * 8));
  const create = () => coreOf(() => arena.kernels.microkernel(kc, a, b, tile, repeats), 2 * kc * rows * 8 * repeats);
  const early = create();
  for (const end = performance.now() + WARM_UP_SECONDS * 1e3; performance.now() < end;) {
    early.sample();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return create();
}
