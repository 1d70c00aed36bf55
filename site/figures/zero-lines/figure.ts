// Figure 3: each unit of the first layer as a line over the data. A unit that dies is a line that leaves them.
import type { Mounted, Stage } from "../figure.js";
import { layerOf } from "../parts/layer.js";
import { runButtons } from "../parts/run-buttons.js";
import { slider } from "../parts/slider.js";
import {
  type Frame,
  type FrameDeath,
  LAST_STEP,
  OPENING,
  type Reply,
  type Request,
  type Started,
  UNITS,
} from "./messages.js";
import { capital } from "../../../src/text/capital.js";
import { formatCount, formatNumber, formatPercent, typeset } from "../../../src/text/numbers.js";
import { h, prepare, setText } from "../../look/dom.js";
import { isMotionReduced, palette } from "../../look/palette.js";
import { distanceTo, drawZeroLine, type PlaneUnit, tintOpenSide, type ZeroLineView } from "../../look/zero-lines.js";
import { percent } from "../../look/text.js";

/** The data reach to 1: what lies outside of them is seen as well. */
const EXTENT = 1.7;
const MOST_SIDE = 480;
const NEAR = 16; // pixels
const LEGEND = "A line: where one unit of layer 1 switches. Orange, where its tooth points: open. Dashed: dead.";
const INTRODUCTION =
  "On the closed side a unit gives 0, and no gradient comes through: only the samples on its open side move its line. " +
  "Point at a line or choose a number to see one alone.";

const RATES = [0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3];

export function mount(stage: Stage): Mounted {
  let rows: Started["rows"] | undefined;
  let frame: Frame | undefined;
  let seed = OPENING.seed;
  let rate = OPENING.rate;
  let pointed: number | undefined;
  let chosen: number | undefined;
  let toldDeaths = 0;

  const canvas = h("canvas", {
    role: "img",
    "aria-label": "Training samples, and the line on which each unit switches",
  });
  const status = h("p", { class: "small" });
  const words = h("p");
  const shares = Array.from({ length: UNITS }, () => h("small"));
  const units = shares.map((_, unit) => unitButton(unit));
  const engine = stage.startEngine<Request, Reply>((reply) => {
    if (reply.kind === "started") ({ rows } = reply);
    else if (reply.seed === seed) takeFrame(reply);
    if (reply.kind === "started" || !reply.isRunning || !isMotionReduced()) stage.requestDraw();
  });
  const buttons = runButtons({
    run: (isRunning) => engine.post({ kind: "run", isRunning, atOnce: isMotionReduced() }),
    step: () => engine.post({ kind: "step" }),
    more: { Again: () => begin(seed), "New start": () => begin(seed + 1) },
  });
  const rates = slider({
    label: "learning rate",
    values: RATES,
    value: rate,
    text: (value) => formatNumber(value),
    onInput: (value) => {
      rate = value;
      engine.post({ kind: "rate", rate });
    },
  });
  stage.root.append(
    h(
      "div",
      { class: "zero-lines" },
      h("div", { class: "picture" }, canvas, h("p", { class: "small" }, LEGEND)),
      h(
        "div",
        { class: "beside" },
        buttons.row,
        rates.element,
        status,
        h("div", { class: "units", role: "group", "aria-label": "Units of layer 1" }, ...units),
        words,
      ),
    ),
  );
  begin(seed);

  function begin(next: number): void {
    seed = next;
    chosen = undefined;
    toldDeaths = 0;
    engine.post({ kind: "begin", rate, seed, isRunning: true, atOnce: isMotionReduced() });
  }

  function unitButton(unit: number): HTMLButtonElement {
    const point = (next: number | undefined) => () => {
      pointed = next;
      stage.requestDraw();
    };
    const listeners = {
      onpointerenter: point(unit),
      onpointerleave: point(undefined),
      onfocus: point(unit),
      onblur: point(undefined),
      onclick: () => {
        chosen = chosen === unit ? undefined : unit;
        stage.requestDraw();
      },
    };
    return h("button", { type: "button", ...listeners }, h("span", {}, String(unit + 1)), shares[unit]);
  }

  function takeFrame(next: Frame): void {
    frame = next;
    if (next.deaths.length > toldDeaths) {
      const { explanation } = next.deaths.at(-1)!;
      stage.say(explanation);
    }
    toldDeaths = next.deaths.length;
  }

  const shown = () => pointed ?? chosen;
  const deathOf = (unit: number): FrameDeath | undefined => frame?.deaths.find((death) => death.unit === unit);

  function planeUnit(unit: number): PlaneUnit {
    const { kernel, bias, open } = frame!;
    return {
      name: String(unit + 1),
      weights: [kernel[unit], kernel[UNITS + unit]],
      bias: bias[unit],
      isDead: open[unit] === 0,
    };
  }

  canvas.addEventListener("pointermove", (event) => pointAt(event));
  canvas.addEventListener("pointerdown", (event) => {
    pointAt(event);
    chosen = pointed;
  });
  canvas.addEventListener("pointerleave", () => {
    pointed = undefined;
    stage.requestDraw();
  });

  function pointAt({ offsetX, offsetY }: PointerEvent): void {
    if (!frame) return;
    const { clientWidth: side } = canvas;
    const at = [(offsetX / side - 0.5) * 2 * EXTENT, (0.5 - offsetY / side) * 2 * EXTENT] as const;
    const distances = units.map((_, unit) => distanceTo(planeUnit(unit), at));
    const nearest = Math.min(...distances);
    const next = nearest < (NEAR / side) * 2 * EXTENT ? distances.indexOf(nearest) : undefined;
    if (next !== pointed) stage.requestDraw();
    pointed = next;
  }

  function draw(): void {
    const side = Math.min(MOST_SIDE, canvas.parentElement!.clientWidth);
    const context = prepare(canvas, side, side);
    if (!frame || !rows || side === 0) return;
    const view: ZeroLineView = { left: 0, top: 0, side, extent: EXTENT, type: stage.isSlide ? 18 : 14, taken: [] };
    drawPicture(context, view, rows, frame);
    drawWords(frame);
  }

  function drawPicture(
    context: CanvasRenderingContext2D,
    view: ZeroLineView,
    samples: Started["rows"],
    { deaths }: Frame,
  ): void {
    const all = units.map((_, unit) => planeUnit(unit));
    const one = shown();
    if (one === undefined) all.forEach((unit) => tintOpenSide(context, view, unit));
    else tintOpenSide(context, view, all[one], true);
    if (one === undefined)
      layerOf(canvas).put(context, view.side, view.side, [], (at) => drawSamples(at, view, samples, undefined));
    else drawSamples(context, view, samples, all[one]);
    const death = one === undefined ? deaths.at(-1) : deathOf(one);
    if (death) drawPath(context, view, death);
    const strong = one ?? death?.unit;
    all.forEach((unit, index) => {
      if (index !== strong) drawZeroLine(context, view, unit, { alpha: one === undefined ? 1 : 0.15 });
    });
    if (strong !== undefined) drawZeroLine(context, view, all[strong], { isStrong: true });
    context.strokeStyle = palette().line;
    context.strokeRect(0.5, 0.5, view.side - 1, view.side - 1);
  }

  function drawPath(context: CanvasRenderingContext2D, view: ZeroLineView, { path }: FrameDeath): void {
    path.forEach(([x, y, bias], i) => {
      const at = { name: "", weights: [x, y] as const, bias, isDead: false };
      drawZeroLine(context, view, at, { alpha: 0.12 + (0.3 * i) / path.length, hasName: false });
    });
  }

  function drawWords({ step, isRunning, isOver, accuracy, deaths, open }: Frame): void {
    buttons.show({ isRunning, isOver });
    const dead = open.filter((share) => share === 0).length;
    const end = isOver ? ", the end" : "";
    setText(
      status,
      typeset(
        `step ${formatCount(step)} of ${formatCount(LAST_STEP)}${end}: ${dead} of ${UNITS} units dead, ` +
          `held-out accuracy ${formatPercent(accuracy)}`,
      ),
    );
    units.forEach((button, unit) => {
      const isDead = open[unit] === 0;
      setText(shares[unit], isDead ? "dead" : percent(open[unit]));
      button.setAttribute("aria-pressed", String(chosen === unit));
      button.classList.toggle("dead", isDead);
      button.classList.toggle("shown", shown() === unit);
    });
    setText(words, typeset(sentence(deaths, open)));
  }

  function sentence(deaths: readonly FrameDeath[], open: readonly number[]): string {
    const one = shown();
    const last = deaths.at(-1);
    if (one === undefined) return last ? `${capital(last.explanation)}. ${WAY}` : INTRODUCTION;
    const death = deathOf(one);
    if (death) return `${capital(death.explanation)}. ${WAY}`;
    if (open[one] === 0) return `Unit ${one + 1} is closed on every sample: no gradient reaches it.`;
    const share = formatPercent(open[one]);
    return `Unit ${one + 1} is open on ${share} of the samples: only those, in bold, move its line.`;
  }

  return { draw };
}

const WAY = "The faint lines are its way out.";

/** Squares and circles by class; with one unit those that open it are filled. */
function drawSamples(
  context: CanvasRenderingContext2D,
  { side, extent }: ZeroLineView,
  { x, y }: Started["rows"],
  unit: PlaneUnit | undefined,
): void {
  const { negative, positive } = palette();
  const radius = side < 340 ? 2.4 : 3;
  for (let row = 0; row < x.rows; row++) {
    const [a, b] = [x.data[2 * row], x.data[2 * row + 1]];
    const isOpen = !unit || unit.weights[0] * a + unit.weights[1] * b + unit.bias > 0;
    const [px, py] = [(0.5 + a / (2 * extent)) * side, (0.5 - b / (2 * extent)) * side];
    context.beginPath();
    if (y[row] === 1) context.arc(px, py, radius, 0, 2 * Math.PI);
    else context.rect(px - radius * 0.9, py - radius * 0.9, radius * 1.8, radius * 1.8);
    context.strokeStyle = context.fillStyle = y[row] === 1 ? positive : negative;
    context.globalAlpha = isOpen ? 1 : 0.45;
    context.lineWidth = 1;
    if (isOpen) context.fill();
    context.stroke();
  }
  context.globalAlpha = 1;
}
