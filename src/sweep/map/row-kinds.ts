// How dead units lie along the rows of a map: where they cross a tenth, which layers are dead as a whole, and which
// neighbouring rows are told together. The rules:
// - A row's units "die from x on" where its mean share of dead units is below a tenth at first and at least that from
//   some place to the end, "up to x" where it is the other way round, "between" and "outside" where it crosses twice;
//   where it is a tenth or more everywhere, they are dead "at any" x. Where it crosses is interpolated, as the walls
//   are. Words, which have no order, are named. Of a map that is not whole no sentence speaks of cells that are not in.
// - What a training had that diverged is counted where it stopped, perhaps too early for units to die: where fewer are
//   dead so, it is said.
// - Neighbouring rows of which the same is true, and whose crossings lie within a fifth of the columns, share a
//   sentence; of more than five groups those with the most rows speak, and how many rows are left out is said.
// - Units are "born dead" where half of the dead or more were so before the first step, in all cells of the sentence; a
//   layer is dead as a whole where its mean share is 99.5 % or more in all of them, and born dead where that is so of
//   those of its dead units alone that were dead before the first step.
import type { MapCell, MapSide } from "./types.js";

/** A tenth: as many as a forecast calls deadly. */
export const DEADLY = 0.1;
export const HALF = 0.5;
const MOST_GROUPS = 5;
const WHOLE = 0.995;
/** Of the columns: crossings of one sentence lie within so many. */
const NEAR = 0.2;

/** Its seeds lie on both sides of a tenth. */
export const isSplit = ({ deadRange }: MapCell): boolean =>
  deadRange !== undefined && deadRange.low < DEADLY && deadRange.high >= DEADLY;

export interface RowKind {
  readonly kind: "none" | "all" | "from" | "to" | "between" | "outside" | "mixed" | "some";
  /** Places along x, in columns. */
  readonly crossings: readonly number[];
  /** Most of its dead units were born so. */
  readonly isBorn: boolean;
  /** Layers that are dead as a whole in all its deadly cells. */
  readonly wholly: readonly number[];
  /** Those of them that were born so. */
  readonly whollyBorn: readonly number[];
  /** How many hidden layers those cells have; undefined where not all have as many. */
  readonly layers: number | undefined;
  /** Of words: the columns of deadly cells, and of the others. */
  readonly named?: { readonly deadly: readonly number[]; readonly others: readonly number[] };
  /** Cells of which no training left a network. */
  readonly failed: number;
  /** Cells that are not in yet. */
  readonly missing: number;
  /** Cells with fewer dead, where trainings failed; and whether that are all behind the last crossing. */
  readonly early: number;
  readonly endsEarly: boolean;
  readonly low: number;
  readonly high: number;
}

const isDeadly = ({ dead }: MapCell): boolean => dead! >= DEADLY;

/** Where the line through neighbouring cells crosses a tenth. */
function crossingsOf(seen: readonly MapCell[]): number[] {
  return seen.slice(1).flatMap((b, i) => {
    const a = seen[i];
    if (isDeadly(a) === isDeadly(b)) return [];
    return [a.column + ((DEADLY - a.dead!) / (b.dead! - a.dead!)) * (b.column - a.column)];
  });
}

/** What is so in all of some deadly cells. */
function commonOf(deadly: readonly MapCell[]): Pick<RowKind, "isBorn" | "wholly" | "whollyBorn" | "layers"> {
  const layers = deadly[0]?.layers ?? [];
  const wholeIn = (read: (cell: MapCell) => readonly number[] | undefined): number[] =>
    [...layers.keys()].filter((layer) => deadly.every((cell) => (read(cell)?.[layer] ?? 0) >= WHOLE));
  const hasOneDepth = deadly.every((cell) => cell.layers?.length === layers.length);
  return {
    isBorn: deadly.length > 0 && deadly.every(({ born = 0, dead }) => born >= HALF * dead!),
    wholly: wholeIn((cell) => cell.layers),
    whollyBorn: wholeIn((cell) => cell.bornLayers),
    layers: hasOneDepth ? layers.length : undefined,
  };
}

/** Undefined where too little is known. */
export function kindOf(cells: readonly MapCell[], { values, scale }: MapSide): RowKind | undefined {
  const seen = cells.filter(({ dead }) => dead !== undefined);
  if (seen.length < 2) return undefined;
  const crossings = crossingsOf(seen);
  const [deadly, others] = [seen.filter(isDeadly), seen.filter((cell) => !isDeadly(cell))];
  const columnsOf = (some: readonly MapCell[]) => some.map(({ column }) => column);
  const isNamed = scale === "list" && crossings.length > 0;
  const behind = seen.filter(({ column }) => column > (crossings.at(-1) ?? Infinity));
  const shares = seen.map(({ dead }) => dead!);
  return {
    kind: isNamed ? "some" : nameKind(isDeadly(seen[0]), crossings.length),
    crossings: isNamed ? [] : crossings,
    ...(isNamed && { named: { deadly: columnsOf(deadly), others: columnsOf(others) } }),
    ...commonOf(deadly),
    failed: cells.length - seen.length,
    missing: values.length - cells.length,
    early: others.filter(({ failed }) => failed > 0).length,
    endsEarly: behind.length > 0 && behind.every(({ failed }) => failed > 0),
    low: Math.min(...shares),
    high: Math.max(...shares),
  };
}

function nameKind(isDeadlyFirst: boolean, crossings: number): RowKind["kind"] {
  if (crossings === 0) return isDeadlyFirst ? "all" : "none";
  if (crossings === 1) return isDeadlyFirst ? "to" : "from";
  if (crossings === 2) return isDeadlyFirst ? "outside" : "between";
  return "mixed";
}

export interface Group {
  readonly rows: readonly number[];
  readonly kinds: readonly RowKind[];
}

const sameLayers = (a: RowKind, b: RowKind): boolean =>
  String([a.wholly, a.whollyBorn]) === String([b.wholly, b.whollyBorn]) &&
  (a.wholly.length === 0 || a.layers === b.layers);

const sameKind = (a: RowKind, b: RowKind): boolean =>
  a.kind === b.kind &&
  JSON.stringify(a.named) === JSON.stringify(b.named) &&
  (a.kind !== "between" || a.endsEarly === b.endsEarly) &&
  (a.kind !== "all" || (a.isBorn === b.isBorn && sameLayers(a, b)));

/** Whether the rows' crossings stay together: a wall that bends is told in pieces. */
const areNear = (kinds: readonly RowKind[], most: number): boolean =>
  kinds[0].crossings.every((_, n) => {
    const places = kinds.map(({ crossings }) => crossings[n]);
    return kinds[0].kind === "mixed" || Math.max(...places) - Math.min(...places) <= most;
  });

/** @returns the largest, in the rows' order, and how many rows are in none of them */
export function groupRows(kinds: readonly (RowKind | undefined)[], columns: number): { told: Group[]; others: number } {
  const most = Math.max(1, NEAR * columns);
  const groups: { rows: number[]; kinds: RowKind[] }[] = [];
  kinds.forEach((kind, row) => {
    if (!kind) return;
    const last = groups.at(-1);
    const follows = last && last.rows.at(-1) === row - 1 && sameKind(last.kinds[0], kind);
    if (follows && areNear([...last.kinds, kind], most)) {
      last.rows.push(row);
      last.kinds.push(kind);
    } else groups.push({ rows: [row], kinds: [kind] });
  });
  const largest = groups.toSorted((a, b) => b.rows.length - a.rows.length).slice(0, MOST_GROUPS);
  const others = groups.filter((group) => !largest.includes(group)).reduce((sum, { rows }) => sum + rows.length, 0);
  return { told: groups.filter((group) => largest.includes(group)), others };
}
