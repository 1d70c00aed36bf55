// What layers have beside units, activation and start, as the package is asked for it; programs write the same.
import type { DenseSpec } from "../../src/index.js";
import { isResidual, type Recipe } from "./recipe.js";

export type LayerOptions = Pick<DenseSpec, "normalization" | "dropout" | "kernelRegularizer" | "residual">;

/** Of every layer, the output's too. */
export function penaltyOf({ l1, l2 }: Pick<Recipe, "l1" | "l2">): Pick<LayerOptions, "kernelRegularizer"> {
  if (l1 === 0 && l2 === 0) return {};
  return { kernelRegularizer: { ...(l1 > 0 && { l1 }), ...(l2 > 0 && { l2 }) } };
}

/** Of a hidden layer. */
export function layerOptionsOf(recipe: Recipe, layer: number): LayerOptions {
  const { normalization, dropout } = recipe;
  return {
    ...(normalization !== "none" && { normalization }),
    ...(dropout > 0 && { dropout }),
    ...penaltyOf(recipe),
    ...(isResidual(recipe, layer) && { residual: true }),
  };
}
