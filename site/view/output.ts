// The answer: over the plane with the data; as a table of right and wrong for images and tables; as a scatter for numbers.
import type { Picture } from "../engine/network-evaluator.js";
import type { Frame, Started, Twin } from "../engine/types.js";
import { MAP_SIDE, PLANE_SIDE } from "../engine/activation-maps.js";
import { drawConfusion } from "./confusion-table.js";
import { h, prepare, setText } from "./dom.js";
import type { Pointed } from "./network.js";
import { CLASS_COLOURS, palette } from "./palette.js";
import { figure, nameOf, percent } from "./descriptions.js";

export interface OutputView {
  start(started: Started): void;
  /** With a unit that is pointed at, its map is drawn large in the answer's place. */
  draw(frame: Frame, pointed?: Pointed): void;
  redraw(): void;
}

const MOST_SIDE = 320;
const PAIR_GAP = 12;
const MOST_DOTS = 400;

export function createOutputView(stage: HTMLElement, words: HTMLElement, endTwin: (keep: boolean) => void): OutputView {
  const canvas = h("canvas", {
    role: "img",
    "aria-label": "The network's answer over the plane, with the training samples",
  });
  const twinCanvas = h("canvas", { role: "img", "aria-label": "The twin's answer" });
  const title = h("p", { class: "small", hidden: true });
  const twinTitle = h("p", { class: "small" });
  const twinActions = h(
    "div",
    { class: "row" },
    h("button", { type: "button", onclick: () => endTwin(true) }, "Keep the twin"),
    h("button", { type: "button", onclick: () => endTwin(false) }, "End"),
  );
  const table = h("div");
  const twinBox = h("div", { hidden: true }, twinCanvas, twinTitle);
  const small = document.createElement("canvas");
  small.width = small.height = PLANE_SIDE;
  const map = document.createElement("canvas");
  map.width = map.height = MAP_SIDE;
  let started: Started | undefined;
  let last: Frame | undefined;
  let tableAt = 0;

  function start(next: Started): void {
    started = next;
    tableAt = 0;
    last = undefined;
    const own = h("div", {}, isPlane() || isNumber() ? canvas : table, title);
    stage.replaceChildren(h("div", { class: isPlane() ? "pair" : "" }, own, twinBox), twinActions);
    showTwin(undefined);
    setText(words, legend(next));
  }
  const isPlane = () => started!.task.extent > 0;
  const isNumber = () => started!.task.classes.length === 0;

  function draw(frame: Frame, pointed?: Pointed): void {
    if (!started) return;
    last = frame;
    const whole = Math.min(MOST_SIDE, stage.clientWidth);
    const side = frame.twin && isPlane() ? Math.floor((whole - PAIR_GAP) / 2) : whole;
    const unit = isPlane() ? pointed : undefined;
    setText(
      words,
      unit
        ? `L${nameOf(unit).slice(1)}: its preactivation over the plane, − closed (blue), + open (orange).`
        : legend(started),
    );
    if (unit) drawUnit(unit.index, side, frame, started);
    else if (isPlane()) drawPlane(canvas, side, frame.plane, started);
    else if (isNumber()) drawScatter(canvas, side, frame.answers, started);
    else if (performance.now() - tableAt > 250) {
      tableAt = performance.now();
      drawConfusion(table, frame, started);
    }
    showTwin(frame.twin);
    if (!frame.twin) return;
    setText(title, `As it is: ${briefly(frame)}`);
    setText(twinTitle, `Twin, ${frame.twin.label}: ${briefly(frame.twin.picture)}`);
    if (isPlane()) drawPlane(twinCanvas, side, frame.twin.picture.plane, started);
  }

  function showTwin(twin: Twin | undefined): void {
    title.hidden = twinBox.hidden = twinActions.hidden = !twin;
    twinCanvas.hidden = !isPlane();
  }

  function drawUnit(index: number, side: number, { maps }: Frame, { task }: Started): void {
    const context = prepare(canvas, side, side);
    paintMap(map, maps.subarray(index * MAP_SIDE * MAP_SIDE, (index + 1) * MAP_SIDE * MAP_SIDE));
    context.drawImage(map, 0, 0, side, side);
    drawSamples(context, side, task);
  }

  function drawPlane(to: HTMLCanvasElement, side: number, plane: Float32Array, { task, spec }: Started): void {
    const context = prepare(to, side, side);
    paintPlane(small, plane, spec.layers.at(-1)!.units, spec.loss);
    context.imageSmoothingEnabled = true;
    context.drawImage(small, 0, 0, side, side);
    drawSamples(context, side, task);
  }

  return { start, draw, redraw: () => last && draw(last) };
}

function briefly({ states, heldOut: { accuracy, loss } }: Picture): string {
  return `${states.filter((state) => state === "dead").length} dead, ${accuracy === undefined ? `loss ${figure(loss)}` : percent(accuracy)}`;
}

function legend({ task, spec }: Started): string {
  if (task.extent > 0 && task.classes.length === 2 && spec.loss === "binaryCrossEntropy")
    return `□ ${task.classes[0]} and ○ ${task.classes[1]}: training samples. The ground is what the network says.`;
  if (task.extent > 0 && task.classes.length === 0)
    return "Samples and ground in the same colours: − below zero (blue), + above (orange). Where a sample stands out, the answer is off.";
  if (task.classes.length > 0)
    return task.extent > 0
      ? "Ground: the class the network gives. Letters: training samples."
      : "Held-out samples: rows are the true class, columns the answer.";
  return "Held-out samples: across the truth, up the answer. On the line it is right.";
}

function hex(colour: string): [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function paintMap(to: HTMLCanvasElement, values: Uint8Array): void {
  const context = to.getContext("2d")!;
  const image = context.createImageData(MAP_SIDE, MAP_SIDE);
  const { ramp } = palette();
  values.forEach((value, i) => {
    for (let c = 0; c < 3; c++) image.data[i * 4 + c] = ramp[value * 3 + c];
    image.data[i * 4 + 3] = 255;
  });
  context.putImageData(image, 0, 0);
}

function paintPlane(to: HTMLCanvasElement, plane: Float32Array, outputs: number, loss: string): void {
  const context = to.getContext("2d")!;
  const image = context.createImageData(PLANE_SIDE, PLANE_SIDE);
  const { ramp, paper } = palette();
  const ground = hex(paper);
  for (let i = 0; i < PLANE_SIDE * PLANE_SIDE; i++) {
    let colour: ArrayLike<number>;
    if (outputs === 1) {
      const value = loss === "meanSquaredError" ? plane[i] : plane[i] * 2 - 1;
      const at = (128 + Math.round(127 * Math.max(-1, Math.min(1, value || 0)) * 0.75)) * 3;
      colour = ramp.subarray(at, at + 3);
    } else {
      const row = plane.subarray(i * outputs, (i + 1) * outputs);
      const best = row.reduce((most, value, index) => (value > row[most] ? index : most), 0);
      const full = hex(CLASS_COLOURS[best % CLASS_COLOURS.length]);
      colour = ground.map((base, c) => base + (full[c] - base) * (0.15 + 0.5 * row[best]));
    }
    for (let c = 0; c < 3; c++) image.data[i * 4 + c] = colour[c];
    image.data[i * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function drawSamples(
  context: CanvasRenderingContext2D,
  side: number,
  { train, extent, classes }: Started["task"],
): void {
  const { ink, paper, ramp } = palette();
  const every = Math.ceil(train.x.rows / MOST_DOTS);
  context.lineWidth = 1;
  context.font = "600 10px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let row = 0; row < train.x.rows; row += every) {
    const x = (train.x.data[row * 2] / extent / 2 + 0.5) * side;
    const y = (0.5 - train.x.data[row * 2 + 1] / extent / 2) * side;
    const target = train.y[row];
    context.strokeStyle = paper;
    if (classes.length > 2) {
      context.fillStyle = ink;
      context.fillText(classes[target].slice(0, 1), x, y);
      continue;
    }
    const at = (128 + Math.round(127 * Math.max(-1, Math.min(1, target)))) * 3;
    context.fillStyle =
      classes.length === 2 ? CLASS_COLOURS[target] : `rgb(${ramp[at]} ${ramp[at + 1]} ${ramp[at + 2]})`;
    context.beginPath();
    if (classes.length === 2 && target === 0) context.rect(x - 2.8, y - 2.8, 5.6, 5.6);
    else context.arc(x, y, 3.3, 0, 2 * Math.PI);
    context.fill();
    if (classes.length === 0) context.strokeStyle = ink;
    context.stroke();
  }
}

function drawScatter(
  canvas: HTMLCanvasElement,
  side: number,
  answers: Float32Array,
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
    context.arc(at(truth), side - at(answers[row]), 2.5, 0, 2 * Math.PI);
    context.fill();
  });
  context.globalAlpha = 1;
}
