// Whether a layer is what its class's name says: one of TensorFlow.js' own, and not a class of the caller's under the
// same name, or one whose call was replaced, which computes what nobody knows.
import type { Layer, TensorFlow } from "./tensorflow.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

// without a name of its own each would take one that the caller's next layer is to have
const name = "relumine";
const kernelSize = 1;
const poolSize = 1;
const product = { filters: 1, kernelSize, name };

/** One layer of each class that is taken by its name; they have no weights until they are built. */
const MAKE: Readonly<Record<string, (layers: TensorFlow["layers"]) => unknown>> = {
  Activation: (layers) => layers.activation({ activation: "linear", name }),
  Add: (layers) => layers.add({ name }),
  AlphaDropout: (layers) => layers.alphaDropout({ rate: 0, name }),
  AveragePooling1D: (layers) => layers.averagePooling1d({ poolSize, name }),
  AveragePooling2D: (layers) => layers.averagePooling2d({ poolSize, name }),
  BatchNormalization: (layers) => layers.batchNormalization({ name }),
  Conv1D: (layers) => layers.conv1d(product),
  Conv2D: (layers) => layers.conv2d(product),
  Conv2DTranspose: (layers) => layers.conv2dTranspose(product),
  Conv3D: (layers) => layers.conv3d(product),
  Conv3DTranspose: (layers) => layers.conv3dTranspose(product),
  Dense: (layers) => layers.dense({ units: 1, name }),
  DepthwiseConv2D: (layers) => layers.depthwiseConv2d({ kernelSize, name }),
  Dropout: (layers) => layers.dropout({ rate: 0, name }),
  ELU: (layers) => layers.elu({ name }),
  Flatten: (layers) => layers.flatten({ name }),
  GaussianDropout: (layers) => layers.gaussianDropout({ rate: 0, name }),
  GaussianNoise: (layers) => layers.gaussianNoise({ stddev: 0, name }),
  GlobalAveragePooling2D: (layers) => layers.globalAveragePooling2d({ name }),
  GlobalMaxPooling2D: (layers) => layers.globalMaxPooling2d({ name }),
  LayerNormalization: (layers) => layers.layerNormalization({ name }),
  LeakyReLU: (layers) => layers.leakyReLU({ name }),
  MaxPooling1D: (layers) => layers.maxPooling1d({ poolSize, name }),
  MaxPooling2D: (layers) => layers.maxPooling2d({ poolSize, name }),
  PReLU: (layers) => layers.prelu({ name }),
  Permute: (layers) => layers.permute({ dims: [1], name }),
  ReLU: (layers) => layers.reLU({ name }),
  Reshape: (layers) => layers.reshape({ targetShape: [1], name }),
  SeparableConv2D: (layers) => layers.separableConv2d(product),
  Softmax: (layers) => layers.softmax({ name }),
  ThresholdedReLU: (layers) => layers.thresholdedReLU({ name }),
};

type Fields = { readonly activation?: { getClassName(): string } };

/** An activation is an object of a class too. */
function hasOwnActivation(tf: TensorFlow, layer: Fields): boolean {
  if (layer.activation === undefined || layer.activation === null) return true;
  const given = layer.activation.getClassName() as "relu";
  try {
    const made = tf.layers.activation({ activation: given, name }) as Fields;
    return made.activation?.constructor === layer.activation.constructor && !Object.hasOwn(layer.activation, "apply");
  } catch {
    return true; // a name that nothing is taken by
  }
}

/** Whether a layer of a known class's name is of that class; true of others, which nothing is known of. */
export function isOwn(tf: TensorFlow, layer: Layer): boolean {
  const className = layer.getClassName();
  if (!Object.hasOwn(MAKE, className)) return true;
  const made = MAKE[className](tf.layers) as Layer;
  const isReplaced = ["apply", "call"].some((method) => Object.hasOwn(layer, method));
  return made.constructor === layer.constructor && !isReplaced && hasOwnActivation(tf, layer as unknown as Fields);
}

/** @throws RelumineError "unsupported" by the name of a layer that is not what it is called */
export function checkOwn(tf: TensorFlow, layers: Iterable<Layer>): void {
  for (const layer of layers) {
    if (isOwn(tf, layer)) continue;
    throw new RelumineError(
      "unsupported",
      `the model's layer ${describe(layer.name)} (${layer.getClassName()})`,
      "to be TensorFlow.js' own, as its class is called",
      "another class, or one that was changed",
      "Give the class a name of its own (className)",
    );
  }
}
