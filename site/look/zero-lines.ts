// Units of two inputs, drawn where they switch: the line on which z = w·x + b is 0, its open side tinted, a tooth that
// points there. A line that lies outside of what is drawn is told at the edge. Used by a figure, and over an answer.
import { palette } from "./palette.js";
import { FONT } from "./plot.js";

/** A unit's weights and bias. */
export interface PlaneUnit {
  /** What it is called. */
  readonly name: string;
  readonly weights: readonly [x: number, y: number];
  readonly bias: number;
  readonly isDead: boolean;
}

type Point = readonly [x: number, y: number];

/** Where a unit switches in the square from -extent to +extent. */
export interface ZeroLine {
  /** The ends of the line; absent where it lies outside. */
  readonly ends?: readonly [Point, Point];
  /** The corners of the open side; empty: closed everywhere in the square. */
  readonly open: readonly Point[];
  /** Towards the open side, of length 1; 0 without weights. */
  readonly normal: Point;
  /** The line's nearest point to the middle; absent without weights. */
  readonly foot?: Point;
}

const CORNERS: readonly Point[] = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];

/** Clips the square by the half plane z > 0 (Sutherland and Hodgman). */
export function zeroLineOf({ weights: [a, b], bias }: PlaneUnit, extent: number): ZeroLine {
  const z = ([x, y]: Point) => a * x + b * y + bias;
  const square = CORNERS.map(([x, y]): Point => [x * extent, y * extent]);
  const ends: Point[] = [];
  const open = square.flatMap((from, i) => {
    const to = square[(i + 1) % square.length];
    const [zFrom, zTo] = [z(from), z(to)];
    const corner = zFrom > 0 ? [from] : [];
    if (zFrom > 0 === zTo > 0) return corner;
    const share = zFrom / (zFrom - zTo);
    const crossing: Point = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    ends.push(crossing);
    return [...corner, crossing];
  });
  const length = Math.hypot(a, b);
  if (length === 0) return { open, normal: [0, 0] };
  const foot: Point = [(-bias * a) / length ** 2, (-bias * b) / length ** 2];
  const line = ends.length === 2 ? { ends: [ends[0], ends[1]] as const } : {};
  return { ...line, open, normal: [a / length, b / length], foot };
}

export interface ZeroLineView {
  /** The square of the canvas, in CSS pixels, that shows -extent to +extent. */
  readonly left: number;
  readonly top: number;
  readonly side: number;
  readonly extent: number;
  /** Of the names; 13 by default. */
  readonly type?: number;
  /** Where names stand by now: others keep away. One list for each picture. */
  readonly taken?: Point[];
}

const TOOTH = 7;
const TINT = 0.07;
const TINT_ALONE = 0.28;

const toPixels =
  ({ left, top, side, extent }: ZeroLineView) =>
  ([x, y]: Point): Point => [left + (0.5 + x / (2 * extent)) * side, top + (0.5 - y / (2 * extent)) * side];

/** Fills the open side; orange means above 0, as everywhere. */
export function tintOpenSide(
  context: CanvasRenderingContext2D,
  view: ZeroLineView,
  unit: PlaneUnit,
  isAlone = false,
): void {
  const { open } = zeroLineOf(unit, view.extent);
  if (open.length === 0) return;
  const at = toPixels(view);
  context.save();
  context.beginPath();
  for (const point of open) context.lineTo(...at(point));
  context.closePath();
  context.globalAlpha = isAlone ? TINT_ALONE : TINT;
  context.fillStyle = "#e69f00";
  context.fill();
  context.restore();
}

export interface ZeroLineStyle {
  /** The one that is pointed at or chosen. */
  readonly isStrong?: boolean;
  /** Behind another that is strong, or a place where the line was before. */
  readonly alpha?: number;
  readonly hasName?: boolean;
}

/** Of a line's length: where its name and its tooth may stand, the best place first. */
const PLACES = [0.09, 0.91, 0.2, 0.8, 0.3, 0.7];
const NAME_DISTANCE = 15;

/** The dashed line of a dead unit, the plain one of a living, with a tooth that points to the open side. */
export function drawZeroLine(
  context: CanvasRenderingContext2D,
  view: ZeroLineView,
  unit: PlaneUnit,
  { isStrong = false, alpha = 1, hasName = true }: ZeroLineStyle = {},
): void {
  const line = zeroLineOf(unit, view.extent);
  context.save();
  context.beginPath();
  context.rect(view.left, view.top, view.side, view.side);
  context.clip();
  context.globalAlpha = alpha;
  if (line.ends) drawInside(context, view, unit, line, isStrong, hasName);
  else if (hasName) drawAtEdge(context, view, unit, line, isStrong);
  context.restore();
}

function drawInside(
  context: CanvasRenderingContext2D,
  view: ZeroLineView,
  unit: PlaneUnit,
  { ends, normal: [nx, ny] }: ZeroLine,
  isStrong: boolean,
  hasName: boolean,
): void {
  const { ink, muted } = palette();
  const at = toPixels(view);
  const [from, to] = ends!.map(at);
  context.strokeStyle = context.fillStyle = unit.isDead && !isStrong ? muted : ink;
  context.lineWidth = isStrong ? 3 : 1.5;
  context.setLineDash(unit.isDead ? [5, 4] : []);
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
  const tooth = placeOnLine(from, to, [nx, -ny], view);
  fillTooth(context, tooth, [nx, -ny], isStrong ? TOOTH * 1.4 : TOOTH);
  if (hasName) writeName(context, unit, view, nameBeside(tooth, [nx, -ny]), isStrong);
}

const nameBeside = ([x, y]: Point, [dx, dy]: Point): Point => [x - dx * NAME_DISTANCE, y - dy * NAME_DISTANCE];

/** The first place at which the name keeps clear of others, else the one where it is furthest from them. */
function placeOnLine(from: Point, to: Point, direction: Point, { taken = [], type = 13 }: ZeroLineView): Point {
  const places = PLACES.map((share): Point => [
    from[0] + share * (to[0] - from[0]),
    from[1] + share * (to[1] - from[1]),
  ]);
  const room = places.map((place) => {
    const [x, y] = nameBeside(place, direction);
    return Math.min(...taken.map(([a, b]) => Math.hypot(a - x, b - y)), 2 * type);
  });
  return places[room.indexOf(Math.max(...room))];
}

function fillTooth(context: CanvasRenderingContext2D, [x, y]: Point, [dx, dy]: Point, size: number): void {
  context.beginPath();
  context.moveTo(x + dx * size * 1.3, y + dy * size * 1.3);
  context.lineTo(x - dy * size * 0.7, y + dx * size * 0.7);
  context.lineTo(x + dy * size * 0.7, y - dx * size * 0.7);
  context.closePath();
  context.fill();
}

/** Near a line's middle, on its closed side; within the square in any case. */
function writeName(
  context: CanvasRenderingContext2D,
  { name, isDead }: PlaneUnit,
  { left, top, side, type = 13, taken }: ZeroLineView,
  [x, y]: Point,
  isStrong: boolean,
): void {
  const { ink, muted, paper } = palette();
  const inside = (value: number, start: number) => Math.min(start + side - type, Math.max(start + type, value));
  const [cx, cy] = [inside(x, left), inside(y, top)];
  taken?.push([cx, cy]);
  context.font = `${isStrong ? 700 : 600} ${type}px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.setLineDash([]);
  context.strokeStyle = paper;
  context.strokeText(name, cx, cy);
  context.fillStyle = isDead && !isStrong ? muted : ink;
  context.fillText(name, cx, cy);
  if (!isDead) return;
  const half = context.measureText(name).width / 2 + 2;
  context.fillRect(cx - half, cy - 0.75, 2 * half, 1.5); // struck out
}

/** An arrow at the edge, towards a line that lies outside, and the unit's name. */
function drawAtEdge(
  context: CanvasRenderingContext2D,
  view: ZeroLineView,
  unit: PlaneUnit,
  { foot }: ZeroLine,
  isStrong: boolean,
): void {
  if (!foot) return;
  const { left, top, side } = view;
  const length = Math.hypot(...foot) || 1;
  const [dx, dy] = [foot[0] / length, -foot[1] / length];
  const reach = (side / 2 - 9) / Math.max(Math.abs(dx), Math.abs(dy));
  const [x, y] = [left + side / 2 + dx * reach, top + side / 2 + dy * reach];
  context.fillStyle = palette().muted;
  fillTooth(context, [x - dx * 2, y - dy * 2], [dx, dy], TOOTH);
  writeName(context, unit, view, [x - dx * 16, y - dy * 16], isStrong);
}

/**
 * How far a point of the square lies from each unit's line, in its units: for what is pointed at. Infinity: no line.
 */
export function distanceTo({ weights: [a, b], bias }: PlaneUnit, [x, y]: Point): number {
  const length = Math.hypot(a, b);
  return length === 0 ? Infinity : Math.abs(a * x + b * y + bias) / length;
}
