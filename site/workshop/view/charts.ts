// Three small curves over the steps: loss, held-out accuracy, living units; a twin's are dashed.
import uPlot from "uplot";
import type { Curves, Frame, Started } from "../engine/types.js";
import { livingByLayer } from "../state/units.js";
import { h } from "../../look/dom.js";
import { palette } from "../../look/palette.js";
import { figure } from "./descriptions.js";
import { percent } from "../../look/text.js";

export interface ChartsView {
  start(started: Started): void;
  draw(frame: Frame, at: number | undefined): void;
  /** The loss of the best constant, which a line marks. */
  setConstant(loss: number | undefined): void;
  /** Colours or sizes have changed. */
  rebuild(): void;
}

const HEIGHT = 116;
/** Which chart is which. */
const [LOSS, ACCURACY, LIVING] = [0, 1, 2];

type Lines = (curves: Curves) => number[][];

interface Chart {
  readonly title: HTMLElement;
  readonly box: HTMLElement;
  readonly lines: Lines;
  plot: uPlot | undefined;
}

export function createChartsView(stage: HTMLElement, onScrub: (step: number | undefined) => void): ChartsView {
  const make = (lines: Lines): Chart => ({ title: h("p"), box: h("div"), lines, plot: undefined });
  const charts = [
    make(({ loss, heldOutLoss }) => [loss, heldOutLoss]),
    make(({ heldOutAccuracy }) => [heldOutAccuracy]),
    make(({ living }) => living),
  ];
  stage.replaceChildren(...charts.map(({ title, box }) => h("div", { class: "chart" }, title, box)));
  let started: Started | undefined;
  let curves: Curves | undefined;
  let twin: Curves | undefined;
  let constant: number | undefined;

  function start(next: Started): void {
    started = next;
    curves = undefined;
    twin = undefined;
    constant = undefined;
    rebuild();
  }

  function rebuild(): void {
    if (!started) return;
    const hidden = started.recipe.layers.length;
    const isRegression = started.task.classes.length === 0;
    charts[ACCURACY].box.parentElement!.hidden = isRegression;
    stage.style.gridTemplateColumns = "";
    if (isRegression && innerWidth > 720) stage.style.gridTemplateColumns = "repeat(2, minmax(0, 1fr))";
    charts.forEach((chart, index) => {
      chart.plot?.destroy();
      chart.plot = undefined;
      if (index === ACCURACY && isRegression) return;
      chart.plot = new uPlot(
        optionsFor(index, hidden, chart.box.clientWidth, () => constant),
        [[], ...emptyLines(index, hidden)],
        chart.box,
      );
      chart.plot.over.addEventListener("pointerdown", (event) => scrub(chart.plot!, event));
    });
    if (curves) feed();
  }

  function scrub(plot: uPlot, event: PointerEvent): void {
    const move = ({ clientX }: PointerEvent) =>
      onScrub(Math.max(0, Math.round(plot.posToVal(clientX - plot.over.getBoundingClientRect().left, "x"))));
    const end = () => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      onScrub(undefined);
    };
    move(event);
    addEventListener("pointermove", move);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
  }

  function feed(): void {
    for (const { plot, lines } of charts) {
      if (!plot || !curves) continue;
      plot.setData(joinTwin(curves, twin, lines, lines !== charts[LIVING].lines) as uPlot.AlignedData);
    }
  }

  function draw(frame: Frame, at: number | undefined): void {
    if (!started) return;
    const isTwinNew = frame.twin !== undefined || twin !== undefined;
    twin = frame.twin?.curves;
    if (frame.curves) curves = frame.curves;
    if (frame.curves || isTwinNew) feed();
    charts.forEach((chart, index) => {
      const text = titleOf(index, frame, started!);
      if (chart.title.innerHTML !== text) chart.title.innerHTML = text;
      chart.plot?.setCursor(
        at === undefined ? { left: -10, top: -10 } : { left: chart.plot.valToPos(at, "x"), top: 10 },
        false,
      );
    });
  }

  function setConstant(loss: number | undefined): void {
    if (loss === constant) return;
    constant = loss;
    feed();
  }

  return { start, draw, rebuild, setConstant };
}

/** The steps, a chart's own lines, and in a chart with room for it the last of the twin's (nothing without a twin). */
function joinTwin(own: Curves, twin: Curves | undefined, lines: Lines, hasTwinLine: boolean): unknown {
  const table = [own.steps, ...lines(own)];
  if (!hasTwinLine) return table;
  if (!twin) return [...table, own.steps.map(() => null)];
  return uPlot.join([table, [twin.steps, ...lines(twin).slice(-1)]] as uPlot.AlignedData[]);
}

function emptyLines(index: number, hidden: number): number[][] {
  return seriesFor(index, hidden).map(() => []);
}

/** HTML with the figures of the shown step, above the curves. No text of users is in it. */
function titleOf(index: number, frame: Frame, { recipe }: Started): string {
  if (index === LOSS) {
    const twin = frame.twin ? ", twin dashed" : "";
    return `<b>loss ${figure(frame.loss)}</b>, held out ${figure(frame.heldOut.loss)} (thin)${twin}`;
  }
  if (index === ACCURACY) return `<b>accuracy ${percent(frame.heldOut.accuracy ?? 0)}</b> held out`;
  const living = livingByLayer(frame.states, recipe.layers);
  const total = living.reduce((sum, alive) => sum + alive, 0);
  const byLayer = living.map((alive, layer) => `${layer === 0 ? "layer " : ""}${layer + 1}: ${alive}`).join(", ");
  const details = living.length > 1 && living.length < 6 ? ` (${byLayer})` : "";
  return `<b>${total} of ${frame.states.length} units alive</b>${details}`;
}

const DASHES = [[], [6, 4], [2, 3], [10, 4, 2, 4]];

function seriesFor(index: number, hidden: number): uPlot.Series[] {
  const { ink, muted, accent } = palette();
  const line = (stroke: string, width: number, dash: readonly number[] = []): uPlot.Series => ({
    stroke,
    width,
    dash: [...dash],
    points: { show: false },
    spanGaps: true,
  });
  if (index === LOSS) return [line(ink, 1.75), line(muted, 1), line(accent, 1.5, [5, 4])];
  if (index === ACCURACY) return [line(ink, 1.75), line(accent, 1.5, [5, 4])];
  return Array.from({ length: hidden }, (_, layer) => ({
    ...line(layer === 0 ? ink : muted, 1.5, DASHES[layer % DASHES.length]),
    paths: uPlot.paths.stepped!({ align: 1 }),
  }));
}

/** What always saying the same has: a dotted line, named above it, or below where there is no room. */
function drawConstant({ ctx, bbox, valToPos }: uPlot, loss: number | undefined): void {
  if (loss === undefined) return;
  const ratio = globalThis.devicePixelRatio || 1;
  const y = Math.round(valToPos(loss, "y", true));
  const { muted, paper } = palette();
  ctx.save();
  ctx.strokeStyle = muted;
  ctx.lineWidth = 1.5 * ratio;
  ctx.setLineDash([1.5 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  const isRoom = y - bbox.top > 16 * ratio;
  ctx.textBaseline = isRoom ? "bottom" : "top";
  const text = `a constant ${figure(loss)}`;
  const [right, base] = [bbox.left + bbox.width, y + (isRoom ? -2 : 3) * ratio];
  ctx.fillStyle = paper; // curves pass behind it
  ctx.globalAlpha = 0.8;
  const { width } = ctx.measureText(text);
  ctx.fillRect(right - width, isRoom ? base - 14 * ratio : base, width, 14 * ratio);
  ctx.globalAlpha = 1;
  ctx.fillStyle = muted;
  ctx.fillText(text, right, base);
  ctx.restore();
}

function optionsFor(index: number, hidden: number, width: number, constant: () => number | undefined): uPlot.Options {
  const { muted, line } = palette();
  const axis = {
    stroke: muted,
    font: "12px system-ui, sans-serif",
    ticks: { show: false },
    grid: { stroke: line, width: 1 },
  };
  const tickText = (value: number): string => {
    if (index === ACCURACY) return `${Math.round(value * 100)}\u00a0%`;
    return index === LIVING && !Number.isInteger(value) ? "" : short(value);
  };
  const short = (value: number) => (value >= 1000 && value < 1e6 ? `${figure(value / 1000)}k` : figure(value));
  return {
    width: Math.max(120, width),
    height: HEIGHT,
    legend: { show: false },
    hooks: index === LOSS ? { draw: [(plot) => drawConstant(plot, constant())] } : {},
    padding: [6, 14, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: {
      x: { time: false },
      y: {
        range: (_plot, low, high) =>
          index === ACCURACY
            ? [Math.min(0.4, low ?? 0), 1]
            : [0, Math.max(high ?? 1, index === LIVING ? 1 : 0.1, (index === LOSS && constant()) || 0) * 1.05],
      },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 22, values: (_plot, values) => values.map(short) },
      {
        ...axis,
        size: 46,
        space: 26,
        values: (_plot, values) => values.map(tickText),
      },
    ],
    series: [{}, ...seriesFor(index, hidden)],
  };
}
