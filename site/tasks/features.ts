// What a network may be given of a point of the plane, beside its coordinates.
import type { Matrix } from "../../src/index.js";

/** The plane of TensorFlow Playground, whose sines these are, reaches from -6 to 6; this one from -1 to 1. */
const SINE_SCALE = 6;

interface Feature {
  /** As the page writes it. */
  readonly text: string;
  /** As a program in Python writes it, of x and y. */
  readonly python: string;
  readonly of: (x: number, y: number) => number;
}

export const FEATURE_NAMES = ["x", "y", "x2", "y2", "xy", "sinX", "sinY"] as const;
export type FeatureName = (typeof FEATURE_NAMES)[number];

export const FEATURES: Readonly<Record<FeatureName, Feature>> = {
  x: { text: "x", python: "x", of: (x) => x },
  y: { text: "y", python: "y", of: (_x, y) => y },
  x2: { text: "x²", python: "x ** 2", of: (x) => x * x },
  y2: { text: "y²", python: "y ** 2", of: (_x, y) => y * y },
  xy: { text: "xy", python: "x * y", of: (x, y) => x * y },
  sinX: { text: `sin ${SINE_SCALE}x`, python: `sin(${SINE_SCALE} * x)`, of: (x) => Math.sin(SINE_SCALE * x) },
  sinY: { text: `sin ${SINE_SCALE}y`, python: `sin(${SINE_SCALE} * y)`, of: (_x, y) => Math.sin(SINE_SCALE * y) },
};

export const COORDINATES: readonly FeatureName[] = ["x", "y"];

/**
 * The rows that a network is given.
 * @param points two numbers each
 */
export function featureRows(points: Float32Array, features: readonly FeatureName[]): Matrix {
  const rows = points.length / 2;
  const data = new Float32Array(rows * features.length);
  for (let row = 0; row < rows; row++) {
    const [x, y] = points.subarray(row * 2, row * 2 + 2);
    features.forEach((name, column) => {
      data[row * features.length + column] = FEATURES[name].of(x, y);
    });
  }
  return { rows, columns: features.length, data };
}
