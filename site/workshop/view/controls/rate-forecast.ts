// Above the slider of the rate: the share of units that are dead after a short training from the start, against the
// rate, with a band over the starts that were tried; in words for the rate that is chosen.
import { sum } from "../../../../src/core/statistics.js";
import type { DeadBand, RateForecast } from "../../../../src/index.js";
import type { ForecastMessage } from "../../engine/types.js";
import { LEAST_RATE, MOST_RATE } from "../../../training/recipe.js";
import { count, figure } from "../descriptions.js";
import { h, prepare, setText } from "../../../look/dom.js";
import { palette } from "../../../look/palette.js";

export interface RateForecastView {
  readonly canvas: HTMLCanvasElement;
  readonly text: HTMLElement;
  /** Undefined: it is being made. */
  show(forecast: ForecastMessage | undefined): void;
  /** The rate that the slider is at. */
  point(rate: number): void;
  redraw(): void;
}

const HEIGHT = 56;
/** Half of the slider's knob, which does not go beyond the slider's ends. */
const KNOB = 8;

/** Dead units of all hidden layers. */
function totalOf({ deadFraction: { low, median, high } }: RateForecast, all: number): DeadBand {
  const units = (share: number) => Math.round(share * all);
  return { low: units(low), median: units(median), high: units(high) };
}

function rangeText({ low, high }: Pick<DeadBand, "low" | "high">): string {
  return low === high ? count(low) : `${count(low)} to ${count(high)}`;
}

function nearest(rates: readonly RateForecast[], rate: number): RateForecast {
  const distance = (each: RateForecast) => Math.abs(Math.log(each.rate / rate));
  return rates.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

/** "2 to 4 of 18 units dead (layer 1: 1 to 2 of 10, layer 2: 1 to 2 of 8)" */
function deadText(here: RateForecast, layers: readonly number[]): string {
  const byLayer = layers.map((units, layer) => `layer ${layer + 1}: ${rangeText(here.layers[layer])} of ${units}`);
  const isDetailed = layers.length > 1 && layers.length < 5 && here.deadFraction.high > 0;
  const details = isDetailed ? ` (${byLayer.join(", ")})` : "";
  const all = sum(layers);
  return `${rangeText(totalOf(here, all))} of ${all} ${all === 1 ? "unit" : "units"} dead${details}`;
}

/**
 * Up to which rate the starts lose no more units than at the lowest. Those that are dead there were born dead, or died
 * at that rate already, as of inputs that were never scaled: which of the two is not known here.
 */
function harmlessText(rates: readonly RateForecast[], all: number): string {
  const [{ rate: least, diverged: lost, deadFraction: born }] = rates;
  const isHarmless = ({ diverged, deadFraction: { low, median, high } }: RateForecast) =>
    diverged === 0 && low <= born.low && median <= born.median && high <= born.high;
  const first = rates.findIndex((each) => !isHarmless(each));
  if (lost > 0) return "at every rate tried some die";
  const at = first < 0 ? "at any rate tried" : `up to a rate of ${figure(rates[first - 1].rate)}`;
  if (born.high === 0) return `none dies ${at}`;
  const already = `${rangeText(totalOf(rates[0], all))} are dead at the lowest rate already, ${figure(least)}`;
  return first === 1 ? already : `${already}, and no more ${at}`;
}

/** What its trainings do not have. */
function withoutText({ schedule, resets }: ForecastMessage["recipe"]): string {
  const without = [...(schedule === "constant" ? [] : ["the schedule"]), ...(resets === "none" ? [] : ["resets"])];
  return without.length === 0 ? "" : `That is without ${without.join(" and ")}. `;
}

function textOf({ rates, steps, sample, recipe, isDone }: ForecastMessage, rate: number): string {
  const here = nearest(rates, rate);
  const diverged = here.diverged === 0 ? "" : `; ${here.diverged} of ${here.runs} diverged`;
  const rows = sample === undefined ? "" : ` on ${count(sample)} of the rows`;
  const starts = `${here.runs} ${here.runs === 1 ? "start" : "starts"}`;
  return (
    `Tried, ${count(steps)} steps${rows} from ${starts} at each of ${rates.length} rates${isDone ? "" : " so far"}: ` +
    `${harmlessText(rates, sum(recipe.layers))}. ` +
    `${withoutText(recipe)}At a rate of ${figure(here.rate)}: ${deadText(here, recipe.layers)}${diverged}.`
  );
}

export function createRateForecastView(): RateForecastView {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const text = h("p", { class: "small", id: "forecast-text" });
  let forecast: ForecastMessage | undefined;
  let rate = LEAST_RATE;

  function draw(): void {
    const width = canvas.parentElement?.clientWidth ?? 0;
    if (width === 0) return; // the settings are closed
    setText(text, forecast ? textOf(forecast, rate) : "Trying what rates do ...");
    const context = prepare(canvas, width, HEIGHT);
    if (forecast) drawBand(context, width, forecast);
    context.fillStyle = palette().accent;
    context.fillRect(placeOf(rate, width) - 0.75, 0, 1.5, HEIGHT);
  }

  return {
    canvas,
    text,
    show(next) {
      forecast = next;
      draw();
    },
    point(next) {
      rate = next;
      draw();
    },
    redraw: draw,
  };
}

function placeOf(rate: number, width: number): number {
  return KNOB + (Math.log(rate / LEAST_RATE) / Math.log(MOST_RATE / LEAST_RATE)) * (width - 2 * KNOB);
}

function drawBand(context: CanvasRenderingContext2D, width: number, { rates, recipe }: ForecastMessage): void {
  const { ink, muted, line, positive } = palette();
  const all = sum(recipe.layers);
  const y = (dead: number) => HEIGHT - 2 - (dead / all) * (HEIGHT - 18);
  const points = rates.map((each) => ({ x: placeOf(each.rate, width), ...totalOf(each, all) }));
  context.fillStyle = line;
  context.fillRect(0, y(0), width, 1);
  context.fillRect(0, y(all), width, 1);
  context.fillStyle = positive;
  context.globalAlpha = 0.35;
  context.beginPath();
  for (const { x, high } of points) context.lineTo(x, y(high));
  for (const { x, low } of points.toReversed()) context.lineTo(x, y(low));
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const { x, median } of points) context.lineTo(x, y(median));
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = muted;
  context.textBaseline = "top";
  context.fillText(`all ${all} dead`, 0, 0);
}
