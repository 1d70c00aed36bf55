// Networks as files: the spec in the metadata, each layer's kernel [inputs, units], bias, PReLU slopes, and what its
// normalization has [units] as tensors.
import {
  readTensors,
  tensorPath,
  type Header,
  type StoredTensor,
  type Tensor,
  writeSafetensors,
} from "./safetensors.js";
import {
  PROOF_NAME,
  readModelHeader,
  SPEC_NAME,
  TAKEN_NAMES,
  TRAINING_VERSION,
  VERSION,
  VERSION_NAME,
} from "./model-header.js";
import { packProof, proofIn } from "./stored-proof.js";
import type { NetworkProof } from "../diagnosis/proof/proof-types.js";
import { checkObject, parseStrictJson } from "../core/strict-json.js";
import { checkBoolean, checkName, checkOptions, describe, memberPath } from "../core/checks.js";
import { RelumineError, errorIn } from "../core/errors.js";
import type { Weights, Network } from "../network/types.js";
import { buildNetwork } from "../network/network.js";
import type { Loss, LossSpec } from "../network/losses.js";
import { type NetworkSpec, type ResolvedSpec, resolveSpec } from "../network/spec.js";
import { hasWeights, isWeight, WEIGHT_NAMES } from "../network/state/weight-names.js";
import { type NetworkState, stateOf } from "../network/state/state.js";
import type { RuntimeOptions } from "../wasm/runtime.js";

const FORMAT_NAMES = ["safetensors", "onnx", "tfjs"] as const satisfies readonly ModelFormat[];
/**
 * A file format of networks: "safetensors". "onnx" and "tfjs" are refused as "unsupported", by the name of what writes
 * and reads them: writeModel and readModel of relumine/models, which an application that needs neither does not load.
 */
export type ModelFormat = "safetensors" | "onnx" | "tfjs";

/** Options of `exportNetwork`. */
export interface ExportOptions {
  /**
   * Words of the caller's own to keep in the file: see readMetadata. Any names but "relumine", "spec", "training
   * checksum" and "proof of dead units".
   */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Also all that a fit needs to go on: see `resume` of fit. Default false. */
  readonly training?: boolean;
  /**
   * What `prove` said of the network, or of the one that it was pruned from: kept in the file without the inputs that
   * refute, and tied to the weights in it: see readProof.
   */
  readonly proof?: NetworkProof;
}

/** Options of `importNetwork`: the runtime, and what to take instead of what the file says. */
export interface ImportOptions extends RuntimeOptions {
  /** Default "safetensors". */
  readonly format?: ModelFormat;
  /** Instead of the loss in the file. */
  readonly loss?: Loss | LossSpec;
}

const SPEC_DEPTH = 4;

function checkFormat(format: unknown): void {
  if (checkName("format", format, FORMAT_NAMES) !== "safetensors") {
    throw new RelumineError(
      "unsupported",
      "format",
      'to be "safetensors"',
      describe(format),
      "writeModel and readModel of relumine/models write and read other programs' files",
    );
  }
}

function checkMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) {
    throw new RelumineError("value", "metadata", "to be an object of strings", describe(metadata));
  }
  for (const [name, text] of Object.entries(metadata)) {
    if ([...TAKEN_NAMES, "__proto__"].includes(name))
      throw new RelumineError(
        "value",
        memberPath("metadata", name),
        "to have another name",
        `${describe(name)}, which is taken`,
      );
    if (typeof text !== "string")
      throw new RelumineError("value", memberPath("metadata", name), "to be a string", describe(text));
  }
  return metadata as Record<string, string>;
}

type Part = keyof Weights;

interface PartShape {
  readonly name: string;
  readonly layer: number;
  readonly part: Part;
  readonly shape: readonly number[];
  /** Zeros, and to stay so. */
  readonly isFixed: boolean;
}

/** The tensors of a network, in the order in which they are written. */
function shapesOf({ inputs, layers }: ResolvedSpec): PartShape[] {
  return layers.flatMap((each, layer) =>
    WEIGHT_NAMES.filter((part) => hasWeights(part, each)).map((part) => ({
      name: `layers.${layer}.${part}`,
      layer,
      part,
      isFixed: part === "bias" && each.useBias === false,
      shape: part === "kernel" ? [layer === 0 ? inputs : layers[layer - 1].units, each.units] : [each.units],
    })),
  );
}

/** A spec's numbers with their signs, which JSON.stringify takes from -0; none of its words is "-0". */
function toJson(spec: ResolvedSpec): string {
  return JSON.stringify(spec, (_name, value: unknown) => (Object.is(value, -0) ? "-0" : value)).replaceAll(
    '"-0"',
    "-0",
  );
}

/** A layer without biases has zeros. */
function checkZero(name: string, data: Float32Array): void {
  const index = data.findIndex((value) => !Object.is(value, 0));
  if (index < 0) return;
  const expected = "to hold zeros, as the layer has no biases (useBias: false)";
  throw new RelumineError("format", name, expected, `${data[index]} at ${index}`);
}

function checkWeights(name: string, part: Part, data: Float32Array, code: "value" | "format"): void {
  const index = data.findIndex((value) => !isWeight(part, value));
  if (index < 0) return;
  const expected = `to have finite ${part === "runningVariance" ? "numbers of at least 0" : "weights"}`;
  throw new RelumineError(code, name, expected, `${data[index]} at ${index}`);
}

/**
 * The network as a file's bytes: spec and weights, bit by bit. With `training`, also what fit needs to go on with
 * `resume: true` as if it had never stopped, to the bit: the optimizer's moments and the units' step counts, epoch and
 * place in the epoch, history, and what the callbacks of this package keep. It is that of the fit under way, in a
 * callback or between two steps, or else of the last one, if nobody changed the network since. Not in it: what function
 * callbacks keep, and a fit that diverged, threw, or made all its epochs with a trace of deaths (store that one in
 * onEpochEnd).
 * @param network stays as it is
 * @param format "safetensors"; "onnx" and "tfjs" are written by writeModel of relumine/models
 * @param options metadata: words of one's own; training: default false
 * @cost copies all weights, 4 bytes each; with training the moments too, up to twice as many, and a trace's snapshots
 * @throws RelumineError "value" (weights that are not finite), "unsupported", "memory" or "disposed" (as a rejection)
 * @example const bytes = await exportNetwork(network, "safetensors", { metadata: { trainedOn: "digits" } });
 * @example
 * const bytes = await exportNetwork(network, "safetensors", { training: true }); // ... and later, perhaps elsewhere:
 * const resumed = await importNetwork(bytes);
 * await resumed.fit(data, { resume: true });
 */
export async function exportNetwork(
  network: Network,
  format: ModelFormat,
  options?: ExportOptions,
): Promise<Uint8Array> {
  stateOf(network);
  checkFormat(format);
  const given = checkOptions("exportNetwork", options, ["metadata", "training", "proof"]);
  const metadata = checkMetadata(given.metadata ?? {});
  const training = checkBoolean("training", given.training ?? false) ? await import("./training-state.js") : undefined;
  if (training) await betweenSteps(network);
  const state = stateOf(network);
  const { spec } = state;
  const weights = network.layers.map((layer) => layer.getWeights());
  const tensors = shapesOf(spec).map(({ name, layer, part, shape }): [string, Tensor] => [
    name,
    { shape, data: weights[layer][part]! },
  ]);
  shapesOf(spec).forEach(({ name, part }, i) => checkWeights(name, part, tensors[i][1].data as Float32Array, "value"));
  const all = new Map([...tensors, ...(training?.packTraining(state) ?? [])]);
  const version = training ? TRAINING_VERSION : VERSION;
  const words = {
    [VERSION_NAME]: version,
    [SPEC_NAME]: toJson(spec),
    ...(given.proof !== undefined && { [PROOF_NAME]: packProof(given.proof, toJson(spec), all) }),
    ...metadata,
  };
  return writeSafetensors(all, training?.withChecksum(words, all) ?? words);
}

/** Until no callback of this package is at work: what it keeps is only whole between two of its calls. */
async function betweenSteps(network: Network): Promise<void> {
  for (let busy = stateOf(network).running?.busy; busy; busy = stateOf(network).running?.busy)
    await busy.catch(() => undefined); // fit tells whoever called it
}

function readSpec({ metadata }: Header, loss: Loss | LossSpec | undefined): ResolvedSpec {
  const stored = checkObject(
    "the file's spec",
    parseStrictJson("the file's spec", metadata.get(SPEC_NAME)!, SPEC_DEPTH),
  );
  try {
    const spec = resolveSpec(stored as unknown as NetworkSpec);
    return loss === undefined ? spec : { ...spec, loss };
  } catch (error) {
    if (error instanceof RelumineError) throw errorIn("the file's spec", error, "format");
    throw error;
  }
}

/** The spec's tensors, all there and no others; until now nothing but the header is read. */
function matchTensors(tensors: ReadonlyMap<string, StoredTensor>, shapes: readonly PartShape[]): void {
  const names = new Set(shapes.map(({ name }) => name));
  const unknown = [...tensors.keys()].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw new RelumineError(
      "format",
      "the file's tensors",
      "to be layers.0.kernel and so on, as its spec says",
      describe(unknown),
    );
  for (const { name, shape } of shapes) {
    const tensor = tensors.get(name);
    const given = tensor?.dtype === "F32" ? tensor.shape : undefined;
    if (given === undefined)
      throw new RelumineError(
        "format",
        tensorPath(name),
        `to be of type F32 and the shape [${shape.join(", ")}] of its spec`,
        tensor?.dtype ?? "none",
      );
    if (given.length !== shape.length || given.some((size, axis) => size !== shape[axis])) {
      throw new RelumineError(
        "format",
        tensorPath(name),
        `to have the shape [${shape.join(", ")}] of its spec`,
        `[${given.join(", ").slice(0, 80)}]`,
      );
    }
  }
}

function readAll(tensors: ReadonlyMap<string, StoredTensor>, shapes: readonly PartShape[]): Float32Array[] {
  return shapes.map(({ name, part, isFixed }) => {
    const data = tensors.get(name)!.read() as Float32Array;
    checkWeights(tensorPath(name), part, data, "format");
    if (isFixed) checkZero(tensorPath(name), data);
    return data;
  });
}

/** Takes the tensors of a training out of a file's; returns what puts it into a network. */
async function readTraining(
  { metadata }: Header,
  tensors: Map<string, StoredTensor>,
  spec: ResolvedSpec,
  loss: Loss | LossSpec | undefined,
): Promise<(state: NetworkState) => void> {
  if (loss !== undefined)
    throw new RelumineError("value", "loss", "to be left out, as the file holds a training", describe(loss));
  const { checkChecksum, unpackTraining } = await import("./training-state.js");
  checkChecksum(metadata, tensors);
  return unpackTraining(tensors, spec);
}

/**
 * The network in a file that exportNetwork wrote: the same spec, the same weights to the bit. The file may come from
 * anybody: it is checked before anything is made of it.
 * @param bytes the whole file
 * @param options format ("safetensors"), loss (instead of the stored one), arithmetic, threads
 * @cost copies all weights, 4 bytes each; nothing is allocated by a size that the file names alone
 * @throws RelumineError "format" for a file that is damaged, made up or another program's; "unsupported", "value" or
 * "memory" (as rejections)
 * @example const network = await importNetwork(await readFile("model.safetensors"));
 */
export async function importNetwork(bytes: Uint8Array, options?: ImportOptions): Promise<Network> {
  const {
    format = "safetensors",
    loss,
    ...runtime
  } = checkOptions("importNetwork", options, ["format", "loss", "arithmetic", "threads", "files"]);
  checkFormat(format);
  const header = readModelHeader(bytes);
  const spec = readSpec(header, loss);
  const shapes = shapesOf(spec);
  const tensors = readTensors(header);
  proofIn(header, tensors);
  const training =
    header.metadata.get(VERSION_NAME) === TRAINING_VERSION
      ? await readTraining(header, tensors, spec, loss)
      : undefined;
  matchTensors(tensors, shapes);
  const weights = readAll(tensors, shapes);
  return buildNetwork(spec, runtime, (state) => {
    shapes.forEach(({ layer, part }, index) => state.layer(layer)[part]!.set(weights[index]));
    training?.(state);
  });
}
