// The samples, and what the unit answers: max(0, w x + b).
import type { Point, Samples } from "./types.js";
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

const X = [-1.25, 1.25] as const;
const Y = [-0.4, 1.8] as const;
const BOTTOM = 24;
const DOT = 2.5;

export interface SamplesView {
  readonly samples: Samples;
  readonly at: Point;
  readonly isDead: boolean;
  readonly fontSize: number;
}

export function drawSamples(canvas: HTMLCanvasElement, width: number, height: number, view: SamplesView): void {
  const context = prepare(canvas, width, height);
  const floor = height - BOTTOM;
  const { line, muted, ink, negative, positive } = palette();
  const x = (value: number) => ((value - X[0]) / (X[1] - X[0])) * width;
  const y = (value: number) => ((Y[1] - value) / (Y[1] - Y[0])) * floor;
  context.strokeStyle = line;
  context.strokeRect(0.5, 0.5, width - 1, floor - 1);
  context.fillStyle = line;
  context.fillRect(0, y(0), width, 1);
  const { samples, at, isDead, fontSize } = view;
  const [open, closed] = [new Path2D(), new Path2D()];
  samples.x.forEach((value, row) => {
    const path = at.w * value + at.b > 0 ? open : closed;
    const [left, top] = [x(value), y(samples.y[row])];
    path.moveTo(left + DOT, top);
    path.arc(left, top, DOT, 0, 2 * Math.PI);
  });
  context.globalAlpha = 0.6;
  context.fillStyle = positive;
  context.fill(open);
  context.strokeStyle = negative;
  context.lineWidth = 1;
  context.stroke(closed);
  context.globalAlpha = 1;
  context.strokeStyle = ink;
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.save();
  context.beginPath();
  context.rect(0, 0, width, floor);
  context.clip();
  context.beginPath();
  const corner = -at.b / at.w;
  const places = corner > X[0] && corner < X[1] ? [X[0], corner, X[1]] : X;
  for (const place of places) context.lineTo(x(place), y(Math.max(0, at.w * place + at.b)));
  context.stroke();
  context.restore();
  context.font = `${fontSize}px system-ui, sans-serif`;
  context.fillStyle = muted;
  context.textAlign = "center";
  context.fillText("input x (filled: it opens the unit)", width / 2, height - 6);
  if (!isDead) return;
  context.fillStyle = ink;
  context.font = `600 ${fontSize}px system-ui, sans-serif`;
  context.fillText("answers 0 to everything", width / 2, y(0) + fontSize + 6);
}
