// Files of what a network's layers did, as `numpy.savez` writes them from a hook: arrays by layer, and beside them what
// is known of the layer. Their numbers are read block by block, from one file after the other.
//
//   LAYER.preactivations          what goes into the activation: rows x units, or rows x channels x places ...; LAYER
//                                 alone where no name of the file ends so
//   LAYER.activations             what comes out of it
//   LAYER.weight                  as PyTorch names it: units x inputs, or units x channels x places ...
//   LAYER.kernel                  as Keras does: inputs x units, or places ... x channels x units
//   LAYER.bias, LAYER.slopes      one number a unit; slopes of a PReLU
//   LAYER.activation, LAYER.inputs, LAYER.channels     texts, as diagnoseActivations takes them
import { type Arrays, isNumbers } from "./choose.js";
import type { FileArray } from "./file-array.js";
import { isSameShape, productOf, shapeText } from "./numbers.js";
import { type ArrayFile, type DataSource, openData } from "./open.js";
import type { ObservedActivation } from "../activations/observed.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import { channelsOf, type StreamedLayer } from "../diagnosis/activations/layers.js";
import type { LayerValues } from "../diagnosis/activations/values.js";
import { rowsByUnit } from "../inspect/kernel-rows.js";
import { countOf, listWords } from "../text/numbers.js";

/** What the files leave open. */
export interface ActivationFileOptions {
  /** Of all layers of which the files do not say it, or one for each layer. Default "relu". */
  readonly activation?: ObservedActivation | readonly ObservedActivation[];
  /** Where a row has more axes than one; default as for `diagnoseActivations`. */
  readonly channels?: "first" | "last";
}

/** Layers of files, for `diagnoseActivations`. */
export interface ActivationFile {
  /** In the order of the first file. */
  readonly layers: StreamedLayer[];
  /** What was left out. */
  readonly notes: string[];
}

const VALUES = ["preactivations", "activations"] as const;
const NUMBERS = ["weight", "kernel", "bias", "slopes"] as const;
const TEXTS = ["activation", "inputs", "channels"] as const;
type Kind = (typeof VALUES)[number];
type Fact = (typeof NUMBERS)[number] | (typeof TEXTS)[number];

const NAMED = new RegExp(`^(.+)\\.(${[...VALUES, ...NUMBERS, ...TEXTS].join("|")})$`);
interface Place {
  readonly name: string;
  readonly kind: Kind;
  /** The array's own name. */
  readonly array: string;
}

/** Whether arrays of these names are layers of a network on rows, by their endings. */
export function areActivations(names: Iterable<string>): boolean {
  return [...names].some((name) => VALUES.includes(NAMED.exec(name)?.[2] as Kind));
}

function placesOf(arrays: Arrays): Place[] {
  const isSaid = areActivations(arrays.keys());
  return [...arrays].flatMap(([array, numbers]): Place[] => {
    const [, name = array, ending = "preactivations"] = NAMED.exec(array) ?? [];
    if (!VALUES.includes(ending as Kind)) return [];
    if (!isNumbers(numbers)) throw numbers;
    if (name === array && (isSaid || numbers.shape.length < 2)) return [];
    return [{ name, kind: ending as Kind, array }];
  });
}

async function openPart(source: DataSource): Promise<ArrayFile> {
  const opened = await openData(source, {});
  if (!("table" in opened)) return opened;
  throw new RelumineError("format", "the file", "to hold arrays of layers, as numpy.savez writes them", "a table");
}

/** The same array of all files. */
function arraysOf(parts: readonly ArrayFile[], { array, name }: Place): FileArray[] {
  const all: FileArray[] = [];
  for (const { arrays } of parts) {
    const found = arrays.get(array);
    if (!isNumbers(found))
      throw found ?? new RelumineError("format", "each file", `to hold ${describe(array)}`, "none");
    const first = all.at(0);
    if (first && !isSameShape([first.rows, ...found.shape.slice(1)], first.shape)) {
      const expected = `to have rows of the same shape, ${shapeText(first.shape.slice(1))}, in each file`;
      throw new RelumineError("shape", `the layer ${describe(name)}`, expected, shapeText(found.shape.slice(1)));
    }
    all.push(found);
  }
  return all;
}

async function* blocksOf(arrays: readonly FileArray[]): AsyncGenerator<LayerValues> {
  for (const array of arrays) {
    const { rowSize, shape } = array;
    for await (const data of array.blocks())
      yield { data, shape: [data.length / Math.max(1, rowSize), ...shape.slice(1)] };
  }
}

/** Numbers of an array, in memory. */
interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** inputs x units, and of a convolution how many channels it takes. */
interface Kernel extends Matrix {
  readonly channels?: number;
}

/** Of PyTorch's [units, inputs] or [units, channels, ...places]. */
function fromWeight({ shape, data }: Numbers): Kernel {
  const columns = shape[0];
  const rows = productOf(shape.slice(1));
  const kernel = new Float32Array(data.length);
  for (let unit = 0; unit < columns; unit++)
    for (let input = 0; input < rows; input++) kernel[input * columns + unit] = data[unit * rows + input];
  return { rows, columns, data: kernel, ...(shape.length > 2 && { channels: shape[1] }) };
}

/** The same of Keras' [inputs, units] or [...places, channels, units]. */
function fromKernel({ shape, data }: Numbers): Kernel {
  const [inputs, columns] = shape.slice(-2);
  if (shape.length === 2) return { rows: inputs, columns, data };
  return { ...rowsByUnit(data, inputs, columns), channels: inputs };
}

/** What the files say of one thing, of which each that says it says the same. */
async function agreed<T>(
  what: string,
  parts: readonly ArrayFile[],
  read: (part: ArrayFile) => Promise<T | undefined>,
  isSame: (a: T, b: T) => boolean,
): Promise<T | undefined> {
  let first: T | undefined;
  for (const part of parts) {
    const found = await read(part);
    if (found === undefined) continue;
    first ??= found;
    if (!isSame(first, found))
      throw new RelumineError("value", what, "to be the same in each file, as layers of one network", "others");
  }
  return first;
}

function areSame(a: Numbers, b: Numbers): boolean {
  return isSameShape(a.shape, b.shape) && a.data.every((each, index) => Object.is(each, b.data[index]));
}

/** What is known of a layer; its kernel's rows may still be in another order. */
type Facts = Omit<StreamedLayer, "kernel"> & { readonly kernel?: Kernel };

async function readFacts(parts: readonly ArrayFile[], name: string): Promise<Facts> {
  const numbers = (fact: Fact, leastAxes: number) => {
    const read = async ({ arrays }: ArrayFile): Promise<Numbers | undefined> => {
      const array = arrays.get(`${name}.${fact}`);
      if (array === undefined) return undefined;
      if (!isNumbers(array)) throw array;
      const { shape } = array;
      if (shape.length >= leastAxes) return { shape, data: await array.read() };
      throw new RelumineError("shape", array.what, `to have at least ${leastAxes} axes`, shapeText(shape));
    };
    return agreed(`the array ${describe(`${name}.${fact}`)}`, parts, read, areSame);
  };
  const text = (fact: Fact) => {
    const read = async ({ textOf }: ArrayFile) => textOf?.(`${name}.${fact}`);
    return agreed(`the text ${describe(`${name}.${fact}`)}`, parts, read, (a, b) => a === b);
  };
  const [weight, kernel] = [await numbers("weight", 2), await numbers("kernel", 2)];
  const [bias, slopes] = [await numbers("bias", 1), await numbers("slopes", 0)];
  const [activation, inputs, channels] = [await text("activation"), await text("inputs"), await text("channels")];
  return {
    ...(weight && { kernel: fromWeight(weight) }),
    ...(kernel && { kernel: fromKernel(kernel) }),
    ...(bias && { bias: bias.data }),
    ...(slopes && { slopes: slopes.data }),
    ...(activation !== undefined && { activation: activation as ObservedActivation & string }),
    ...(inputs !== undefined && { inputs }),
    ...(channels !== undefined && { channels: channels as "first" | "last" }),
  };
}

/** A layer that may feed others. */
interface Feeder {
  readonly units: number;
  readonly channels: "first" | "last";
}

function asFeeder(facts: Facts, shape: readonly number[]): Feeder {
  const channels = channelsOf({ ...facts, kernelUnits: facts.kernel?.columns }, shape);
  return { units: channels === "last" ? shape.at(-1)! : shape[1], channels };
}

/** Whether a convolution takes some of the channels, or others than the feeder's units. */
function isOfOthers({ kernel }: Facts, feeder: Feeder | undefined): boolean {
  return kernel?.channels !== undefined && feeder !== undefined && kernel.channels !== feeder.units;
}

/**
 * A layer as it is diagnosed: rows of its kernel that one unit feeds brought together, where flattened values came
 * place by place; without the layer that feeds it, where it takes not all of its units one by one.
 */
function fedBy(facts: Facts, feeder: Feeder | undefined): StreamedLayer {
  const { kernel, inputs, ...others } = facts;
  if (!kernel) return { ...others, ...(inputs !== undefined && { inputs }) };
  const { rows, columns, data, channels } = kernel;
  const isInterleaved = channels === undefined && feeder?.channels === "last" && rows % feeder.units === 0;
  return {
    ...others,
    ...(inputs !== undefined && !isOfOthers(facts, feeder) && { inputs }),
    kernel: isInterleaved ? rowsByUnit(data, feeder.units, columns) : { rows, columns, data },
  };
}

function activationOf(
  given: ActivationFileOptions["activation"],
  index: number,
  count: number,
): ObservedActivation | undefined {
  if (!Array.isArray(given)) return given as ObservedActivation | undefined;
  const list: readonly ObservedActivation[] = given;
  if (list.length === count) return list[index];
  throw new RelumineError("value", "activation", `to be one, or ${count}, one for each layer`, `${list.length}`);
}

/**
 * The layers that files hold: .npz, .npy or safetensors of arrays named LAYER, LAYER.preactivations or
 * LAYER.activations, with LAYER.weight (units x inputs) or LAYER.kernel (inputs x units), LAYER.bias,
 * LAYER.activation and others beside them. Numbers are read when `diagnoseActivations` asks for them.
 * @param sources files with the same layers, whose rows follow each other
 * @cost reads the weights beside the layers alone
 * @throws RelumineError "format", "unsupported", "shape", "value" or "memory", as a rejection
 * @example
 * const { layers } = await readActivations([await file.arrayBuffer()]);
 * const diagnosis = await diagnoseActivations({ layers });
 */
export async function readActivations(
  sources: readonly DataSource[],
  options: ActivationFileOptions = {},
): Promise<ActivationFile> {
  const parts: ArrayFile[] = [];
  for (const source of sources) parts.push(await openPart(source));
  if (parts.length === 0) throw new RelumineError("shape", "sources", "to have at least one file", "none");
  const places = placesOf(parts[0].arrays);
  const names = new Set<string>();
  const twice = places.find(({ name }) => names.size === names.add(name).size);
  if (twice)
    throw new RelumineError("format", `the layer ${describe(twice.name)}`, "to be there once", "several times");
  if (places.length === 0)
    throw new RelumineError(
      "format",
      "the file",
      "to hold layers, arrays of rows x units",
      describe([...parts[0].arrays.keys()].join(", ")),
    );
  const layers: StreamedLayer[] = [];
  const feeders = new Map<string, Feeder>();
  const notes = notesOf(parts[0].arrays, places);
  for (const [index, place] of places.entries()) {
    const arrays = arraysOf(parts, place);
    const activation = activationOf(options.activation, index, places.length);
    const facts = {
      ...(options.channels && { channels: options.channels }),
      ...(activation !== undefined && { activation }),
      ...(await readFacts(parts, place.name)),
    };
    const feeder = facts.inputs === undefined ? undefined : feeders.get(facts.inputs);
    if (isOfOthers(facts, feeder)) notes.push(noteOfOthers(place.name, facts));
    feeders.set(place.name, asFeeder(facts, arrays[0].shape));
    layers.push({
      ...fedBy(facts, feeder),
      ...(place.name !== "" && { name: place.name }),
      [place.kind]: { rows: arrays.reduce((sum, { rows }) => sum + rows, 0), blocks: () => blocksOf(arrays) },
    });
  }
  return { layers, notes };
}

function noteOfOthers(name: string, { inputs, kernel }: Facts): string {
  const given = `a convolution of ${countOf(kernel!.channels!, "channel")}`;
  return `${describe(name)}, ${given}, does not take each unit of ${describe(inputs)}: silent inputs are not told`;
}

function notesOf(arrays: Arrays, places: readonly Place[]): string[] {
  const known = new Set(
    places.flatMap(({ name, array }) => [array, ...[...NUMBERS, ...TEXTS].map((fact) => `${name}.${fact}`)]),
  );
  const others = [...arrays.keys()].filter((name) => !known.has(name));
  return others.length === 0
    ? []
    : [`left out, as no layer's: ${listWords(others.slice(0, 8).map(describe))}${others.length > 8 ? " ..." : ""}`];
}
