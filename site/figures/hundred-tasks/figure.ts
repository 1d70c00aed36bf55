// Figure 7: one network learns a hundred tasks, one after another, and loses the ability to learn; two others keep it.
import type { Mounted, Stage } from "../figure.js";
import { runButtons } from "../parts/run-buttons.js";
import {
  BATCH,
  EPOCHS,
  HIDDEN,
  meanOfTen,
  METHODS,
  OPENING,
  PIXELS,
  pixelOrder,
  RATES,
  type Reply,
  type Request,
  type Settings,
  type TaskResult,
  TASKS,
  UNITS,
} from "./messages.js";
import { meanAccuracy, MEASURED } from "./measured.js";
import { formatCount, formatNumber, formatPercent, typeset } from "../../../src/text/numbers.js";
import { h, prepare, setText } from "../../look/dom.js";
import { palette } from "../../look/palette.js";
import { percent, wholePercent } from "../../look/text.js";
import { drawAxes, drawCurve, drawLabel, FONT, type PlotBox, roundTicks, xOf, yOf } from "../../look/plot.js";

const DASHES = [[], [7, 4], [2, 3]];
const WIDE_ENOUGH_FOR_NAMES = 560;
const DIGIT_SIDE = 8;
const NAME_SIZE = 14;
const NAME_FONT = `600 ${NAME_SIZE}px ${FONT}`;

interface Reading {
  readonly title: string;
  readonly of: (result: TaskResult, method: number) => number;
}
const READINGS: readonly Reading[] = [
  {
    title: "Held-out accuracy on each task, right after it was learned",
    of: ({ accuracy }, method) => accuracy[method],
  },
  { title: "Share of hidden units that are dead", of: ({ dead }, method) => dead[method] / UNITS },
];

type Progress = Extract<Reply, { kind: "progress" }>;

export function mount(stage: Stage): Mounted {
  let settings: Settings = OPENING;
  let begun = false;
  let progress: Progress | undefined;
  let started: Extract<Reply, { kind: "started" }> | undefined;

  const engine = stage.startEngine<Request, Reply>((reply) => {
    if (reply.kind === "started") started = reply;
    else if (reply.rate === settings.rate && reply.seed === settings.seed) {
      progress = reply;
      if (reply.results.length === TASKS) stage.say(result(reply.results));
    }
    stage.requestDraw();
  });
  const buttons = runButtons({
    run: (isRunning) => (begun ? engine.post({ kind: "run", isRunning }) : begin(settings)),
    more: { "New start": () => begin({ ...settings, seed: settings.seed + 1 }) },
  });
  const rates = h(
    "select",
    { onchange: () => begin({ ...settings, rate: Number(rates.value) }) },
    ...RATES.map((rate) => h("option", { value: rate, selected: rate === OPENING.rate }, formatNumber(rate))),
  );
  const digits = h("canvas", {
    role: "img",
    "aria-label": "A digit as it is, and with its pixels in this task's order",
  });
  const charts = READINGS.map(({ title }) => ({ title, canvas: h("canvas", { role: "img", "aria-label": title }) }));
  const cells = METHODS.map(() => [h("td"), h("td"), h("td")]);
  const words = h("p");
  const table = summaryTable(cells);
  stage.root.append(
    h(
      "div",
      { class: "hundred-tasks" },
      h("div", { class: "row" }, buttons.row, h("label", {}, "rate", rates), digits),
      words,
      ...charts.map(({ title, canvas }) => h("div", {}, h("p", { class: "small" }, title), canvas)),
      table,
    ),
  );

  function begin(next: Settings): void {
    settings = next;
    begun = true;
    engine.post({ kind: "begin", ...settings, isRunning: true });
  }

  function draw(): void {
    const results = progress?.results ?? [];
    buttons.show({ isRunning: progress?.isRunning ?? false, isOver: results.length === TASKS });
    const width = stage.root.clientWidth;
    if (width === 0) return;
    const colours = [palette().ink, palette().accent, palette().positive];
    charts.forEach(({ canvas }, i) =>
      drawChart(canvas, READINGS[i], results, { width, colours, isLast: i === 1, type: stage.isSlide ? 17 : 13 }),
    );
    drawDigits(digits, started?.digit, Math.min(TASKS - 1, Math.max(0, results.length - 1)));
    table.hidden = results.length === 0;
    fillTable(cells, results);
    setText(words, typeset(results.length === TASKS ? result(results) : explanation(results.length)));
  }

  function explanation(done: number): string {
    const task =
      done === 0
        ? "Press Run: a network learns a hundred tasks, one after another, in three ways from the same start. "
        : `Task ${formatCount(done)} of ${formatCount(TASKS)}, start ${settings.seed}. `;
    const rows = started ? `${formatCount(started.training)} digits` : "the digits";
    return (
      `${task}Every task is the same digits with their pixels in another order: ${rows} to learn from, ${EPOCHS} times ` +
      `each, batches of ${BATCH}, by a network of ${[PIXELS, ...HIDDEN, 10].join("-")} that goes on from where the task ` +
      "before has left it. Thin: each task; thick: the mean of ten."
    );
  }

  function result(results: readonly TaskResult[]): string {
    const own = METHODS.map((method, i) => `${method} ${formatPercent(lastTen(results, READINGS[0], i))}`);
    const measured = MEASURED.find(({ rate }) => rate === settings.rate)!;
    const means = meanAccuracy(measured);
    const often = METHODS.map((method, i) => `${method} ${formatPercent(means[i])}`);
    return (
      `Start ${settings.seed}, the last ten tasks: ${own.join(", ")}; guessing has 10 %. ` +
      `Measured at this rate over ${measured.accuracy.length} starts: ${often.join(", ")}.${advice(settings.rate)}`
    );
  }

  return { draw };
}

const advice = (rate: number) =>
  rate === RATES.at(-1)
    ? " At a lower rate the loss is slower, not absent: choose 0.1."
    : " At 0.4 the same happens within fewer tasks.";

function lastTen(results: readonly TaskResult[], { of }: Reading, method: number): number {
  return meanOfTen(
    results.map((each) => of(each, method)),
    results.length - 1,
  );
}

function summaryTable(cells: readonly (readonly HTMLElement[])[]): HTMLElement {
  const heading = ["", "accuracy, first ten tasks", "last ten by now", `dead by now, of ${UNITS}`];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...heading.map((text) => h("th", { scope: "col" }, text)))),
    h(
      "tbody",
      {},
      ...METHODS.map((method, i) =>
        h(
          "tr",
          {},
          h("th", { scope: "row", class: `method-${i + 1}` }, h("i", { class: "swatch" }), method),
          ...cells[i],
        ),
      ),
    ),
  );
}

function fillTable(cells: readonly (readonly HTMLElement[])[], results: readonly TaskResult[]): void {
  cells.forEach((row, method) => {
    const values =
      results.length === 0
        ? ["", "", ""]
        : [
            percent(lastTen(results.slice(0, 10), READINGS[0], method)),
            percent(lastTen(results, READINGS[0], method)),
            formatCount(results.at(-1)!.dead[method]),
          ];
    values.forEach((text, i) => setText(row[i], text));
  });
}

interface ChartView {
  readonly width: number;
  /** By method. */
  readonly colours: readonly string[];
  /** The lowest has the tasks' numbers. */
  readonly isLast: boolean;
  /** Of the axes' numbers. */
  readonly type: number;
}

function drawChart(
  canvas: HTMLCanvasElement,
  reading: Reading,
  results: readonly TaskResult[],
  { width, colours, isLast, type }: ChartView,
): void {
  const hasNames = width >= WIDE_ENOUGH_FOR_NAMES;
  const height = isLast ? 104 : 124;
  const context = prepare(canvas, width, height);
  context.font = NAME_FONT;
  const names = Math.max(...METHODS.map((method) => context.measureText(method).width));
  const left = 3.7 * type;
  const box: PlotBox = {
    left,
    top: 8,
    width: width - left - (hasNames ? names + 14 : 8),
    height: height - 8 - (isLast ? type + 11 : 8),
    x: { low: 1, high: TASKS },
    y: { low: 0, high: 1 },
  };
  drawAxes(
    context,
    box,
    {
      x: { ticks: isLast ? [1, ...roundTicks({ low: 2, high: TASKS }, 5)] : [], format: formatCount },
      y: { ticks: [0, 0.5, 1], format: wholePercent },
    },
    type,
  );
  const lines = METHODS.map((_, method) => results.map((result) => reading.of(result, method)));
  lines.forEach((values, i) => drawCurve(context, box, values, 1, { colour: colours[i], width: 1, alpha: 0.3 }));
  const means = lines.map((values) => values.map((_, task) => meanOfTen(values, task)));
  means.forEach((values, i) =>
    drawCurve(context, box, values, 1, { colour: colours[i], width: 2.25, dash: DASHES[i] }),
  );
  if (hasNames && results.length > 0) drawNames(context, box, means, colours);
}

/** At the ends of the curves, apart from each other. */
function drawNames(
  context: CanvasRenderingContext2D,
  box: PlotBox,
  means: readonly (readonly number[])[],
  colours: readonly string[],
): void {
  const ends = means.map((values, i) => ({ i, y: yOf(box, values.at(-1)!) })).sort((a, b) => a.y - b.y);
  let above = -Infinity;
  const heights = ends.map(({ y }) => (above = Math.max(y, above + 16)));
  const excess = Math.max(0, heights.at(-1)! - (box.top + box.height));
  const x = xOf(box, means[0].length) + 8;
  ends.forEach(({ i }, place) =>
    drawLabel(context, METHODS[i], x, heights[place] - excess, { colour: colours[i], size: NAME_SIZE, weight: 600 }),
  );
}

/** A digit, and the same with its pixels in a task's order. */
function drawDigits(canvas: HTMLCanvasElement, digit: Float32Array | undefined, task: number): void {
  const side = 40;
  const context = prepare(canvas, 2 * side + 28, side);
  if (!digit) return;
  const { ink, line, muted } = palette();
  const order = pixelOrder(task);
  [Array.from(digit), order.map((pixel) => digit[pixel])].forEach((pixels, i) => {
    const left = i * (side + 28);
    context.strokeStyle = line;
    context.strokeRect(left + 0.5, 0.5, side - 1, side - 1);
    context.fillStyle = ink;
    pixels.forEach((value, at) => {
      context.globalAlpha = value;
      const size = side / DIGIT_SIDE;
      context.fillRect(left + (at % DIGIT_SIDE) * size, Math.floor(at / DIGIT_SIDE) * size, size, size);
    });
    context.globalAlpha = 1;
  });
  context.fillStyle = muted;
  context.font = "18px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.fillText("→", side + 14, side / 2);
}
