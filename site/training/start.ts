// How a recipe's weights start, as the package is asked for it.
import type { DenseSpec, Weights } from "../../src/index.js";
import { LARGE_START, type Recipe, SMALL_START, type StartName } from "./recipe.js";

/** Of every layer, the output's too; "usual" and "calibrated" leave it to the activation. */
export function kernelInitializerOf(start: StartName): DenseSpec["kernelInitializer"] {
  if (start === "usual" || start === "calibrated") return undefined;
  if (start === "small") return { normal: SMALL_START };
  return start === "large" ? { normal: LARGE_START } : start;
}

/** PyTorch's start draws biases too, where none is said. */
export function startsBiases({ start, bias }: Pick<Recipe, "start" | "bias">): boolean {
  return start === "torchLinear" && bias === 0;
}

/** The textbook's unit fires on every row, its preactivations about +0.1: one step at 0.2 takes them to -0.1. */
export function startingWeights(recipe: Recipe): Weights[] | undefined {
  if (recipe.data !== "textbook" || recipe.layers.length !== 1 || recipe.layers[0] !== 1) return undefined;
  return [
    { kernel: Float32Array.of(0.06, 0.03), bias: Float32Array.of(0.1) },
    { kernel: Float32Array.of(1), bias: Float32Array.of(0) },
  ];
}
