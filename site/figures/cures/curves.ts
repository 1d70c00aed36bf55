// The curves of a training, small in a cell and large below the table: living units and accuracy, where the cure came.
import type { Course } from "./messages.js";
import { EPOCHS } from "./faults.js";
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

export interface CurvesOptions {
  readonly width: number;
  readonly height: number;
  /** Words and an axis, in type of this size; 0: none. */
  readonly type: number;
}

type Line = readonly [share: (index: number) => number, colour: string, dash: readonly number[], width: number];

export function drawCurves(canvas: HTMLCanvasElement, course: Course, { width, height, type }: CurvesOptions): void {
  const context = prepare(canvas, width, height);
  const { epochs, living, accuracy, units, curedAt } = course;
  const [left, right] = type > 0 ? [type * 3.4, type] : [1, 1];
  const [top, bottom] = type > 0 ? [type * 1.6, height - type * 1.6] : [3, height - 3];
  const x = (epoch: number) => left + (epoch / (curedAt + EPOCHS)) * (width - left - right);
  const y = (share: number) => bottom - share * (bottom - top);
  const { line, muted, ink, positive, negative } = palette();
  context.lineWidth = 1;
  context.strokeStyle = line;
  for (const share of [0, 1]) {
    context.beginPath();
    context.moveTo(left, y(share));
    context.lineTo(width - right, y(share));
    context.stroke();
  }
  if (curedAt > 0) {
    context.strokeStyle = muted;
    context.beginPath();
    context.moveTo(x(curedAt), top - 2);
    context.lineTo(x(curedAt), bottom + 2);
    context.stroke();
  }
  const thick = type > 0 ? 2 : 1.5;
  const lines: readonly Line[] = [
    [(i) => accuracy[i], negative, [], thick],
    [(i) => living[i] / units, positive, type > 0 ? [6, 3] : [3, 2], thick],
  ];
  for (const [share, colour, dash, size] of lines) {
    context.strokeStyle = colour;
    context.lineWidth = size;
    context.setLineDash([...dash]);
    context.beginPath();
    epochs.forEach((epoch, i) => context.lineTo(x(epoch), y(share(i))));
    context.stroke();
  }
  context.setLineDash([]);
  if (type === 0) return;
  context.font = `${type}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillStyle = muted;
  context.fillText("100\u00a0%", left - 6, y(1));
  context.fillText("0", left - 6, y(0));
  context.textBaseline = "top";
  const below = bottom + type * 0.5;
  const [cure, end] = [
    `↑ the cure, ${curedAt > 0 ? `after ${curedAt} epochs` : "at the start"}`,
    `epoch ${curedAt + EPOCHS}`,
  ];
  const [free, cureWidth] = [width - right - context.measureText(end).width - type, context.measureText(cure).width];
  context.textAlign = "right";
  if (x(curedAt) + cureWidth < free) context.fillText(end, width - right, below);
  context.fillStyle = ink;
  context.textAlign = "left";
  context.fillText(cure, x(curedAt) - 4, below);
}
