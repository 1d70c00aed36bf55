// Activations as a training step calls them on 128 x 512 preactivations: forward with bias and counters, without
// counters, and backward.
import { ACTIVATION_NAMES, type ActivationName } from "../src/activations/activations.js";
import { Bench as Arena } from "../tests/support/kernels.js";
import { activate, slope } from "../tests/reference/network.js";
import { callsPerSample, measure, times, type Case, type Context, type Figure, type Result } from "./measure.js";
import { filled, filler } from "./numbers.js";
import { ratios, summarize } from "./turns.js";

const ROWS = 128;
const UNITS = 512;
const COUNT = ROWS * UNITS;
const COUNTERS = 7; // arrays of one float a unit
const ALPHA = 0.25;
const MILLISECONDS = 150;
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

interface Activation {
  readonly z: Float32Array;
  readonly upstream: Float32Array;
  readonly calls: Readonly<Record<Direction, () => void>>;
  /** What the last call wrote. */
  result(): Float32Array;
}

async function prepare(name: ActivationName, { build }: Context): Promise<Activation> {
  const arena = await Arena.create(build);
  const { activationForward, activationBackward } = arena.kernels;
  const kind = ACTIVATION_NAMES.indexOf(name);
  const next = filler(3);
  const z = filled(COUNT, () => 4 * next()),
    upstream = filled(COUNT, next);
  const alphas = arena.place(new Float32Array(UNITS).fill(ALPHA));
  const bias = arena.place(new Float32Array(UNITS)); // zeros: z stays what it is from call to call
  const atZ = arena.place(z),
    atUpstream = arena.place(upstream),
    out = arena.allocate(COUNT);
  const perUnit = arena.allocate(UNITS * COUNTERS);
  const calls = {
    forward: () => activationForward(kind, ALPHA, alphas, ROWS, UNITS, atZ, bias, out, perUnit, 1),
    "forward, no counters": () => activationForward(kind, ALPHA, alphas, ROWS, UNITS, atZ, bias, out, 0, 0),
    backward: () =>
      void activationBackward(
        kind,
        ALPHA,
        alphas,
        ROWS,
        UNITS,
        atZ,
        atUpstream,
        out,
        perUnit,
        name === "prelu" ? perUnit + UNITS * 4 : 0,
      ),
  };
  return { z, upstream, calls, result: () => arena.floats(out, COUNT) };
}

async function run(name: ActivationName, direction: Direction, context: Context): Promise<Result> {
  const { z, upstream, calls, result } = await prepare(name, context);
  const timing = await measure(calls[direction], { milliseconds: MILLISECONDS });
  const exact =
    direction === "backward"
      ? (i: number) => upstream[i]! * slope(name, z[i]!, ALPHA)
      : (i: number) => activate(name, z[i]!, ALPHA);
  return {
    ...timing,
    rate: BYTES / timing.seconds / 1e9,
    unit: "GB/s",
    residual: residual(result(), exact),
    tolerance: "max(1e-6·|exact|, 1e-7)",
  };
}

/** The textbook's claim: ReLU is cheaper. Both directions with counters, as a training step calls them. */
async function againstRelu(other: ActivationName, context: Context): Promise<Figure> {
  const both = async (name: ActivationName) => {
    const { calls } = await prepare(name, context);
    return () => {
      calls.forward();
      calls.backward();
    };
  };
  const [relu, smooth] = [await both("relu"), await both(other)];
  const count = await callsPerSample(relu);
  await callsPerSample(smooth);
  const found = await ratios(times(smooth, count), times(relu, count), 500);
  return { ...summarize(found.map((ratio) => 100 * ratio)), unit: "% of its time", wanted: { atMost: 100 } };
}

export function activationCases(context: Context): Case[] {
  const directions: readonly Direction[] = ["forward", "forward, no counters", "backward"];
  return [
    ...ACTIVATION_NAMES.flatMap((name) =>
      directions.map((direction) => ({
        name: `activation ${name} ${direction}`,
        run: () => run(name, direction, context),
      })),
    ),
    ...(["sigmoid", "tanh"] as const).map((other) => ({
      name: `activation relu against ${other}, both ways`,
      run: () => againstRelu(other, context),
    })),
  ];
}
