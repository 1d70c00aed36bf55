// From a recipe and its data to what the package is asked for.
import { adagrad, adam, adamax, adamW, lion, nadam, rmsprop, sgd } from "../../src/network/training/optimizers.js";
import type { NetworkSpec, Optimizer, Targets } from "../../src/index.js";
import type { LabelledRows, LearningTask } from "../tasks/learning-task.js";
import { layerOptionsOf, penaltyOf } from "./layer-options.js";
import type { Recipe } from "./recipe.js";
import { kernelInitializerOf, startsBiases } from "./start.js";

export function specOf(recipe: Recipe, task: LearningTask): NetworkSpec {
  const { activation, bias } = recipe;
  const kernelInitializer = kernelInitializerOf(recipe.start);
  const kernel = kernelInitializer !== undefined && { kernelInitializer };
  const biases = !startsBiases(recipe) && { biasInitializer: bias };
  const hidden = recipe.layers.map((units, layer) => ({
    units,
    activation,
    ...kernel,
    ...biases,
    ...layerOptionsOf(recipe, layer),
  }));
  const isSoftmax = recipe.head === "softmax";
  return {
    inputs: task.features.length,
    layers: [...hidden, { units: isSoftmax ? 1 : task.outputs, ...kernel, ...penaltyOf(recipe) }],
    loss: isSoftmax ? "crossEntropy" : task.loss,
    seed: recipe.seed,
  };
}

/** A softmax over one unit is 1 for every input: the package takes no label for it but the one class there is. */
export function targetsOf(recipe: Recipe, rows: LabelledRows): Targets {
  return recipe.head === "softmax" ? new Float32Array(rows.y.length) : rows.y;
}

export function optimizerOf(
  { optimizer }: Pick<Recipe, "optimizer">,
  { rate, decay }: Pick<Recipe, "rate" | "decay">,
): Optimizer {
  const learningRate = rate;
  switch (optimizer) {
    case "sgd":
      return sgd({ learningRate, weightDecay: decay });
    case "momentum":
      return sgd({ learningRate, momentum: 0.9, weightDecay: decay });
    case "adam":
      return decay > 0 ? adamW({ learningRate, weightDecay: decay }) : adam({ learningRate });
    case "nadam":
      return nadam({ learningRate, weightDecay: decay });
    case "adamax":
      return adamax({ learningRate, weightDecay: decay });
    case "rmsprop":
      return rmsprop({ learningRate });
    case "adagrad":
      return adagrad({ learningRate, weightDecay: decay });
    case "lion":
      return lion({ learningRate, weightDecay: decay });
  }
}
