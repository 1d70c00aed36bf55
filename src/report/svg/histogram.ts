// Histograms over one axis, drawn over one another, each with its name above its highest bin; a line at zero.
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
import { type Axis, makeScale, type Scale } from "./scale.js";

export interface HistogramSeries {
  readonly name: string;
  /** One count a bin. */
  readonly counts: readonly number[];
}

export interface Histogram {
  readonly kind: "histogram";
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  /** One more than there are bins, ascending. */
  readonly edges: readonly number[];
  readonly series: readonly HistogramSeries[];
}

const HEIGHT = 240;

/**
 * Counts values in equal bins from low to high; what lies outside is counted in the end bins.
 * @example binCounts([0.1, 0.2, 0.9], 0, 1, 2) // { edges: [0, 0.5, 1], counts: [2, 1] }
 */
export function binCounts(
  values: ArrayLike<number>,
  low: number,
  high: number,
  bins: number,
): { edges: number[]; counts: number[] } {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor(((values[i] - low) / (high - low)) * bins);
    if (!Number.isNaN(bin)) counts[Math.max(0, Math.min(bins - 1, bin))]++;
  }
  return { edges: Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins), counts };
}

/** The outline of the bins; empty ones at the ends are left out. */
function outline(edges: readonly number[], counts: readonly number[], x: Scale, y: Scale): string {
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return "";
  const last = counts.findLastIndex((count) => count > 0);
  const base = y.at(0);
  const steps = counts.slice(first, last + 1).map((count, i) => `V${y.at(count)}H${x.at(edges[first + i + 1])}`);
  return `M${x.at(edges[first])} ${base}${steps.join("")}V${base}Z`;
}

function drawName(
  { name, counts }: HistogramSeries,
  index: number,
  edges: readonly number[],
  x: Scale,
  y: Scale,
  box: Box,
): string {
  const highest = counts.indexOf(Math.max(...counts));
  const half = textWidth(name) / 2;
  const middle = Math.max(
    box.left + half,
    Math.min(box.right - half, (x.at(edges[highest]) + x.at(edges[highest + 1])) / 2),
  );
  return text(Math.round(middle), y.at(counts[highest]) - 5, name, {
    anchor: "middle",
    kind: `name ${seriesKind(index)}`,
  });
}

export function histogramToSvg({ title, x: xAxis, y: yAxis, edges, series }: Histogram): string {
  const top = 44,
    bottom = HEIGHT - 42;
  const y = makeScale([0, ...series.flatMap(({ counts }) => counts)], yAxis, bottom, top, 4);
  const box = { left: tickRoom(y), right: WIDTH - 14, top: top - 14, bottom };
  const x = makeScale(edges, { low: edges[0], high: edges.at(-1), ...xAxis }, box.left, box.right);
  return picture(title, HEIGHT, [
    ...verticalAxis(yAxis, y, box),
    ...series.map(
      ({ counts }, index) => `<path d="${outline(edges, counts, x, y)}" class="area ${seriesKind(index)}"/>`,
    ),
    ...horizontalAxis(xAxis, x, box),
    ...(x.low < 0 && x.high > 0 ? [line(x.at(0), top - 6, x.at(0), bottom, "zero")] : []),
    ...series.map((one, index) => drawName(one, index, edges, x, y, box)),
  ]);
}
