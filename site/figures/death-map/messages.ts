// What the page of a map asks for, and what its worker tells.
import type { DeathMap, TrialFigures } from "../../../src/sweep.js";

/** A map as the page draws it: whole, or what is known so far. */
export type MapPicture = Omit<DeathMap, "toString"> & { readonly isWhole: boolean };

/** One training of a cell, epoch by epoch, the start first. */
export interface CellCourse {
  readonly column: number;
  readonly row: number;
  /** Which of the cell's starts, from 0 on. */
  readonly repeat: number;
  readonly seed: number;
  /** Hidden units by layer. */
  readonly units: readonly number[];
  /** After so many epochs, one a picture. */
  readonly epochs: readonly number[];
  /** Of the held-out rows. */
  readonly accuracy: Float32Array;
  /** For each picture all hidden units: 1 dead. */
  readonly dead: Uint8Array;
  /** For each picture the answers over the plane, PLANE_SIDE² of 0 to 255. */
  readonly planes: Uint8Array;
  /** As the map has them. */
  readonly figures: TrialFigures;
}

export type ToMapEngine =
  | { readonly kind: "map" }
  | { readonly kind: "train"; readonly column: number; readonly row: number; readonly repeat: number };

export type FromMapEngine =
  { readonly kind: "map"; readonly picture: MapPicture } | { readonly kind: "course"; readonly course: CellCourse };
