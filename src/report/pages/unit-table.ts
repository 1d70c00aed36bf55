// All units as a table, the worst first.
import { layerName } from "./layer-names.js";
import type { Block, CaptionedTable } from "../blocks.js";
import { describePermanence, mechanismWords, PROOF_WORDS, STATE_WORDS, UNIT_STATES } from "../unit-words.js";
import type { ShownDiagnosis, ShownLayer } from "../shown.js";
import type { ObservedUnit } from "../../diagnosis/types.js";
import { shiftName } from "../../text/shift.js";
import { formatCount, formatNumber, formatPercent, formatSigned } from "../../text/numbers.js";

const MOST_ROWS = 500;

interface Column {
  readonly title: string;
  readonly isWords?: boolean;
  /** "" where it is not known. */
  show(unit: ObservedUnit, layer: ShownLayer): string;
}

const figure = (value = Number.NaN): string => (Number.isNaN(value) ? "" : formatNumber(value, 3));

const TO_REVIVE = "bias to revive";

const COLUMNS: readonly Column[] = [
  { title: "state", isWords: true, show: ({ state }) => STATE_WORDS[state] },
  { title: "fires on", show: ({ activity }) => formatPercent(activity) },
  { title: "at most", show: ({ activityBound }) => formatPercent(activityBound) },
  { title: "dormancy", show: ({ dormancy }) => figure(dormancy) },
  { title: "lowest z", show: ({ preactivation }) => figure(preactivation?.min) },
  { title: "mean z", show: ({ preactivation }) => figure(preactivation?.mean) },
  { title: "deviation", show: ({ preactivation }) => figure(preactivation?.std) },
  { title: "highest z", show: ({ preactivation }) => figure(preactivation?.max) },
  { title: "lowest activation", show: ({ activation }) => figure(activation?.min) },
  { title: "mean activation", show: ({ activation }) => figure(activation?.mean) },
  { title: "highest activation", show: ({ activation }) => figure(activation?.max) },
  {
    title: "closed by",
    isWords: true,
    show: ({ mechanism }, layer) => (mechanism === undefined ? "" : mechanismWords(mechanism, layer)),
  },
  { title: "permanent", isWords: true, show: describePermanence },
  { title: "in the box", isWords: true, show: ({ proof }) => (proof === undefined ? "" : PROOF_WORDS[proof]) },
  {
    title: TO_REVIVE,
    show: ({ biasToRevive }) => (biasToRevive === undefined ? "" : formatSigned(biasToRevive, 3)),
  },
];

/** Columns that say something of no unit are left out. */
function tableOf(diagnosis: ShownDiagnosis, units: readonly ObservedUnit[], caption: string): CaptionedTable {
  const layers = new Map(diagnosis.layers.map((layer) => [layer.layer, layer]));
  const layerOf = ({ layer }: ObservedUnit) => layers.get(layer)!;
  const columns = COLUMNS.map(({ show, ...column }) => ({
    ...column,
    cells: units.map((unit) => show(unit, layerOf(unit))),
  })).filter(({ cells }) => cells.some((cell) => cell !== ""));
  const shift = shiftName(units.filter(({ biasToRevive }) => biasToRevive !== undefined).map(layerOf));
  return {
    caption,
    header: ["unit", ...columns.map(({ title }) => (title === TO_REVIVE ? `${shift} to revive` : title))],
    words: columns.flatMap(({ isWords }, place) => (isWords ? [place + 1] : [])),
    rows: units.map((each, row) => [
      `${layerName(layerOf(each))}, unit ${each.unit}`,
      ...columns.map(({ cells }) => cells[row]),
    ]),
  };
}

/** At most 500 rows, and how many there would be. */
export function unitTableBlocks(diagnosis: ShownDiagnosis): Block[] {
  const all = diagnosis.layers.flatMap(({ units }) => units);
  if (all.length === 0) return [];
  const ranked = UNIT_STATES.flatMap((state) => all.filter((unit) => unit.state === state));
  const shown = ranked.slice(0, MOST_ROWS);
  const count = formatCount(all.length);
  const caption =
    shown.length < all.length
      ? `The ${formatCount(shown.length)} worst of ${count} units`
      : `All ${count} units, the worst first`;
  const table = tableOf(diagnosis, shown, caption);
  return [{ kind: "table", summary: "Show the table", table }];
}
