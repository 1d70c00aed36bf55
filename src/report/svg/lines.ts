// Lines against an axis, each with its name at its end, and a band around it where a range is known.
import {
  type Box,
  horizontalAxis,
  line,
  picture,
  seriesKind,
  text,
  textWidth,
  tickRoom,
  verticalAxis,
  WIDTH,
} from "./frame.js";
import { type Axis, makeScale, type Scale, tenth } from "./scale.js";
import { formatCount } from "../../text/numbers.js";

export interface Series {
  readonly name: string;
  /** x and y; a y that is not finite leaves a gap. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Lowest and highest y of each point. */
  readonly band?: readonly (readonly [low: number, high: number])[];
}

interface Zone {
  readonly from: number;
  readonly name: string;
}

export interface LinePlot {
  readonly kind: "lines";
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** A place on the axis, with its name. */
  readonly mark?: { readonly x: number; readonly name: string };
  /** Parts of the picture, each from a place on to the right end, shaded; a later one lies in the one before. */
  readonly zones?: readonly Zone[];
  /** What happened on the way, as bars that stand on the axis: how often at which x. */
  readonly events?: {
    readonly name: string;
    readonly points: readonly (readonly [x: number, count: number])[];
  };
}

const HEIGHT = 250;
const LABEL_GAP = 14;
const DOTS_UP_TO = 24;
const HIGHEST_EVENT = 44;
const SWATCH = 11;
/** The row in which zones are named. */
const ZONE_ROW = 18;

function path(points: readonly (readonly [number, number])[]): string {
  let isDown = false;
  return points
    .map(([x, y]) => {
      const place = Number.isFinite(y) ? `${isDown ? "L" : "M"}${x} ${y}` : "";
      isDown = place !== "";
      return place;
    })
    .join("");
}

function drawBand({ points, band }: Series, x: Scale, y: Scale, kind: string): string {
  if (!band) return "";
  const known = points
    .map(([at], i) => [x.at(at), ...band[i].map(y.at)])
    .filter((place) => place.every(Number.isFinite));
  if (known.length === 0) return "";
  const upper = known.map(([at, , high]) => `${at} ${high}`),
    lower = known.map(([at, low]) => `${at} ${low}`).reverse();
  return `<path d="M${[...upper, ...lower].join("L")}Z" class="band ${kind}"/>`;
}

/** A range by itself at each point: between names there is none. */
function drawRanges({ points, band = [] }: Series, x: Scale, y: Scale, kind: string): string {
  return band
    .map(([low, high], i) => [x.at(points[i][0]), y.at(low), y.at(high)] as const)
    .filter((place) => place.every(Number.isFinite))
    .map(([at, low, high]) => `<path d="M${at} ${low}L${at} ${high}" class="line ${kind}"/>`)
    .join("");
}

function drawSeries({ points }: Series, x: Scale, y: Scale, kind: string, isJoined: boolean): string {
  const places = points.map(([at, value]) => [x.at(at), y.at(value)] as const);
  const dots =
    points.length > DOTS_UP_TO
      ? []
      : places
          .filter(([, at]) => Number.isFinite(at))
          .map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="2.5" class="dot ${kind}"/>`);
  return `${isJoined ? `<path d="${path(places)}" class="line ${kind}"/>` : ""}${dots.join("")}`;
}

/** The value farthest to the right. */
function lastOf(points: Series["points"]): number | undefined {
  return points
    .filter(([, value]) => Number.isFinite(value))
    .reduce<readonly [number, number] | undefined>(
      (last, point) => (last && last[0] > point[0] ? last : point),
      undefined,
    )?.[1];
}

/** Names at the ends of the lines, pushed apart where they would touch. */
function drawNames(series: readonly Series[], y: Scale, box: Box): string[] {
  const names = series
    .map(({ name, points }, index) => ({ name, index, required: y.at(lastOf(points) ?? y.low) }))
    .sort((a, b) => a.required - b.required);
  let last = -Infinity;
  const places = names.map(({ required }) => (last = Math.max(required, last + LABEL_GAP)));
  for (let i = places.length - 1, limit = box.bottom; i >= 0; i--, limit -= LABEL_GAP)
    places[i] = Math.min(places[i], limit);
  return names.map(({ name, index }, i) =>
    text(box.right + 6, tenth(places[i]) + 4, name, { kind: `name ${seriesKind(index)}` }),
  );
}

/** Bars as high as their counts beside the largest, which the name says; in the margin, clear of the axis' own name. */
function drawEvents({ name, points }: NonNullable<LinePlot["events"]>, x: Scale, box: Box): string[] {
  const most = points.reduce((highest, [, count]) => Math.max(highest, count), 0);
  const bars = points.map(([at, count]) =>
    line(x.at(at), box.bottom, x.at(at), tenth(box.bottom - (count / most) * HIGHEST_EVENT), "event"),
  );
  const words = `${name}: bars, up to ${formatCount(most)}`;
  return [...bars, text(WIDTH - 2, box.top - 12, words, { anchor: "end", kind: "name s2" })];
}

/** A dashed line up, its name beside its upper end, on the side that has room. */
function drawMark({ x: value, name }: NonNullable<LinePlot["mark"]>, x: Scale, box: Box): string[] {
  const at = x.at(value);
  const isLeft = at < (box.left + box.right) / 2;
  const words = text(at + (isLeft ? 5 : -5), box.top + 11, name, { anchor: isLeft ? "start" : "end" });
  return [line(at, box.top, at, box.bottom, "zero"), words];
}

function drawZones(zones: readonly Zone[], x: Scale, { top, right, bottom }: Box): string[] {
  return zones.map(({ from }) => {
    const at = Math.min(x.at(from), right);
    return drawZone(at, top, tenth(right - at), bottom - top);
  });
}

const drawZone = (x: number, y: number, width: number, height: number): string =>
  `<rect x="${tenth(x)}" y="${y}" width="${width}" height="${height}" class="zone"/>`;

/** What the shades mean, in a row under the axis; a zone within another is shaded by both. */
function drawZoneNames(zones: readonly Zone[], { left, bottom }: Box): string[] {
  let x = left;
  return zones.flatMap(({ name }, index) => {
    const at = x;
    x += SWATCH + 20 + textWidth(name);
    const swatches = Array.from({ length: index + 1 }, () => drawZone(at, bottom + 44, SWATCH, SWATCH));
    return [...swatches, text(tenth(at + SWATCH + 5), bottom + 44 + SWATCH - 1, name)];
  });
}

export function linesToSvg({ title, x: xAxis, y: yAxis, series, events, mark, zones = [] }: LinePlot): string {
  const values = series.flatMap(({ points, band = [] }) => [...points.map(([, y]) => y), ...band.flat()]);
  const top = 30,
    bottom = HEIGHT - 42;
  const y = makeScale(values, yAxis, bottom, top);
  const right = WIDTH - 10 - Math.max(...series.map(({ name }) => textWidth(name)));
  const box = { left: tickRoom(y), right, top, bottom };
  const x = makeScale(
    series.flatMap(({ points }) => points.map(([at]) => at)),
    { ...xAxis, ...endsOf(series, xAxis) },
    box.left + 6,
    right - 4,
  );
  return picture(title, HEIGHT + (zones.length > 0 ? ZONE_ROW : 0), [
    ...drawZones(zones, x, box),
    ...drawZoneNames(zones, box),
    ...verticalAxis(yAxis, y, box),
    ...horizontalAxis(xAxis, x, box),
    ...series.map((one, index) => (xAxis.names ? drawRanges : drawBand)(one, x, y, seriesKind(index))),
    ...series.map((one, index) => drawSeries(one, x, y, seriesKind(index), !xAxis.names)),
    ...(mark ? drawMark(mark, x, box) : []),
    ...(events && events.points.length > 0 ? drawEvents(events, x, box) : []),
    ...drawNames(series, y, box),
    ...(y.low < 0 && y.high > 0 && yAxis.scale !== "log" ? [line(box.left, y.at(0), right, y.at(0), "base")] : []),
  ]);
}

/** Along x the lines fill the picture: the axis ends where they do. */
function endsOf(series: readonly Series[], { low, high }: Axis): { low?: number; high?: number } {
  const all = series.flatMap(({ points }) => points.map(([at]) => at));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return least < most ? { low: low ?? least, high: high ?? most } : {};
}
