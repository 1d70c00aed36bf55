// The plane that networks of two inputs are drawn over: its grid of points, and a unit's preactivations on it as a map.

/** Points a side, for the output. */
export const PLANE_SIDE = 48;
/** Points a side, for a unit's map; every second point of the grid. */
export const MAP_SIDE = 24;
export const MAP_POINTS = MAP_SIDE * MAP_SIDE;

/** The points of the plane from -extent to +extent, from top left to bottom right: PLANE_SIDE² rows of two columns. */
export function gridPoints(extent: number): Float32Array {
  const at = (i: number) => (((i + 0.5) / PLANE_SIDE) * 2 - 1) * extent;
  return Float32Array.from({ length: PLANE_SIDE * PLANE_SIDE * 2 }, (_, i) =>
    i % 2 === 0 ? at((i >> 1) % PLANE_SIDE) : -at(Math.floor((i >> 1) / PLANE_SIDE)),
  );
}

/**
 * Writes one unit's map: 128 for 0, scaled so that the largest size is 127.
 * @param z preactivations on the grid: PLANE_SIDE² rows of `units` columns
 * @param map MAP_SIDE² numbers
 */
export function writeMap(z: Float32Array, units: number, unit: number, map: Uint8Array): void {
  const step = PLANE_SIDE / MAP_SIDE;
  const valueAt = (i: number) =>
    z[(Math.floor(i / MAP_SIDE) * step * PLANE_SIDE + (i % MAP_SIDE) * step) * units + unit];
  let largest = 1e-30;
  for (let i = 0; i < map.length; i++) largest = Math.max(largest, Math.abs(valueAt(i)));
  for (let i = 0; i < map.length; i++) map[i] = 128 + Math.round((127 * valueAt(i)) / largest);
}
