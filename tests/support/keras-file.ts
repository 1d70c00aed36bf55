// A network as Keras 3 saves it: a .keras file of config.json and model.weights.h5.
import { strToU8, zipSync } from "fflate";
import { factsOf, isClassification, nameOf } from "../../src/network/losses.js";
import type { Network } from "../../src/network/types.js";
import type { KernelInitializer } from "../../src/network/initializer-spec.js";
import { type Hdf5Array, hdf5File } from "./hdf5-file.js";

const LOSSES: Readonly<Record<string, string>> = {
  crossEntropy: "categorical_crossentropy",
  binaryCrossEntropy: "binary_crossentropy",
  meanSquaredError: "mse",
  meanAbsoluteError: "mae",
  poisson: "poisson",
};

function initializer(given: KernelInitializer): object {
  const named = (name: string, config: object) => ({ module: "keras.initializers", class_name: name, config });
  if (typeof given === "string") return named(given[0].toUpperCase() + given.slice(1), { seed: null });
  if ("normal" in given) return named("RandomNormal", { mean: 0, stddev: given.normal, seed: null });
  if ("uniform" in given) return named("RandomUniform", { minval: -given.uniform, maxval: given.uniform, seed: null });
  return named("Constant", { value: given.constant });
}

/** Its dense layers with their activations, whose names Keras shares, and its loss. */
export function kerasFile({ spec, layers }: Network): Uint8Array {
  const [{ inputs }] = layers;
  const keras = (name: string, config: object) => ({ module: "keras.layers", class_name: name, config });
  const names = layers.map((_, index) => (index === 0 ? "dense" : `dense_${index}`));
  const listed = layers.map(({ units, activation }, index) =>
    keras("Dense", {
      name: names[index],
      units,
      activation: activation.name,
      use_bias: true,
      kernel_initializer: initializer(spec.layers[index].kernelInitializer!),
    }),
  );
  const input = keras("InputLayer", { name: "input_layer", batch_shape: [null, inputs], dtype: "float32" });
  const loss = LOSSES[nameOf(spec.loss)];
  const isOfLogits = isClassification(spec.loss) && factsOf(spec.loss).from === "logits";
  const model = {
    module: "keras",
    class_name: "Sequential",
    config: { name: "sequential", layers: [input, ...listed] },
    compile_config: {
      loss: isOfLogits ? { module: "keras.losses", class_name: loss, config: { from_logits: true } } : loss,
    },
  };
  const groups = layers.map((layer, index) => {
    const { kernel, bias } = layer.getWeights();
    const arrays: Record<string, Hdf5Array> = {
      0: { shape: [layer.inputs, layer.units], data: kernel },
      1: { shape: [layer.units], data: bias },
    };
    return [names[index], { members: { vars: { attributes: { name: names[index] }, members: arrays } } }] as const;
  });
  const weights = { members: { layers: { members: Object.fromEntries(groups) } } };
  return zipSync(
    { "config.json": strToU8(JSON.stringify(model)), "model.weights.h5": hdf5File(weights) },
    { level: 0 },
  );
}
