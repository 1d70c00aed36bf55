// What the page and the engine of the figure "The region of no return" tell each other, the plane that both draw on.

/** A unit of one input: z = w x + b. */
export interface Point {
  readonly w: number;
  readonly b: number;
}

/** The plane from its lower left to its upper right corner. */
export const PLANE = { w: [-2.2, 2.2], b: [-2.2, 2.2] } as const;
/**
 * Cells a side of the map of fates. Their number is a power of two, by which a rate is multiplied and a gradient
 * divided without rounding: each of the many units of one network then steps to the bit as it would by itself.
 */
export const SIDE = 32;
/** Steps of each training. */
export const STEPS = 60;

/** Of the grid of losses. */
export const FINE_SIDE = 2 * SIDE;

/** The middle of a cell; cells run from the lower left corner, row by row. */
export function cellMiddle(index: number, side = SIDE): Point {
  const at = ([low, high]: readonly [number, number], cell: number) => low + ((high - low) * (cell + 0.5)) / side;
  return { w: at(PLANE.w, index % side), b: at(PLANE.b, Math.floor(index / side)) };
}

export interface Training {
  readonly rate: number;
  /** The start, then the unit after each step; it ends where the unit is closed on every sample. */
  readonly path: readonly Point[];
  /** The loss at each of them. */
  readonly losses: readonly number[];
  /** Samples that open the unit at the end. */
  readonly open: number;
}

export interface Samples {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

export type ToPlane =
  | { readonly kind: "samples" }
  | { readonly kind: "train"; readonly start: Point; readonly rate: number }
  | { readonly kind: "fates"; readonly rate: number };

export type FromPlane =
  /** losses: by cell of the fine grid, of a unit at its middle. */
  | { readonly kind: "samples"; readonly samples: Samples; readonly losses: Float32Array }
  | { readonly kind: "trained"; readonly training: Training }
  /** 1 for each cell from which a training ends closed on every sample. */
  | { readonly kind: "fates"; readonly rate: number; readonly fates: Uint8Array };

/** The least and the greatest x. */
export function hullOf({ x }: Samples): readonly [low: number, high: number] {
  return [Math.min(...x), Math.max(...x)];
}

/** Exact: z = w x + b is at most 0 on every sample where it is at both ends of the hull. */
export function isOfNoReturn({ w, b }: Point, hull: readonly [number, number]): boolean {
  return hull.every((x) => w * x + b <= 0);
}
