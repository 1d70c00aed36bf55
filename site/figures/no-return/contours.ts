// Lines of equal height through a grid of numbers (marching squares, without the choice at saddles).

type Place = readonly [column: number, row: number];

/** Where the line crosses the side between two corners; undefined where it does not. */
function crossing(level: number, a: Place, heightA: number, b: Place, heightB: number): Place | undefined {
  if (heightA > level === heightB > level) return undefined;
  const part = (level - heightA) / (heightB - heightA);
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
}

/** Pieces of the line of one level, in columns and rows of the grid. */
export function contour(heights: Float32Array, side: number, level: number): (readonly [Place, Place])[] {
  const pieces: (readonly [Place, Place])[] = [];
  for (let row = 0; row + 1 < side; row++) {
    for (let column = 0; column + 1 < side; column++) {
      const corners: readonly Place[] = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ];
      const at = corners.map(([c, r]) => heights[r * side + c]);
      const found = corners.flatMap((corner, i) => {
        const next = (i + 1) % 4;
        return [crossing(level, corner, at[i], corners[next], at[next])].filter((place) => place !== undefined);
      });
      for (let i = 0; i + 1 < found.length; i += 2) pieces.push([found[i], found[i + 1]]);
    }
  }
  return pieces;
}
