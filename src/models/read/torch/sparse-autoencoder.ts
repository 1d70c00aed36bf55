// Sparse autoencoders as SAELens saves them: sae_weights.safetensors with W_enc [d_in, d_sae], b_enc, W_dec [d_sae,
// d_in], b_dec, and cfg.json beside it. relu((x - b_dec)·W_enc + b_enc)·W_dec + b_dec is a network of two dense
// layers, whose hidden units are the latents; b_dec is folded into the encoder's bias where the config applies it to
// the input.
import type { NamedTensor } from "../../../arrays/tensor.js";
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { chainOf } from "../../chain/head.js";
import { refuse } from "../../chain/refuse.js";
import { kink } from "../../chain/combine.js";
import { identity, scale } from "../../chain/value.js";
import { namedFile } from "../../files.js";
import type { ReadFile, Said } from "../said.js";
import { parseJsonFile } from "../../../core/strict-json.js";

/** Beside the weights. */
export const CONFIG_NAME = "cfg.json";

const WITH_ACTIVATIONS =
  "Its latents can be judged all the same by what they did: diagnoseActivations, or relumine diagnose ACTIVATIONS.npz";
const MOST_CONFIG_BYTES = 2 ** 20;
const CONFIG_DEPTH = 16;
const FOLDED =
  "b_dec is taken from the inputs: it is folded into the encoder's bias, and what closed a latent is said of that " +
  "bias.";
const KNOWN = ["W_enc", "b_enc", "W_dec", "b_dec"];

/** Whether tensors of these names are an autoencoder's. */
export function isSparseAutoencoder(names: Iterable<string>): boolean {
  const all = new Set(names);
  return all.has("W_enc") && all.has("b_enc");
}

/**
 * Whether b_dec is taken from the inputs, as cfg.json says.
 * @throws RelumineError "unsupported" for what is no relu of a product, "format"
 */
function appliesDecoderBias(bytes: Uint8Array): boolean {
  const config = parseJsonFile(CONFIG_NAME, bytes, MOST_CONFIG_BYTES, CONFIG_DEPTH);
  const architecture = config.architecture ?? "standard";
  if (architecture !== "standard")
    throw refuse("the autoencoder", `one of the architecture ${describe(architecture)}`, WITH_ACTIVATIONS);
  const activation = config.activation_fn_str ?? config.activation_fn ?? "relu";
  if (activation !== "relu") throw refuse("the autoencoder", `one of ${describe(activation)}`, WITH_ACTIVATIONS);
  const normalized = config.normalize_activations ?? "none";
  if (normalized !== "none") {
    const hint = "SAELens folds a scaling into the weights: fold_activation_norm_scaling_factor";
    throw refuse("the autoencoder", `one that normalizes its inputs (${describe(normalized)})`, hint);
  }
  const applies = config.apply_b_dec_to_input;
  if (typeof applies === "boolean") return applies;
  throw new RelumineError("format", `${CONFIG_NAME}'s apply_b_dec_to_input`, "to be true or false", describe(applies));
}

/** A tensor of this shape, NaN for a size that is not known yet. */
function tensorOf(tensors: ReadonlyMap<string, NamedTensor>, name: string, wanted: readonly number[]): NamedTensor {
  const tensor = tensors.get(name);
  const isOfShape =
    tensor?.shape.length === wanted.length &&
    tensor.shape.every((size, axis) => size > 0 && (Number.isNaN(wanted[axis]) || size === wanted[axis]));
  if (isOfShape) return tensor;
  const sizes = wanted.map((size) => (Number.isNaN(size) ? "any" : size)).join(", ");
  const given = tensor ? `[${tensor.shape.join(", ")}]` : "none";
  throw new RelumineError("format", `the tensor ${describe(name)}`, `to have the shape [${sizes}]`, given);
}

/**
 * The autoencoder of these tensors.
 * @throws RelumineError "unsupported" for other architectures than relu's, "format" for shapes that do not fit, or
 *   without cfg.json among the files
 */
export function readSparseAutoencoder(tensors: ReadonlyMap<string, NamedTensor>, said: Said): ReadFile {
  const isCentred = appliesDecoderBias(namedFile(said.files, "the autoencoder's configuration", CONFIG_NAME));
  const other = [...tensors.keys()].find((name) => !KNOWN.includes(name));
  if (other !== undefined) throw refuse("the autoencoder", `one with the tensor ${describe(other)}`, WITH_ACTIVATIONS);
  const encoder = tensorOf(tensors, "W_enc", [NaN, NaN]);
  const [inputs, units] = encoder.shape;
  const encoderBias = tensorOf(tensors, "b_enc", [units]);
  const decoder = tensorOf(tensors, "W_dec", [units, inputs]);
  const decoderBias = tensorOf(tensors, "b_dec", [inputs]);
  const input = identity({ kind: "input", units: inputs });
  const centred = isCentred
    ? scale(
        input,
        1,
        decoderBias.data.map((value) => -value),
      )
    : input;
  const z = identity({ kind: "dense", name: "encoder", units, input: centred, inputs, kernel: encoder.data });
  const latents = kink(scale(z, 1, encoderBias.data), 0);
  const output = identity({
    kind: "dense",
    name: "decoder",
    units: inputs,
    input: latents,
    inputs: units,
    kernel: decoder.data,
  });
  return {
    writer: "SAELens",
    notes: isCentred ? [FOLDED] : [],
    ...chainOf(scale(output, 1, decoderBias.data)),
  };
}
