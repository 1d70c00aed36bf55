// One activation with its unit's hump: the curve over z, the hump on the same axis, and the slope as a strip below.
import { humpOf } from "./hump.js";
import type { UnitActivation } from "./types.js";
import { activate, slope } from "../../../src/activations/analysis.js";
import { formatSigned, typeset } from "../../../src/text/numbers.js";
import { layerOf } from "../parts/layer.js";
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

export interface PanelView {
  readonly activation: UnitActivation;
  readonly z: Float32Array;
  /** Where it was before the step, if it has moved. */
  readonly ghost?: Float32Array;
  /** The axis reaches from -reach to reach. */
  readonly reach: number;
  /** Where the step takes the hump's middle. */
  readonly arrow?: { readonly from: number; readonly to: number; readonly text: string };
  /** Words over the hump. */
  readonly note?: readonly string[];
  /** With words for what lies left and right of 0. */
  readonly isLarge: boolean;
  readonly fontSize: number;
}

const BELOW = 34; // the strip of the slope, and the numbers
const STRIP = 9;
const EDGE = 4;
/** Of the curve on either side of 0. */
const CURVE_PIECES = 40;

/** From z to pixels. */
export function scaleOf(width: number, reach: number): (z: number) => number {
  return (z) => width / 2 + (z / reach) * (width / 2 - EDGE);
}

export function middleOf(z: Float32Array): number {
  return z.reduce((sum, value) => sum + value, 0) / z.length;
}

export function drawPanel(canvas: HTMLCanvasElement, width: number, height: number, view: PanelView): void {
  const context = prepare(canvas, width, height);
  const { reach, ghost, fontSize } = view;
  layerOf(canvas).put(context, width, height, [reach, ghost, fontSize], (under) => {
    const panel = new Panel(under, width, height, view);
    panel.ground();
    panel.strip();
    panel.numbers();
    if (ghost) panel.ghost(ghost);
  });
  const panel = new Panel(context, width, height, view);
  panel.hump();
  panel.curve();
  if (view.arrow) panel.arrow(view.arrow);
  if (view.note) panel.note(view.note);
}

class Panel {
  private readonly x: (z: number) => number;
  private readonly floor: number;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly width: number,
    height: number,
    private readonly view: PanelView,
  ) {
    this.x = scaleOf(width, view.reach);
    this.floor = height - BELOW;
    context.lineJoin = "round";
  }

  /** Kept within the panel, with a rim of paper where it lies over something. */
  private write(text: string, x: number, y: number, colour: string, align: CanvasTextAlign, weight = 400): void {
    const { context, view, width } = this;
    context.font = `${weight} ${view.fontSize}px system-ui, sans-serif`;
    context.textAlign = align;
    const half = align === "center" ? context.measureText(text).width / 2 + 2 : 0;
    const at = Math.max(half, Math.min(width - half, x));
    context.strokeStyle = palette().paper;
    context.lineWidth = 3;
    context.globalAlpha = 0.8;
    context.strokeText(text, at, y);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.fillText(text, at, y);
  }

  ground(): void {
    const { context, width, floor } = this;
    const { line } = palette();
    context.fillStyle = line;
    context.globalAlpha = 0.35;
    context.fillRect(0, 0, width / 2, floor);
    context.globalAlpha = 1;
    context.fillRect(0, floor, width, 1);
    context.fillRect(width / 2 - 0.5, 0, 1, floor);
  }

  private path(z: Float32Array): Path2D {
    const { width, floor, x } = this;
    const heights = humpOf(z.map(x), Math.round(width));
    const path = new Path2D();
    path.moveTo(0, floor);
    heights.forEach((height, column) => path.lineTo(column, floor - height * floor * 0.6));
    path.lineTo(width, floor);
    return path;
  }

  hump(): void {
    const { context, width, floor, view } = this;
    const { negative, positive } = palette();
    const path = this.path(view.z);
    for (const [from, colour] of [
      [0, negative],
      [width / 2, positive],
    ] as const) {
      context.save();
      context.beginPath();
      context.rect(from, 0, width / 2, floor);
      context.clip();
      context.fillStyle = colour;
      context.globalAlpha = 0.55;
      context.fill(path);
      context.globalAlpha = 1;
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.stroke(path);
      context.restore();
    }
  }

  ghost(z: Float32Array): void {
    const { context } = this;
    context.setLineDash([3, 4]);
    context.strokeStyle = palette().muted;
    context.lineWidth = 1;
    context.stroke(this.path(z));
    context.setLineDash([]);
  }

  curve(): void {
    const { context, floor, view, x } = this;
    const { activation, reach } = view;
    const high = activation === "relu" ? reach : 1;
    const low = activation === "tanh" ? -1 : 0;
    context.beginPath();
    for (let i = -CURVE_PIECES; i <= CURVE_PIECES; i++) {
      const z = (i / CURVE_PIECES) * reach;
      const part = (activate(activation, z, 0) - low) / (high - low);
      context.lineTo(x(z), floor - 2 - part * (floor - 6));
    }
    context.strokeStyle = palette().ink;
    context.lineWidth = 3;
    context.stroke();
  }

  strip(): void {
    const { context, width, floor, view } = this;
    const most = slope(view.activation, 1e-9, 0);
    context.fillStyle = palette().ink;
    for (let column = EDGE; column < width - EDGE; column += 2) {
      const z = ((column + 1 - width / 2) / (width / 2 - EDGE)) * view.reach;
      context.globalAlpha = (slope(view.activation, z, 0) / most) * 0.7;
      context.fillRect(column, floor + 3, 2, STRIP);
    }
    context.globalAlpha = 1;
    context.strokeStyle = palette().line;
    context.lineWidth = 1;
    context.strokeRect(EDGE, floor + 3, width - 2 * EDGE, STRIP);
  }

  numbers(): void {
    const { width, floor, view } = this;
    const { muted } = palette();
    const y = floor + BELOW - 5;
    this.write(typeset(formatSigned(-view.reach, 3)), EDGE, y, muted, "left");
    this.write(view.isLarge ? "z = 0" : "0", width / 2, y, muted, "center");
    this.write(formatSigned(view.reach, 3), width - EDGE, y, muted, "right");
    if (!view.isLarge) return;
    this.write("closed, slope 0", width * 0.27, y, muted, "center");
    this.write("open, slope 1", width * 0.73, y, muted, "center");
  }

  arrow({ from, to, text }: NonNullable<PanelView["arrow"]>): void {
    const { context, x, floor } = this;
    const { accent } = palette();
    const [start, end] = [x(from), x(to)];
    const y = floor * 0.34;
    const head = Math.sign(end - start) * Math.min(10, Math.abs(end - start));
    context.strokeStyle = context.fillStyle = accent;
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(start, y);
    context.lineTo(end - head, y);
    context.stroke();
    context.beginPath();
    context.moveTo(end, y);
    context.lineTo(end - head, y - 6);
    context.lineTo(end - head, y + 6);
    context.fill();
    this.write(text, (start + end) / 2, y - 12, accent, "center", 600);
  }

  note(lines: readonly string[]): void {
    const { floor, view, x } = this;
    lines.forEach((text, index) => {
      const y = floor * 0.34 - (lines.length - 1 - index) * (view.fontSize + 5);
      this.write(text, x(middleOf(view.z)), y, palette().ink, "center", 600);
    });
  }
}
