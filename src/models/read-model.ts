// Models that other programs wrote: which program's a file is, and what is made of it.
import type { Loss, LossSpec } from "../network/losses.js";
import { importNetwork } from "../formats/model.js";
import type { Network } from "../network/types.js";
import { type NetworkSpec, resolveSpec } from "../network/spec.js";
import { type Activation, resolveActivation } from "../activations/activations.js";
import { checkName, checkNumber, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { RuntimeOptions } from "../wasm/runtime.js";
import { type Head, headOf, HEADS } from "./chain/head.js";
import { layersOfNetwork, networkOfLayers, fitChain } from "./chain/network.js";
import { BRANCH_NAMES, type ModelChange } from "./chain/training-parts.js";
import { type ModelFiles, toFileMap } from "./files.js";
import { type FileFormat, formatOf } from "./format.js";
import type { GraphEnds, ReadFile, Said } from "./read/said.js";

/** Options of `readModel`: what the file does not say. */
export interface ReadModelOptions {
  /** The file's name: decides where its content does not. */
  readonly name?: string;
  /** Files beside the model that it names: external data of ONNX, shards of TensorFlow.js. Nothing else is opened. */
  readonly files?: ModelFiles;
  /** Of the hidden layers, all or one by one, where the file holds weights alone. */
  readonly activation?: Activation | readonly Activation[];
  /** The layers by name, first to last, where neither numbers nor shapes tell. */
  readonly order?: readonly string[];
  /** What makes probabilities of the outputs, where the file holds weights alone. Default "none". */
  readonly head?: Head;
  /**
   * Of all its batch normalizations, where the file holds weights alone: a state_dict has gamma, beta, mean and
   * variance of them. Default 1e-5, PyTorch's own, which a note tells.
   */
  readonly epsilon?: number;
  /**
   * Instead of the one that the file was compiled with (Keras, TensorFlow.js), or else of the one that suits the head:
   * crossEntropy, binaryCrossEntropy, or meanSquaredError where there is none. A head that is not the loss's own stays
   * in the last layer.
   */
  readonly loss?: Loss | LossSpec;
  /**
   * Of batch normalizations: "fold" makes them part of the layers beside them, by their running statistics; "keep"
   * makes those between a dense layer and its activation the network's own, for training it on, and folds the others; a
   * layer without a bias then learns none (`useBias: false`).
   * Both predict the same within rounding. Default "fold".
   */
  readonly normalization?: "fold" | "keep";
  /**
   * Of dropout: "drop" leaves it out; "keep" makes that behind a hidden layer's activation the network's own, which
   * shows in training alone, and that before a relu, leakyRelu or prelu, where it does the same. Default "drop".
   */
  readonly dropout?: "drop" | "keep";
  /**
   * Of an ONNX If whose condition hangs on the rows, which is two networks in one: the branch that is read in its
   * place, of all such in the file. The network then predicts what the model does on rows that take it; a note says so.
   * Without it such a file is refused.
   */
  readonly branch?: "then" | "else";
}

/** A model that was read. */
export interface ReadModel {
  /** What the file is. */
  readonly format: FileFormat;
  /** The program that wrote it, as far as the file says, or "". */
  readonly writer: string;
  /**
   * Of the network: layer normalizations and residual sums are kept, batch normalizations and dropout as the options
   * say (`changes`).
   */
  readonly spec: NetworkSpec;
  /** What the file ends with; `predict` gives it, of logSoftmax the probabilities. It chooses a loss that none says. */
  readonly head: Head;
  /** What a person should know of how it was read. */
  readonly notes: readonly string[];
  /** What became of its batch normalizations, dropout, noise and Ifs that ask the rows, in the file's order. */
  readonly changes: readonly ModelChange[];
  /**
   * Of PyTorch's files: the names of the parameters, layer by layer, where each is one of the network's, so that
   * `writeModel` can give them back.
   */
  readonly parameters?: readonly string[];
  /** Of ONNX: the names of the graph's input and output, likewise. */
  readonly ends?: GraphEnds;
  /**
   * The network with the file's weights.
   * @throws RelumineError "memory" or "unsupported" (as rejections)
   * @example const network = await model.toNetwork();
   */
  toNetwork(options?: RuntimeOptions): Promise<Network>;
}

const OPTIONS = [
  "name",
  "files",
  "activation",
  "order",
  "head",
  "epsilon",
  "loss",
  "normalization",
  "dropout",
  "branch",
] as const;

function checkSaid(given: ReadModelOptions): Said {
  const { activation, order, head } = given;
  const list = Array.isArray(activation) ? (activation as readonly Activation[]) : [activation as Activation];
  if (activation !== undefined) list.forEach((each) => resolveActivation("activation", each));
  if (order !== undefined && !(Array.isArray(order) && order.every((name) => typeof name === "string")))
    throw new RelumineError("value", "order", "to be a list of layers' names", describe(order));
  if (head !== undefined) checkName("head", head, HEADS);
  if (given.name !== undefined && typeof given.name !== "string")
    throw new RelumineError("value", "name", "to be a string", describe(given.name));
  const epsilon = given.epsilon === undefined ? undefined : checkNumber("epsilon", given.epsilon, { low: 0 });
  const keep = {
    normalization: checkName("normalization", given.normalization ?? "fold", ["fold", "keep"]) === "keep",
    dropout: checkName("dropout", given.dropout ?? "drop", ["drop", "keep"]) === "keep",
  };
  const branch = given.branch === undefined ? undefined : checkName("branch", given.branch, BRANCH_NAMES);
  return { name: given.name ?? "", files: toFileMap(given.files), activation, order, head, epsilon, keep, branch };
}

/** Readers are loaded when a file needs them. */
async function readFile(bytes: Uint8Array, format: FileFormat, said: Said): Promise<ReadFile> {
  switch (format) {
    case "onnx":
      return (await import("./read/onnx/graph.js")).readOnnx(bytes, said);
    case "safetensors":
      return (await import("./read/torch/safetensors.js")).readSafetensors(bytes, said);
    case "torch":
      return (await import("./read/torch/state.js")).readTorch(bytes, said);
    case "keras":
      return (await import("./read/keras/files.js")).readKeras(bytes, said);
    case "keras-h5":
      return (await import("./read/keras/files.js")).readKerasH5(bytes, said);
    case "tfjs":
      return (await import("./read/tfjs/layers-model.js")).readLayersModel(bytes, said);
    case "npz":
      return (await import("./read/numpy/weights.js")).readWeights(bytes, said);
    case "relumine":
      return readOwn(bytes);
  }
}

/** Of this package: as importNetwork reads it. */
async function readOwn(bytes: Uint8Array): Promise<ReadFile> {
  using network = await importNetwork(bytes);
  return { writer: "relumine", layers: layersOfNetwork(network), head: headOf(network.spec.loss), spec: network.spec };
}

/**
 * A model that another program wrote: ONNX, Keras, a LayersModel of TensorFlow.js, or the weights alone of a PyTorch
 * model (safetensors, torch.save) or of scikit-learn (.npz). It becomes one chain of dense layers, folded in float64
 * and rounded once; a model that is none is refused by the name of what it holds. The file may come from anybody:
 * nothing in it is run, and no other file is opened than those in `files`.
 * @param bytes the whole file
 * @param options what the file does not say
 * @cost the weights as float64 and as float32 besides the file
 * @throws RelumineError "unsupported" (no chain of dense layers), "format" (damaged, made up), "memory" or "value" (as
 *   rejections)
 * @example
 * const model = await readModel(await readFile("model.onnx"));
 * const network = await model.toNetwork();
 */
export async function readModel(bytes: Uint8Array, options?: ReadModelOptions): Promise<ReadModel> {
  if (!(bytes instanceof Uint8Array))
    throw new RelumineError("value", "bytes", "to be a Uint8Array, the content of a file", describe(bytes));
  const given = checkOptions("readModel", options ?? {}, OPTIONS);
  const said = checkSaid(given);
  // what Node's Buffer calls slice is no copy
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const format = formatOf(plain, said.name);
  const read = await readFile(plain, format, said);
  if (said.epsilon !== undefined && !read.lacksEpsilon)
    throw new RelumineError(
      "value",
      "epsilon",
      "to be left out, where the file says it, or has no batch normalization",
      `${said.epsilon}`,
    );
  const { writer = "", head, changes = [] } = read;
  if (said.branch !== undefined && !changes.some(({ part }) => part === "branch"))
    throw new RelumineError(
      "value",
      "branch",
      "to be left out, where no If of the file asks the rows",
      describe(said.branch),
    );
  const notes = [...(read.notes ?? []), ...(read.warnings ?? [])];
  const { spec, layers } = read.spec
    ? { spec: resolveSpec({ ...read.spec, loss: given.loss ?? read.spec.loss }), layers: read.layers }
    : fitChain(read, given.loss, read.compiled);
  return {
    format,
    writer,
    spec,
    head,
    notes,
    changes,
    ...(read.parameters && { parameters: read.parameters }),
    ...(read.ends && { ends: read.ends }),
    toNetwork: (runtime) => networkOfLayers(spec, layers, runtime),
  };
}
