// A TensorFlow.js LayersModel: model.json with a Keras config and a list of weights, which lie one after another in
// shards that are cut anywhere. Source: tfjs-core, io/io_utils.ts and io/types.ts.
import { concatBytes } from "../../../core/bytes.js";
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { checkObject, isJsonObject, type JsonObject, parseJsonFile } from "../../../core/strict-json.js";
import { checkWeights } from "../../chain/value.js";
import { namedFile } from "../../files.js";
import { bytesOf, countOf, decodeNumbers, isSameShape, type NumberType, shapeText } from "../../../arrays/numbers.js";
import { compiledLoss } from "../keras/training.js";
import { type LayerConfig, layerPath, readConfig } from "../keras/config.js";
import { chainOfLayers, checkKnown, type WeightSource } from "../keras/layers.js";
import type { ReadFile, Said } from "../said.js";
import type { NamedTensor } from "../../../arrays/tensor.js";

const CONFIG_DEPTH = 100;
const MOST_BYTES = 2 ** 26;
const MANIFEST = "the model's weightsManifest";

interface Spec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly type: NumberType;
  readonly scale: number;
  readonly min: number;
}

const TYPES: ReadonlyMap<unknown, NumberType> = new Map([
  ["float32", "f32"],
  ["int32", "i32"],
  ["bool", "bool"],
]);
const QUANTIZED: ReadonlyMap<unknown, NumberType> = new Map([
  ["uint8", "u8"],
  ["uint16", "u16"],
  ["float16", "f16"],
]);
const QUANTIZED_TYPES: ReadonlySet<NumberType> = new Set(QUANTIZED.values());

function listOf(what: string, value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  throw new RelumineError("format", what, "to be a list", describe(value));
}

function joined(files: ReadonlyMap<string, Uint8Array>, paths: readonly unknown[]): Uint8Array {
  const shards = paths.map((path) => {
    if (typeof path !== "string") throw new RelumineError("format", MANIFEST, "to name its shards", describe(path));
    return namedFile(files, "the path of a shard", path);
  });
  if (shards.length === 1) return shards[0];
  const lengthOf = (all: Iterable<Uint8Array>) => [...all].reduce((sum, { length }) => sum + length, 0);
  if (lengthOf(shards) > lengthOf(files.values()))
    throw new RelumineError("format", MANIFEST, "to name each shard once", "one several times");
  return concatBytes(shards);
}

const finite = (value: unknown): number => (typeof value === "number" ? value : NaN);

function specOf(entry: JsonObject, rest: Uint8Array): Spec {
  const { name, shape, dtype, quantization } = entry;
  if (typeof name !== "string") throw new RelumineError("format", MANIFEST, "to name its weights", describe(name));
  const what = `the weight ${describe(name)}`;
  const packed = quantization === undefined || quantization === null ? undefined : checkObject(what, quantization);
  const type = packed ? QUANTIZED.get(packed.dtype) : TYPES.get(dtype);
  if (type === undefined || (packed && dtype !== "float32"))
    throw new RelumineError(
      "unsupported",
      `${what}'s dtype`,
      "to be float32, perhaps quantized",
      describe(packed?.dtype ?? dtype),
    );
  const sizes = listOf(what, shape) as readonly number[];
  const length = countOf(what, sizes) * bytesOf(type);
  if (length > rest.length)
    throw new RelumineError("format", what, `to have its ${length} bytes in the shards`, `${rest.length}`);
  const isScaled = packed !== undefined && type !== "f16";
  return {
    name,
    shape: sizes,
    bytes: rest.subarray(0, length),
    type,
    scale: isScaled ? finite(packed.scale) : 1,
    min: isScaled ? finite(packed.min) : 0,
  };
}

/** All weights by name, and that they fill the shards. */
function readManifest(value: unknown, files: ReadonlyMap<string, Uint8Array>): Map<string, Spec> {
  const specs = new Map<string, Spec>();
  for (const each of listOf(MANIFEST, value)) {
    const group = checkObject(MANIFEST, each);
    let rest = joined(files, listOf(MANIFEST, group.paths));
    for (const entry of listOf(MANIFEST, group.weights)) {
      const spec = specOf(checkObject(MANIFEST, entry), rest);
      if (specs.has(spec.name))
        throw new RelumineError("format", MANIFEST, "to have different names", `${describe(spec.name)} twice`);
      specs.set(spec.name, spec);
      rest = rest.subarray(spec.bytes.length);
    }
    if (rest.length > 0)
      throw new RelumineError(
        "format",
        "the model's shards",
        "to end with the last weight",
        `${rest.length} bytes more`,
      );
  }
  return specs;
}

function numbersOf(what: string, { shape, bytes, type, scale, min }: Spec): NamedTensor {
  const data = decodeNumbers(what, type, bytes, countOf(what, shape));
  // tfjs computes it in float32 from float64 constants, rounding once
  const numbers = type === "u8" || type === "u16" ? data.map((value) => value * scale + min) : data;
  checkWeights(what, numbers);
  return { shape, data: numbers };
}

/** By the ends of the names: [prefix/]layer/part. */
function sourceOf(specs: ReadonlyMap<string, Spec>): WeightSource {
  const byLayer = new Map<string, Map<string, Spec[]>>();
  for (const spec of specs.values()) {
    const [part, layer] = spec.name.replace(/:0$/, "").split("/").reverse();
    const parts = byLayer.get(layer ?? "") ?? new Map<string, Spec[]>();
    byLayer.set(layer ?? "", parts);
    parts.set(part, [...(parts.get(part) ?? []), spec]);
  }
  return (layer: LayerConfig, wanted) => {
    const parts = byLayer.get(layer.name) ?? new Map<string, Spec[]>();
    const extra = [...parts.keys()].find((part) => part !== "count" && !wanted.some(({ name }) => name === part));
    if (extra !== undefined)
      throw new RelumineError(
        "format",
        `the weights of ${layerPath(layer)}`,
        "to be those of its config",
        describe(extra),
      );
    return wanted.map(({ name, shape }) => {
      const what = `the ${name} of ${layerPath(layer)}`;
      const [spec, ...more] = parts.get(name) ?? [];
      if (spec === undefined || more.length > 0)
        throw new RelumineError("format", what, "to be in the file once", spec ? "several" : "none");
      if (!isSameShape(spec.shape, shape))
        throw new RelumineError(
          "format",
          what,
          `to have the shape [${shape.join(", ")}] of its units`,
          shapeText(spec.shape),
        );
      return numbersOf(what, spec);
    });
  };
}

const parseModel = (bytes: Uint8Array): JsonObject => parseJsonFile("model.json", bytes, MOST_BYTES, CONFIG_DEPTH);

/**
 * The shards that a model.json names, of layers models and of graph models.
 * @throws RelumineError "format" or "memory"
 */
export function shardNames(bytes: Uint8Array): unknown[] {
  const { weightsManifest } = parseModel(bytes);
  if (weightsManifest === undefined) return [];
  return listOf(MANIFEST, weightsManifest).flatMap((group) => listOf(MANIFEST, checkObject(MANIFEST, group).paths));
}

/** A model.json, with its shards among the files, as a chain. */
export function readLayersModel(bytes: Uint8Array, { files, keep }: Said): ReadFile {
  const model = parseModel(bytes);
  const isGraph =
    model.format === "graph-model" || (isJsonObject(model.modelTopology) && "node" in model.modelTopology);
  if (isGraph)
    throw new RelumineError(
      "unsupported",
      "model.json",
      "to be a layers model",
      "a graph model",
      "Convert the Keras model to a layers model, or to ONNX",
    );
  const topology = checkObject("the model's modelTopology", model.modelTopology);
  const config = readConfig(topology.model_config ?? topology, checkKnown);
  const specs = readManifest(model.weightsManifest, files);
  const writer = typeof model.generatedBy === "string" ? model.generatedBy.slice(0, 80) : "TensorFlow.js";
  const isQuantized = [...specs.values()].some(({ type }) => QUANTIZED_TYPES.has(type));
  const notes = isQuantized ? ["Its weights are quantized: those here are the numbers that they stand for."] : [];
  const compiled = compiledLoss(topology.training_config ?? model.trainingConfig);
  return { writer, notes, compiled, ...chainOfLayers(config, sourceOf(specs), keep) };
}
