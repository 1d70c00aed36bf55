// Initial networks drawn and run on rows: how many units of each layer no row opens, and how often a whole layer is
// silent.
import { isRectifier, type ResolvedActivation } from "../../activations/activations.js";
import type { Matrix } from "../../core/matrix.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { rateInterval } from "../units/firing-rate-bound.js";
import { activations, type Layer64, preactivations } from "../proof/layers64.js";
import { type Bounds, certainBounds, forecastLayersOf } from "./born-dead.js";
import { drawingCost, drawLayers, type Random } from "./draw.js";

/** Multiplications, about: a few tenths of a second. */
const BUDGET = 2e8;
const MOST_DRAWS = 1000;
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

export interface Census {
  readonly chance: Bounds;
  /** Units that no row opened: one list for each counted network, one number for each layer. */
  readonly dead: readonly (readonly number[])[];
  /** Whether the chance follows without the draws. */
  readonly isCertain: boolean;
  readonly draws: number;
  /** Of the rows, the first that decide: all of them, unless the budget was too small and some unit stayed closed. */
  readonly rows: number;
}

/** Marks the units that the row opens, and says how many more they are. */
function mark(opened: Uint8Array, z: Float64Array): number {
  let fresh = 0;
  for (let j = 0; j < z.length; j++) {
    if (z[j] > 0 && opened[j] === 0) {
      opened[j] = 1;
      fresh++;
    }
  }
  return fresh;
}

/** Tries rows until each unit has opened; `isEnough` may end it sooner. The number left closed by layer. */
function closedUnits(
  layers: readonly Layer64[],
  x: Matrix,
  rows: number,
  isEnough: (closed: readonly number[]) => boolean,
): number[] {
  const closed = layers.map(({ name, units }) => (isRectifier(name) ? units : 0));
  const opened = layers.map(({ units }) => new Uint8Array(units));
  for (let r = 0; r < rows && !isEnough(closed); r++) {
    const depth = closed.findLastIndex((count) => count > 0);
    let a: ArrayLike<number> = x.data.subarray(r * x.columns, (r + 1) * x.columns);
    for (let l = 0; l <= depth; l++) {
      const z = preactivations(layers[l], a);
      if (closed[l] > 0) closed[l] -= mark(opened[l], z);
      a = activations(layers[l], z);
    }
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

/** @param asked the number of networks to draw; without it, as many as the budget allows */
export function takeCensus(spec: ResolvedSpec, x: Matrix, random: Random, asked?: number): Census {
  const layers = forecastLayersOf(spec);
  const certain = certainBounds(spec, x);
  const needsChance = certain.high - certain.low > CLOSE;
  const { counted, rows } = planFor(spec, x, asked);
  const dead: number[][] = [];
  let draws = 0;
  let silent = 0;
  const draw = (isEnough: (closed: readonly number[]) => boolean): number[] => {
    const closed = closedUnits(drawLayers(spec, layers.length, random), x, rows, isEnough);
    draws++;
    if (isSilent(closed, layers)) silent++;
    return closed;
  };
  const drawUpTo = (count: number): Bounds => {
    for (let left = count - draws; left > 0; left--) draw((closed) => !isSilent(closed, layers));
    return intersect(certain, rateInterval(silent, draws, CONFIDENCE));
  };
  for (let i = 0; i < counted; i++) dead.push(draw(noneClosed));
  let chance = needsChance ? drawUpTo(FEW_DRAWS) : certain;
  if (chance.high - chance.low > WIDEST) chance = drawUpTo(MANY_DRAWS);
  return { chance, dead, draws, isCertain: !needsChance, rows: dead.every(noneClosed) && silent === 0 ? x.rows : rows };
}

/** The mean over networks and its standard error: never below that of one unit seen in one of them. */
export function expectation(counts: readonly number[]): { mean: number; standardError: number } {
  const n = counts.length;
  const mean = counts.reduce((sum, count) => sum + count, 0) / n;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / Math.max(1, n - 1);
  return { mean, standardError: Math.max(Math.sqrt(variance / n), 1 / n) };
}
