// Curves on a canvas: a box with axes, lines, marks. All in CSS pixels.
import { palette } from "./palette.js";

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** A part of a canvas, and the values that it shows. */
export interface PlotBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Range;
  readonly y: Range;
}

export interface AxisOptions {
  readonly ticks: readonly number[];
  readonly format: (value: number) => string;
}

export const FONT = "system-ui, sans-serif";

export const xOf = ({ left, width, x }: PlotBox, value: number): number =>
  left + ((value - x.low) / (x.high - x.low)) * width;
export const yOf = ({ top, height, y }: PlotBox, value: number): number =>
  top + height - ((value - y.low) / (y.high - y.low)) * height;

/** The next of 1, 2, 5, 10 ... that is not smaller, but for rounding. */
export function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value * (1 - 1e-9)) ?? value;
}

/** Round numbers that divide a range into about so many parts. */
export function roundTicks({ low, high }: Range, parts: number): number[] {
  const step = niceAbove(((high - low) / Math.max(1, parts)) * 0.999);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** Grid lines with their values at the left and below. */
export function drawAxes(
  context: CanvasRenderingContext2D,
  box: PlotBox,
  { x, y }: { readonly x: AxisOptions; readonly y: AxisOptions },
  size = 13,
): void {
  const { line, muted } = palette();
  const { left, top, width, height } = box;
  context.font = `${size}px ${FONT}`;
  context.fillStyle = muted;
  context.strokeStyle = line;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const value of y.ticks) {
    const at = Math.round(yOf(box, value)) + 0.5;
    context.beginPath();
    context.moveTo(left, at);
    context.lineTo(left + width, at);
    context.stroke();
    context.fillText(y.format(value), left - 6, at);
  }
  context.textBaseline = "top";
  context.textAlign = "center";
  for (const value of x.ticks) {
    const text = x.format(value);
    const half = context.measureText(text).width / 2;
    const at = Math.min(left + width - half, xOf(box, value));
    context.fillText(text, at, top + height + 6);
  }
}

export interface LineStyle {
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  /** Of `from`, how many values are drawn; default: all. */
  readonly count?: number;
  readonly alpha?: number;
}

/** A curve of values at first, first + 1, ...; those outside of the box are cut off. */
export function drawCurve(
  context: CanvasRenderingContext2D,
  box: PlotBox,
  values: ArrayLike<number>,
  first: number,
  { colour, width, dash = [], count = values.length, alpha = 1 }: LineStyle,
): void {
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - 3, box.width + 2, box.height + 6);
  context.clip();
  context.beginPath();
  const from = Math.max(0, Math.floor(box.x.low - first) - 1);
  const to = Math.min(count, Math.ceil(box.x.high - first) + 2);
  for (let i = from; i < to; i++) context.lineTo(xOf(box, first + i), yOf(box, values[i]));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.globalAlpha = alpha;
  context.setLineDash([...dash]);
  context.stroke();
  context.restore();
}

/** Text over curves, on paper that lets them through a little. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  { colour = palette().ink, align = "left" as CanvasTextAlign, size = 13, weight = 400 } = {},
): void {
  context.save();
  context.font = `${weight} ${size}px ${FONT}`;
  context.textAlign = align;
  context.textBaseline = "middle";
  const { width } = context.measureText(text);
  const starts = { left: x, start: x, center: x - width / 2, right: x - width, end: x - width };
  context.fillStyle = palette().paper;
  context.globalAlpha = 0.85;
  context.fillRect(starts[align] - 2, y - size * 0.65, width + 4, size * 1.3);
  context.globalAlpha = 1;
  context.fillStyle = colour;
  context.fillText(text, x, y);
  context.restore();
}
