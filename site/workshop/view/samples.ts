// Samples over the plane: training samples filled, held-out ones hollow; classes by shape and colour, of more than two
// classes by letter, numbers by colour.
import { type LearningTask, pointsOf } from "../../tasks/learning-task.js";
import { CLASS_COLOURS, palette, rampColour } from "../../look/palette.js";

const MOST_DOTS = 400;

type Part = "train" | "heldOut";

export function drawSamples(context: CanvasRenderingContext2D, side: number, task: LearningTask, part: Part): void {
  const points = pointsOf(task, part);
  const { y } = task[part];
  const every = Math.ceil(y.length / MOST_DOTS);
  context.textAlign = "center";
  context.textBaseline = "middle";
  const at = (value: number) => (value / task.extent / 2 + 0.5) * side;
  for (let row = 0; row < y.length; row += every) {
    const place = [at(points[row * 2]), side - at(points[row * 2 + 1])] as const;
    if (task.classes.length > 2) drawLetter(context, place, task.classes[y[row]].slice(0, 1), part);
    else drawDot(context, place, y[row], task.classes.length === 2, part);
  }
}

type Place = readonly [x: number, y: number];

function drawLetter(context: CanvasRenderingContext2D, [x, y]: Place, letter: string, part: Part): void {
  const { ink, paper } = palette();
  context.font = `${part === "train" ? "" : "italic "}600 10px system-ui, sans-serif`;
  context.fillStyle = ink;
  if (part === "heldOut") {
    context.strokeStyle = paper;
    context.lineWidth = 3;
    context.strokeText(letter, x, y);
  }
  context.fillText(letter, x, y);
}

function drawDot(context: CanvasRenderingContext2D, [x, y]: Place, target: number, isClass: boolean, part: Part): void {
  const { ink, paper } = palette();
  const colour = isClass ? CLASS_COLOURS[target] : `rgb(${rampColour(target).join(" ")})`;
  context.beginPath();
  if (isClass && target === 0) context.rect(x - 2.8, y - 2.8, 5.6, 5.6);
  else context.arc(x, y, 3.3, 0, 2 * Math.PI);
  if (part === "train") {
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = isClass ? paper : ink;
    context.stroke();
    return;
  }
  // hollow: the colour as a ring on paper, between lines of ink that hold it where it is pale
  context.fillStyle = paper;
  context.fill();
  context.lineWidth = 3;
  context.strokeStyle = ink;
  context.stroke();
  context.lineWidth = 1.6;
  context.strokeStyle = colour;
  context.stroke();
}
