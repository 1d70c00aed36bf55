// Records of figures -> pictures (static SVG) and the same figures as tables, for those who would rather read.
import { type Bar, type BarPlot, barText, barsToSvg } from "./svg/bars.js";
import { type HeatMap, heatTable, heatToSvg } from "./svg/heat-map.js";
import { histogramToSvg, type Histogram } from "./svg/histogram.js";
import { linesToSvg, type LinePlot } from "./svg/lines.js";
import { type RangePlot, rangesToSvg } from "./svg/ranges.js";
import { formatCount, formatNumber, formatRange } from "../text/numbers.js";

export type Plot = LinePlot | BarPlot | Histogram | RangePlot | HeatMap;

/** Cells of text; the first column names the rows. */
export interface TextTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** An SVG element, 400 units wide; its colours are the page's (see page.ts). */
export function plotToSvg(plot: Plot): string {
  switch (plot.kind) {
    case "lines":
      return linesToSvg(plot);
    case "bars":
      return barsToSvg(plot);
    case "histogram":
      return histogramToSvg(plot);
    case "ranges":
      return rangesToSvg(plot);
    case "heat":
      return heatToSvg(plot);
  }
}

const rangeOf = (low: number, high: number): string => formatRange(low, high, formatNumber, " to ");

/** `1.2 (1.1 to 1.4)` */
export function formatWithRange(value: number, low: number | undefined, high: number | undefined): string {
  const isKnown = low !== undefined && high !== undefined && (low !== value || high !== value);
  return isKnown ? `${formatNumber(value)} (${rangeOf(low, high)})` : formatNumber(value);
}

function lineTable({ x, series, events }: LinePlot): TextTable {
  const all = [...series.flatMap(({ points }) => points), ...(events?.points ?? [])];
  const places = [...new Set(all.map(([at]) => at))].sort((a, b) => a - b);
  const eventsAt = new Map(events?.points);
  const rows = places.map((place) => [
    x.names?.[place] ?? formatNumber(place),
    ...series.map(({ points, band }) => {
      const i = points.findIndex(([at]) => at === place);
      return i < 0 ? "" : formatWithRange(points[i][1], band?.[i][0], band?.[i][1]);
    }),
    ...(events ? [formatCount(eventsAt.get(place) ?? 0)] : []),
  ]);
  return { header: [x.label, ...series.map(({ name }) => name), ...(events ? [events.name] : [])], rows };
}

function barRow(bar: Bar): string[] {
  const range = bar.low === undefined || bar.high === undefined ? "" : rangeOf(bar.low, bar.high);
  return [bar.name, barText(bar), range];
}

function barTable({ axis, bars }: BarPlot): TextTable {
  const hasRanges = bars.some(({ low }) => low !== undefined);
  const header = ["", axis.label, "lowest to highest"];
  return {
    header: hasRanges ? header : header.slice(0, 2),
    rows: bars.map((bar) => barRow(bar).slice(0, hasRanges ? 3 : 2)),
  };
}

function histogramTable({ x, edges, series }: Histogram): TextTable {
  const rows = edges
    .slice(1)
    .map((edge, bin) => [rangeOf(edges[bin], edge), ...series.map(({ counts }) => formatCount(counts[bin]))]);
  return {
    header: [x.label, ...series.map(({ name }) => name)],
    rows: rows.filter(([, ...counts]) => counts.some((count) => count !== "0")),
  };
}

function rangeTable({ rows }: RangePlot): TextTable {
  return {
    header: ["", "lowest", "mean", "standard deviation", "highest"],
    rows: rows.map(({ name, low, mean, std, high }) => [
      name,
      ...[low, mean, std, high].map((each) => formatNumber(each)),
    ]),
  };
}

/** The plot's figures. */
export function plotTable(plot: Plot): TextTable {
  switch (plot.kind) {
    case "lines":
      return lineTable(plot);
    case "bars":
      return barTable(plot);
    case "histogram":
      return histogramTable(plot);
    case "ranges":
      return rangeTable(plot);
    case "heat":
      return heatTable(plot);
  }
}
