// A map as a terminal shows it: a cell two characters wide where that fits, shades or letters, the sentences below.
import { causeMark, causesIn, fillCoarse, hasStopped, type MapColor, shareEnds, shareReader } from "./look.js";
import type { DeathMap, MapCell, MapSide } from "./types.js";
import { axisWord, ownPlace, scoreName, scoreText } from "./words.js";
import { formatValue } from "../sweep-text.js";
import { drawBar } from "../../text/bar.js";
import { alignColumns, justify } from "../../text/columns.js";
import { countOf, formatDuration, formatPercent, formatRange } from "../../text/numbers.js";
import { wrap } from "../../text/wrap.js";

/** How a map is drawn. */
export interface MapTextOptions {
  /** By the share of dead units (default), the score, or what killed most. */
  readonly color?: MapColor;
  /** Paints with 256 colours instead of shades. */
  readonly colors?: boolean;
  /** Most lines of cells. Default 40. */
  readonly rows?: number;
}

const MOST_COLUMNS = 66;
const MOST_ROWS = 40;
const SHADES = ["·", "░", "▒", "▓", "█"];
const UNKNOWN = " ";
const FAILED = "x";
const OWN = "@";
/** From dark blue to yellow, so that light grows with the share. */
const COLORS = [17, 18, 24, 30, 36, 71, 107, 143, 185, 226];
const LIGHT_FROM = 5;
const DEAD_FROM = 0.005;
const BAR = 20;

type Paint = (cell: MapCell | undefined, width: number, isOwn: boolean) => string;

function shade(share: number): string {
  if (share < DEAD_FROM) return SHADES[0];
  return SHADES[Math.min(SHADES.length - 1, 1 + Math.floor(share * (SHADES.length - 1)))];
}

function painter(map: DeathMap, { color = "dead", colors = false }: MapTextOptions): Paint {
  const read = shareReader(map, color);
  const letter = ({ cause }: MapCell): string => (cause ? causeMark(cause)[0] : SHADES[0]);
  return (cell, width, isOwn) => {
    if (!cell) return (isOwn ? OWN : UNKNOWN).padEnd(width);
    const share = read(cell);
    const letters = color === "cause" ? letter(cell) : "";
    const isCrossed = color === "dead" && hasStopped(cell);
    const mark = share === undefined || (isCrossed && (colors || width === 1)) ? FAILED : letters;
    if (!colors || share === undefined) {
      const text = (mark || shade(share!)).repeat(width);
      const all = isCrossed ? text.slice(0, -1) + FAILED : text;
      return isOwn ? OWN + all.slice(1) : all;
    }
    const level = Math.min(COLORS.length - 1, Math.floor(share * COLORS.length));
    const text = (isOwn ? OWN : mark || UNKNOWN) + (mark || UNKNOWN).repeat(width - 1);
    return `\x1b[48;5;${COLORS[level]};38;5;${level < LIGHT_FROM ? 231 : 16}m${text}\x1b[39;49m`;
  };
}

/** At most so many of 0..count-1, evenly. */
function pick(count: number, most: number): number[] {
  const shown = Math.min(count, most);
  return Array.from({ length: shown }, (_, i) => Math.floor((i * count) / shown));
}

const label = (value: unknown): string => formatValue(value, 3);

/**
 * Of a list every value under its cells; else the first, the last, and the axis' word between or, for want of room,
 * below.
 */
function axisLines({ name, values, scale }: MapSide, columns: readonly number[], width: number): string[] {
  const word = axisWord(name);
  const all = columns.length * width;
  const below = word.padStart(Math.ceil((all + word.length) / 2));
  const names = columns.map((column) => label(values[column]));
  if (scale === "list" && names.every((each) => each.length < width))
    return [
      names
        .map((each) => each.padEnd(width))
        .join("")
        .trimEnd(),
      below,
    ];
  const [first, last] = [names[0], names[names.length - 1]];
  const left = Math.floor((all - word.length) / 2) - first.length;
  const right = all - first.length - left - word.length - last.length;
  if (left < 1 || right < 1) return [justify(first, last, all), below];
  return [justify(`${first}${" ".repeat(left)}${word}`, last, all)];
}

/** Characters of a cell: two, or as many as a short list's values need. */
function cellWidth({ values, scale }: MapSide, columns: number): number {
  const most = Math.floor(MOST_COLUMNS / columns);
  const wanted = scale === "list" ? Math.max(2, ...values.map((value) => label(value).length + 1)) : 2;
  return Math.max(1, wanted <= most ? wanted : Math.min(2, most));
}

/** The cells alone, with both axes. */
export function drawCells(map: DeathMap, options: MapTextOptions = {}): string[] {
  const { x, y } = map;
  const columns = pick(x.values.length, MOST_COLUMNS);
  const rows = pick(y?.values.length ?? 1, options.rows ?? MOST_ROWS).reverse();
  const width = cellWidth(x, columns.length);
  const paint = painter(map, options);
  const at = fillCoarse(map);
  const own = ownPlace(map);
  const nearest = (all: readonly number[], place: number) =>
    all.reduce((best, each) => (Math.abs(each - place) < Math.abs(best - place) ? each : best), all[0]);
  const [ownColumn, ownRow] = own ? [nearest(columns, own.column), nearest(rows, own.row)] : [];
  const every = Math.max(1, Math.ceil(rows.length / 6));
  const names = rows.map((row, i) => (y && (i % every === 0 || i === rows.length - 1) ? label(y.values[row]) : ""));
  const room = Math.max(...names.map((name) => name.length), 1);
  const lines = rows.map((row, i) => {
    const cells = columns.map((column) => paint(at(column, row), width, column === ownColumn && row === ownRow));
    return `${names[i].padStart(room)} |${cells.join("")}|`;
  });
  const margin = " ".repeat(room + 2);
  return [...(y ? [axisWord(y.name)] : []), ...lines, ...axisLines(x, columns, width).map((each) => margin + each)];
}

export function drawLegend(map: DeathMap, options: MapTextOptions = {}): string {
  const { color = "dead", colors = false } = options;
  const own = ownPlace(map) ? `; ${OWN} your own setting` : "";
  const isCrossed = (cell: MapCell) =>
    color === "dead" ? hasStopped(cell) : shareReader(map, color)(cell) === undefined;
  const failed = map.cells.some(isCrossed) ? `; ${FAILED} failed` : "";
  if (color === "cause") {
    const marks = causesIn(map.cells).map((cause) => causeMark(cause).join(" "));
    return `${[`${SHADES[0]} none dead`, ...marks].join(", ")}${failed}${own}`;
  }
  const [low, high] = shareEnds(map, color);
  const ramp = colors ? COLORS.map((code) => `\x1b[48;5;${code}m \x1b[49m`).join("") : SHADES.join("");
  return `${low} ${ramp} ${high}${failed}${own}`;
}

/** A line's cells, a row each. */
function drawLine(map: DeathMap): string[] {
  const { x, cells, forecast } = map;
  const forecasts = new Map(forecast?.rates.map(({ rate, low, high }) => [rate, [low, high] as const]));
  const percents = (low: number, high: number) => formatRange(low, high, formatPercent);
  const rows = cells.map((cell) => {
    const { dead, deadRange, score } = cell;
    const band = forecasts.get(cell.x as number);
    return [
      `${JSON.stringify(cell.x) === JSON.stringify(x.own) ? `${OWN} ` : ""}${label(cell.x)}`,
      dead === undefined ? "failed" : drawBar(dead, BAR),
      dead === undefined ? "" : formatPercent(dead),
      deadRange ? percents(deadRange.low, deadRange.high) : "",
      ...(forecast ? [band ? percents(...band) : ""] : []),
      score === undefined ? "failed" : scoreText(score, map),
    ];
  });
  const title = [axisWord(x.name), "", "dead", "seeds", ...(forecast ? ["forecast"] : []), scoreName(map)];
  const right = title.map((_, i) => i).filter((i) => i !== 1);
  return alignColumns([title, ...rows], right);
}

export function drawMap(map: DeathMap, options: MapTextOptions = {}): string {
  const { trials, planned, seconds, stopped, y } = map;
  const end = `${countOf(trials, "training")}${stopped ? ` of ${planned}` : ""} in ${formatDuration(seconds)}.`;
  const picture = y ? [...drawCells(map, options), drawLegend(map, options)] : drawLine(map);
  return [...picture, "", ...map.sentences.map((each) => wrap(each)), "", end].join("\n");
}
