// Three layers without an activation learn a curve, and find a straight line; with one they find the curve.
import {
  type Choice,
  type Course,
  CURVE_ACTIVATIONS,
  type CurveActivation,
  type Look,
  MOST_LAYERS,
  OPENING,
  type ToCurves,
} from "./messages.js";
import type { Mounted, Stage } from "../figure.js";
import { countOf, formatCount, formatNumber } from "../../../src/text/numbers.js";
import { h, prepare, setText } from "../../look/dom.js";
import { isMotionReduced, palette } from "../../look/palette.js";

const NAMES: Readonly<Record<CurveActivation, string>> = { linear: "none", relu: "ReLU", sigmoid: "sigmoid" };
/** A training's looks are shown within so many milliseconds. */
const LASTS_MS = 1600;
/** Of the curve's values. */
const REACH = 1.35;

function sentence({ activation, layers, line }: Course, { steps, loss }: Look): string {
  const network = `${countOf(layers, "hidden layer")}, activation: ${NAMES[activation]}.`;
  const error = `Squared error after ${countOf(steps, "step")}: ${formatNumber(loss, 3)}.`;
  return `${network} ${error} The best straight line has ${formatNumber(line.loss, 3)}.`;
}

/** One of several, by buttons of which one is on. */
function choiceOf<T>(
  legend: string,
  values: readonly T[],
  chosen: T,
  { text, choose }: { text: (value: T) => string; choose: (value: T) => void },
): HTMLElement {
  const name = `straight line: ${legend}`;
  const choices = values.map((value) => {
    const input = h("input", { type: "radio", name, checked: value === chosen, onchange: () => choose(value) });
    return h("label", {}, input, text(value));
  });
  return h("fieldset", {}, h("legend", {}, legend), ...choices);
}

export function mount(stage: Stage): Mounted {
  const canvas = h("canvas", { role: "img", "aria-label": "Samples, the network's answer and the best straight line" });
  const words = h("p", { class: "said" });
  let choice: Choice = OPENING;
  let course: Course | undefined;
  let began: number | undefined;
  const engine = stage.startEngine<ToCurves, Course>((reply) => {
    if (reply.activation !== choice.activation || reply.layers !== choice.layers) return;
    course = reply;
    began = undefined;
    stage.say(sentence(reply, reply.looks.at(-1)!));
    stage.requestDraw();
  });
  const choose = (change: Partial<Choice>): void => {
    choice = { ...choice, ...change };
    engine.post({ kind: "train", choice });
  };
  const activations = choiceOf("Activation", CURVE_ACTIVATIONS, OPENING.activation, {
    text: (activation) => NAMES[activation],
    choose: (activation) => choose({ activation }),
  });
  const depths = Array.from({ length: MOST_LAYERS }, (_, i) => i + 1);
  const layers = choiceOf("Hidden layers", depths, OPENING.layers, {
    text: formatCount,
    choose: (count) => choose({ layers: count }),
  });
  const again = h("button", { type: "button", onclick: () => choose({}) }, "Train again");
  stage.root.append(
    h("div", { class: "straight-line" }, canvas, h("div", { class: "controls" }, activations, layers, again), words),
  );
  choose({});

  function draw(now: number): void {
    if (!course) return;
    began ??= isMotionReduced() ? -Infinity : now;
    const last = course.looks.length - 1;
    const at = Math.min(last, Math.floor(((now - began) / LASTS_MS) * last));
    const look = course.looks[at];
    drawCurves(canvas, stage.root.clientWidth, course, look);
    setText(words, sentence(course, look));
    if (at < last) stage.requestDraw();
  }
  return { draw };
}

function drawCurves(canvas: HTMLCanvasElement, width: number, { samples, line }: Course, { curve }: Look): void {
  const height = Math.round(Math.max(190, Math.min(300, width * 0.36)));
  const context = prepare(canvas, width, height);
  const colours = palette();
  const x = (value: number) => 8 + ((value + 1) / 2) * (width - 16);
  const y = (value: number) => height / 2 - (value / REACH) * (height / 2 - 6);
  context.fillStyle = colours.muted;
  samples.x.forEach((value, i) => {
    context.beginPath();
    context.arc(x(value), y(samples.y[i]), 3, 0, 2 * Math.PI);
    context.fill();
  });
  const path = (values: ArrayLike<number>): void => {
    context.beginPath();
    for (let i = 0; i < values.length; i++) context.lineTo(x((2 * i) / (values.length - 1) - 1), y(values[i]));
    context.stroke();
  };
  context.lineJoin = "round";
  context.lineWidth = 5;
  context.strokeStyle = colours.negative;
  path(curve);
  context.lineWidth = 2; // over the other: without an activation they are one
  context.strokeStyle = colours.positive;
  context.setLineDash([6, 5]);
  path(line.ends);
  context.setLineDash([]);
  const size = 14;
  context.font = `${size}px system-ui, sans-serif`;
  const names = [
    ["\u25cf samples", colours.muted],
    ["\u2014 the network's answer", colours.negative],
    ["- - the best straight line", colours.positive],
  ];
  names.forEach(([text, colour], i) => {
    context.fillStyle = colour;
    context.fillText(text, 12, 4 + (i + 1) * (size + 4));
  });
}
