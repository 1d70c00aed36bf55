// A plan, checked before anything trains: its axes, its cells, and the trial of each.
import { applyAxes, type Axis, readAxes, valueAt } from "./axes.js";
import { type Draft, draftedTrial, type DraftedTrial, readBase } from "./base.js";
import { coarseFirst } from "./coarse-first.js";
import { isPlainObject, type Plain } from "./plain.js";
import { latinHypercube, MOST_DIMENSIONS, sobol } from "./sobol.js";
import type { RandomSampling, SweepPlan, SweepRange, SweepStop } from "../types.js";
import { checkBoolean, checkInteger, checkName, checkOptions, describe } from "../../core/checks.js";
import { errorIn, RelumineError } from "../../core/errors.js";
import { formatCount } from "../../text/numbers.js";

/** Beyond them results alone would fill the memory. */
export const MOST_TRIALS = 2 ** 20;
/** So many cells are checked each for itself; of more the values of each axis, beside the first of the others. */
const MOST_CHECKED = 4096;

export interface CheckedPlan {
  readonly base: Draft;
  readonly axes: readonly Axis[];
  /** How many combinations of values. */
  readonly cells: number;
  readonly repeats: number;
  readonly stop: (Required<Pick<SweepStop, "factor">> & SweepStop) | undefined;
  readonly look: "units" | "deaths";
  readonly arithmetic: "fast" | "reproducible";
  /** The values of a cell's axes. */
  valuesOf(cell: number): readonly Plain[];
  /** The cells in the order in which they are done; absent: that of the plan. */
  readonly order?: Uint32Array;
}

const PLAN = [
  "base",
  "axes",
  "sampling",
  "repeats",
  "stop",
  "trace",
  "arithmetic",
] as const satisfies readonly (keyof SweepPlan)[];

const listOf = (axis: Axis): readonly Plain[] => axis.values as readonly Plain[];

/** The first axis changes slowest. */
function gridPoint(axes: readonly Axis[], cell: number): Plain[] {
  const values: Plain[] = [];
  let rest = cell;
  for (const axis of axes.toReversed()) {
    const list = listOf(axis);
    values.push(list[rest % list.length]);
    rest = Math.floor(rest / list.length);
  }
  return values.reverse();
}

function drawnValue(axis: Axis, share: number): Plain {
  if (Array.isArray(axis.values)) return listOf(axis)[Math.floor(share * axis.values.length)];
  const range = axis.values as SweepRange;
  if (!axis.isInteger || range.scale === "log") return valueAt(range, share, axis.isInteger);
  const [low, high] = [range.from, range.to].sort((a, b) => a - b);
  return Math.floor(low + share * (high - low + 1));
}

function readRandom(given: unknown, axes: readonly Axis[]) {
  const path = "plan.sampling";
  if (!isPlainObject(given))
    throw new RelumineError("value", path, 'to be "grid" or { random, count, seed }', describe(given));
  const {
    random,
    count,
    seed = 0,
  } = checkOptions(path, given as unknown as RandomSampling, ["random", "count", "seed"]);
  const kind = checkName(`${path}.random`, random, ["sobol", "latinHypercube"]);
  const cells = checkInteger(`${path}.count`, count, { low: 1 });
  checkCount(cells);
  const start = checkInteger(`${path}.seed`, seed, { low: 0 });
  if (axes.length > MOST_DIMENSIONS)
    throw new RelumineError(
      "value",
      "plan.axes",
      `to be at most ${MOST_DIMENSIONS} where points are drawn`,
      `${axes.length}`,
    );
  const pointOf = kind === "sobol" ? sobol(axes.length, start) : latinHypercube(axes.length, cells, start);
  return {
    cells,
    valuesOf: (cell: number) => pointOf(cell).map((share, i) => drawnValue(axes[i], share)),
  };
}

function checkCount(trials: number): void {
  if (trials <= MOST_TRIALS) return;
  const expected = `to have at most ${formatCount(MOST_TRIALS)} trials`;
  throw new RelumineError(
    "value",
    "plan",
    expected,
    formatCount(trials),
    'sampling: { random: "sobol", count } draws some of them.',
  );
}

function readStop(given: unknown): CheckedPlan["stop"] {
  if (given === undefined) return undefined;
  const { factor = 3, epochs } = checkOptions("plan.stop", given as SweepStop, ["factor", "epochs"]);
  return {
    factor: checkInteger("plan.stop.factor", factor, { low: 2, high: 1000 }),
    ...(epochs !== undefined && { epochs: checkInteger("plan.stop.epochs", epochs, { low: 1 }) }),
  };
}

/** `learningRate 0.1, bias -1` */
export function describeValues(axes: readonly Pick<Axis, "name">[], values: readonly Plain[]): string {
  return axes.map(({ name }, i) => `${name} ${JSON.stringify(values[i])}`).join(", ");
}

/** @throws RelumineError, with the cell in its path */
function checkCell(plan: Pick<CheckedPlan, "base" | "axes">, values: readonly Plain[]): void {
  try {
    draftedTrial(applyAxes(plan.base, plan.axes, values));
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn(`plan at ${describeValues(plan.axes, values)}`, error);
    throw error;
  }
}

/** All values of a list, both ends of a range. */
export function endsOf({ values }: Axis): readonly Plain[] {
  if (Array.isArray(values)) return values as readonly Plain[];
  return [(values as SweepRange).from, (values as SweepRange).to];
}

function checkCells(plan: CheckedPlan): void {
  const { axes, cells } = plan;
  if (cells <= MOST_CHECKED) {
    for (let cell = 0; cell < cells; cell++) checkCell(plan, plan.valuesOf(cell));
    return;
  }
  const first = axes.map((axis) => endsOf(axis)[0]);
  axes.forEach((axis, at) => endsOf(axis).forEach((value) => checkCell(plan, first.with(at, value))));
}

/**
 * @param arithmetic of a plan that names none
 * @throws RelumineError "value" or "shape"
 */
export function readPlan(given: unknown, arithmetic: "fast" | "reproducible" = "fast"): CheckedPlan {
  if (!isPlainObject(given)) throw new RelumineError("value", "plan", "to be { base, axes }", describe(given));
  const plan = checkOptions("plan", given as unknown as SweepPlan, PLAN);
  const base = readBase(plan.base);
  try {
    draftedTrial(base);
  } catch (error) {
    throw error instanceof RelumineError ? errorIn("plan.base", error) : error;
  }
  const { sampling = "grid" } = plan;
  const isGrid = sampling === "grid";
  const axes = readAxes(plan.axes, base, isGrid);
  const repeats = checkInteger("plan.repeats", plan.repeats ?? 1, { low: 1, high: 1000 });
  const gridded = () => ({
    cells: axes.reduce((product, axis) => product * listOf(axis).length, 1),
    valuesOf: (cell: number) => gridPoint(axes, cell),
  });
  const points = isGrid ? gridded() : readRandom(sampling, axes);
  checkCount(points.cells * repeats);
  const stop = readStop(plan.stop);
  const checked: CheckedPlan = {
    ...points,
    base,
    axes,
    repeats,
    stop,
    ...(isGrid && !stop && { order: coarseFirst(axes.map((axis) => listOf(axis).length)) }),
    look: checkBoolean("plan.trace", plan.trace ?? false) ? "deaths" : "units",
    arithmetic: checkName("plan.arithmetic", plan.arithmetic ?? arithmetic, ["fast", "reproducible"]),
  };
  checkCells(checked);
  return checked;
}

/**
 * The trial of a cell, but for its seed among the repeats.
 * @throws RelumineError where its values do not go together
 */
export function trialOf(
  plan: CheckedPlan,
  cell: number,
): DraftedTrial & { readonly at: Readonly<Record<string, Plain>> } {
  const values = plan.valuesOf(cell);
  const at = Object.fromEntries(plan.axes.map(({ name }, i) => [name, values[i]]));
  return { ...draftedTrial(applyAxes(plan.base, plan.axes, values)), at };
}
