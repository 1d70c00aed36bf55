// The plane of a unit's weight and bias: the wedge of no return, the starts that end there, lines of equal loss, paths.
import { contour } from "./contours.js";
import { cellMiddle, FINE_SIDE, isOfNoReturn, PLANE, type Point, SIDE, type Training } from "./types.js";
import { formatNumber, typeset } from "../../../src/text/numbers.js";
import { layerOf } from "../parts/layer.js";
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

const [LEFT, BOTTOM] = [34, 24]; // for the axes' numbers
const LEVELS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const HATCH = 7;

export interface PlaneView {
  readonly hull: readonly [low: number, high: number];
  readonly losses: Float32Array;
  readonly fates?: Uint8Array;
  readonly past: readonly Training[];
  readonly path: readonly Point[];
  readonly isAtEnd: boolean;
  readonly isDead: boolean;
  readonly fontSize: number;
}

export interface PlaneScale {
  toPixels(point: Point): readonly [x: number, y: number];
  toPoint(x: number, y: number): Point;
}

export function planeScale(width: number, height: number): PlaneScale {
  const [w, h] = [width - LEFT - 1, height - BOTTOM - 1];
  const [[w0, w1], [b0, b1]] = [PLANE.w, PLANE.b];
  return {
    toPixels: (point) => [LEFT + ((point.w - w0) / (w1 - w0)) * w, 1 + ((b1 - point.b) / (b1 - b0)) * h],
    toPoint: (x, y) => ({ w: w0 + ((x - LEFT) / w) * (w1 - w0), b: b1 - ((y - 1) / h) * (b1 - b0) }),
  };
}

export function drawPlane(canvas: HTMLCanvasElement, width: number, height: number, view: PlaneView): void {
  const { losses, fates, past, fontSize } = view;
  const context = prepare(canvas, width, height);
  layerOf(canvas).put(context, width, height, [losses, fates, past, fontSize], (under) => {
    const plane = new Plane(under, width, height, view);
    plane.axes();
    plane.clipped(() => {
      plane.contours();
      plane.fates();
      plane.wedge();
      past.forEach(({ path, open }) => plane.pastPath(path, open === 0));
    });
  });
  const plane = new Plane(context, width, height, view);
  plane.clipped(() => plane.path());
}

class Plane {
  private readonly scale: PlaneScale;

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly width: number,
    private readonly height: number,
    private readonly view: PlaneView,
  ) {
    this.scale = planeScale(width, height);
    context.font = `${view.fontSize}px system-ui, sans-serif`;
    context.lineJoin = "round";
  }

  private get floor(): number {
    return this.height - BOTTOM;
  }

  axes(): void {
    const { context, width, floor, scale } = this;
    const { line, muted } = palette();
    context.strokeStyle = line;
    context.strokeRect(LEFT + 0.5, 0.5, width - LEFT - 1, floor - 1);
    context.fillStyle = muted;
    for (const value of [-2, -1, 0, 1, 2]) {
      const text = typeset(formatNumber(value));
      const [x, y] = scale.toPixels({ w: value, b: value });
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      if (value !== 1) context.fillText(text, Math.min(width - 8, x), floor + 17);
      context.textAlign = "right";
      context.textBaseline = "middle";
      if (y > 0 && y < floor && value !== 1) context.fillText(text, LEFT - 6, y);
    }
    const [x, y] = scale.toPixels({ w: 1, b: 1 });
    context.fillText("b", LEFT - 6, y);
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText("w", x, floor + 16);
  }

  clipped(draw: () => void): void {
    const { context, width, floor } = this;
    context.save();
    context.beginPath();
    context.rect(LEFT + 1, 1, width - LEFT - 2, floor - 2);
    context.clip();
    draw();
    context.restore();
  }

  contours(): void {
    const { context, view, scale } = this;
    const part = (place: number, [low, high]: readonly [number, number]) =>
      low + ((high - low) * (place + 0.5)) / FINE_SIDE;
    const at = ([column, row]: readonly [number, number]) =>
      scale.toPixels({ w: part(column, PLANE.w), b: part(row, PLANE.b) });
    context.strokeStyle = palette().line;
    context.lineWidth = 1;
    context.beginPath();
    for (const level of LEVELS) {
      for (const [from, to] of contour(view.losses, FINE_SIDE, level)) {
        context.moveTo(...at(from));
        context.lineTo(...at(to));
      }
    }
    context.stroke();
  }

  /** Striped: cells from which a training ends in the wedge. */
  fates(): void {
    const { context, view, scale, width, floor } = this;
    if (!view.fates) return;
    const [cellWidth, cellHeight] = [(width - LEFT) / SIDE, floor / SIDE];
    const cells = new Path2D();
    view.fates.forEach((isDead, index) => {
      if (!isDead || isOfNoReturn(cellMiddle(index), view.hull)) return;
      const [x, y] = scale.toPixels({
        w: PLANE.w[0] + ((PLANE.w[1] - PLANE.w[0]) * (index % SIDE)) / SIDE,
        b: PLANE.b[0] + ((PLANE.b[1] - PLANE.b[0]) * (Math.floor(index / SIDE) + 1)) / SIDE,
      });
      cells.rect(x, y, cellWidth + 0.5, cellHeight + 0.5);
    });
    context.save();
    context.clip(cells);
    context.strokeStyle = context.fillStyle = palette().negative;
    context.globalAlpha = 0.12;
    context.fillRect(0, 0, width, floor);
    context.globalAlpha = 0.55;
    context.beginPath();
    for (let x = -floor; x < width; x += HATCH) {
      context.moveTo(x, floor);
      context.lineTo(x + floor, 0);
    }
    context.stroke();
    context.restore();
  }

  /** Between the two lines w x + b = 0 of the hull's ends, below 0. */
  wedge(): void {
    const { context, view, scale } = this;
    const { negative, ink, paper } = palette();
    const [low, high] = view.hull;
    const far = 2 * (PLANE.w[1] - PLANE.w[0]);
    context.beginPath();
    context.moveTo(...scale.toPixels({ w: 0, b: 0 }));
    context.lineTo(...scale.toPixels({ w: far, b: -far * high }));
    context.lineTo(...scale.toPixels({ w: 0, b: -far * Math.max(high, -low) }));
    context.lineTo(...scale.toPixels({ w: -far, b: far * low }));
    context.closePath();
    context.fillStyle = paper;
    context.fill(); // over the stripes of cells that reach into it
    context.fillStyle = context.strokeStyle = negative;
    context.globalAlpha = 0.35;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.stroke();
    context.fillStyle = ink;
    context.textAlign = "center";
    const [x, y] = scale.toPixels({ w: 0, b: -1.75 });
    context.fillText("closed on every sample:", x, y - 6);
    context.fillText("gradient 0", x, y + view.fontSize - 2);
  }

  private line(path: readonly Point[]): void {
    const { context, scale } = this;
    context.beginPath();
    for (const point of path) context.lineTo(...scale.toPixels(point));
    context.stroke();
  }

  pastPath(path: readonly Point[], isDead: boolean): void {
    const { context } = this;
    context.globalAlpha = 0.4;
    context.strokeStyle = context.fillStyle = palette().ink;
    context.lineWidth = 1.5;
    this.line(path);
    this.end(path.at(-1)!, isDead);
    context.globalAlpha = 1;
  }

  path(): void {
    const { context, view, scale } = this;
    const { accent, ink, paper } = palette();
    context.strokeStyle = paper;
    context.lineWidth = 5;
    this.line(view.path);
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = 2;
    this.line(view.path);
    for (const point of view.path) this.disc(scale.toPixels(point), 2.5);
    if (view.isAtEnd) this.end(view.path.at(-1)!, view.isDead);
    context.fillStyle = paper;
    context.strokeStyle = accent;
    context.lineWidth = 3;
    this.disc(scale.toPixels(view.path[0]), 7, true);
  }

  private disc([x, y]: readonly [number, number], radius: number, hasRim = false): void {
    const { context } = this;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
    if (hasRim) context.stroke();
  }

  /** A cross where a unit died, a disc where it lives. */
  private end(point: Point, isDead: boolean): void {
    const { context, scale } = this;
    const [x, y] = scale.toPixels(point);
    if (!isDead) return this.disc([x, y], 5);
    const { ink, paper } = palette();
    for (const [colour, width] of [
      [paper, 6],
      [ink, 3],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x - 6, y - 6);
      context.lineTo(x + 6, y + 6);
      context.moveTo(x - 6, y + 6);
      context.lineTo(x + 6, y - 6);
      context.stroke();
    }
  }
}
