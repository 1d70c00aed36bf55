// A map of death: the share of dead units, and the score, over one or two settings of a training.
import { forecastLine, rangeTestOf } from "./beside-line.js";
import { mapCell } from "./cells.js";
import { drawMap } from "./map-text.js";
import { ownValue } from "./own-setting.js";
import { DEADLY, HALF } from "./row-kinds.js";
import { axisOf, countOn, sideOf } from "./side.js";
import type { DeathMap, MapCell, MapOptions, MapPlan, MapSide } from "./types.js";
import { wallOf } from "./walls.js";
import { sentencesOf } from "./words.js";
import { applyAxes } from "../plan/axes.js";
import { draftedTrial } from "../plan/base.js";
import { copyPlain } from "../plan/plain.js";
import { type CheckedPlan, MOST_TRIALS, readPlan } from "../plan/plan.js";
import { shareRows } from "../rows.js";
import { sweep } from "../sweep.js";
import type { SweepAxis, SweepDataSet, SweepPlan, SweepResult, SweepTrialResult } from "../types.js";
import { checkBoolean, checkFunction, checkInteger, checkOptions, checkSignal, describe } from "../../core/checks.js";
import { errorIn, RelumineError } from "../../core/errors.js";
import { groupBy } from "../../core/group-by.js";
import { suggestion } from "../../core/suggestion.js";
import { countOf, formatCount } from "../../text/numbers.js";

const PLAN = ["base", "x", "y", "repeats", "at", "trace", "arithmetic"] as const satisfies readonly (keyof MapPlan)[];
const OPTIONS = [
  "engine",
  "journal",
  "signal",
  "onProgress",
  "forecast",
] as const satisfies readonly (keyof MapOptions)[];
const SEEDS = 3;

type NamedAxis = { readonly name: string; readonly values: SweepAxis };

/** A map as the sweep that it is: rows first, so that cells follow each other along x. */
interface CheckedMap {
  readonly plan: SweepPlan;
  readonly checked: CheckedPlan;
  readonly x: MapSide;
  readonly y?: MapSide;
  readonly repeats: number;
}

function checkCells(axes: readonly NamedAxis[], repeats: number): void {
  const cells = axes.reduce((product, { values }) => product * countOn(values), 1);
  if (cells * repeats <= MOST_TRIALS) return;
  const expected = `to be a map of at most ${formatCount(MOST_TRIALS)} trials`;
  throw new RelumineError("value", "plan", expected, `${formatCount(cells)} cells, ${countOf(repeats, "seed")} each`);
}

function readAt(given: MapPlan["at"], names: readonly string[]): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null)
    throw new RelumineError("value", "plan.at", "to be an object of values by axis", describe(given));
  const other = Object.keys(given).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new RelumineError(
      "value",
      `plan.at.${other}`,
      `to be of an axis: ${names.join(", ")}`,
      "another",
      suggestion(other, names),
    );
  return given;
}

/** What is to be marked is a setting that a training could have. */
function checkAt({ base, axes }: CheckedPlan, at: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(at)) {
    const axis = axes.find((each) => each.name === name)!;
    try {
      if (value !== undefined) draftedTrial(applyAxes(base, [axis], [copyPlain(name, value)]));
    } catch (error) {
      throw error instanceof RelumineError ? errorIn("plan.at", error) : error;
    }
  }
}

function checkMap(given: MapPlan, ofEngine: SweepPlan["arithmetic"]): CheckedMap {
  const plan = checkOptions("plan", given, PLAN);
  const { base, trace, arithmetic = ofEngine } = plan;
  const repeats = checkInteger("plan.repeats", plan.repeats ?? SEEDS, { low: 1, high: 1000 });
  const x = axisOf("plan.x", plan.x);
  const y = plan.y === undefined ? undefined : axisOf("plan.y", plan.y);
  if (y && y.name === x.name) throw new RelumineError("value", "plan.y.name", "to be another than plan.x.name", y.name);
  const axes = y ? [y, x] : [x];
  checkCells(axes, repeats);
  const sweepPlan: SweepPlan = {
    base,
    axes: Object.fromEntries(axes.map(({ name, values }) => [name, values])),
    repeats,
    ...(trace !== undefined && { trace }),
    ...(arithmetic !== undefined && { arithmetic }),
  };
  const checked = readPlan(sweepPlan);
  const at = readAt(
    plan.at,
    axes.map(({ name }) => name),
  );
  checkAt(checked, at);
  const side = (axis: NamedAxis) => {
    const { values } = checked.axes.find(({ name }) => name === axis.name)!;
    return sideOf(axis, values as readonly unknown[], at[axis.name] ?? ownValue(checked.base, axis.name));
  };
  return { plan: sweepPlan, checked, x: side(x), ...(y && { y: side(y) }), repeats };
}

type Rest = Omit<DeathMap, "x" | "y" | "cells" | "walls" | "sentences" | "toString">;

function cellsOf({ x, y }: CheckedMap, trials: readonly SweepTrialResult[]): MapCell[] {
  const columns = x.values.length;
  return [...groupBy(trials, ({ cell }) => cell)]
    .sort(([a], [b]) => a - b)
    .map(([cell, own]) => {
      const [column, row] = [cell % columns, Math.floor(cell / columns)];
      return mapCell(own, { x: x.values[column], ...(y && { y: y.values[row] }), column, row });
    });
}

function makeMap({ x, y }: CheckedMap, cells: readonly MapCell[], rest: Rest): DeathMap {
  const grid = (y?.values ?? []).map(() => new Array<number | undefined>(x.values.length).fill(undefined));
  if (y) for (const { column, row, dead } of cells) grid[row][column] = dead;
  const isOrdered = x.scale !== "list" && y?.scale !== "list"; // between words there is nothing that a wall could cross
  const wall = (level: number) => (y && isOrdered ? wallOf(grid, level, x, y) : { level, lines: [] });
  const walls = y ? [DEADLY, HALF].map(wall) : [];
  const words = { x, ...(y && { y }), cells, walls, ...rest };
  const map = { ...words, sentences: sentencesOf(words) };
  return Object.defineProperty(map, "toString", { value: () => drawMap(map), enumerable: false });
}

const scoreOfConstant = ({ measure, constant }: Pick<SweepResult, "measure" | "constant">): number =>
  measure === "accuracy" ? (constant.accuracy ?? 0) : 0;

const hostsOf = (trials: readonly SweepTrialResult[]): string[] =>
  [...new Set(trials.map(({ host }) => host))].filter((host) => host !== "").sort();

/** A range test and a forecast, of a line over rates above 0. */
async function besideLine(
  map: CheckedMap,
  data: SweepDataSet,
  cells: readonly MapCell[],
  signal: AbortSignal | undefined,
): Promise<Pick<DeathMap, "rangeTest" | "forecast">> {
  const { values, name } = map.x;
  const rates = values.filter((value) => typeof value === "number" && value > 0) as number[];
  const isPlain = Object.keys(map.checked.base.remedies).length === 0;
  if (map.y || name !== "learningRate" || rates.length < values.length || !isPlain) return {};
  const { arithmetic, base: draft } = map.checked;
  const { training } = await shareRows(map.checked, data);
  const situation = { draft, rows: training, arithmetic, signal };
  const rangeTest = await rangeTestOf(situation, Math.min(...rates), Math.max(...rates));
  const forecast = await forecastLine(situation, cells);
  return { rangeTest, ...(forecast && { forecast }) };
}

/**
 * A map of death: one training at many settings of one or two things, the learning rate and the starting bias say, with
 * several seeds each; how many hidden units are dead at the end, what killed them, how good the network is; the walls
 * between where units live and where they die; and in sentences what crosses them. Cells come coarse first. A line,
 * with x alone, over learning rates also has a range test (see findLearningRate) and what short trainings of a sample
 * would have said.
 * @param plan base, x, y, repeats, at, trace, arithmetic: plain data
 * @param data as for `sweep`
 * @param options engine, journal, signal as for `sweep`; onProgress; forecast
 * @cost the trainings, 24 x 24 cells x 3 seeds by default; a forecast and a range test about ten more
 * @throws RelumineError "value" or "shape" for a plan or data that are wrong, before anything trains; else as `sweep`
 * @example
 * const map = await deathMap({
 *   base: {
 *     spec: { inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy" },
 *     fit: { optimizer: "sgd" },
 *   },
 *   x: { name: "learningRate", values: { from: 0.01, to: 3 } },
 *   y: { name: "bias", values: { from: -2, to: 1 } },
 * }, { x, y });
 * console.log(String(map));
 */
export async function deathMap(plan: MapPlan, data: SweepDataSet, options?: MapOptions): Promise<DeathMap> {
  const started = performance.now();
  const map = checkMap(plan, options?.engine?.arithmetic);
  const given = checkOptions("options", options, OPTIONS);
  const { engine, journal } = given;
  const signal = checkSignal(given.signal);
  const onProgress = given.onProgress === undefined ? undefined : checkFunction("onProgress", given.onProgress);
  const hasForecast = checkBoolean("forecast", given.forecast ?? true);
  const all: SweepTrialResult[] = [];
  const seconds = () => (performance.now() - started) / 1000;
  const draft = (planned: number): DeathMap =>
    makeMap(map, cellsOf(map, all), {
      measure: all.some(({ accuracy }) => accuracy !== undefined) ? "accuracy" : "loss",
      constant: 0,
      repeats: map.repeats,
      data: "",
      build: "",
      trials: all.length,
      planned,
      seconds: seconds(),
      hosts: hostsOf(all),
    });
  const result = await sweep(map.plan, data, {
    ...(engine && { engine }),
    ...(journal && { journal }),
    ...(signal && { signal }),
    onTrial: (trial) => void all.push(trial),
    ...(onProgress && { onProgress: (progress) => onProgress(progress, () => draft(progress.total)) }),
  });
  const { measure, build, planned, stopped } = result;
  const rest: Rest = {
    measure,
    constant: scoreOfConstant(result),
    repeats: map.repeats,
    data: result.data,
    build,
    trials: result.trials.length,
    planned,
    ...(result.journal && { journal: result.journal }),
    ...(stopped && { stopped }),
    seconds: seconds(),
    hosts: hostsOf(result.trials),
  };
  const cells = cellsOf(map, result.trials);
  const beside = hasForecast && !stopped ? await besideLine(map, data, cells, signal) : {};
  const wasStopped = !stopped && signal?.aborted; // what is beside it is a part, and no one could tell which
  const more = wasStopped ? { stopped: "aborted" as const } : beside;
  return makeMap(map, cells, { ...rest, ...more, seconds: seconds() });
}
