// What resets units while a network trains, with the package's defaults; loaded when a recipe asks for it.
import type { PackageCallback } from "../../src/index.js";
import type { Recipe } from "./recipe.js";

export async function resetsOf({ resets }: Recipe): Promise<PackageCallback[]> {
  switch (resets) {
    case "none":
      return [];
    case "recycleDormant":
      return [(await import("../../src/treatment/during-training/recycle-dormant.js")).recycleDormant()];
    case "continualBackprop":
      return [(await import("../../src/treatment/during-training/continual-backprop.js")).continualBackprop()];
    case "selfNormalizedResets":
      return [(await import("../../src/treatment/during-training/self-normalized-resets.js")).selfNormalizedResets()];
  }
}
