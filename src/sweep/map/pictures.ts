// A map as pictures and as a page.
import { causeMark, causesIn, cellTitle, hasStopped, type MapColor, shareEnds, shareReader } from "./look.js";
import { isSplit } from "./row-kinds.js";
import { placeOn } from "./side.js";
import type { DeathMap, MapCell, MapSide } from "./types.js";
import { axisWord, ownPlace, scoreName, scoreText } from "./words.js";
import { formatValue } from "../sweep-text.js";
import { text } from "../../report/blocks.js";
import type { Page, PageSection } from "../../report/page.js";
import { footOf, type PageSubject, subjectSection } from "../../report/pages/diagnosis-page.js";
import type { Plot } from "../../report/plot.js";
import type { HeatAxis, HeatCell, HeatMap } from "../../report/svg/heat-map.js";
import type { LinePlot } from "../../report/svg/lines.js";
import { type Axis, makeScale } from "../../report/svg/scale.js";
import { formatPercent } from "../../text/numbers.js";

const TITLES: Readonly<Record<MapColor, string>> = {
  dead: "Dead units at the end of training",
  score: "Score at the end of training",
  cause: "What killed most of the dead units",
};
const MOST_TICKS = 6;

const label = (value: unknown): string => formatValue(value, 3);

function ticksOf(side: MapSide): { place: number; text: string }[] {
  const { values, scale } = side;
  if (scale === "list") {
    const every = Math.ceil(values.length / MOST_TICKS);
    return values.flatMap((value, place) => (place % every === 0 ? [{ place, text: label(value) }] : []));
  }
  const [low, high] = [values[0] as number, values[values.length - 1] as number];
  const inside = makeScale([low, high], { label: "", low, high, scale }, 0, 1)
    .ticks.filter(({ value }) => value >= low && value <= high)
    .flatMap(({ value, text: content }) => {
      const place = placeOn(side, value);
      return place === undefined ? [] : [{ place, text: content }];
    });
  const apart = values.length / 10;
  const ends = [0, values.length - 1].filter((end) => inside.every(({ place }) => Math.abs(place - end) > apart));
  return [...inside, ...ends.map((place) => ({ place, text: label(values[place]) }))].sort((a, b) => a.place - b.place);
}

const axisOf = (side: MapSide): HeatAxis => ({
  label: axisWord(side.name),
  names: side.values.map(label),
  ticks: ticksOf(side),
});

/** The map of two sides. @param hasTitles each cell has all its figures in words */
export function heatMapOf(map: DeathMap & { readonly y: MapSide }, color: MapColor, hasTitles = true): HeatMap {
  const read = shareReader(map, color);
  const kinds = color === "cause" ? causesIn(map.cells) : [];
  const words = (cell: MapCell): string => {
    if (color === "cause") return cell.cause ? causeMark(cell.cause)[1] : "none";
    if (color === "score") return cell.score === undefined ? "failed" : scoreText(cell.score, map);
    return cell.dead === undefined ? "failed" : formatPercent(cell.dead);
  };
  const cells = map.cells.map((cell): HeatCell => {
    const share = read(cell);
    return {
      column: cell.column,
      row: cell.row,
      ...(share !== undefined && { share }),
      ...((share === undefined || (color === "dead" && hasStopped(cell))) && { isFailed: true }),
      title: hasTitles ? cellTitle(map, cell) : "",
      text: words(cell),
      ...(color === "cause" && cell.cause && { kind: kinds.indexOf(cell.cause) }),
      ...(color === "dead" && isSplit(cell) && { isDotted: true }),
    };
  });
  const own = ownPlace(map);
  const crosses = crossesText(cells);
  return {
    kind: "heat",
    title: color === "score" && map.measure === "accuracy" ? "Accuracy at the end of training" : TITLES[color],
    x: axisOf(map.x),
    y: axisOf(map.y),
    cells,
    ...(color !== "cause" && { ends: shareEnds(map, color) }),
    tone: color === "score" ? "blue" : "orange",
    kinds: kinds.map((cause) => causeMark(cause)[1]),
    walls: map.walls.map(({ level, lines }) => ({
      name: `${formatPercent(level).replace(".0", "")} of the units dead`,
      lines: lines.map((line) => line.map(({ column, row }) => [column, row] as const)),
    })),
    ...(own && { own: { ...own, name: "your own setting" } }),
    ...(cells.some(({ isDotted }) => isDotted) && {
      dots: `seeds lie on both sides of ${formatPercent(map.walls[0].level).replace(".0", "")}`,
    }),
    ...(crosses !== undefined && { crosses }),
  };
}

/** What crosses mean, where there are some. */
function crossesText(cells: readonly HeatCell[]): string | undefined {
  const crossed = cells.filter(({ isFailed }) => isFailed);
  if (crossed.length === 0) return undefined;
  return crossed.some(({ share }) => share !== undefined) ? "all failed: as they stopped" : "failed: no figures";
}

const percent = (share: number | undefined): number => (share === undefined ? Number.NaN : 100 * share);

function lineX({ x }: DeathMap): Axis {
  if (x.scale === "list") return { label: axisWord(x.name), names: x.values.map(label) };
  return { label: axisWord(x.name), ...(x.scale === "log" && { scale: "log" as const }) };
}

/** Of a list of words its places. */
const across = ({ x }: DeathMap, cell: MapCell): number => (x.scale === "list" ? cell.column : (cell.x as number));

function markOf({ x }: DeathMap): { mark?: NonNullable<LinePlot["mark"]> } {
  const { own, scale } = x;
  const place = own === undefined ? undefined : placeOn(x, own);
  return place === undefined
    ? {}
    : { mark: { x: scale === "list" ? place : (own as number), name: "your own setting" } };
}

function deadLine(map: DeathMap): LinePlot {
  const { cells, forecast } = map;
  const known = cells.filter(({ deadRange }) => deadRange);
  return {
    kind: "lines",
    title: "Dead units at the end of training, and the range of the seeds",
    x: lineX(map),
    y: { label: "% of the hidden units", low: 0, high: 100 },
    ...markOf(map),
    series: [
      {
        name: "trained",
        points: known.map((cell) => [across(map, cell), percent(cell.dead)]),
        band: known.map(({ deadRange }) => [percent(deadRange!.low), percent(deadRange!.high)]),
      },
      ...(forecast
        ? [
            {
              name: "forecast",
              points: forecast.rates.map(({ rate, median }) => [rate, percent(median)] as const),
              band: forecast.rates.map(({ low, high }) => [percent(low), percent(high)] as const),
            },
          ]
        : []),
    ],
  };
}

function scoreLine(map: DeathMap): LinePlot {
  const isAccuracy = map.measure === "accuracy";
  const factor = isAccuracy ? 100 : 1;
  const known = map.cells.filter(({ scoreRange }) => scoreRange);
  const points = known.map((cell) => [across(map, cell), factor * Math.max(0, cell.score!)] as const);
  return {
    kind: "lines",
    title: `${isAccuracy ? "Accuracy" : "Score"} at the end of training, and the range of the seeds`,
    x: lineX(map),
    y: { label: isAccuracy ? "accuracy, %" : "score", low: 0, high: factor },
    ...markOf(map),
    series: [
      {
        name: scoreName(map),
        points,
        band: known.map(({ scoreRange: { low, high } = { low: 0, high: 0 } }) => [
          factor * Math.max(0, low),
          factor * Math.max(0, high),
        ]),
      },
      { name: "constant", points: points.map(([at]) => [at, factor * Math.max(0, map.constant)] as const) },
    ],
  };
}

function rangeTestLine({ rangeTest }: DeathMap): Plot[] {
  if (!rangeTest || rangeTest.points.length < 2) return [];
  return [
    {
      kind: "lines",
      title: "Range test: one training whose rate grows from step to step",
      x: { label: "rate", scale: "log" },
      y: { label: "smoothed loss", scale: "log" },
      series: [{ name: "loss", points: rangeTest.points }],
    },
  ];
}

const hasTwoSides = (map: DeathMap): map is DeathMap & { readonly y: MapSide } => map.y !== undefined;

/** The picture that a colour asks for; of a line its dead units, or its score. */
export function pictureOf(map: DeathMap, color: MapColor): Plot {
  if (hasTwoSides(map)) return heatMapOf(map, color);
  return color === "score" ? scoreLine(map) : deadLine(map);
}

/** All of them, what the colour asks for first: there cells have their words, the others are beside it. */
function picturesOf(map: DeathMap, color: MapColor): Plot[] {
  if (!hasTwoSides(map)) {
    const lines = [deadLine(map), scoreLine(map)];
    return [...(color === "score" ? lines.reverse() : lines), ...rangeTestLine(map)];
  }
  const colors = [color, ...(["dead", "score", "cause"] as const).filter((other) => other !== color)];
  return colors.map((each) => heatMapOf(map, each, each === color));
}

/** Sentences above all else. */
const LEAD = 3;

/** The page of a map. */
export function mapPage(map: DeathMap, subject: PageSubject, color: MapColor = "dead"): Page {
  const plots = picturesOf(map, color);
  const [lead, rest] = [map.sentences.slice(0, LEAD), map.sentences.slice(LEAD)];
  const sections: PageSection[] = [
    { id: "map", heading: hasTwoSides(map) ? "The map" : "The line", content: [{ kind: "plots", plots }] },
    {
      id: "words",
      heading: "What it shows",
      content: [...rest.map(text), text(RULE)],
    },
    subjectSection(subject),
  ];
  return { title: subject.title, lead, sections, foot: footOf(subject) };
}

const RULE =
  "Cells are means over the seeds. Walls run where the mean share of dead units crosses a tenth and a half, " +
  "interpolated between cells. A unit is dead that no training row opens at the end.";
