// The files beside a model that it names: shards of TensorFlow.js, external data of ONNX, the configuration that
// SAELens saves beside an autoencoder. They are names alone: which of them is opened, and where, is for the caller to
// say.
import { isWithinFolder } from "./files.js";
import type { FileFormat } from "./format.js";

async function namesIn(bytes: Uint8Array, format: FileFormat): Promise<readonly unknown[]> {
  if (format === "onnx") return (await import("./read/onnx/model.js")).externalNames(bytes);
  if (format === "tfjs") return (await import("./read/tfjs/layers-model.js")).shardNames(bytes);
  if (format === "safetensors") return autoencoderNames(bytes);
  return [];
}

/** Of a sparse autoencoder its configuration. */
async function autoencoderNames(bytes: Uint8Array): Promise<readonly string[]> {
  const [{ placeNumbers }, { CONFIG_NAME, isSparseAutoencoder }] = await Promise.all([
    import("../arrays/safetensors.js"),
    import("./read/torch/sparse-autoencoder.js"),
  ]);
  return isSparseAutoencoder(placeNumbers(bytes).keys()) ? [CONFIG_NAME] : [];
}

/**
 * The names, each once, of files within the model's folder. One that leads elsewhere is left out: the reader refuses
 * it.
 * @throws RelumineError "format" or "memory"
 */
export async function filesNamedBy(bytes: Uint8Array, format: FileFormat): Promise<string[]> {
  const names = new Set(await namesIn(bytes, format));
  return [...names].filter((name) => typeof name === "string").filter(isWithinFolder);
}
