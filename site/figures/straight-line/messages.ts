// What the demonstration of activations and its engine say to each other.
export type CurveActivation = "linear" | "relu" | "sigmoid";
export const CURVE_ACTIVATIONS: readonly CurveActivation[] = ["linear", "relu", "sigmoid"];
export const MOST_LAYERS = 3;

export interface Choice {
  readonly activation: CurveActivation;
  /** Hidden ones. */
  readonly layers: number;
}

export interface ToCurves {
  readonly kind: "train";
  readonly choice: Choice;
}

export const OPENING: Choice = { activation: "linear", layers: 3 };

export interface Samples {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/** Where the curve is drawn: this many places from -1 to 1. */
export const PLACES = 201;
/** The network is shown after so many steps. */
export const SHOWN_AT: readonly number[] = [
  0, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 1750, 2000,
];

export interface Look {
  readonly steps: number;
  /** The network's output at PLACES places. */
  readonly curve: Float32Array;
  /** Mean squared error on the samples. */
  readonly loss: number;
}

export interface Course extends Choice {
  readonly kind: "course";
  readonly samples: Samples;
  readonly looks: readonly Look[];
  /** The straight line of least squares: its value at -1 and at 1, and its mean squared error. */
  readonly line: { readonly ends: readonly [number, number]; readonly loss: number };
}
