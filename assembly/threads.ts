// Products shared by threads: every thread runs the same kernels over one shared memory and takes stripe after stripe of C, so that a
// thread that is slow, late or not there at all holds up nobody. Since each element of C is one sum in one order, the stripes don't show
// in the bits.
//
// A turn is one stripe: the columns that B is packed for at a time, of one block of M and one of K. LEFT counts the turns of a product
// down: who takes it from above 0 has got one, and until that is finished neither the product nor its arguments change.
import { blockDepth, blockHeight, countBlocks, gemmWorkspaceBytes, packBlock, runStripe, stripeWidth } from "./gemm/gemm";
import { B_LISTED, chooseListed, DENSE } from "./gemm/listed";

// The control block, i32 each; the arguments of gemmSkippingZeros follow, and whether zeros may be
// skipped; in that place its way, once it is known. Helpers look at LEFT briefly, then sleep on it.
const LEFT: usize = 0;
const FINISHED: usize = 4;
const SLEEPING: usize = 8;
const CALLER_SLEEPS: usize = 12;
const PRODUCT: usize = 16;
const TURNS: usize = 20;
const HELD: usize = 24;
const ARGUMENTS: usize = 28;

/** Rounds of looking before a helper sleeps: a fraction of a millisecond, longer than what lies between the products of most steps. */
const SPINS: i32 = 400_000;
/** Rounds of looking before the caller is told that helpers are late, and may sleep. */
const PATIENCE: i32 = 1_000_000;

// @ts-ignore: decorator
@inline
function argument(control: usize, index: usize): usize {
  return load<usize>(control + ARGUMENTS + (index << 2));
}

/** What LEFT was before a turn was taken off it, for the caller that of the turn it kept; no turn if it is not above 0. */
function takeTurn(control: usize, index: usize): i32 {
  const held = index == 0 ? load<i32>(control + HELD) : 0;
  if (held == 0) return atomic.sub<i32>(control + LEFT, 1);
  store<i32>(control + HELD, 0);
  return held;
}

/**
 * Takes turns as thread `index` until none is left; returns how many it finished. A block of K is added to what the blocks before it gave,
 * so those have to be finished: a helper waits for that as long as it takes, the caller keeps its turn in HELD and returns.
 */
function takeTurns(control: usize, index: usize): i32 {
  let finished = 0;
  let product = 0;
  let packed: usize = usize.MAX_VALUE; // the block of that product's A that this thread's workspace holds
  while (true) {
    const left = takeTurn(control, index);
    if (left <= 0) return finished;

    const M = argument(control, 0), N = argument(control, 1), K = argument(control, 2);
    const workspace = argument(control, 12) + index * gemmWorkspaceBytes();
    const depth = blockDepth(K), height = blockHeight(M, depth);
    const way = <i32>argument(control, 15), width = stripeWidth(way);
    const across = countBlocks(N, width), down = countBlocks(M, height);
    const turn = <usize>(load<i32>(control + TURNS) - left);
    const block = turn / across, pc = block / down * depth, ic = block % down * height;
    const kc = min(depth, K - pc), mc = min(height, M - ic);
    if (block != packed || product != load<i32>(control + PRODUCT)) {
      const before = <i32>(block / down * down * across);
      while (atomic.load<i32>(control + FINISHED) < before) {
        if (index != 0) continue;
        store<i32>(control + HELD, left);
        return finished;
      }
      packBlock(way, mc, kc, ic, pc, argument(control, 3), argument(control, 4), argument(control, 5), workspace);
      packed = block;
      product = load<i32>(control + PRODUCT);
    }
    runStripe(
      way, width, mc, N, kc, ic, turn % across * width, pc,
      argument(control, 6), argument(control, 7), argument(control, 8),
      argument(control, 9) != 0, argument(control, 10), argument(control, 11), workspace,
      argument(control, 13), argument(control, 14),
    );
    finished++;
    atomic.add<i32>(control + FINISHED, 1);
    if (atomic.load<i32>(control + CALLER_SLEEPS) != 0) atomic.notify(control + FINISHED, 1);
  }
}

// @ts-ignore: decorator
@inline
function setArgument(control: usize, index: usize, value: usize): void {
  store<usize>(control + ARGUMENTS + (index << 2), value);
}

/**
 * Puts the way of the product in the place of whether zeros may be skipped; exchanges its operands where B is listed.
 */
function chooseWay(control: usize): i32 {
  if (argument(control, 15) == 0) return DENSE;
  const M = argument(control, 0), N = argument(control, 1);
  const a = argument(control, 3), rowStrideA = argument(control, 4), colStrideA = argument(control, 5);
  const b = argument(control, 6), rowStrideB = argument(control, 7), colStrideB = argument(control, 8);
  const isSelected = (argument(control, 13) | argument(control, 14)) != 0;
  const K = argument(control, 2);
  const way = chooseListed(M, N, K, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, isSelected);
  setArgument(control, 15, way);
  if (way == B_LISTED) {
    setArgument(control, 0, N); setArgument(control, 1, M);
    setArgument(control, 3, b); setArgument(control, 4, colStrideB); setArgument(control, 5, rowStrideB);
    setArgument(control, 6, a); setArgument(control, 7, colStrideA); setArgument(control, 8, rowStrideA);
  }
  return way;
}

/** Posts the product whose arguments are in the control block and takes turns at it; returns how many it finished before it had to wait for helpers. */
export function runShared(control: usize): i32 {
  const way = chooseWay(control);
  const M = argument(control, 0), N = argument(control, 1), K = argument(control, 2);
  const depth = blockDepth(K);
  const turns = countBlocks(N, stripeWidth(way)) * countBlocks(M, blockHeight(M, depth)) * countBlocks(K, depth);
  store<i32>(control + PRODUCT, load<i32>(control + PRODUCT) + 1);
  store<i32>(control + TURNS, <i32>turns);
  atomic.store<i32>(control + FINISHED, 0);
  atomic.store<i32>(control + LEFT, <i32>turns);
  if (atomic.load<i32>(control + SLEEPING) != 0) atomic.notify(control + LEFT, -1);
  return takeTurns(control, 0);
}

/** Finishes the product with the helpers; returns how many turns are still missing when patience is at an end. */
export function awaitHelpers(control: usize): i32 {
  const turns = load<i32>(control + TURNS);
  let finished = 0;
  for (let i = 0; i < PATIENCE; i++) {
    if (load<i32>(control + HELD) != 0) takeTurns(control, 0);
    finished = atomic.load<i32>(control + FINISHED);
    if (finished == turns) break;
  }
  return turns - finished;
}

/** Waits until there are turns to take. */
function awaitWork(control: usize): void {
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(control + LEFT) > 0) return;
  }
  while (true) {
    const left = atomic.load<i32>(control + LEFT);
    if (left > 0) return;
    atomic.add<i32>(control + SLEEPING, 1);
    atomic.wait<i32>(control + LEFT, left, -1);
    atomic.sub<i32>(control + SLEEPING, 1);
  }
}

/** The life of helper `index` (from 1); ends with its thread. */
export function helperLoop(control: usize, index: usize): void {
  while (true) {
    awaitWork(control);
    takeTurns(control, index);
  }
}
