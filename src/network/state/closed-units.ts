// Whose closed units are left out of a batch's products.
import { isRectifier } from "../../activations/activations.js";
import type { ResolvedSpec } from "../spec.js";

/** Closed units are left out where that saves more than it costs: from this many units and rows on ... */
export const SKIP_FROM_UNITS = 64;
export const SKIP_FROM_ROWS = 16;
/** ... up to as many units as the workspace has room for (see `spread`) ... */
const SKIP_UP_TO_UNITS = 2 ** 16;
/** ... and if no larger share of them is open (measured). */
const SKIP_UP_TO_OPEN = 9 / 10;

/**
 * How many of a layer's units may be open on a batch for the others to be left out; 0: none ever are. What a closed
 * unit puts out is not 0 where the layer's inputs pass it by, and what a layer puts out is needed whole where it passes
 * the next one by. Normalization closes few units on a whole batch.
 */
export function mostOpen({ layers }: ResolvedSpec, index: number): number {
  const { units, activation, normalization, dropout, residual } = layers[index];
  if (normalization || dropout !== undefined || residual || layers[index + 1]?.residual) return 0;
  if (!isRectifier(activation.name) || units < SKIP_FROM_UNITS || units > SKIP_UP_TO_UNITS) return 0;
  return Math.floor(units * SKIP_UP_TO_OPEN);
}
