// Networks as files of other programs.
import { checkName } from "../core/checks.js";
import { exportNetwork } from "../formats/model.js";
import { writeSafetensors, type Tensor } from "../formats/safetensors.js";
import type { Network } from "../network/types.js";
import { headOf } from "./chain/head.js";
import type { ImportedLayer } from "./chain/layers.js";

/**
 * A format to write: ONNX of opset 13, a LayersModel of TensorFlow.js, safetensors in PyTorch's names, this package's
 * own.
 */
export type WrittenFormat = "onnx" | "tfjs" | "torch" | "relumine";

const FORMATS: readonly WrittenFormat[] = ["onnx", "tfjs", "torch", "relumine"];

function layersOf(network: Network): ImportedLayer[] {
  return network.layers.map((layer) => {
    const { inputs, units, activation } = layer;
    return { inputs, units, activation, ...layer.getWeights() };
  });
}

/** As nn.Sequential names Linear layers with an activation behind each but the last; weights are units x inputs. */
function torchTensors(layers: readonly ImportedLayer[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  let place = 0;
  for (const { inputs, units, kernel, bias, alpha, activation } of layers) {
    const data = Float32Array.from(kernel, (_, i) => kernel[(i % inputs) * units + Math.floor(i / inputs)]);
    tensors.set(`${place}.weight`, { shape: [units, inputs], data });
    tensors.set(`${place}.bias`, { shape: [units], data: bias });
    if (alpha) tensors.set(`${place + 1}.weight`, { shape: [units], data: alpha });
    place += activation.name === "linear" ? 1 : 2;
  }
  return tensors;
}

/**
 * A network as files of another program, by their names. "onnx": what `predict` gives, softmax or sigmoid included;
 * "tfjs": model.json and weights.bin, likewise; "torch": a state_dict of an nn.Sequential of Linear layers and
 * activations, which `safetensors.torch.load_file` reads; "relumine": what exportNetwork writes.
 * @param network stays as it is
 * @param format "onnx", "tfjs", "torch" or "relumine"
 * @returns names to contents
 * @cost copies all weights
 * @throws RelumineError "unsupported" (an activation that the other program has not), "value", "memory" or "disposed"
 *   (as a rejection)
 * @example for (const [name, bytes] of await writeModel(network, "onnx")) await writeFile(name, bytes);
 */
export async function writeModel(network: Network, format: WrittenFormat): Promise<Map<string, Uint8Array>> {
  switch (checkName("format", format, FORMATS)) {
    case "onnx": {
      const { writeOnnx } = await import("./write/onnx.js");
      return new Map([["model.onnx", writeOnnx(layersOf(network), headOf(network.spec.loss))]]);
    }
    case "tfjs": {
      const { writeLayersModel } = await import("./write/tfjs.js");
      return writeLayersModel(layersOf(network), headOf(network.spec.loss));
    }
    case "torch":
      return new Map([["model.safetensors", writeSafetensors(torchTensors(layersOf(network)), { format: "pt" })]]);
    case "relumine":
      return new Map([["model.safetensors", await exportNetwork(network, "safetensors")]]);
  }
}
