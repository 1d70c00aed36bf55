// What a Keras model says of its training: the loss that it was compiled with, where its kernels started.
import { isJsonObject, type JsonObject } from "../../../core/strict-json.js";
import type { KernelInitializer } from "../../../network/initializer-spec.js";
import type { Loss } from "../../../network/losses.js";

/** Keras' functions, their short names, its classes and TensorFlow.js' names, without case and underscores. */
const LOSSES: ReadonlyMap<string, Loss> = new Map([
  ["categoricalcrossentropy", "crossEntropy"],
  ["sparsecategoricalcrossentropy", "crossEntropy"],
  ["binarycrossentropy", "binaryCrossEntropy"],
  ["meansquarederror", "meanSquaredError"],
  ["mse", "meanSquaredError"],
  ["meanabsoluteerror", "meanAbsoluteError"],
  ["mae", "meanAbsoluteError"],
  ["poisson", "poisson"],
]);

/** What a model that was trained on logits ends with, its file does not say: predict gives what the model gives. */
const OF_LOGITS =
  "It was trained by a cross-entropy of logits: { loss } says so, and predict then gives probabilities instead.";

/** A name, or an object of a class with its name or its options as config. */
function lossName(loss: unknown): string | undefined {
  if (typeof loss === "string") return loss;
  if (!isJsonObject(loss)) return undefined;
  const { class_name: className, config } = loss;
  if (typeof config === "string") return config;
  // other options than Keras' own make another loss
  const isPlain = !isJsonObject(config) || (!config.from_logits && !config.label_smoothing);
  return isPlain && typeof className === "string" ? className : undefined;
}

/** Of a compile_config or training_config. */
const lossOf = (config: unknown): unknown => {
  const loss = isJsonObject(config) ? config.loss : undefined;
  return Array.isArray(loss) && loss.length === 1 ? (loss[0] as unknown) : loss;
};

/** The one loss of a compile_config or training_config, if this package has it. */
export function compiledLoss(config: unknown): Loss | undefined {
  const name = lossName(lossOf(config));
  return name === undefined ? undefined : LOSSES.get(name.toLowerCase().replaceAll("_", ""));
}

/** What a person should know of the loss. */
export function notesOnLoss(config: unknown): string[] {
  const loss = lossOf(config);
  return isJsonObject(loss) && isJsonObject(loss.config) && loss.config.from_logits === true ? [OF_LOGITS] : [];
}

type Initializer = (config: JsonObject) => KernelInitializer | undefined;

/** VarianceScaling, which TensorFlow.js writes for these; "truncatedNormal" is a normal one. */
const SCALED: ReadonlyMap<string, KernelInitializer> = new Map([
  ["1 fan_avg normal", "glorotNormal"],
  ["1 fan_avg uniform", "glorotUniform"],
  ["2 fan_in normal", "heNormal"],
  ["2 fan_in uniform", "heUniform"],
  ["1 fan_in normal", "lecunNormal"],
]);

const words = (distribution: unknown): string => (/normal/i.test(String(distribution)) ? "normal" : "uniform");

const isPositive = (value: unknown): value is number =>
  typeof value === "number" && value > 0 && Math.fround(value) > 0;

const INITIALIZERS: ReadonlyMap<unknown, Initializer> = new Map<unknown, Initializer>([
  ["GlorotUniform", () => "glorotUniform"],
  ["GlorotNormal", () => "glorotNormal"],
  ["HeUniform", () => "heUniform"],
  ["HeNormal", () => "heNormal"],
  ["LecunNormal", () => "lecunNormal"],
  ["Zeros", () => "zeros"],
  ["Orthogonal", () => "orthogonal"],
  ["OrthogonalInitializer", () => "orthogonal"],
  ["RandomNormal", ({ mean = 0, stddev }) => (mean === 0 && isPositive(stddev) ? { normal: stddev } : undefined)],
  [
    "RandomUniform",
    ({ minval, maxval }) => (isPositive(maxval) && minval === -maxval ? { uniform: maxval } : undefined),
  ],
  [
    "VarianceScaling",
    ({ scale, mode, distribution }) => SCALED.get(`${String(scale)} ${String(mode)} ${words(distribution)}`),
  ],
]);

/** Where a Dense layer's kernel started; undefined where this package has none like it. */
export function kernelInitializerOf({ kernel_initializer: given }: JsonObject): KernelInitializer | undefined {
  if (!isJsonObject(given)) return undefined;
  return INITIALIZERS.get(given.class_name)?.(isJsonObject(given.config) ? given.config : {});
}
