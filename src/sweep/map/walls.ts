// Lines along which the cells' means cross a level: marching squares (Lorensen and Cline 1987, in the plane). Where a
// square's corners lie crosswise its middle, the mean of the four, says which of them are joined.
import type { MapSide, Wall, WallPoint } from "./types.js";
import { valueOn } from "./side.js";

/** Row by row from the bottom; what is not known leaves a gap. */
export type Grid = readonly (readonly (number | undefined)[])[];

interface Corner {
  readonly column: number;
  readonly row: number;
  readonly value: number;
}

type Place = readonly [column: number, row: number];

/** A line's piece from side to side of a square; sides are named, so that pieces of neighbours meet. */
interface Piece {
  readonly ends: readonly [string, string];
}

/** Corners of a square, counterclockwise; undefined where one is not known. */
function cornersOf(grid: Grid, column: number, row: number): Corner[] | undefined {
  const places = [
    [column, row],
    [column + 1, row],
    [column + 1, row + 1],
    [column, row + 1],
  ];
  const corners = places.map(([c, r]) => ({ column: c, row: r, value: grid[r][c] }));
  return corners.every(({ value }) => value !== undefined) ? (corners as Corner[]) : undefined;
}

function crossing(a: Corner, b: Corner, level: number): Place {
  const share = (level - a.value) / (b.value - a.value);
  return [a.column + share * (b.column - a.column), a.row + share * (b.row - a.row)];
}

const sideName = (a: Corner, b: Corner): string => [`${a.column} ${a.row}`, `${b.column} ${b.row}`].sort().join(" ");

function piecesOf(corners: readonly Corner[], level: number, places: Map<string, Place>): Piece[] {
  const sides = corners.flatMap((a, i) => {
    const b = corners[(i + 1) % 4];
    if (a.value >= level === b.value >= level) return [];
    const name = sideName(a, b);
    if (!places.has(name)) places.set(name, crossing(a, b, level));
    return [name];
  });
  if (sides.length < 4) return sides.length === 2 ? [{ ends: [sides[0], sides[1]] }] : [];
  const middle = corners.reduce((total, { value }) => total + value, 0) / 4;
  // sides 0..3 follow corner 0: those around a corner that the middle is unlike are joined
  const isFirst = middle >= level !== corners[0].value >= level;
  return isFirst
    ? [{ ends: [sides[3], sides[0]] }, { ends: [sides[1], sides[2]] }]
    : [{ ends: [sides[0], sides[1]] }, { ends: [sides[2], sides[3]] }];
}

/** Pieces that meet as lines; what begins at no border goes around, and ends where it began. */
function joinPieces(pieces: readonly Piece[]): string[][] {
  const at = new Map<string, Piece[]>();
  for (const piece of pieces)
    for (const end of piece.ends) {
      const meeting = at.get(end);
      if (meeting) meeting.push(piece);
      else at.set(end, [piece]);
    }
  const used = new Set<Piece>();
  const follow = (start: string): string[] => {
    const line = [start];
    for (let end = start; ;) {
      const piece = at.get(end)!.find((each) => !used.has(each));
      if (!piece) return line;
      used.add(piece);
      end = piece.ends[0] === end ? piece.ends[1] : piece.ends[0];
      line.push(end);
    }
  };
  const open = [...at].filter(([, meeting]) => meeting.length === 1).map(([end]) => end);
  return [...open, ...at.keys()].map(follow).filter((line) => line.length > 1);
}

/** Lines of one level, by columns and rows. */
export function contours(grid: Grid, level: number): Place[][] {
  const places = new Map<string, Place>();
  const pieces = grid
    .slice(1)
    .flatMap((_, row) =>
      grid[row].slice(1).flatMap((_value, column) => piecesOf(cornersOf(grid, column, row) ?? [], level, places)),
    );
  return joinPieces(pieces).map((line) => line.map((name) => places.get(name)!));
}

export function wallOf(grid: Grid, level: number, x: MapSide, y: MapSide): Wall {
  const point = ([column, row]: Place): WallPoint => {
    const [across, up] = [valueOn(x, column), valueOn(y, row)];
    return { column, row, ...(across !== undefined && { x: across }), ...(up !== undefined && { y: up }) };
  };
  return { level, lines: contours(grid, level).map((line) => line.map(point)) };
}
