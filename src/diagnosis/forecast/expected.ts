// Initial networks drawn and run on rows: how many units of each layer no row opens, and how often a whole layer is
// silent.
import { isRectifier, type ResolvedActivation } from "../../activations/activations.js";
import type { Matrix } from "../../core/matrix.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { rateInterval } from "../units/firing-rate-bound.js";
import type { Layer64 } from "../proof/layers64.js";
import { type Bounds, certainBounds, forecastLayersOf } from "./born-dead.js";
import { drawingCost, drawLayers, type Random } from "./draw.js";
import {
  activateRows,
  type LayerRows,
  makeMultiply,
  type Multiply,
  type Numbers,
  passRows,
  preactivateRows,
} from "./product.js";

/** Multiplications, about: a few tenths of a second. */
const BUDGET = 2e8;
const MOST_DRAWS = 1000;
/**
 * After so many the counts may do: of layers that are closed as a whole in one start of a hundred one is among them,
 * but for one time in thirty, ...
 */
const ENOUGH_DRAWS = 350;
/** ... if the standard error of each layer's mean is at most this share of its units; looked at so often. */
const NARROW_ERROR = 0.003;
const LOOK_EVERY = 50;
/** Rows that are tried at once: of wide layers a few rows open all, so it begins with few. */
const FEWEST_ROWS = 16;
const MOST_ROWS = 128;
/**
 * Enough for an interval of 0.25 if the rate is 0 or 1, and whatever it is; between the two is looked at once, so each
 * has 97.5 %.
 */
const FEW_DRAWS = 16;
const MANY_DRAWS = 104;
const CONFIDENCE = 0.975;
const WIDEST = 0.25;
/** Certain bounds this close need no draws. */
const CLOSE = 0.01;

/** A network that was counted, and what its layers make of the rows that are needed further on. */
export interface Kept {
  readonly layers: readonly Layer64[];
  readonly passes: readonly LayerRows[];
}

export interface Census {
  readonly chance: Bounds;
  /** Units that no row opened: one list for each counted network, one number for each layer. */
  readonly dead: readonly (readonly number[])[];
  /** Whether the chance follows without the draws. */
  readonly isCertain: boolean;
  readonly draws: number;
  /** The first of the counted networks, as many as were to be kept, if there are so many. */
  readonly kept: readonly Kept[];
  /** Of the rows, the first that decide: all of them, unless the budget was too small and some unit stayed closed. */
  readonly rows: number;
}

/** Marks the units of these columns that some of the rows opens, and says how many more they are. */
function mark(opened: Uint8Array, z: Float64Array, columns: ArrayLike<number>): number {
  let fresh = 0;
  for (let c = 0; c < columns.length; c++) {
    if (opened[columns[c]] !== 0) continue;
    let at = c; // the first row that opens a unit is near, most often
    while (at < z.length && !(z[at] > 0)) at += columns.length;
    if (at >= z.length) continue;
    opened[columns[c]] = 1;
    fresh++;
  }
  return fresh;
}

/** Layers of one shape after another: what the pass over a block of rows needs of memory. */
interface Pass {
  readonly multiply: Multiply;
  readonly all: readonly Int32Array[];
  readonly z: readonly Float64Array[];
}

function makePass(layers: readonly { readonly units: number }[]): Pass {
  return {
    multiply: makeMultiply(),
    all: layers.map(({ units }) => Int32Array.from({ length: units }, (_, j) => j)),
    z: layers.map(({ units }) => new Float64Array(MOST_ROWS * units)),
  };
}

/** Half as many as were tried: few are tried for nothing, and a closed unit's many rows are few blocks. */
const blockAfter = (tried: number) => Math.min(MOST_ROWS, Math.max(FEWEST_ROWS, (tried >> 3) << 2));

/**
 * Tries rows until each unit has opened, a block of them at a time; `isEnough` may end it sooner. Of the last layer
 * that is not all open the units that are closed so far are worked out, and nothing above it.
 * @param passes what the layers make of the first rows, where that is known
 * @returns the number left closed by layer
 */
function closedUnits(
  layers: readonly Layer64[],
  x: Matrix,
  rows: number,
  isEnough: (closed: readonly number[]) => boolean,
  { multiply, all, z: space }: Pass,
  passes?: readonly LayerRows[],
): number[] {
  const closed = layers.map(({ name, units }) => (isRectifier(name) ? units : 0));
  const opened = layers.map(({ units }) => new Uint8Array(units));
  passes?.forEach(({ z }, l) => {
    if (closed[l] > 0) closed[l] -= mark(opened[l], z, all[l]);
  });
  let first = passes ? passes[0].z.length / layers[0].units : 0;
  while (first < rows && !isEnough(closed)) {
    const count = Math.min(blockAfter(first), rows - first);
    const depth = closed.findLastIndex((left) => left > 0);
    let a: Numbers = x.data.subarray(first * x.columns, (first + count) * x.columns);
    for (let l = 0; l <= depth; l++) {
      const isPart = l === depth && closed[l] < layers[l].units;
      const columns = isPart ? all[l].filter((j) => opened[l][j] === 0) : all[l];
      const out = space[l].subarray(0, count * columns.length);
      const z = preactivateRows(layers[l], a, count, multiply, out, columns);
      if (closed[l] > 0) closed[l] -= mark(opened[l], z, columns);
      if (l < depth) a = activateRows(layers[l], z);
    }
    first += count;
  }
  return closed;
}

const noneClosed = (closed: readonly number[]): boolean => closed.every((count) => count === 0);

function isSilent(
  closed: readonly number[],
  layers: readonly { readonly units: number; readonly activation: ResolvedActivation }[],
): boolean {
  return layers.some(({ units, activation }, l) => isRectifier(activation.name) && closed[l] === units);
}

function intersect({ low, high }: Bounds, drawn: Bounds): Bounds {
  if (drawn.low > high) return { low: Math.max(low, high - WIDEST), high }; // one run in twenty at most: what is certain stands
  if (drawn.high < low) return { low, high: Math.min(high, low + WIDEST) };
  return { low: Math.max(low, drawn.low), high: Math.min(high, drawn.high) };
}

/** Networks whose units are counted, and the rows each is tried on. */
function planFor(spec: ResolvedSpec, x: Matrix, asked: number | undefined): { counted: number; rows: number } {
  const layers = forecastLayersOf(spec);
  const size = layers.reduce(
    (sum, { units }, index) => sum + units * (index === 0 ? spec.inputs : layers[index - 1].units),
    0,
  );
  const drawing = drawingCost(spec, layers.length);
  const within = (cost: number, low: number, high: number) => Math.max(low, Math.min(high, Math.floor(BUDGET / cost)));
  const counted = asked ?? within(drawing + size * x.rows, drawing > BUDGET / 3 ? 2 : 3, MOST_DRAWS);
  return { counted, rows: within(counted * size, Math.min(x.rows, 16), x.rows) };
}

/** Whether the counts of dead units bear out their means well enough. */
function isNarrow(dead: readonly (readonly number[])[], layers: readonly { readonly units: number }[]): boolean {
  if (dead.length < ENOUGH_DRAWS || dead.length % LOOK_EVERY !== 0) return false;
  return layers.every(
    ({ units }, l) => expectation(dead.map((counts) => counts[l])).standardError <= NARROW_ERROR * units,
  );
}

/**
 * @param asked the number of networks to draw; without it, as many as the budget allows, or until the standard errors
 * are small
 * @param keep how many of the networks are needed further on, and on which of x's rows: the first of them
 */
export function takeCensus(
  spec: ResolvedSpec,
  x: Matrix,
  random: Random,
  asked?: number,
  keep?: { count: number; x: Matrix },
): Census {
  const layers = forecastLayersOf(spec);
  const pass = makePass(layers);
  const kept: Kept[] = [];
  const certain = certainBounds(spec, x);
  const needsChance = certain.high - certain.low > CLOSE;
  const { counted, rows } = planFor(spec, x, asked);
  const dead: number[][] = [];
  let draws = 0;
  let silent = 0;
  const draw = (isEnough: (closed: readonly number[]) => boolean): number[] => {
    const network = drawLayers(spec, layers.length, random);
    let passes: LayerRows[] | undefined;
    if (keep && kept.length < keep.count) {
      passes = passRows(network, keep.x, pass.multiply);
      kept.push({ layers: network, passes });
      if (keep.x.rows > rows || layers.length === 0) passes = undefined;
    }
    const closed = closedUnits(network, x, rows, isEnough, pass, passes);
    draws++;
    if (isSilent(closed, layers)) silent++;
    return closed;
  };
  const drawUpTo = (count: number): Bounds => {
    for (let left = count - draws; left > 0; left--) draw((closed) => !isSilent(closed, layers));
    return intersect(certain, rateInterval(silent, draws, CONFIDENCE));
  };
  for (let i = 0; i < counted; i++) {
    dead.push(draw(noneClosed));
    if (asked === undefined && isNarrow(dead, layers)) break;
  }
  let chance = needsChance ? drawUpTo(FEW_DRAWS) : certain;
  if (chance.high - chance.low > WIDEST) chance = drawUpTo(MANY_DRAWS);
  return {
    chance,
    dead,
    draws,
    kept,
    isCertain: !needsChance,
    rows: dead.every(noneClosed) && silent === 0 ? x.rows : rows,
  };
}

/** The mean over networks and its standard error: never below that of one unit seen in one of them. */
export function expectation(counts: readonly number[]): { mean: number; standardError: number } {
  const n = counts.length;
  const mean = counts.reduce((sum, count) => sum + count, 0) / n;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / Math.max(1, n - 1);
  return { mean, standardError: Math.max(Math.sqrt(variance / n), 1 / n) };
}
