// Small tasks: samples that can be learned, and ones for size alone.
import type { Matrix } from "../../src/index.js";
import type { Rows } from "../reference/network.js";
import { randomRows, seededRandom } from "./random.js";

/** A small task of classification: the class is the sector of a point of the plane. */
export function sectors(rows: number, classes = 3, seed = 1): { x: Rows; y: number[] } {
  const x = randomRows(seededRandom(seed), rows, 2);
  return { x, y: x.map(([a, b]) => Math.floor(((Math.atan2(b, a) / Math.PI + 1) / 2) * classes * 0.9999)) };
}

/** Rows with ten labels, for what asks for size and not for sense. */
export function labelled(rows: number, columns: number, scale = 1): { x: Matrix; y: number[] } {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i * i) * scale);
  return { x: { rows, columns, data }, y: Array.from({ length: rows }, (_, i) => (i * i) % 10) };
}

/** A sequence of low discrepancy in [0, 1), and of two others by k. */
export const spot = (i: number, k: number): number => ((i + 1) * [0.7548776662, 0.569840291, 0.430159709][k]) % 1;

/** 400 of its rows in [-2, 2]². */
export const SQUARE: Rows = Array.from({ length: 400 }, (_, i) => [4 * spot(i, 0) - 2, 4 * spot(i, 1) - 2]);

/** A small task of regression. */
export function waves(rows: number, seed = 1): { x: Rows; y: number[] } {
  const x = randomRows(seededRandom(seed), rows, 2, 2);
  return { x, y: x.map(([a, b]) => Math.fround(Math.sin(a) + 0.5 * b)) };
}
