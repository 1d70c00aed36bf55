// The units of a layer as cells in rows, in order: each with the mark of its state, which differs in shape and in
// lightness as well as in colour. A path a state, so that thousands of units stay small.
import { toMarkup } from "../markup.js";
import { UNIT_STATES } from "../unit-words.js";
import type { UnitState } from "../../inspect/unit-state.js";

export interface UnitMap {
  /** For those who don't see it. */
  readonly title: string;
  /** In order. */
  readonly states: readonly UnitState[];
  /** What is told of a unit where a pointer rests on it; of others their row's numbers are. */
  readonly titles: ReadonlyMap<number, string>;
}

/** Cells of a row, and how wide a cell is at most, in pixels. */
interface Grid {
  readonly columns: number;
  readonly pixels: number;
  /** Units that one cell stands for. */
  readonly perCell: number;
}

const CELL = 10; // units of the picture
/** Up to so many units: cells of a row, pixels of a cell. */
const GRIDS = [
  [256, 32, 16],
  [2048, 64, 10],
  [8192, 128, 7],
  [65_536, 256, 3.75],
] as const;

/** Cells shrink where there are many units; beyond 65,536 a cell stands for several. */
export function gridOf(units: number): Grid {
  const [most, columns, pixels] = GRIDS.find(([most]) => units <= most) ?? GRIDS.at(-1)!;
  const perCell = Math.max(1, Math.ceil(units / most));
  return { columns: Math.min(columns, Math.max(1, Math.ceil(units / perCell))), pixels, perCell };
}

/** Subpaths in a cell of 10 by 10. */
const SHAPES: Readonly<Record<UnitState, (x: number, y: number) => string>> = {
  alive: (x, y) => `M${x + 1} ${y + 1}h8v8h-8z`,
  linear: (x, y) => `M${x + 1} ${y + 1}h8l-8 8z`,
  rare: (x, y) => `M${x + 3} ${y + 3}h4v4h-4z`,
  dormant: (x, y) => `M${x + 1} ${y + 6}h8v3h-8z`,
  saturated: (x, y) => `M${x + 1} ${y + 1}h2v8h-2zm3 0h2v8h-2zm3 0h2v8h-2z`,
  notFinite: (x, y) => `M${x + 5} ${y}l5 5l-5 5l-5-5z`,
  dead: (x, y) => `M${x + 0.5} ${y + 0.5}h9v9h-9z`,
};
/** Over a dead unit's square, where cells are large enough to show it. */
const cross = (x: number, y: number): string => `M${x + 3} ${y + 3}l4 4m0-4l-4 4`;
/** Small marks have a frame, so that each unit has its place. */
const FRAMED: ReadonlySet<UnitState> = new Set(["rare", "dormant", "linear"]);
const frame = (x: number, y: number): string => `M${x + 1} ${y + 1}h8v8h-8z`;

type Place = readonly [x: number, y: number];

function pathsOf(state: UnitState, places: readonly Place[], isLarge: boolean): string {
  const draw = (shape: (x: number, y: number) => string, kind: string): string =>
    `<path class="${kind}" d="${places.map(([x, y]) => shape(x, y)).join("")}"/>`;
  return [
    FRAMED.has(state) && isLarge ? draw(frame, "u frame") : "",
    draw(SHAPES[state], `u ${state}`),
    state === "dead" && isLarge ? draw(cross, "u cross") : "",
  ].join("");
}

/** The mark by itself, beside words that say what it means. */
export function unitMark(state: UnitState): string {
  return `<svg class="mark" viewBox="0 0 ${CELL} ${CELL}" aria-hidden="true">${pathsOf(state, [[0, 0]], true)}</svg>`;
}

function hit(x: number, y: number, width: number, title: string): string {
  const place = `x="${x}" y="${y}" width="${width}" height="${CELL}"`;
  return `<rect class="hit" ${place}><title>${toMarkup(title)}</title></rect>`;
}

/** Of several units the worst, so that none of those is hidden. */
function cellStates(states: readonly UnitState[], perCell: number): UnitState[] {
  if (perCell === 1) return [...states];
  const worst = (of: readonly UnitState[]): UnitState => UNIT_STATES.find((state) => of.includes(state))!;
  return Array.from({ length: Math.ceil(states.length / perCell) }, (_, cell) =>
    worst(states.slice(cell * perCell, (cell + 1) * perCell)),
  );
}

/** What a pointer finds: units that have words of their own, and under them rows. */
function hits({ states, titles }: UnitMap, { columns, perCell }: Grid): string {
  const ofRow = columns * perCell;
  const rows = titles.size === states.length ? 0 : Math.ceil(states.length / ofRow);
  const ranges = Array.from({ length: rows }, (_, row) => {
    const last = Math.min(states.length, (row + 1) * ofRow) - 1;
    const width = Math.ceil((last + 1 - row * ofRow) / perCell) * CELL;
    return hit(0, row * CELL, width, `units ${row * ofRow} to ${last}`);
  });
  const units = perCell > 1 ? [] : [...titles];
  return (
    ranges.join("") +
    units.map(([unit, title]) => hit((unit % columns) * CELL, Math.floor(unit / columns) * CELL, CELL, title)).join("")
  );
}

export function unitMapToSvg(map: UnitMap): string {
  const grid = gridOf(map.states.length);
  const { columns, pixels } = grid;
  const cells = cellStates(map.states, grid.perCell);
  const rows = Math.ceil(cells.length / columns);
  const paths = UNIT_STATES.map((state) => {
    const places = cells.flatMap((cell, at): Place[] =>
      cell === state ? [[(at % columns) * CELL, Math.floor(at / columns) * CELL]] : [],
    );
    return places.length === 0 ? "" : pathsOf(state, places, columns <= 64);
  });
  return (
    `<svg class="units" style="max-width:${columns * pixels}px" viewBox="0 0 ${columns * CELL} ${rows * CELL}" ` +
    `role="img" aria-label="${toMarkup(map.title)}">${paths.join("")}${hits(map, grid)}</svg>`
  );
}
