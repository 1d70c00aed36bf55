// What a map shows, in sentences; row-kinds.ts has the rules of those on dead units along its rows.
import type { DeathMap, MapCell, MapForecast, MapSide } from "./types.js";
import { DEADLY, type Group, groupRows, HALF, isSplit, kindOf, type RowKind } from "./row-kinds.js";
import { placeOn, valueOn } from "./side.js";
import { isWholeAxis } from "../plan/axes.js";
import { sumCounts } from "../results.js";
import { formatValue } from "../sweep-text.js";
import { median, sum } from "../../core/statistics.js";
import { capital } from "../../text/capital.js";
import { BY_INDEX, type Naming } from "../../text/naming.js";
import {
  countOf,
  formatCount,
  formatNumber,
  formatPercent,
  formatRange,
  formatScore,
  listWords,
  plural,
} from "../../text/numbers.js";

/** What became of a training, by the code of its failure. */
const FAILURES: Readonly<Record<string, string>> = {
  diverged: "diverged",
  memory: "would not fit into the memory",
  value: "were refused",
  shape: "were refused",
  unsupported: "were refused",
};

const NAMES: Readonly<Record<string, string>> = {
  learningRate: "rate",
  batchSize: "batch size",
  units: "number of units",
};

/** `rate`, `momentum`, `layers[0].units`: as sentences call an axis, what its path is within left out. */
export const axisWord = (name: string): string =>
  Object.hasOwn(NAMES, name) ? NAMES[name] : name.replace(/^(spec|fit|remedies)\.(optimizer\.options\.)?/, "");

const shortValue = (value: unknown): string => formatValue(value, 2);

type Words = Omit<DeathMap, "sentences" | "toString">;

/**
 * The values of the nth crossing in a group of rows: `0.7 to 1.2`; of whole numbers the first behind it, or the last
 * before.
 */
function crossingText(x: MapSide, kinds: readonly RowKind[], n: number): string {
  const places = kinds.map(({ crossings }) => crossings[n]);
  const isLast = kinds[0].kind === "to" || (kinds[0].kind === "outside" && n === 1);
  const round = isLast ? Math.floor : Math.ceil;
  const value = (place: number) => (isWholeAxis(x.name) ? round(valueOn(x, place)!) : valueOn(x, place)!);
  const ends = [Math.min(...places), Math.max(...places)].map(value);
  return formatRange(ends[0], ends[1], shortValue, " to ");
}

const namesOf = ({ values }: MapSide, places: readonly number[]): string =>
  listWords(places.map((place) => shortValue(values[place])));

function placeText(y: MapSide | undefined, rows: readonly number[]): string {
  if (!y) return "";
  if (y.scale === "list") return `at ${axisWord(y.name)} ${namesOf(y, rows)}, `;
  const [first, last] = [rows[0], rows[rows.length - 1]].map((row) => shortValue(y.values[row]));
  const range = first === last ? first : `${first} to ${last}`;
  return `at ${axisWord(y.name)} ${range}, `;
}

const layerNames = (layers: readonly number[], { layer }: Naming): string =>
  `${plural(layers.length, "layer", "layers")} ${listWords(layers.map(layer))}`;

function whollyText({ wholly, layers }: RowKind, naming: Naming): string {
  if (layers === 1) return "the hidden layer is";
  if (wholly.length === layers) return `${layers === 2 ? "both" : `all ${layers}`} hidden layers are`;
  return `${layerNames(wholly, naming)} ${plural(wholly.length, "is", "are")}`;
}

/** Of layers that are dead as a whole. */
function layersText([kind]: readonly RowKind[], naming: Naming): string {
  const { wholly, whollyBorn } = kind;
  if (whollyBorn.length === wholly.length) return `${whollyText(kind, naming)} born dead`;
  const some = whollyBorn.length > 0 ? `, ${layerNames(whollyBorn, naming)} since before the first step,` : "";
  return `${whollyText(kind, naming)} dead as a whole${some}`;
}

const total = (kinds: readonly RowKind[], read: (kind: RowKind) => number): number => sum(kinds.map(read));

/** What no network is known of, or one that stopped early, or nothing yet, where a sentence speaks of a whole row. */
function exceptText(kinds: readonly RowKind[]): string {
  const failed = total(kinds, (kind) => kind.failed);
  const missing = total(kinds, (kind) => kind.missing);
  const early = total(kinds, (kind) => (kind.kind === "between" && kind.endsEarly ? 0 : kind.early));
  return [
    failed > 0 ? `; of ${countOf(failed, "cell")} there no training left a network` : "",
    early > 0 ? `; in ${countOf(early, "cell")} where fewer are dead, trainings failed before their end` : "",
    missing > 0 ? `; ${countOf(missing, "cell")} there ${plural(missing, "is", "are")} not in yet` : "",
  ].join("");
}

/** `at any rate`; of a row that is not whole what is known. */
function anyText(kinds: readonly RowKind[], word: string): string {
  return total(kinds, ({ missing }) => missing) > 0 ? `at every ${word} that is in` : `at any ${word}`;
}

function groupText({ rows, kinds }: Group, { x, y }: Words, naming: Naming): string {
  const place = placeText(y, rows);
  const word = axisWord(x.name);
  const many = "a tenth of the units or more";
  const any = anyText(kinds, word);
  const [at, second] = [0, 1].map((n) => () => crossingText(x, kinds, n));
  const shares = formatRange(
    Math.min(...kinds.map(({ low }) => low)),
    Math.max(...kinds.map(({ high }) => high)),
    formatPercent,
    " to ",
  );
  switch (kinds[0].kind) {
    case "none":
      return `${place}fewer than a tenth of the units are dead ${any} (${shares})`;
    case "all":
      return kinds[0].wholly.length > 0
        ? `${place}${layersText(kinds, naming)} ${any} (${shares} of the units dead)`
        : `${place}${many} are ${kinds[0].isBorn ? "born dead" : "dead"} ${any} (${shares})`;
    case "from":
      return `${place}${many} die from ${word} ${at()} on`;
    case "to":
      return `${place}${many} die up to ${word} ${at()}, fewer above`;
    case "between":
      return kinds[0].endsEarly
        ? `${place}${many} die from ${word} ${at()} on, fewer from ${second()} on, ` +
            "where trainings fail before their end"
        : `${place}${many} die from ${word} ${at()} on and, ` +
            `as the dead revive or never were, fewer from ${second()} on`;
    case "some": {
      const { deadly, others: few } = kinds[0].named!;
      return `${place}${many} are dead at ${word} ${namesOf(x, deadly)}, fewer at ${namesOf(x, few)} (${shares})`;
    }
    case "outside":
      return `${place}fewer than a tenth of the units die between ${word} ${at()} and ${second()}, more on either side`;
    case "mixed":
      return `${place}the share of dead units crosses a tenth several times (${shares})`;
  }
}

function wallSentences(map: Words, naming: Naming): string[] {
  const rows = (map.y?.values ?? [undefined]).map((_, row) => map.cells.filter((cell) => cell.row === row));
  const kinds = rows.map((cells) => kindOf(cells, map.x));
  const { told, others } = groupRows(kinds, map.x.values.length);
  const unknown = rows.filter((cells, row) => cells.length === map.x.values.length && !kinds[row]).length;
  return [
    ...told.map((group) => `${capital(groupText(group, map, naming))}${exceptText(group.kinds)}.`),
    ...(others > 0 ? [`${countOf(others, "other row")} of the map ${plural(others, "is", "are")} left out here.`] : []),
    ...(map.y && unknown > 0 ? [`Of ${countOf(unknown, "row")} too few trainings left a network to tell.`] : []),
  ];
}

export const scoreName = ({ measure }: Pick<Words, "measure">): string =>
  measure === "accuracy" ? "accuracy" : "score";
export const scoreText = (score: number, { measure }: Pick<Words, "measure">): string =>
  formatScore(score, measure === "accuracy");

/** Scores on either side of the walls. */
function scoreSentence(map: Words): string[] {
  const judged = map.cells.filter(({ score, dead }) => score !== undefined && dead !== undefined);
  const side = (isIn: (dead: number) => boolean) => judged.filter(({ dead }) => isIn(dead!)).map(({ score }) => score!);
  const [few, many] = [side((dead) => dead < DEADLY), side((dead) => dead >= HALF)];
  if (few.length === 0 || many.length === 0) return [];
  const text = (scores: readonly number[]) => scoreText(median(scores), map);
  return [
    `The median ${scoreName(map)} is ${text(few)} where fewer than a tenth of the units are dead, ${text(many)} ` +
      `where half are; always to say the same has ${scoreText(map.constant, map)}.`,
  ];
}

function settingText({ x, y }: Words, across: unknown, up: unknown): string {
  const of = (side: MapSide, value: unknown) => `${axisWord(side.name)} ${shortValue(value)}`;
  return y ? `${of(x, across)}, ${of(y, up)}` : of(x, across);
}

function cellText(map: Words, { dead, score, failed, seeds }: MapCell): string {
  return [
    dead === undefined ? "no network" : `${formatPercent(dead)} of the units dead`,
    ...(score === undefined ? [] : [`${scoreName(map)} ${scoreText(score, map)}`]),
    ...(failed > 0 ? [`${failed} of ${countOf(seeds, "training")} failed`] : []),
  ].join(", ");
}

/** Where the user's setting lies, in columns and rows; undefined: outside, or unknown. */
export function ownPlace({ x, y }: Pick<DeathMap, "x" | "y">): { column: number; row: number } | undefined {
  const column = x.own === undefined ? undefined : placeOn(x, x.own);
  const row = y && (y.own === undefined ? undefined : placeOn(y, y.own));
  if (column === undefined || (y && row === undefined)) return undefined;
  return { column, row: row ?? 0 };
}

/** How far the own value is from the row's first crossing above it, as a factor. */
function marginText({ x }: Words, row: readonly MapCell[], place: number): string {
  const kind = kindOf(row, x);
  const ahead = kind?.kind === "from" ? kind.crossings[0] : undefined;
  const [here, there] = [x.own, ahead === undefined ? undefined : valueOn(x, ahead)];
  if (x.scale !== "log" || typeof here !== "number" || there === undefined || ahead! <= place || here <= 0) return "";
  return `; a tenth of them die at ${formatNumber(there / here, 2)} times its ${axisWord(x.name)}`;
}

function ownSentence(map: Words): string[] {
  const { x, y, cells } = map;
  if (x.own === undefined || (y && y.own === undefined)) return [];
  const setting = settingText(map, x.own, y?.own);
  const place = ownPlace(map);
  if (!place) return [`Your own setting, ${setting}, lies outside of the map.`];
  const [column, row] = [Math.round(place.column), Math.round(place.row)];
  const cell = cells.find((each) => each.column === column && each.row === row);
  if (!cell) return [];
  const isExact = column === place.column && row === place.row;
  const near = isExact ? "" : ` (the cell at ${settingText(map, cell.x, cell.y)})`;
  const line = cells.filter((each) => each.row === row);
  const margin = marginText(map, line, place.column);
  return [`Your own setting, ${setting}${near}: ${cellText(map, cell)}${margin}.`];
}

function bestSentence(map: Words): string[] {
  const best = map.cells.reduce<MapCell | undefined>((found, cell) => {
    if (cell.score === undefined || cell.seeds < map.repeats) return found;
    if (!found || cell.score > found.score!) return cell;
    return cell.score === found.score && (cell.dead ?? 1) < (found.dead ?? 1) ? cell : found;
  }, undefined);
  return best ? [`Best: ${settingText(map, best.x, best.y)}: ${cellText(map, best)}.`] : [];
}

function spreadSentence({ cells, repeats }: Words): string[] {
  const several = cells.filter(({ deadRange, seeds }) => deadRange && seeds > 1);
  if (repeats < 2 || several.length === 0) return [];
  const spreads = several.map(({ deadRange }) => deadRange!.high - deadRange!.low);
  const split = several.filter(isSplit).length;
  const seeds =
    split === 0
      ? "Seeds agree on which side of a tenth each cell lies"
      : `In ${countOf(split, "cell")} of ${cells.length} some seeds lie below a tenth of dead units and some above`;
  return [
    `${seeds}; between the least and the most of ${repeats} seeds lie ${formatPercent(median(spreads))} of the units ` +
      `in the middle, ${formatPercent(Math.max(...spreads))} at most.`,
  ];
}

function failureSentence(map: Words): string[] {
  const failed = map.cells.filter((cell) => cell.failed > 0);
  if (failed.length === 0) return [];
  const columns = [...new Set(failed.map(({ column }) => column))].sort((a, b) => a - b);
  const where =
    map.x.scale === "list"
      ? `, at ${axisWord(map.x.name)} ${namesOf(map.x, columns)}`
      : `; the lowest ${axisWord(map.x.name)} of them is ${shortValue(map.x.values[columns[0]])}`;
  const codes = Object.entries(sumCounts(failed.map(({ failures = {} }) => failures))) as [string, number][];
  const how = codes
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([code, count]) => `${formatCount(count)} ${FAILURES[code] ?? "failed otherwise"}`);
  return [`In ${countOf(failed.length, "cell")} trainings failed: ${listWords(how)}${where}.`];
}

const deadlyText = ({ deadlyFrom }: MapForecast): string =>
  deadlyFrom === undefined
    ? "it called no rate deadly"
    : `it called rates from ${formatNumber(deadlyFrom, 2)} on deadly`;

function besideSentences({ rangeTest, forecast }: Words): string[] {
  const { lowest, risesFrom, killsFrom } = rangeTest ?? {};
  const kill = killsFrom === undefined ? "" : `, and units die in it from ${formatNumber(killsFrom, 2)} on`;
  const rise = risesFrom === undefined ? "" : ` and twice that from ${formatNumber(risesFrom, 2)} on`;
  return [
    ...(lowest === undefined
      ? []
      : [`Range test: one training whose rate grows has its lowest loss at ${formatNumber(lowest, 2)}${rise}${kill}.`]),
    ...(forecast
      ? [
          `The forecast, ${countOf(forecast.epochs, "epoch")} on ${countOf(forecast.rows, "row")}, was off by ` +
            `${formatPercent(forecast.meanError)} of the units on average, and its range and that of the seeds meet ` +
            `at ${formatPercent(forecast.agreeing)} of ${countOf(forecast.rates.length, "rate")}; ` +
            `${deadlyText(forecast)}.`,
        ]
      : []),
  ];
}

/** All that a map says in words; of one that is not whole, what is known by then. */
export function sentencesOf(map: Words, naming: Naming = BY_INDEX): string[] {
  return [
    ...wallSentences(map, naming),
    ...ownSentence(map),
    ...scoreSentence(map),
    ...bestSentence(map),
    ...spreadSentence(map),
    ...failureSentence(map),
    ...besideSentences(map),
  ];
}
