// The graphs of tests/fixtures/graphs, and what PyTorch counted in them.
import { readFileSync } from "node:fs";
import * as ort from "onnxruntime-web";
import type { GraphArray } from "../../src/graph/feeds.js";

ort.env.wasm.numThreads = 1;
export { ort };

export interface CountedLayer {
  readonly samples: number;
  readonly fired: readonly number[];
  readonly max: readonly number[];
  readonly min: readonly number[];
  readonly mean: readonly number[];
  /** What is added to the product of weights and inputs, batch norm included, where that is known. */
  readonly bias?: readonly number[];
}

export interface Counted {
  readonly inputs: Readonly<Record<string, GraphArray>>;
  readonly layers: Readonly<Record<string, CountedLayer>>;
  readonly y: readonly number[];
}

const file = (name: string) => readFileSync(new URL(`../fixtures/graphs/${name}`, import.meta.url));

/** The files of each model, and the activation's nodes in the order of `layers`. */
export const GRAPHS: readonly (readonly [file: string, activations: readonly string[]])[] = [
  ["block.9", ["relu6", "relu", "relu", "hardSwish", "leakyRelu"]],
  ["block.14", ["relu6", "relu", "relu", "hardSwish", "leakyRelu"]],
  ["block.norms13", ["relu6", "relu", "relu", "hardSwish", "leakyRelu"]],
  ["gelu.13", ["gelu", "relu"]],
  ["silu.11", ["silu", "relu"]],
  ["two.13", ["relu", "prelu", "elu"]],
  ["two-rows.13", ["relu", "relu"]],
];

export function readGraphFile(name: string): { readonly model: Uint8Array; readonly counted: Counted } {
  const counted = JSON.parse(file(`${name.split(".")[0]}.json`).toString("utf8")) as Counted;
  return { model: file(`${name}.onnx`), counted };
}
