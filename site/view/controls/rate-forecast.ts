// Above the slider of the rate: the share of units that are dead after a short training from the start, against the
// rate, with a band over the starts that were tried; in words for the rate that is chosen.
import { sum } from "../../../src/core/statistics.js";
import type { ForecastMessage, RateTrial } from "../../engine/types.js";
import { LEAST_RATE, MOST_RATE } from "../../state/recipe.js";
import { count, figure } from "../descriptions.js";
import { h, prepare, setText } from "../dom.js";
import { palette } from "../palette.js";

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

const totals = ({ dead }: RateTrial): number[] => dead.map((layers) => sum(layers));

interface Band {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
}

function bandOf(values: readonly number[]): Band {
  const sorted = values.toSorted((a, b) => a - b);
  return { low: sorted[0], middle: sorted[sorted.length >> 1], high: sorted.at(-1)! };
}

function rangeText(values: readonly number[]): string {
  const { low, high } = bandOf(values);
  return low === high ? count(low) : `${count(low)} to ${count(high)}`;
}

function nearest(trials: readonly RateTrial[], rate: number): RateTrial {
  const distance = (trial: RateTrial) => Math.abs(Math.log(trial.rate / rate));
  return trials.reduce((a, b) => (distance(b) < distance(a) ? b : a));
}

/** "2 to 4 of 18 units dead (layer 1: 1 to 2 of 10, layer 2: 1 to 2 of 8)" */
function deadText(trial: RateTrial, layers: readonly number[]): string {
  const byLayer = layers.map(
    (units, layer) => `layer ${layer + 1}: ${rangeText(trial.dead.map((run) => run[layer]))} of ${units}`,
  );
  const details = layers.length > 1 && layers.length < 5 && sum(totals(trial)) > 0 ? ` (${byLayer.join(", ")})` : "";
  const all = sum(layers);
  return `${rangeText(totals(trial))} of ${all} ${all === 1 ? "unit" : "units"} dead${details}`;
}

/** Up to which rate no start loses a unit more than at the lowest, where nothing moves. */
function harmlessText(trials: readonly RateTrial[]): string {
  const born = totals(trials[0]);
  const isHarmless = (trial: RateTrial) =>
    trial.diverged === 0 && totals(trial).every((dead, run) => dead <= born[run]);
  const first = trials.findIndex((trial) => !isHarmless(trial));
  const bornText = sum(born) > 0 ? ` (${rangeText(born)} born dead)` : "";
  if (first < 0) return `none dies at any rate tried${bornText}`;
  return first === 0
    ? `at every rate tried some die`
    : `none dies up to a rate of ${figure(trials[first - 1].rate)}${bornText}`;
}

function textOf({ trials, steps, recipe, isDone }: ForecastMessage, rate: number): string {
  const here = nearest(trials, rate);
  const runs = here.dead.length;
  const diverged = here.diverged === 0 ? "" : `; ${here.diverged} of ${runs} diverged`;
  return (
    `Tried, ${count(steps)} steps from ${runs} starts at each of ${trials.length} rates${isDone ? "" : " so far"}: ` +
    `${harmlessText(trials)}. At a rate of ${figure(here.rate)}: ${deadText(here, recipe.layers)}${diverged}.`
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

function drawBand(context: CanvasRenderingContext2D, width: number, { trials, recipe }: ForecastMessage): void {
  const { ink, muted, line, positive } = palette();
  const all = sum(recipe.layers);
  const y = (dead: number) => HEIGHT - 2 - (dead / all) * (HEIGHT - 18);
  const points = trials.map((trial) => ({ x: placeOf(trial.rate, width), ...bandOf(totals(trial)) }));
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
  for (const { x, middle } of points) context.lineTo(x, y(middle));
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = muted;
  context.textBaseline = "top";
  context.fillText(`all ${all} dead`, 0, 0);
}
