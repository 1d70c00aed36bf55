// What a layer may have beside its product and activation, as a training step of W3 calls it: normalization, dropout,
// residual sums, penalties, limits of norms; and rows of bytes and halves on their way into a batch. None is worth much
// arithmetic, so that each stands beside a plain copy of as much memory, by turns.
import { numberToHalf } from "../src/core/rows/compact.js";
import { Bench as Arena } from "../tests/support/kernels.js";
import { callsPerSample, measure, times, type Case, type Context, type Result } from "./measure.js";
import { filled, filler } from "./numbers.js";
import { ratios, summarize } from "./turns.js";
import { WORKLOADS } from "./workloads.js";

const { widths, batch: ROWS } = WORKLOADS[2]!;
const INPUTS = widths[0]!;
const UNITS = widths[1]!;
const COUNT = ROWS * UNITS;
const WEIGHTS = INPUTS * UNITS;
const MILLISECONDS = 150;
const EPSILON = 1e-5;
const KEPT = 0.75;

/** One kernel's call on numbers of its own. */
interface Piece {
  /** May be repeated: its numbers neither leave float32's range nor come near 0. */
  readonly call: () => void;
  /** Arrays that it must read or write, once each, of so many floats. */
  readonly arrays: number;
  readonly count: number;
  /** Of the first call: the largest error, as a share of the tolerance. */
  check(): number;
}

/** The largest error over 3e-6·max(1, |exact|). */
function residual(given: Float32Array, exact: (i: number) => number): number {
  return given.reduce((worst, value, i) => {
    const wanted = exact(i);
    const error = Math.abs(value - wanted) / (3e-6 * Math.max(1, Math.abs(wanted)));
    return error <= worst ? worst : error; // NaN stays
  }, 0);
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean and 1 / sqrt(variance + epsilon). */
function momentsOf(values: readonly number[]): { readonly mean: number; readonly inverse: number } {
  const mean = meanOf(values);
  return { mean, inverse: 1 / Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)) + EPSILON) };
}

/** Lines that a normalization goes along: columns of a batch, or rows. */
const LINES = {
  batch: {
    count: UNITS,
    of: (i: number) => i % UNITS,
    place: (line: number, j: number) => j * UNITS + line,
    size: ROWS,
  },
  layer: {
    count: ROWS,
    of: (i: number) => Math.floor(i / UNITS),
    place: (line: number, j: number) => line * UNITS + j,
    size: UNITS,
  },
} as const;
type Kind = keyof typeof LINES;

function linesOf<Value>(kind: Kind, make: (places: readonly number[]) => Value): Value[] {
  const { count, place, size } = LINES[kind];
  return Array.from({ length: count }, (_, line) => make(Array.from({ length: size }, (_, j) => place(line, j))));
}

/** Operands of a normalization: gammas are 1, biases and betas 0. */
function operands(arena: Arena) {
  const next = filler(11);
  const values = filled(COUNT, () => 3 * next() + 0.5);
  return {
    next,
    values,
    z: arena.place(values),
    zhat: arena.allocate(COUNT),
    gamma: arena.place(new Float32Array(UNITS).fill(1)),
    bias: arena.place(new Float32Array(UNITS)),
    moments: arena.allocateDoubles(2 * UNITS),
    affine: arena.allocate(3 * UNITS),
    inverses: arena.allocate(ROWS),
    sums: arena.place(new Float32Array(UNITS)),
  };
}

function normalize(arena: Arena, kind: Kind): Piece {
  const { values, z, zhat, gamma, bias, moments, affine, inverses } = operands(arena);
  const { batchNormalize, layerNormalize } = arena.kernels;
  return {
    call:
      kind === "batch"
        ? () => batchNormalize(ROWS, UNITS, z, EPSILON, gamma, moments, affine, zhat)
        : () => layerNormalize(ROWS, UNITS, z, bias, EPSILON, gamma, zhat, inverses),
    arrays: 3, // z read and written, zhat written
    count: COUNT,
    check: () => {
      const lines = linesOf(kind, (places) => momentsOf(places.map((i) => values[i]!)));
      return residual(arena.floats(z, COUNT), (i) => {
        const { mean, inverse } = lines[LINES[kind].of(i)]!;
        return (values[i]! - mean) * inverse;
      });
    },
  };
}

/** As evaluation calls it. */
function runningNormalize(arena: Arena): Piece {
  const { values, z, gamma, bias, affine } = operands(arena);
  const means = arena.place(new Float32Array(UNITS).fill(0.25)),
    variances = arena.place(new Float32Array(UNITS).fill(1));
  return {
    call: () => arena.kernels.runningNormalize(ROWS, UNITS, z, bias, means, variances, EPSILON, gamma, affine, 0),
    arrays: 2,
    count: COUNT,
    check: () => residual(arena.floats(z, COUNT), (i) => (values[i]! - 0.25) / Math.sqrt(1 + EPSILON)),
  };
}

/** dz = (dn - mean(dn) - zhat·mean(dn·zhat))·inverse; where dn's columns have a mean of 0, so have later ones. */
function differentiate(arena: Arena, kind: Kind): Piece {
  const { next, z, zhat, gamma, bias, affine, moments, inverses, sums } = operands(arena);
  const { kernels } = arena;
  if (kind === "batch") kernels.batchNormalize(ROWS, UNITS, z, EPSILON, gamma, moments, affine, zhat);
  else kernels.layerNormalize(ROWS, UNITS, z, bias, EPSILON, gamma, zhat, inverses);
  const upstream = filled(COUNT, next);
  for (const places of linesOf("batch", (places) => places)) {
    const mean = meanOf(places.map((i) => upstream[i]!));
    for (const i of places) upstream[i]! -= mean;
  }
  const dn = arena.place(upstream);
  const zeros = arena.place(new Float32Array(UNITS));
  const hats = arena.floats(zhat, COUNT).slice();
  const scales = kind === "batch" ? arena.floats(affine + 8 * UNITS, UNITS) : arena.floats(inverses, ROWS);
  const inverseOf = scales.slice();
  scales.fill(1); // so that repeated calls neither grow nor fade
  inverseOf.fill(1);
  return {
    call:
      kind === "batch"
        ? () => void kernels.batchNormalizeBackward(ROWS, UNITS, dn, zhat, gamma, affine, zeros, sums)
        : () => void kernels.layerNormalizeBackward(ROWS, UNITS, dn, zhat, gamma, inverses, sums, sums),
    arrays: 3,
    count: COUNT,
    check: () => {
      const lines = linesOf(kind, (places) => ({
        mean: kind === "batch" ? 0 : meanOf(places.map((i) => upstream[i]!)),
        slope: meanOf(places.map((i) => upstream[i]! * hats[i]!)),
      }));
      return residual(arena.floats(dn, COUNT), (i) => {
        const { mean, slope } = lines[LINES[kind].of(i)]!;
        return upstream[i]! - mean - hats[i]! * slope;
      });
    },
  };
}

function dropout(arena: Arena): Piece {
  const h = filled(COUNT, filler(12));
  const atH = arena.place(h),
    factors = arena.allocate(COUNT),
    out = arena.allocate(COUNT);
  const threshold = (1 - KEPT) * 2 ** 32;
  return {
    call: () => arena.kernels.dropout(ROWS, UNITS, 0, 1, 0, 7, 0, 0, threshold, 1 / KEPT, atH, factors, out),
    arrays: 3, // h read, factors and out written
    count: COUNT,
    check: () => {
      const kept = arena.floats(factors, COUNT).map(Math.sign);
      const error = residual(arena.floats(out, COUNT), (i) => (h[i]! * kept[i]!) / KEPT);
      const spread = 5 * Math.sqrt((KEPT * (1 - KEPT)) / COUNT); // five standard errors of the share kept
      return Math.max(error, Math.abs(meanOf([...kept]) - KEPT) / spread);
    },
  };
}

/** Of the way back through dropout, and of a residual layer's output. */
function elementwise(arena: Arena, name: "multiply" | "add"): Piece {
  const next = filler(13);
  const a = filled(COUNT, next),
    b = filled(COUNT, () => (next() < 0 ? 0 : 1));
  const atA = arena.place(a),
    atB = arena.place(b),
    sum = arena.allocate(COUNT);
  const { multiply, add } = arena.kernels;
  return {
    call: name === "multiply" ? () => multiply(COUNT, atA, atB) : () => add(COUNT, atA, atB, sum),
    arrays: 3,
    count: COUNT,
    check: () =>
      name === "multiply"
        ? residual(arena.floats(atA, COUNT), (i) => a[i]! * b[i]!)
        : residual(arena.floats(sum, COUNT), (i) => a[i]! + b[i]!),
  };
}

function penalize(arena: Arena): Piece {
  const weights = filled(WEIGHTS, filler(14));
  const x = arena.place(weights),
    gradient = arena.place(new Float32Array(WEIGHTS));
  const l1 = 1e-4,
    l2 = 1e-3;
  let sum = NaN;
  return {
    call: () => void (sum = arena.kernels.penalize(WEIGHTS, x, l1, l2, gradient)),
    arrays: 3, // the weights, and the gradient read and written
    count: WEIGHTS,
    check: () => {
      const exact = weights.reduce((total, w) => total + l1 * Math.abs(w) + l2 * w * w, 0);
      const pull = (w: number) => l1 * Math.sign(w) + 2 * l2 * w;
      return Math.max(
        residual(arena.floats(gradient, WEIGHTS), (i) => pull(weights[i]!)),
        Math.abs(sum / exact - 1) / 1e-9,
      );
    },
  };
}

/** With no norm above the limit, or with one in each call: then the whole kernel goes through once more. */
function limitNorms(arena: Arena, isAbove: boolean): Piece {
  const weights = filled(WEIGHTS, filler(15));
  const kernel = arena.place(weights),
    scratch = arena.allocateDoubles(2 * UNITS);
  const most = 20; // of 784 numbers from -1 to 1: their norms are about 16
  const first = arena.floats(kernel, 1);
  return {
    call: () => {
      if (isAbove) first[0] = 30;
      arena.kernels.limitNorms(INPUTS, UNITS, kernel, most, scratch);
    },
    arrays: isAbove ? 3 : 1,
    count: WEIGHTS,
    check: () => {
      const norm = Math.sqrt(900 + weights.reduce((sum, w, i) => sum + (i % UNITS || i === 0 ? 0 : w * w), 0));
      return residual(arena.floats(kernel, WEIGHTS), (i) => {
        const w = isAbove && i === 0 ? 30 : weights[i]!;
        return isAbove && i % UNITS === 0 ? (w * most) / norm : w;
      });
    },
  };
}

const STORED = { uint8: Uint8Array, float16: Uint16Array };

/** A batch of rows in another order, out of thirty times as many, as the rows' loader takes them. */
function widening(arena: Arena, type: "uint8" | "float16"): Piece {
  const rows = 30 * ROWS;
  const next = filler(16);
  const data = new STORED[type](rows * INPUTS).map(() =>
    type === "uint8" ? Math.floor(128 + 127 * next()) : numberToHalf(next()),
  );
  const scale = type === "uint8" ? 1 / 255 : 1;
  const order = Uint32Array.from({ length: ROWS }, (_, row) => (row * 1009) % rows);
  const count = ROWS * INPUTS;
  const address = arena.allocate(count);
  const to = arena.floats(address, count);
  const from = address + count * (4 - data.BYTES_PER_ELEMENT);
  const stored = new STORED[type](to.buffer as ArrayBuffer, from, count);
  const views = Array.from(order, (row) => data.subarray(row * INPUTS, (row + 1) * INPUTS));
  const number = type === "uint8" ? (bits: number) => bits / 255 : halfValue;
  return {
    call: () => {
      for (let r = 0; r < ROWS; r++) stored.set(views[r]!, r * INPUTS);
      if (type === "uint8") arena.kernels.widenBytes(count, from, scale, 0, address);
      else arena.kernels.widenHalves(count, from, 1, 1, 0, address);
    },
    arrays: 1 + data.BYTES_PER_ELEMENT / 4,
    count,
    check: () => residual(to, (i) => number(data[order[Math.floor(i / INPUTS)]! * INPUTS + (i % INPUTS)]!)),
  };
}

/** Of a half's bits, which is neither infinite nor NaN. */
function halfValue(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const size = (exponent === 0 ? bits & 1023 : 1024 + (bits & 1023)) * 2 ** (Math.max(exponent, 1) - 25);
  return bits >> 15 ? -size : size;
}

async function run(make: (arena: Arena) => Piece, { build }: Context): Promise<Result> {
  const arena = await Arena.create(build);
  // before the piece's own: views of memory end where it grows
  const [source, target] = [arena.place(new Float32Array(WEIGHTS)), arena.allocate(WEIGHTS)];
  const { call, arrays, count, check } = make(arena);
  call();
  const error = check();
  const timing = await measure(call, { milliseconds: MILLISECONDS });
  const bytes = 4 * arrays * count;
  const from = arena.floats(source, count),
    to = arena.floats(target, count);
  const copy = () => to.set(from); // reads and writes 8 bytes a number
  const calls = await callsPerSample(call);
  const copies = await callsPerSample(copy);
  const found = await ratios(times(call, calls), times(copy, copies), 2 * MILLISECONDS);
  const { value, quartiles } = summarize(found.map((ratio) => (ratio * calls * bytes) / (copies * 8 * count)));
  return {
    ...timing,
    rate: bytes / timing.seconds / 1e9,
    unit: "GB/s",
    shareOfCopy: value,
    quartiles: quartiles!,
    residual: error,
    tolerance: "3e-6·max(1, |exact|)",
  };
}

export function layerCases(context: Context): Case[] {
  const sizes = `${ROWS}x${UNITS}`;
  const kernel = `${INPUTS}x${UNITS}`;
  const pieces: Record<string, (arena: Arena) => Piece> = {
    [`batch normalization ${sizes} forward`]: (arena) => normalize(arena, "batch"),
    [`batch normalization ${sizes} backward`]: (arena) => differentiate(arena, "batch"),
    [`batch normalization ${sizes} by running`]: runningNormalize,
    [`layer normalization ${sizes} forward`]: (arena) => normalize(arena, "layer"),
    [`layer normalization ${sizes} backward`]: (arena) => differentiate(arena, "layer"),
    [`dropout ${sizes} forward`]: dropout,
    [`dropout ${sizes} backward`]: (arena) => elementwise(arena, "multiply"),
    [`residual ${sizes} sum`]: (arena) => elementwise(arena, "add"),
    [`penalty ${kernel}, l1 and l2`]: penalize,
    [`maxNorm ${kernel}, none above`]: (arena) => limitNorms(arena, false),
    [`maxNorm ${kernel}, one above`]: (arena) => limitNorms(arena, true),
    [`widening ${ROWS}x${INPUTS}, uint8`]: (arena) => widening(arena, "uint8"),
    [`widening ${ROWS}x${INPUTS}, float16`]: (arena) => widening(arena, "float16"),
  };
  return Object.entries(pieces).map(([name, make]) => ({ name: `layers ${name}`, run: () => run(make, context) }));
}
