// Tensors by name, as PyTorch names a model's parameters: which of them are layers, and in which order. "0.weight" and
// "0.bias" are a Linear [units, inputs]; one weight of one axis by itself the slopes of a PReLU; running_mean and
// running_var make a BatchNorm. Names are sorted in files of safetensors, so that the order comes from numbers in them,
// else from shapes, if these allow one alone, else from a pickle, which keeps it, or from the caller; numbers that tell
// another order than a pickle are refused.
import type { Activation } from "../../activations/activations.js";
import { type NamedTensor } from "../../arrays/tensor.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { tensorPath } from "../../formats/safetensors.js";
import { chainOf, type ReadChain } from "../chain/head.js";
import { refuse } from "../chain/refuse.js";
import { TrainingParts } from "../chain/training-parts.js";
import { checkWeights, identity } from "../chain/value.js";
import { applyNorm, dense, hiddenValue } from "./hidden-value.js";
import type { ReadFile, Said } from "./said.js";
import {
  isSequentialWithSums,
  type Linear,
  type Module,
  type Norm,
  numbersIn,
  residualOf,
  WEIGHTS,
} from "./state-modules.js";

export interface StateDict {
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  /** Its order is that of the model's modules. */
  readonly isOrdered: boolean;
  /** Names are as PyTorch gives them: in "0.weight" 0 is the module's place in a Sequential. */
  readonly isOfModules: boolean;
}

/** A chain, with its parameters by their names in the file: see ReadFile. */
type ReadStateDict = ReadChain & Pick<ReadFile, "parameters" | "lacksEpsilon">;

const PARTS = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
const OWN_EPSILON =
  "The epsilon of its batch normalizations is not in the file: PyTorch's own, 1e-5, was taken. " +
  "Where it was another, say it, as in { epsilon: 0.001 }.";
const ONLY_WEIGHTS =
  "It holds weights alone: that its layers follow each other, without skip connections, can't be seen from them.";

/** Of parts by their names within a module; a part that none of the known modules has is refused by its name. */
function moduleOf(name: string, parts: ReadonlyMap<string, NamedTensor>): Module {
  const full = (part: string) => fullName(name, part);
  for (const [part, { data }] of parts) checkWeights(tensorPath(full(part)), data);
  const recurrent = [...parts.keys()].find((part) => /^(weight|bias)_[ih]h_/.test(part));
  if (recurrent !== undefined) throw refuse(tensorPath(full(recurrent)), `${full(recurrent)}, of a recurrent layer`);
  const other = [...parts.keys()].find((part) => !PARTS.includes(part));
  if (other !== undefined) throw refuse(tensorPath(full(other)), "a tensor of another kind of module");
  const weight = parts.get("weight");
  const bias = parts.get("bias");
  if (parts.has("running_mean") || parts.has("running_var")) return normOf(name, parts);
  if (weight?.shape.length === 2) return linearOf(name, weight, bias);
  if (weight?.shape.length === 1 && bias === undefined && parts.size === 1)
    return { kind: "slopes", name, slopes: weight.data };
  const given =
    weight === undefined
      ? "a bias without a weight"
      : `the shape [${weight.shape.join(", ")}] of ${weight.shape.length} dimensions`;
  const hint =
    "A convolution has four; a layer norm has one beside a bias, but so has a group norm: of a LayerNorm export ONNX, " +
    "or the whole model by torch.save(model)";
  throw refuse(tensorPath(full(weight === undefined ? "bias" : "weight")), given, hint);
}

function linearOf(name: string, weight: NamedTensor, bias: NamedTensor | undefined): Linear {
  const [units, inputs] = weight.shape;
  if (units < 1 || inputs < 1)
    throw new RelumineError("format", tensorPath(fullName(name, "weight")), "to have numbers", "none");
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== units))
    throw new RelumineError(
      "format",
      tensorPath(fullName(name, "bias")),
      `to have the shape [${units}] of its weight's units`,
      `[${bias.shape.join(", ")}]`,
    );
  return { kind: "linear", name, units, inputs, weight: weight.data, ...(bias && { bias: bias.data }) };
}

function normOf(name: string, parts: ReadonlyMap<string, NamedTensor>): Norm {
  const [mean, variance] = ["running_mean", "running_var"].map((part) => parts.get(part));
  const [gamma, beta] = ["weight", "bias"].map((part) => parts.get(part)?.data);
  if (mean === undefined || variance === undefined)
    throw new RelumineError(
      "format",
      WEIGHTS,
      "to hold a BatchNorm's mean and variance",
      `one of them, in ${describe(name)}`,
    );
  const sizes = [mean.data, variance.data, gamma, beta]
    .filter((each) => each !== undefined)
    .map(({ length }) => length);
  if (sizes.some((size) => size !== sizes[0]) || mean.shape.length !== 1)
    throw new RelumineError(
      "format",
      WEIGHTS,
      "to have BatchNorms of as many numbers each",
      `others in ${describe(name)}`,
    );
  return { kind: "norm", name, numbers: { gamma, beta, mean: mean.data, variance: variance.data } };
}

/** "0.weight" is the weight of the module "0". */
function splitName(name: string): { module: string; part: string } {
  const dot = name.lastIndexOf(".");
  return { module: name.slice(0, Math.max(0, dot)), part: name.slice(dot + 1) };
}

/** Of a model that is one module itself, the part's own. */
function fullName(module: string, part: string): string {
  return module === "" ? part : `${module}.${part}`;
}

/** Whether a name is one that PyTorch gives to a part of a module that a chain may have. */
export function isOfModule(name: string): boolean {
  return PARTS.includes(splitName(name).part);
}

/** What DataParallel and torch.compile put before all names. */
const WRAPPERS = ["module.", "_orig_mod."];

function unwrapped(names: readonly string[]): readonly string[] {
  const wrapper = WRAPPERS.find((each) => names.length > 0 && names.every((name) => name.startsWith(each)));
  return wrapper === undefined ? names : unwrapped(names.map((name) => name.slice(wrapper.length)));
}

function modulesOf(tensors: ReadonlyMap<string, NamedTensor>): Module[] {
  const parts = new Map<string, Map<string, NamedTensor>>();
  const names = unwrapped([...tensors.keys()]);
  [...tensors.values()].forEach((tensor, index) => {
    const { module, part } = splitName(names[index]);
    const known = parts.get(module) ?? new Map<string, NamedTensor>();
    parts.set(module, known.set(part, tensor));
  });
  const inner = [...parts.keys()].find((name) => [...parents(name)].some((parent) => parts.has(parent)));
  if (inner !== undefined) throw refuse(WEIGHTS, `the module ${describe(inner)} within another that has weights`);
  return [...parts].map(([name, each]) => moduleOf(name, each));
}

/** Of a module "a.b.c": "a.b", "a", and the model itself. */
function* parents(name: string): Iterable<string> {
  for (let dot = name.lastIndexOf("."); dot >= 0; dot = name.lastIndexOf(".", dot - 1)) yield name.slice(0, dot);
  if (name !== "") yield "";
}

/**
 * Words of names, as programs give them to tables that are looked up, to gates, to weights added to others, and to
 * layers side by side, or that something passes by.
 */
const NO_CHAIN = new RegExp(
  "^(emb|embed\\w*|wte|wpe|tok|tokens?|gate|lora|attn|attention|adapter|experts?\\d*|heads|head\\d+|" +
    "branch(es)?\\d*|towers?\\d*|residual|skip|shortcut|downsample)$",
);
/** Of attention, where several of them stand side by side. */
const SIDES = /^(q|k|v|query|key|value|wq|wk|wv)$/;

/** Weights that are two-dimensional as a Linear's, but no part of a chain: by what they are called. */
function checkNames(modules: readonly Module[]): void {
  if (isSequentialWithSums(modules)) return;
  const words = ({ name }: Module) => name.toLowerCase().split(/[._]/);
  const sides = new Set(modules.flatMap(words).filter((word) => SIDES.test(word)));
  const other = modules.find((module) =>
    words(module).some((word) => NO_CHAIN.test(word) || (sides.size > 1 && SIDES.test(word))),
  );
  if (other !== undefined)
    throw refuse(
      WEIGHTS,
      `${describe(other.name)}: an embedding, a gate, attention, or layers side by side or passed by`,
      ASK,
    );
}

const IN_LIST = /(^|\.)\d+$/;

/**
 * Whether weights without any bias follow each other for sure. A single one, or a first one of as many units as inputs,
 * may be an Embedding's; of w1, w2, w3 the third may stand beside the first, as in a gated layer,
 * w2(silu(w1 x) · w3 x).
 */
function isSequence(layers: readonly Linear[]): boolean {
  const [{ units, inputs }] = layers;
  const shapes = new Set(layers.map((layer) => `${layer.units} x ${layer.inputs}`));
  const isListed = layers.every(({ name }) => IN_LIST.test(name));
  return layers.length > 1 && units !== inputs && (isListed || shapes.size === layers.length);
}

/** A first weight without a bias is as much an Embedding's [words, numbers] as a Linear's. */
function checkFirst(layers: readonly Segment[]): void {
  const [{ layer, behind }, ...rest] = layers;
  if (layer.bias !== undefined || behind.some(({ kind }) => kind === "norm")) return;
  const isBare = rest.every(({ layer: { bias } }) => bias === undefined);
  if (isBare && isSequence(layers.map((each) => each.layer))) return;
  const others = isBare
    ? "as all: perhaps an embedding, or a gated layer"
    : "before layers that have one: perhaps an embedding";
  throw refuse(WEIGHTS, `${describe(layer.name)} without a bias, ${others}`, ASK);
}

function byNumbers(modules: readonly Module[]): Module[] | undefined {
  const numbers = numbersIn(modules);
  if (numbers === undefined) return undefined;
  return modules
    .map((module, index) => ({ module, number: numbers[index] }))
    .sort((a, b) => a.number - b.number)
    .map(({ module }) => module);
}

const isChain = (layers: readonly Linear[]): boolean =>
  layers.every(({ inputs }, index) => index === 0 || inputs === layers[index - 1].units);

/** The one order that the shapes allow; undefined where there are several, or none. */
function byShapes(layers: readonly Linear[]): Linear[] | undefined {
  const found: Linear[][] = [];
  let tries = 0;
  const extend = (chain: readonly Linear[]): void => {
    if (found.length > 1 || ++tries > 10_000) return;
    if (chain.length === layers.length) return void found.push([...chain]);
    for (const next of layers)
      if (!chain.includes(next) && (chain.length === 0 || chain.at(-1)!.units === next.inputs))
        extend([...chain, next]);
  };
  extend([]);
  return found.length === 1 && tries <= 10_000 ? found[0] : undefined;
}

function byOrder(modules: readonly Module[], order: readonly string[]): Module[] {
  const rest = new Map(modules.map((module) => [module.name, module]));
  const found = unwrapped(order).map((name) => {
    const names = [...rest.keys()].filter((each) => each === name || each.endsWith(`.${name}`));
    if (names.length !== 1)
      throw new RelumineError("value", "order", "to name each layer of the file once", describe(name));
    const module = rest.get(names[0])!;
    rest.delete(names[0]);
    return module;
  });
  const [left] = rest.keys();
  if (left === undefined) return found;
  throw new RelumineError("value", "order", "to name each layer of the file once", `one without ${describe(left)}`);
}

const ASK = "Give the layers by name, first to last, as { order: [...] }";

/** Words in names of what stands behind all others, and before them; as in fc_out, outLayer, model.head. */
const AT_END = /(^|[._])(classifier|final|head|last|logits|out|output|outputs|readout)([._\d]|$)/;
const AT_START = /(^|[._])(first|in|input|inputs|stem)([._\d]|$)/;
const inWords = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase();

/** A layer of which its name says that it stands elsewhere among these. */
function misplaced(layers: readonly Linear[]): Linear | undefined {
  const is = (word: RegExp) => layers.map(({ name }) => word.test(inWords(name)));
  const [isAtEnd, isAtStart] = [is(AT_END), is(AT_START)];
  return layers.find((layer, index) => {
    const isEarly = isAtEnd[index] && isAtEnd.includes(false, index);
    const isLate = isAtStart[index] && isAtStart.lastIndexOf(false, index) >= 0;
    return isEarly || isLate || isNumberedBack(layer, layers.slice(index + 1));
  });
}

/** Whether one of others has the same name with a lower number: l2 before l1. */
function isNumberedBack(layer: Linear, others: readonly Linear[]): boolean {
  return others.some((other) => {
    const [own, its] = numbersIn([layer, other]) ?? [0, 0];
    return own > its;
  });
}

/**
 * PyTorch keeps layers as they were declared: a note where their shapes allow other orders, of which one may be used.
 */
function declaredOrder(modules: readonly Module[]): string[] {
  const layers = modules.filter((module) => module.kind === "linear");
  if (layers.length < 2 || byNumbers(modules) !== undefined || byShapes(layers) !== undefined) return [];
  const names = layers.map(({ name }) => describe(name)).join(", ");
  const found = misplaced(layers);
  if (found)
    throw refuse(WEIGHTS, `${describe(found.name)} at another place than its name says, in the order ${names}`, ASK);
  return [
    `The layers are taken in the order of the file: ${names}. Their shapes allow others, and a program may use them ` +
      "in another than it declared them: say { order: [...] } to be sure.",
  ];
}

function inOrder(modules: readonly Module[], isOrdered: boolean, order: readonly string[] | undefined): Module[] {
  const check = (sorted: readonly Module[]): Module[] => {
    const layers = sorted.filter((module) => module.kind === "linear");
    if (isChain(layers)) return [...sorted];
    throw refuse(WEIGHTS, "layers whose shapes do not follow each other in their order", ASK);
  };
  if (order !== undefined) return check(byOrder(modules, order));
  const numbered = byNumbers(modules);
  if (numbered !== undefined && isOrdered && numbered.some((module, index) => module !== modules[index]))
    throw refuse(WEIGHTS, "layers whose numbers tell another order than their places in the file", ASK);
  if (numbered !== undefined) return check(numbered);
  if (isOrdered) return check(modules);
  const isPlain = modules.every((module) => module.kind === "linear");
  const shaped = isPlain ? byShapes(modules) : undefined;
  if (shaped !== undefined) return shaped;
  throw refuse(WEIGHTS, "layers whose order neither numbers in their names nor their shapes tell", ASK);
}

/** Of hidden layers, as the caller says. */
function activationsOf(said: Said, hidden: number): readonly Activation[] {
  const { activation } = said;
  if (activation === undefined && hidden > 0)
    throw new RelumineError(
      "unsupported",
      "activation",
      "to be given, as the file holds weights alone",
      "none",
      'Say { activation: "relu" }, or one a hidden layer',
    );
  if (!Array.isArray(activation)) return new Array<Activation>(hidden).fill(activation as Activation);
  if (activation.length === hidden) return activation as readonly Activation[];
  throw new RelumineError(
    "value",
    "activation",
    `to be one, or a list of one for each of ${hidden} hidden layers`,
    `${activation.length}`,
  );
}

const SAY_EACH = 'Say the activation behind each hidden layer, as in { activation: ["linear", "relu"] }';

interface Segment {
  readonly layer: Linear;
  readonly behind: Module[];
}

/** What stands behind each layer, up to the next. */
function segments(modules: readonly Module[]): { first: Module[]; layers: Segment[] } {
  const first: Module[] = [];
  const layers: Segment[] = [];
  for (const module of modules) {
    if (module.kind === "linear") layers.push({ layer: module, behind: [] });
    else (layers.at(-1)?.behind ?? first).push(module);
  }
  return { first, layers };
}

/**
 * Two layers side by side in a Sequential have no module for an activation between them: one that is said of all hidden
 * layers is not of these. Numbers behind a name may be those of a list, where an activation may stand in the code.
 */
function checkPlaces(modules: readonly Module[], activation: Said["activation"]): void {
  if (Array.isArray(activation)) return;
  if (numbersIn(modules) === undefined) checkParts(modules);
  if (modules.some(({ name }) => !/^\d+$/.test(name))) return;
  modules.slice(1).forEach((module, index) => {
    const before = modules[index];
    if (module.kind !== "linear" || before.kind !== "linear" || Number(module.name) !== Number(before.name) + 1) return;
    const given = `the layers ${describe(before.name)} and ${describe(module.name)} with no module between them`;
    throw refuse(WEIGHTS, given, SAY_EACH);
  });
}

/**
 * From one Sequential to the next, as from an encoder's last layer to a decoder's first, there may be no activation.
 */
function checkParts(modules: readonly Module[]): void {
  const numbered = /^(.*)\.\d+$/;
  modules.slice(1).forEach((module, index) => {
    const before = modules[index];
    const [from, to] = [before, module].map(({ name }) => numbered.exec(name)?.[1]);
    if (from === undefined || to === undefined || from === to || module.kind !== "linear") return;
    throw refuse(WEIGHTS, `${describe(before.name)} and ${describe(module.name)}, ends of two parts`, SAY_EACH);
  });
}

/** The tensors by name, layer by layer, where each of them is a parameter of the network as it stands. */
function parametersOf(modules: readonly Module[], tensors: StateDict["tensors"]): string[] | undefined {
  const given = [...tensors.keys()];
  const places = new Map(unwrapped(given).map((name, index) => [name, given[index]]));
  const names = modules.flatMap(({ name }) =>
    ["weight", "bias"].flatMap((part) => places.get(fullName(name, part)) ?? []),
  );
  const isWhole = modules.every(({ kind }) => kind !== "norm") && !modules.some(isShared);
  return isWhole ? names : undefined;
}

/** One slope for all units: the network has one a unit. */
function isShared(module: Module, index: number, modules: readonly Module[]): boolean {
  const layer = modules[index - 1];
  return module.kind === "slopes" && layer?.kind === "linear" && module.slopes.length !== layer.units;
}

/**
 * The chain that named tensors are.
 * @throws RelumineError "unsupported" for what is none, or where the file does not say enough, "format", "value"
 */
export function chainOfStateDict({ tensors, isOrdered, isOfModules }: StateDict, said: Said): ReadStateDict {
  const modules = inOrder(modulesOf(tensors), isOrdered, said.order);
  if (isOfModules) checkPlaces(modules, said.activation);
  const { first, layers } = segments(modules);
  if (layers.length === 0) throw refuse(WEIGHTS, "no weights of a dense layer");
  const notes: string[] = [];
  if (isOfModules && said.order === undefined) {
    checkNames(modules);
    checkFirst(layers);
    if (isOrdered) notes.push(...declaredOrder(modules));
  }
  const activations = activationsOf(said, layers.length - 1);
  let value = identity({ kind: "input", units: layers[0].layer.inputs });
  if (first.length > 1 || first.some(({ kind }) => kind !== "norm"))
    throw refuse(WEIGHTS, `${describe(first[0].name)} before the first layer`);
  const parts = new TrainingParts(said.keep);
  const { epsilon } = said;
  const placed = { modules, parts, ...(epsilon !== undefined && { epsilon }) };
  for (const norm of first) value = applyNorm(value, norm as Norm, placed);
  layers.forEach(({ layer, behind }, index) => {
    const next = layers[index + 1]?.layer;
    const activation = activations[index];
    if (next !== undefined) value = hiddenValue(value, { layer, behind, next, activation }, placed);
    else if (behind.length > 0) throw refuse(WEIGHTS, `${describe(behind[0].name)} behind the last layer`);
    else if (residualOf(layer) !== undefined)
      throw refuse(WEIGHTS, `${describe(layer.name)}, a last layer that is residual`);
    else value = dense(value, layer);
  });
  const { warnings = [], ...chain } = chainOf(value, undefined, parts);
  const hasNorms = modules.some(({ kind }) => kind === "norm");
  const isOwn = hasNorms && epsilon === undefined;
  const parameters = chain.layers.length === layers.length ? parametersOf(modules, tensors) : undefined;
  return {
    ...chain,
    ...(isOfModules && parameters && { parameters }),
    head: said.head ?? "none",
    lacksEpsilon: hasNorms,
    warnings: [...warnings, ...notes, ...(layers.length > 1 ? [ONLY_WEIGHTS] : []), ...(isOwn ? [OWN_EPSILON] : [])],
  };
}
