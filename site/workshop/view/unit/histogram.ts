// A histogram of a unit's preactivations on the training samples, with zero in the middle.
import { prepare } from "../../../look/dom.js";
import { palette } from "../../../look/palette.js";
import { niceAbove } from "../../../look/plot.js";
import { signed } from "../descriptions.js";

const BINS = 48;
const HEIGHT = 132;

function countInBins(values: Float32Array, reach: number, shift: number): number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const own of values) {
    const value = own + shift;
    const bin = Math.min(BINS - 1, Math.floor(((value / reach + 1) / 2) * BINS));
    counts[Math.max(0, value > 0 ? Math.max(BINS / 2, bin) : Math.min(BINS / 2 - 1, bin))]++; // exactly 0 is closed
  }
  return counts;
}

/** How far its axis goes to either side of 0. */
export function reachOf(values: Float32Array): number {
  return niceAbove(values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6));
}

/** @param shift of all values; the axis stays */
export function drawHistogram(canvas: HTMLCanvasElement, width: number, values: Float32Array, shift = 0): void {
  const context = prepare(canvas, width, HEIGHT);
  const { ink, muted, negative, positive } = palette();
  const reach = reachOf(values);
  const counts = countInBins(values, reach, shift);
  const most = Math.max(1, ...counts);
  const floor = HEIGHT - 18;
  const bin = width / BINS;
  counts.forEach((count, index) => {
    const height = (count / most) * (floor - 22);
    context.fillStyle = index < BINS / 2 ? negative : positive;
    context.globalAlpha = 0.85;
    context.fillRect(index * bin + 0.5, floor - height, bin - 1, height);
  });
  context.globalAlpha = 1;
  context.fillStyle = muted;
  context.fillRect(0, floor, width, 1);
  context.fillStyle = ink;
  context.fillRect(width / 2 - 0.75, 14, 1.5, floor - 14);
  labels(context, width, reach, muted, ink);
}

function labels(context: CanvasRenderingContext2D, width: number, reach: number, muted: string, ink: string): void {
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "alphabetic";
  const write = (text: string, x: number, y: number, align: CanvasTextAlign, colour: string) => {
    context.textAlign = align;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  };
  write("− closed", width / 2 - 8, 11, "right", muted);
  write("open +", width / 2 + 8, 11, "left", muted);
  write(signed(-reach), 0, HEIGHT - 4, "left", muted);
  write("0", width / 2, HEIGHT - 4, "center", ink);
  write(signed(reach), width, HEIGHT - 4, "right", muted);
}
