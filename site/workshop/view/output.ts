// The network's output: over the plane with the data; a confusion table for images and tables; a scatter for numbers.
import type { Frame, Picture, Started, Twin } from "../engine/types.js";
import { MAP_POINTS, MAP_SIDE, PLANE_SIDE } from "../../training/activation-maps.js";
import { drawConfusionTable } from "./confusion-table.js";
import { countDead } from "../state/units.js";
import { h, indexOfLargest, prepare, setPixel, setText } from "../../look/dom.js";
import type { Pointed } from "./network.js";
import { CLASS_COLOURS, palette, parseColour, rampColour } from "../../look/palette.js";
import type { ShowName } from "../../training/url.js";
import { figure, nameOf } from "./descriptions.js";
import { drawSamples } from "./samples.js";
import { drawUnitLine } from "./unit-line.js";
import { percent } from "../../look/text.js";

export interface OutputView {
  start(started: Started): void;
  /**
   * With a unit that is pointed at, its map is drawn large in place of the output.
   * @param chosen where it switches is drawn over the output
   */
  draw(frame: Frame, pointed?: Pointed, chosen?: Pointed): void;
  /** Beside the usual. */
  show(names: readonly ShowName[]): void;
  redraw(): void;
}

const MOST_SIDE = 320;
const PAIR_GAP = 12;

const MOST_TWINS = 3;

function createTwinBox(keepIt: () => void) {
  const canvas = h("canvas", { role: "img", "aria-label": "The twin's output" });
  const title = h("p", { class: "small" });
  const keep = h("button", { type: "button", onclick: keepIt }, "Keep the twin");
  return { element: h("div", { hidden: true }, canvas, title, keep), canvas, title, keep };
}

export function createOutputView(
  stage: HTMLElement,
  legendElement: HTMLElement,
  endTwin: (keep: boolean, which?: number) => void,
): OutputView {
  const canvas = h("canvas", {
    role: "img",
    "aria-label": "The network's output over the plane, with the training samples",
  });
  const title = h("p", { class: "small", hidden: true });
  const twinActions = h(
    "div",
    { class: "row" },
    h("button", { type: "button", onclick: () => endTwin(false) }, "End the comparison"),
  );
  const table = h("div");
  const twinBoxes = Array.from({ length: MOST_TWINS }, (_, which) => createTwinBox(() => endTwin(true, which)));
  const small = document.createElement("canvas");
  small.width = small.height = PLANE_SIDE;
  const map = document.createElement("canvas");
  map.width = map.height = MAP_SIDE;
  let started: Started | undefined;
  let last: Frame | undefined;
  let lastChosen: Pointed | undefined;
  let tableAt = 0;
  let shown: readonly ShowName[] = [];

  function start(next: Started): void {
    started = next;
    tableAt = 0;
    last = undefined;
    const own = h("div", {}, isPlane() || isNumber() ? canvas : table, title);
    stage.replaceChildren(h("div", { class: "pair" }, own, ...twinBoxes.map(({ element }) => element)), twinActions);
    showTwins([]);
    setText(legendElement, legendText(next, shown));
  }
  const isPlane = () => started!.task.extent > 0;
  const isNumber = () => started!.task.classes.length === 0;

  function draw(frame: Frame, pointed?: Pointed, chosen?: Pointed): void {
    if (!started) return;
    last = frame;
    lastChosen = chosen;
    const whole = Math.min(MOST_SIDE, stage.clientWidth);
    if (whole === 0) return; // hidden
    const half = Math.floor((stage.clientWidth - PAIR_GAP) / 2);
    const { twins = [] } = frame;
    const side = twins.length > 0 && isPlane() ? Math.min(MOST_SIDE, half) : whole;
    const unit = isPlane() ? pointed : undefined;
    setText(
      legendElement,
      unit
        ? `L${nameOf(unit).slice(1)}: its preactivation over the plane, − closed (blue), + open (orange).`
        : legendText(started, shown) + (isPlane() && chosen ? ` ${lineText(chosen)}` : ""),
    );
    if (unit) drawUnit(unit, side, frame, started);
    else if (isPlane()) {
      const context = drawPlane(canvas, side, frame.plane, started);
      if (chosen) drawUnitLine(context, side, chosen, frame, started, false);
    } else if (isNumber()) drawScatter(canvas, side, frame.outputs, started);
    else if (frame.isSettled || performance.now() - tableAt > 250) {
      tableAt = performance.now();
      drawConfusionTable(table, frame, started);
    }
    showTwins(twins);
    if (twins.length === 0) return;
    setText(title, `As it is: ${briefly(frame)}`);
    twins.forEach(({ label, picture }, which) => {
      const box = twinBoxes[which];
      setText(box.title, `Twin, ${label}: ${briefly(picture)}`);
      box.keep.setAttribute("aria-description", label);
      if (isPlane()) drawPlane(box.canvas, side, picture.plane, started!);
    });
  }

  function showTwins(twins: readonly Twin[]): void {
    title.hidden = twinActions.hidden = twins.length === 0;
    stage.firstElementChild!.classList.toggle("split", twins.length > 0 && isPlane());
    twinBoxes.forEach(({ element, canvas: own }, which) => {
      element.hidden = which >= twins.length;
      own.hidden = !isPlane();
    });
  }

  function drawUnit(unit: Pointed, side: number, frame: Frame, of: Started): void {
    const context = prepare(canvas, side, side);
    paintMap(map, frame.maps.subarray(unit.index * MAP_POINTS, (unit.index + 1) * MAP_POINTS));
    context.drawImage(map, 0, 0, side, side);
    drawParts(context, side, of.task);
    drawUnitLine(context, side, unit, frame, of, true);
  }

  function drawParts(context: CanvasRenderingContext2D, side: number, task: Started["task"]): void {
    drawSamples(context, side, task, "train");
    if (shown.includes("heldOut")) drawSamples(context, side, task, "heldOut");
  }

  function drawPlane(
    to: HTMLCanvasElement,
    side: number,
    plane: Float32Array,
    { task, spec }: Started,
  ): CanvasRenderingContext2D {
    const context = prepare(to, side, side);
    const isDiscrete = shown.includes("discrete");
    paintPlane(small, plane, spec.layers.at(-1)!.units, spec.loss, isDiscrete);
    context.imageSmoothingEnabled = !isDiscrete;
    context.drawImage(small, 0, 0, side, side);
    drawParts(context, side, task);
    return context;
  }

  const redraw = () => last && draw(last, undefined, lastChosen);
  return {
    start,
    draw,
    show(names) {
      shown = names;
      redraw();
    },
    redraw,
  };
}

function briefly({ states, heldOut: { accuracy, loss } }: Picture): string {
  return `${countDead(states)} dead, ${accuracy === undefined ? `loss ${figure(loss)}` : percent(accuracy)}`;
}

const lineText = (unit: Pointed) => `Line: where ${nameOf(unit)} switches.`;

function legendText(started: Started, shown: readonly ShowName[]): string {
  const isHollowToo = started.task.extent > 0 && shown.includes("heldOut");
  const hollow = started.task.classes.length > 2 ? "In italics" : "Hollow";
  return `${usualLegend(started)}${isHollowToo ? ` ${hollow}: held-out samples.` : ""}`;
}

function usualLegend({ task }: Started): string {
  if (task.extent > 0 && task.classes.length === 2)
    return `□ ${task.classes[0]} and ○ ${task.classes[1]}: training samples. The background is the output.`;
  if (task.extent > 0 && task.classes.length === 0)
    return (
      "Samples and background in the same colours: − below zero (blue), + above (orange). " +
      "Where a sample stands out, the output is wrong."
    );
  if (task.classes.length > 0)
    return task.extent > 0
      ? "Background: the class that the network gives. Letters: training samples."
      : "Held-out samples: rows are the true class, columns the class that the network gives.";
  return "Held-out samples: the target across, the output upwards. On the line they are equal.";
}

function paintMap(to: HTMLCanvasElement, values: Uint8Array): void {
  const context = to.getContext("2d")!;
  const image = context.createImageData(MAP_SIDE, MAP_SIDE);
  const { ramp } = palette();
  values.forEach((value, i) => {
    setPixel(image, i, ramp.subarray(value * 3, value * 3 + 3));
  });
  context.putImageData(image, 0, 0);
}

function paintPlane(
  to: HTMLCanvasElement,
  plane: Float32Array,
  outputs: number,
  loss: Started["spec"]["loss"],
  isDiscrete: boolean,
): void {
  const context = to.getContext("2d")!;
  const image = context.createImageData(PLANE_SIDE, PLANE_SIDE);
  const background = parseColour(palette().paper);
  for (let i = 0; i < PLANE_SIDE * PLANE_SIDE; i++) {
    let colour: ArrayLike<number>;
    if (outputs === 1) {
      const value = loss === "meanSquaredError" ? plane[i] : plane[i] * 2 - 1;
      const size = isDiscrete ? Math.sign(value) : Math.max(-1, Math.min(1, value));
      colour = rampColour(size * 0.75);
    } else {
      const row = plane.subarray(i * outputs, (i + 1) * outputs);
      const best = indexOfLargest(row);
      const full = parseColour(CLASS_COLOURS[best % CLASS_COLOURS.length]);
      colour = background.map((base, c) => base + (full[c] - base) * (0.15 + 0.5 * (isDiscrete ? 1 : row[best])));
    }
    setPixel(image, i, colour);
  }
  context.putImageData(image, 0, 0);
}

function drawScatter(
  canvas: HTMLCanvasElement,
  side: number,
  outputs: Float32Array,
  { task: { heldOut } }: Started,
): void {
  const context = prepare(canvas, side, side);
  const { line, ink } = palette();
  const reach = heldOut.y.reduce((most, value) => Math.max(most, Math.abs(value)), 0.1) * 1.1;
  const at = (value: number) => (Math.max(-1, Math.min(1, value / reach)) / 2 + 0.5) * (side - 8) + 4;
  context.strokeStyle = line;
  context.beginPath();
  context.moveTo(0, side);
  context.lineTo(side, 0);
  context.stroke();
  context.fillStyle = ink;
  context.globalAlpha = 0.6;
  heldOut.y.forEach((truth, row) => {
    context.beginPath();
    context.arc(at(truth), side - at(outputs[row]), 2.5, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
}
