// Products shared by threads: every thread runs the same kernels over one shared memory, each on a stripe of C. Since each
// element of C is one sum in one order, the stripes don't show in the bits.
//
// The control block, i32 each: [generation, unfinished helpers, sleeping helpers, whether the caller sleeps, thread count,
// arguments of gemmSelected ...]. A product is posted by raising the generation. Helpers spin on it briefly, then sleep.
import { gemmSelected, gemmWorkspaceBytes, tileRows } from "./gemm/gemm";

const GENERATION: usize = 0;
const UNFINISHED: usize = 4;
const SLEEPING: usize = 8;
const CALLER_SLEEPS: usize = 12;
const THREADS: usize = 16;
const ARGUMENTS: usize = 20;

/** Rounds of looking before a helper sleeps: a fraction of a millisecond, longer than what lies between the products of most steps. */
const SPINS: i32 = 400_000;
/** Rounds of looking before the caller is told that helpers are late, and may sleep. */
const PATIENCE: i32 = 1_000_000;

// @ts-ignore: decorator
@inline
function argument(control: usize, index: usize): usize {
  return load<usize>(control + ARGUMENTS + (index << 2));
}

/** The share of thread `index`: a stripe of rows or of columns, whichever leaves less to be packed twice, in whole tiles. */
function runStripe(control: usize, index: usize): void {
  const threads = load<usize>(control + THREADS);
  const M = argument(control, 0), N = argument(control, 1), K = argument(control, 2);
  const a = argument(control, 3), rowStrideA = argument(control, 4), colStrideA = argument(control, 5);
  const b = argument(control, 6), rowStrideB = argument(control, 7), colStrideB = argument(control, 8);
  const accumulate = argument(control, 9) != 0;
  const c = argument(control, 10), ldc = argument(control, 11);
  const workspace = argument(control, 12) + index * gemmWorkspaceBytes();
  const columnIndex = argument(control, 13), kIndex = argument(control, 14);
  const byRows = M > N;
  const tile = byRows ? tileRows() : <usize>8;
  const tiles = ((byRows ? M : N) + tile - 1) / tile;
  const start = min(tiles * index / threads * tile, byRows ? M : N);
  const end = min(tiles * (index + 1) / threads * tile, byRows ? M : N);
  if (byRows) {
    gemmSelected(
      end - start, N, K, a + (start * rowStrideA << 2), rowStrideA, colStrideA, b, rowStrideB, colStrideB,
      accumulate, c + (start * ldc << 2), ldc, workspace, columnIndex, kIndex,
    );
  } else {
    const from: usize = columnIndex ? 0 : start;
    gemmSelected(
      M, end - start, K, a, rowStrideA, colStrideA, b + (from * colStrideB << 2), rowStrideB, colStrideB,
      accumulate, c + (start << 2), ldc, workspace, columnIndex ? columnIndex + (start << 2) : 0, kIndex,
    );
  }
}

/** Posts the product whose arguments are in the control block and runs the caller's own stripe. */
export function runShared(control: usize): void {
  atomic.store<i32>(control + UNFINISHED, load<i32>(control + THREADS) - 1);
  atomic.add<i32>(control + GENERATION, 1);
  if (atomic.load<i32>(control + SLEEPING) != 0) atomic.notify(control + GENERATION, -1);
  runStripe(control, 0);
}

/** Waits for the helpers' stripes; returns how many are still missing when patience is at an end. */
export function awaitHelpers(control: usize): i32 {
  let unfinished = 0;
  for (let i = 0; i < PATIENCE; i++) {
    unfinished = atomic.load<i32>(control + UNFINISHED);
    if (unfinished == 0) break;
  }
  return unfinished;
}

/** Waits until the generation is another than `seen`; returns it. */
function awaitWork(control: usize, seen: i32): i32 {
  for (let i = 0; i < SPINS; i++) {
    const generation = atomic.load<i32>(control + GENERATION);
    if (generation != seen) return generation;
  }
  atomic.add<i32>(control + SLEEPING, 1);
  while (atomic.load<i32>(control + GENERATION) == seen) atomic.wait<i32>(control + GENERATION, seen, -1);
  atomic.sub<i32>(control + SLEEPING, 1);
  return atomic.load<i32>(control + GENERATION);
}

/** The life of helper `index` (from 1), from generation `seen` on; ends with its thread. */
export function helperLoop(control: usize, index: usize, seen: i32): void {
  while (true) {
    seen = awaitWork(control, seen);
    runStripe(control, index);
    const wasLast = atomic.sub<i32>(control + UNFINISHED, 1) == 1;
    if (wasLast && atomic.load<i32>(control + CALLER_SLEEPS) != 0) atomic.notify(control + UNFINISHED, 1);
  }
}
