// Networks as files of other programs.
import { checkName, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { exportNetwork } from "../formats/model.js";
import { writeSafetensors } from "../formats/safetensors.js";
import type { Network } from "../network/types.js";
import { type Head, headOf, HEADS } from "./chain/head.js";
import type { ImportedLayer } from "./chain/layers.js";
import { layersOfNetwork } from "./chain/network.js";
import type { GraphEnds } from "./read/said.js";

/**
 * A format to write: ONNX of opset 13 (17 with layer normalization), a LayersModel of TensorFlow.js, safetensors in
 * PyTorch's names, this package's own.
 */
export type WrittenFormat = "onnx" | "tfjs" | "torch" | "relumine";

const FORMATS: readonly WrittenFormat[] = ["onnx", "tfjs", "torch", "relumine"];

/** Options of `writeModel`. */
export interface WriteModelOptions {
  /** Of "torch": the parameters' names, as `readModel` gives them. Default: those of an nn.Sequential. */
  readonly parameters?: readonly string[];
  /** Of "onnx": what its input and output are called, as `readModel` gives them. Default: x and y. */
  readonly ends?: GraphEnds;
  /**
   * Of "onnx", "tfjs" and load.py: what makes the file's outputs of the last layer's, as `readModel` gives it. Default:
   * what `predict` applies.
   */
  readonly head?: Head;
}

function checkEnds(ends: unknown): GraphEnds {
  if (ends === undefined) return { input: "x", output: "y" };
  const { input, output } = (ends ?? {}) as Partial<GraphEnds>;
  const names = [input, output].filter((name) => typeof name === "string" && name !== "") as string[];
  if (names.length === 2 && input !== output) return { input: names[0], output: names[1] };
  throw new RelumineError("value", "ends", "to be { input, output }, two names", describe(ends));
}

async function writeTorch(
  layers: readonly ImportedLayer[],
  head: Head,
  parameters: readonly string[] | undefined,
): Promise<Map<string, Uint8Array>> {
  const { torchProgram, torchTensors } = await import("./write/torch.js");
  const name = "model.safetensors";
  const tensors = writeSafetensors(torchTensors(layers, parameters), { format: "pt" });
  if (parameters) return new Map([[name, tensors]]);
  return new Map([
    [name, tensors],
    ["load.py", new TextEncoder().encode(`${torchProgram(layers, head, name)}\n`)],
  ]);
}

/**
 * A network as files of another program, by their names. "onnx": what `predict` gives, softmax or sigmoid included;
 * "tfjs": model.json and weights.bin, likewise; "torch": a state_dict, which `safetensors.torch.load_file` reads, and
 * "load.py", which makes the nn.Sequential of Linear layers and activations that it belongs to; with `parameters` it is
 * one of the model that has them, without a program, and a batch normalization is folded into its layer; "relumine":
 * what exportNetwork writes. Normalizations, residual layers, dropout and layers without a bias are such there too;
 * penalties, which training alone has, are left out.
 * @param network stays as it is
 * @param format "onnx", "tfjs", "torch" or "relumine"
 * @param options parameters: names for "torch"; ends: names for "onnx"; head: what the file ends with
 * @returns names to contents
 * @cost copies all weights
 * @throws RelumineError "unsupported" (an activation that the other program has not, a layer that `parameters` have no
 *   names for), "value", "memory" or "disposed"
 *   (as a rejection)
 * @example for (const [name, bytes] of await writeModel(network, "onnx")) await writeFile(name, bytes);
 */
export async function writeModel(
  network: Network,
  format: WrittenFormat,
  options?: WriteModelOptions,
): Promise<Map<string, Uint8Array>> {
  const { parameters, ends, head: given } = checkOptions("writeModel", options ?? {}, ["parameters", "ends", "head"]);
  const head = given === undefined ? headOf(network.spec.loss) : checkName("head", given, HEADS);
  switch (checkName("format", format, FORMATS)) {
    case "onnx": {
      const { writeOnnx } = await import("./write/onnx.js");
      return new Map([["model.onnx", writeOnnx(layersOfNetwork(network), head, checkEnds(ends))]]);
    }
    case "tfjs": {
      const { writeLayersModel } = await import("./write/tfjs.js");
      return writeLayersModel(layersOfNetwork(network), head);
    }
    case "torch":
      return writeTorch(layersOfNetwork(network), head, parameters);
    case "relumine":
      return new Map([["model.safetensors", await exportNetwork(network, "safetensors")]]);
  }
}
