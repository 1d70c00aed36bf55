// Files of Keras: .keras (a zip of config.json and HDF5), the older .h5 (its config an attribute), .weights.h5 (no
// config).
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { type JsonObject, parseStrictJson } from "../../../core/strict-json.js";
import { refuse } from "../../chain/refuse.js";
import type { ReadFile, Said } from "../said.js";
import { type NamedTensor, transposed } from "../../../arrays/tensor.js";
import { chainOfStateDict } from "../state-dict.js";
import { ZipArchive } from "../../../arrays/zip.js";
import { compiledLoss, notesOnLoss } from "./training.js";
import { layerPath, readConfig } from "./config.js";
import { type HdfGroup, openHdf5 } from "./hdf5.js";
import { chainOfLayers, checkKnown, type Wanted, type WeightSource } from "./layers.js";

const CONFIG_DEPTH = 100;
const MOST_CONFIG = 2 ** 24;
const CONFIG = "config.json";
const SAVE_CONFIG = "Save the model with its config, as a .keras file";

/** How many variables there are beyond those that count: Normalization has a counter. */
const COUNTERS: ReadonlyMap<string, number> = new Map([["Normalization", 1]]);

function missing(what: string): RelumineError {
  return new RelumineError("format", what, "to be in the file", "none");
}

function otherWeights(layer: string, wanted: readonly Wanted[], given: string): RelumineError {
  const expected = `to be ${wanted.map(({ name }) => name).join(", ")}`;
  return new RelumineError("format", `the weights of ${layer}`, expected, given);
}

function newerSource(root: HdfGroup): WeightSource {
  return (layer, wanted) => {
    const what = layerPath(layer);
    const group = root.within([...layer.groups, "vars"]);
    if (group === undefined) throw missing(`the weights of ${what}`);
    const said = group.attribute("name");
    if (said !== undefined && said !== layer.name)
      throw new RelumineError("format", `the weights of ${what}`, "to be those of a layer of its name", describe(said));
    if (group.keys().length !== wanted.length + (COUNTERS.get(layer.className) ?? 0))
      throw otherWeights(what, wanted, `${group.keys().length} arrays`);
    return wanted.map(({ name, shape }, index) => group.numbers(`the ${name} of ${what}`, `${index}`, shape));
  };
}

/** A .keras file as a chain. */
export function readKeras(bytes: Uint8Array, { keep }: Said): ReadFile {
  const archive = new ZipArchive(bytes);
  const text = new TextDecoder().decode(archive.read(CONFIG, MOST_CONFIG));
  const model = parseStrictJson(`the file's ${CONFIG}`, text, CONFIG_DEPTH);
  const config = readConfig(model, checkKnown);
  const root = openHdf5(archive.read("model.weights.h5"));
  const training = (model as JsonObject).compile_config;
  const notes = [...notesOn(text), ...notesOnLoss(training)];
  const chain = chainOfLayers(config, newerSource(root), keep);
  return { writer: "Keras 3", compiled: compiledLoss(training), ...chain, notes };
}

function notesOn(text: string): string[] {
  return /"mixed_(b?float16)"/.test(text)
    ? ["It computed in 16 bits where the network here computes in 32: outputs differ by its rounding."]
    : [];
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

/** The end of a weight's name: "dense/kernel:0" is kernel. */
const partOf = (name: string): string => name.replace(/:0$/, "").split("/").at(-1)!;

function olderSource(root: HdfGroup): WeightSource {
  return (layer, wanted) => {
    const what = layerPath(layer);
    if (layer.groups.length > 2) throw refuse(what, "a layer of a nested model, in an .h5 file", "Save it as .keras");
    const group = root.within(["model_weights", layer.name]);
    const names = group?.attribute("weight_names");
    if (group === undefined || !isTexts(names)) throw missing(`the weights of ${what}`);
    const kept = names.filter((name) => partOf(name) !== "count");
    if (kept.length !== wanted.length || kept.some((name, index) => partOf(name) !== wanted[index].name))
      throw otherWeights(what, wanted, kept.map(partOf).join(", ").slice(0, 80));
    return wanted.map(({ name, shape }, index): NamedTensor => {
      const path = kept[index].split("/");
      if (path.some((each) => each === "" || each === "." || each === ".."))
        throw new RelumineError("format", `the ${name} of ${what}`, "to lie within its layer", describe(kept[index]));
      const within = group.within(path.slice(0, -1));
      if (within === undefined) throw missing(`the ${name} of ${what}`);
      return within.numbers(`the ${name} of ${what}`, path.at(-1)!, shape);
    });
  };
}

/** The attribute training_config; what can't be read there says nothing. */
function trainingOf(root: HdfGroup): unknown {
  const text = root.attribute("training_config");
  if (typeof text !== "string" || text.length > MOST_CONFIG) return undefined;
  try {
    return parseStrictJson("the file's training_config", text, CONFIG_DEPTH);
  } catch {
    return undefined;
  }
}

/** An .h5 file as a chain: a model, or weights alone. */
export function readKerasH5(bytes: Uint8Array, said: Said): ReadFile {
  const root = openHdf5(bytes);
  const text = root.attribute("model_config");
  const isMeant = said.activation !== undefined || said.head !== undefined || /\.weights\.h5$/i.test(said.name);
  if (text === undefined && isMeant && root.keys().includes("layers"))
    return readWeights(root, 2 ** 20 + bytes.length, said);
  if (typeof text !== "string" || text.length > MOST_CONFIG)
    throw new RelumineError(
      "format",
      "the file's attribute model_config",
      "to be the model's config",
      text === undefined ? "none" : describe(text),
    );
  const config = readConfig(parseStrictJson("the file's model_config", text, CONFIG_DEPTH), checkKnown);
  const version = root.attribute("keras_version");
  const writer = typeof version === "string" ? `Keras ${version.slice(0, 40)}` : "Keras";
  const training = trainingOf(root);
  const notes = [...notesOn(text), ...notesOnLoss(training)];
  const chain = chainOfLayers(config, olderSource(root), said.keep);
  return { writer, compiled: compiledLoss(training), ...chain, notes };
}

/** Weights without a config: dense layers in the order of their numbers. */
function readWeights(root: HdfGroup, most: number, said: Said): ReadFile {
  const layers = root.within(["layers"])!;
  const found: { number: number; kernel: NamedTensor; bias?: NamedTensor }[] = [];
  for (const name of layers.keys()) {
    const variables = layers.within([name, "vars"]);
    const keys = variables?.keys() ?? [];
    const isNested = layers
      .within([name])!
      .keys()
      .some((key) => key !== "vars");
    if (isNested) throw refuse(`the file's layer ${describe(name)}`, "a nested one, and no config", SAVE_CONFIG);
    if (keys.length === 0) continue;
    const number = /^dense(?:_(\d+))?$/.exec(name);
    if (number === null)
      throw refuse(
        `the file's layer ${describe(name)}`,
        "one that only a config could place (a batch normalization or the like)",
        SAVE_CONFIG,
      );
    found.push({ number: Number(number[1] ?? 0), ...readDense(variables!, name, keys, most) });
  }
  const sorted = found.sort((a, b) => a.number - b.number);
  const lacking = sorted.findIndex(({ number }, index) => number !== index);
  if (lacking >= 0)
    throw new RelumineError(
      "format",
      "the file's layers",
      "to be counted from dense on",
      `none of the number ${lacking}`,
    );
  const tensors = new Map<string, NamedTensor>();
  sorted.forEach(({ kernel, bias }, index) => {
    tensors.set(`${index}.weight`, transposed(kernel));
    if (bias) tensors.set(`${index}.bias`, bias);
  });
  return { writer: "Keras 3", ...chainOfStateDict({ tensors, isOrdered: true, isOfModules: false }, said) };
}

function readDense(
  variables: HdfGroup,
  name: string,
  keys: readonly string[],
  most: number,
): { kernel: NamedTensor; bias?: NamedTensor } {
  const what = `the kernel of the layer ${describe(name)}`;
  const shape = variables.shapeOf("0");
  if (shape?.length !== 2 || keys.length > 2) throw new RelumineError("format", what, "to have two axes", "others");
  if (shape[0] * shape[1] > most)
    throw new RelumineError("memory", what, `to have at most ${most} numbers`, `[${shape.join(", ")}]`);
  const kernel = variables.numbers(what, "0", shape);
  return keys.length === 1
    ? { kernel }
    : { kernel, bias: variables.numbers(`the bias of the layer ${describe(name)}`, "1", [shape[1]]) };
}
