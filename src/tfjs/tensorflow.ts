// What is used of TensorFlow.js: its core and its layers, whichever way a program has loaded them. Types alone.
import type * as core from "@tensorflow/tfjs-core";
import type * as layers from "@tensorflow/tfjs-layers";

export type { Tensor } from "@tensorflow/tfjs-core";
export type { Callback } from "@tensorflow/tfjs-layers";

/** The global `tf`, the module "@tensorflow/tfjs", or what is used of its parts. */
export type TensorFlow = Pick<typeof core, "clone" | "gather" | "nextFrame" | "slice" | "tensor" | "tidy"> &
  Pick<typeof layers, "Callback" | "layers" | "LayersModel">;

/** A tf.Sequential or tf.LayersModel. */
export type Model = layers.LayersModel;
export type Layer = Model["layers"][number];
/** One of a layer's arrays of weights. */
export type LayerWeight = Layer["weights"][number];

/** Names that a `tf` must have. */
export const NEEDED = [
  "Callback",
  "LayersModel",
  "clone",
  "gather",
  "layers",
  "nextFrame",
  "slice",
  "tensor",
  "tidy",
] as const;

export function isTensor(value: unknown): value is core.Tensor {
  const { shape, data, dtype } = (typeof value === "object" && value !== null ? value : {}) as Partial<core.Tensor>;
  return Array.isArray(shape) && typeof data === "function" && typeof dtype === "string";
}
