// Points that fill a cube evenly: what Sobol's sequence and a Latin hypercube promise.
import { expect, test } from "vitest";
import { latinHypercube, MOST_DIMENSIONS, sobol } from "../../../src/sweep/plan/sobol.js";

const pointsOf = (pointOf: (index: number) => number[], count: number) =>
  Array.from({ length: count }, (_, index) => pointOf(index));

test("Sobol's first points are those of the literature, up to the shift", () => {
  const shifted = pointsOf(sobol(3, 0), 8);
  const [shift] = shifted;
  const unshifted = shifted.map((point) =>
    point.map((value, i) => ((Math.round(value * 2 ** 32) ^ Math.round(shift[i] * 2 ** 32)) >>> 0) / 2 ** 32),
  );
  expect(unshifted).toEqual([
    [0, 0, 0],
    [0.5, 0.5, 0.5],
    [0.75, 0.25, 0.25],
    [0.25, 0.75, 0.75],
    [0.375, 0.375, 0.625],
    [0.875, 0.875, 0.125],
    [0.625, 0.125, 0.875],
    [0.125, 0.625, 0.375],
  ]);
});

test("in each dimension 2^k points lie one in each of 2^k parts", () => {
  const points = pointsOf(sobol(MOST_DIMENSIONS, 12345), 1024);
  for (let dimension = 0; dimension < MOST_DIMENSIONS; dimension++)
    expect(new Set(points.map((point) => Math.floor(point[dimension] * 1024))).size).toBe(1024);
});

test("pairs of dimensions fill squares: no two dimensions are the same", () => {
  const points = pointsOf(sobol(MOST_DIMENSIONS, 1), 4096);
  for (let a = 0; a < MOST_DIMENSIONS; a++)
    for (let b = 0; b < a; b++) {
      const cells = new Set(points.map((point) => Math.floor(point[a] * 8) * 8 + Math.floor(point[b] * 8)));
      expect(cells.size, `${a} and ${b}`).toBe(64);
    }
});

test("a Latin hypercube has one point in each part of each dimension, at random within it", () => {
  const points = pointsOf(latinHypercube(4, 50, 9), 50);
  for (let dimension = 0; dimension < 4; dimension++) {
    expect(new Set(points.map((point) => Math.floor(point[dimension] * 50))).size).toBe(50);
    expect(points.map((point) => point[dimension])).not.toEqual(points.map((point) => point[(dimension + 1) % 4]));
  }
  expect(pointsOf(latinHypercube(4, 50, 9), 50)).toEqual(points);
});
