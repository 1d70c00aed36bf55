// Where a Dense layer's kernel came from, in this package's words: what is redrawn is drawn likewise.
import type { JsonObject } from "../core/strict-json.js";
import type { KernelInitializer } from "../network/initializer-spec.js";

const part = (value: unknown): JsonObject => (typeof value === "object" && value !== null ? value : {}) as JsonObject;

const SCALED: ReadonlyMap<string, KernelInitializer> = new Map([
  ["1 fan_avg normal", "glorotNormal"],
  ["1 fan_avg uniform", "glorotUniform"],
  ["2 fan_in normal", "heNormal"],
  ["2 fan_in uniform", "heUniform"],
  ["1 fan_in normal", "lecunNormal"],
]);

const NAMES: Readonly<Partial<Record<string, (config: JsonObject) => KernelInitializer | undefined>>> = {
  Zeros: () => "zeros",
  Orthogonal: () => "orthogonal",
  RandomNormal: ({ mean, stddev }) => (mean === 0 && typeof stddev === "number" ? { normal: stddev } : undefined),
  RandomUniform: ({ minval, maxval }) =>
    typeof maxval === "number" && minval === -maxval ? { uniform: maxval } : undefined,
  VarianceScaling: ({ scale, mode, distribution }) =>
    SCALED.get(`${String(scale)} ${String(mode)} ${words(distribution)}`),
};

/** "truncatedNormal" is a normal one. */
const words = (distribution: unknown): string => (/normal/i.test(String(distribution)) ? "normal" : "uniform");

/** Undefined where the package has none like it. */
export function kernelInitializerOf({ kernel_initializer: given }: JsonObject): KernelInitializer | undefined {
  const { class_name: name, config } = part(given);
  return NAMES[String(name)]?.(part(config));
}
