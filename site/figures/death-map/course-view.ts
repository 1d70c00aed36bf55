// One training of a cell: its answer over the plane with the data, its units, and its curves, epoch by epoch.
import type { CellCourse } from "./messages.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { PLANE_SIDE } from "../../training/activation-maps.js";
import { sum } from "../../../src/core/statistics.js";
import { countOf, formatPercent, typeset } from "../../../src/text/numbers.js";
import { h, prepare, setPixel, setText } from "../../look/dom.js";
import { CLASS_COLOURS, isMotionReduced, palette, rampColour } from "../../look/palette.js";

export interface CourseView {
  readonly element: HTMLElement;
  /** A course begins; with reduced motion it is at its end at once. */
  start(course: CellCourse, name: string, which: string): void;
  /** @returns it goes on */
  draw(now: number): boolean;
}

const MILLISECONDS = 2000;
const CURVE_HEIGHT = 92;
const UNIT = 17;
const MOST_SIDE = 230;
const LEAST_SIDE = 130;
/** Of the window's height: in a frame of 400 all of a training is seen. */
const PART = 0.35;

export function createCourseView(task: LearningTask, isLarge = false): CourseView {
  const size = isLarge ? 18 : 14;
  const title = h("p", { class: "course-title" });
  const answer = h("canvas", {
    role: "img",
    "aria-label": "The network's answer over the plane, with the training samples",
  });
  const units = h("canvas", { "aria-hidden": "true" });
  const curve = h("canvas", { "aria-hidden": "true" });
  const words = h("p", {});
  const element = h("div", { class: "course" }, title, answer, units, curve, words);
  const small = document.createElement("canvas");
  small.width = small.height = PLANE_SIDE;
  let course: CellCourse | undefined;
  let startName = "";
  let began: number | undefined;
  let isMoving = false;

  const last = (of: CellCourse) => of.epochs.length - 1;
  const deadOf = ({ dead, units: layers }: CellCourse, at: number) =>
    dead.subarray(at * sum(layers), (at + 1) * sum(layers));
  const countDead = (of: CellCourse, at: number) => deadOf(of, at).reduce((count, each) => count + each, 0);

  function start(next: CellCourse, name: string, which: string): void {
    startName = which;
    course = next;
    began = undefined;
    isMoving = !isMotionReduced();
    setText(title, name);
  }

  function draw(now: number): boolean {
    if (!course) return false;
    began ??= now;
    const at = isMoving
      ? Math.min(last(course), Math.floor(((now - began) / MILLISECONDS) * last(course)))
      : last(course);
    isMoving = at < last(course);
    const width = Math.min(MOST_SIDE, element.clientWidth);
    if (width > 0) {
      drawAnswer(Math.min(width, Math.max(LEAST_SIDE, innerHeight * PART)), course, at);
      drawUnits(width, course, at);
      drawCurve(width, course, at);
    }
    setText(words, sentenceOf(course, at));
    return isMoving;
  }

  function sentenceOf(of: CellCourse, at: number): string {
    const dead = `${countDead(of, at)} of ${countOf(sum(of.units), "unit")} dead`;
    const failed = of.figures.failed && at === last(of) ? "; then it diverged" : "";
    return typeset(
      `${startName}, epoch ${of.epochs[at]}: ${dead}, accuracy ${formatPercent(of.accuracy[at])}${failed}.`,
    );
  }

  function drawAnswer(side: number, { planes }: CellCourse, at: number): void {
    const points = PLANE_SIDE * PLANE_SIDE;
    const own = planes.subarray(at * points, (at + 1) * points);
    const image = new ImageData(PLANE_SIDE, PLANE_SIDE);
    own.forEach((share, index) => setPixel(image, index, rampColour(0.75 * ((2 * share) / 255 - 1))));
    small.getContext("2d")!.putImageData(image, 0, 0);
    const context = prepare(answer, side, side);
    context.drawImage(small, 0, 0, side, side);
    const { x, y } = task.train;
    const place = (value: number) => ((value / task.extent + 1) / 2) * side;
    context.strokeStyle = palette().paper;
    context.lineWidth = 0.75;
    for (let row = 0; row < x.rows; row++) {
      context.fillStyle = CLASS_COLOURS[y[row]];
      context.beginPath();
      context.arc(place(x.data[2 * row]), place(-x.data[2 * row + 1]), 2.2, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }

  /** A row a layer: living units open circles, dead ones filled, with a bar across. */
  function drawUnits(width: number, of: CellCourse, at: number): void {
    const context = prepare(units, width, of.units.length * (UNIT + 4) + 4);
    const dead = deadOf(of, at);
    let first = 0;
    of.units.forEach((count, layer) => {
      const step = Math.min(UNIT + 4, width / count);
      const radius = Math.min(UNIT, step - 2) / 2;
      for (let unit = 0; unit < count; unit++) {
        const [x, y] = [(unit + 0.5) * step, layer * (UNIT + 4) + UNIT / 2 + 3];
        context.beginPath();
        context.arc(x, y, radius - 1, 0, 2 * Math.PI);
        context.lineWidth = 2;
        context.strokeStyle = palette().positive;
        if (dead[first + unit] === 1) {
          context.fillStyle = palette().dead;
          context.strokeStyle = palette().muted;
          context.fill();
          context.lineWidth = 1;
          context.stroke();
          context.fillStyle = palette().deadLine;
          context.fillRect(x - radius / 2, y - 1, radius, 2);
        } else context.stroke();
      }
      first += count;
    });
  }

  function drawCurve(width: number, of: CellCourse, at: number): void {
    const context = prepare(curve, width, CURVE_HEIGHT);
    context.font = `${size}px system-ui, sans-serif`;
    const [top, bottom] = [size + 6, CURVE_HEIGHT - 4];
    const x = (index: number) => 1 + (index / Math.max(1, last(of))) * (width - 2);
    const y = (share: number) => bottom - share * (bottom - top);
    context.strokeStyle = palette().line;
    context.lineWidth = 1;
    for (const share of [0, 1]) {
      context.beginPath();
      context.moveTo(0, y(share));
      context.lineTo(width, y(share));
      context.stroke();
    }
    const line = (read: (index: number) => number, colour: string, dash: number[]) => {
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.setLineDash(dash);
      context.beginPath();
      for (let index = 0; index <= at; index++) context.lineTo(x(index), y(read(index)));
      context.stroke();
      context.setLineDash([]);
    };
    line((index) => of.accuracy[index], palette().negative, []);
    line((index) => countDead(of, index) / sum(of.units), palette().positive, [5, 3]);
    context.textBaseline = "alphabetic";
    context.fillStyle = palette().negative;
    context.fillText("— accuracy", 0, size - 1);
    context.fillStyle = palette().positive;
    context.textAlign = "right";
    context.fillText("- - dead units", width, size - 1);
    context.textAlign = "left";
  }

  return { element, start, draw };
}
