// What passes a residual layer by: a thin line under its units, from before them to where it is added behind them.
import type { NetworkLayout, Skip } from "./network-layout.js";
import { palette } from "../../look/palette.js";

const CORNER = 6;
const LARGEST_SUM = 5; // pixels, the radius of the mark with the plus

export function drawSkips(context: CanvasRenderingContext2D, { skips, size }: NetworkLayout): void {
  const { muted, paper } = palette();
  context.lineWidth = 1;
  context.strokeStyle = muted;
  for (const skip of skips) {
    const { left, right, top, bottom } = skip;
    context.beginPath();
    context.moveTo(left, top);
    context.arcTo(left, bottom, right, bottom, CORNER);
    context.arcTo(right, bottom, right, top, CORNER);
    context.lineTo(right, top);
    context.stroke();
    context.fillStyle = muted;
    context.beginPath();
    context.arc(left, top, 2, 0, 2 * Math.PI);
    context.fill();
    drawSum(context, skip, Math.min(LARGEST_SUM, size / 4), paper);
  }
}

/** A plus in a circle, in the colour of the line. */
function drawSum(context: CanvasRenderingContext2D, { right, top }: Skip, radius: number, paper: string): void {
  const arm = radius * 0.55;
  context.fillStyle = paper;
  context.beginPath();
  context.arc(right, top, radius, 0, 2 * Math.PI);
  context.fill();
  context.moveTo(right - arm, top);
  context.lineTo(right + arm, top);
  context.moveTo(right, top - arm);
  context.lineTo(right, top + arm);
  context.stroke();
}

/** Of the units together; layers count from 1. */
export function unitsLabel({ skips }: Pick<NetworkLayout, "skips">): string {
  const keys = "Units: arrow keys move between them";
  if (skips.length === 0) return keys;
  const layers = skips.map(({ layer }) => layer + 1);
  if (layers.length === 1) return `${keys}; layer ${layers[0]} adds what comes into it to what it puts out`;
  return `${keys}; layers ${layers.join(", ")} each add what comes into them to what they put out`;
}
