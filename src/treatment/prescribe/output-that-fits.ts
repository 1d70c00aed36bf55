// The last layer and the loss that say what the targets ask for.
import type { Task } from "../trial/task.js";
import type { TrialSettings } from "../trial/trial.js";
import {
  DEFAULT_INITIALIZERS,
  type DenseSpec,
  resolveSpec,
  type ResolvedDenseSpec,
  type ResolvedSpec,
} from "../../network/spec.js";
import { factsOf, isClassification, type Loss } from "../../network/losses.js";
import { initializerFamilyOf, isLinear } from "../../activations/activations.js";

export interface FittingOutput {
  readonly name: string;
  readonly why: string;
  readonly change: (settings: TrialSettings) => TrialSettings;
}

/** A layer with another activation: its kernel's start is the new one's own where it was the old one's. */
export function withActivation(layer: ResolvedDenseSpec, activation: DenseSpec["activation"]): DenseSpec {
  const { kernelInitializer, ...rest } = layer;
  const isUsual = kernelInitializer === DEFAULT_INITIALIZERS[initializerFamilyOf(layer.activation.name)];
  return { ...rest, activation, ...(!isUsual && { kernelInitializer }) };
}

function withOutput(settings: TrialSettings, loss: Loss, units: number | undefined, takesClasses: boolean) {
  const { spec } = settings;
  const last = spec.layers[spec.layers.length - 1];
  const output = { ...withActivation(last, "linear"), units: units ?? last.units };
  return {
    ...settings,
    spec: resolveSpec({ ...spec, loss, layers: [...spec.layers.slice(0, -1), output] }),
    ...(takesClasses && { takesClasses }),
    ...(output.units !== last.units && { startsAnew: true }),
  };
}

/** The loss reads logits, its own: by what name the last layer has. */
function isLinked({ layers, loss }: ResolvedSpec, name: Loss): boolean {
  const activation = layers[layers.length - 1].activation.name;
  const facts = factsOf(loss);
  if (facts.name !== name) return false;
  const own = name === "crossEntropy" ? "softmax" : "sigmoid";
  return facts.from === "logits" ? isLinear(activation) : activation === own;
}

/** Absent where the network has it. */
export function outputThatFits(spec: ResolvedSpec, task: Task): FittingOutput | undefined {
  const { units, activation } = spec.layers[spec.layers.length - 1];
  if (task.kind === "numbers") {
    const isRegression = !isClassification(spec.loss);
    if (isRegression && isLinear(activation.name)) return undefined;
    const loss = isRegression && factsOf(spec.loss).name !== "poisson" ? factsOf(spec.loss).name : "meanSquaredError";
    return {
      name: isRegression ? "linear output" : "linear output, squared error",
      why: "any number can be said",
      change: (settings) => withOutput(settings, loss, undefined, false),
    };
  }
  if (task.kind === "answers" || (task.classes === 2 && units === 1)) {
    if (isLinked(spec, "binaryCrossEntropy")) return undefined;
    return {
      name: "sigmoid output, binary cross-entropy",
      why: "each output says yes or no, by the loss that fits it",
      change: (settings) => withOutput(settings, "binaryCrossEntropy", undefined, false),
    };
  }
  if (units === task.classes && isLinked(spec, "crossEntropy")) return undefined;
  const name = "softmax output, cross-entropy";
  return {
    name: units === task.classes ? name : `${name}, an output for each of ${task.classes} classes`,
    why: "one of the classes is said, by the loss that fits it",
    change: (settings) =>
      withOutput(
        settings,
        "crossEntropy",
        task.classes,
        units !== task.classes || factsOf(settings.spec.loss).takesAnyTargets,
      ),
  };
}

/** A change of each hidden layer. */
export function hidden(change: (layer: ResolvedDenseSpec) => DenseSpec): (settings: TrialSettings) => TrialSettings {
  return (settings) => {
    const { layers } = settings.spec;
    const last = layers.length - 1;
    const changed = layers.map((layer, index) => (index === last ? layer : change(layer)));
    return { ...settings, spec: resolveSpec({ ...settings.spec, layers: changed }) };
  };
}
