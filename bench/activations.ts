// Activations as a training step calls them on 128 x 512 preactivations: forward with bias and counters, without counters, and backward.
import { ACTIVATION_NAMES, type ActivationName } from "../src/wasm/activations.js";
import { Bench as Arena } from "../tests/assembly/harness.js";
import { activate, slope } from "../tests/reference.js";
import { filled, filler, measure, type Case, type Context, type Result } from "./measure.js";

const ROWS = 128;
const UNITS = 512;
const COUNT = ROWS * UNITS;
const COUNTERS = 7; // arrays of one float a unit
const ALPHA = 0.25;
const BYTES = 3 * 4 * COUNT; // forward: z read and written, a written; backward: z and upstream read, dz written

type Direction = "forward" | "forward, no counters" | "backward";

/** The largest error over max(1e-6·|exact|, 1e-7). */
function residual(given: Float32Array, exact: (i: number) => number): number {
  return given.reduce((worst, value, i) => {
    const wanted = exact(i);
    const error = Math.abs(value - wanted) / Math.max(1e-6 * Math.abs(wanted), 1e-7);
    return error <= worst ? worst : error; // NaN stays
  }, 0);
}

async function run(name: ActivationName, direction: Direction, { build }: Context): Promise<Result> {
  const arena = await Arena.create(build);
  const { activationForward, activationBackward } = arena.kernels;
  const kind = ACTIVATION_NAMES.indexOf(name);
  const next = filler(3);
  const z = filled(COUNT, () => 4 * next()), upstream = filled(COUNT, next);
  const alphas = arena.place(new Float32Array(UNITS).fill(ALPHA));
  const bias = arena.place(new Float32Array(UNITS)); // zeros: z stays what it is from call to call
  const atZ = arena.place(z), atUpstream = arena.place(upstream), out = arena.allocate(COUNT);
  const perUnit = arena.allocate(UNITS * COUNTERS);
  const call = {
    forward: () => activationForward(kind, ALPHA, alphas, ROWS, UNITS, atZ, bias, out, perUnit),
    "forward, no counters": () => activationForward(kind, ALPHA, alphas, ROWS, UNITS, atZ, bias, out, 0),
    backward: () => void activationBackward(kind, ALPHA, alphas, ROWS, UNITS, atZ, atUpstream, out, perUnit, name === "prelu" ? perUnit + UNITS * 4 : 0),
  }[direction];
  const timing = await measure(call);
  const exact = direction === "backward" ? (i: number) => upstream[i]! * slope(name, z[i]!, ALPHA) : (i: number) => activate(name, z[i]!, ALPHA);
  return {
    ...timing, rate: BYTES / timing.seconds / 1e9, unit: "GB/s",
    residual: residual(arena.floats(out, COUNT), exact), tolerance: "max(1e-6·|exact|, 1e-7)",
  };
}

export function activationCases(context: Context): Case[] {
  const directions: readonly Direction[] = ["forward", "forward, no counters", "backward"];
  return ACTIVATION_NAMES.flatMap((name) => directions.map((direction) => ({ name: `activation ${name} ${direction}`, run: () => run(name, direction, context) })));
}
