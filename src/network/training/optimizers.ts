// The optimizers by name; what each is stands in optimizers/.
import { adam, adamW } from "./optimizers/adam.js";
import { adamax, nadam } from "./optimizers/adam-variants.js";
import { OPTIMIZER_NAMES } from "./optimizers/names.js";
import { isRecipe, type Optimizer, type OptimizerRecipe } from "./optimizers/recipe.js";
import { adagrad, rmsprop } from "./optimizers/rmsprop.js";
import { lion, sgd } from "./optimizers/sgd.js";
import { checkName, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { suggestion } from "../../core/suggestion.js";

export type {
  MomentPowers,
  Optimizer,
  OptimizerOptions,
  OptimizerRecipe,
  UpdateOperands,
} from "./optimizers/recipe.js";
export { adagrad, adam, adamax, adamW, lion, nadam, rmsprop, sgd };

/** The recipe behind what a caller passes as optimizer. */
export function checkOptimizer(optimizer: unknown): OptimizerRecipe {
  if (isRecipe(optimizer)) return optimizer;
  const named =
    typeof optimizer === "object" && optimizer !== null ? (optimizer as { name?: unknown }).name : optimizer;
  const hint = typeof named === "string" ? suggestion(named, OPTIMIZER_NAMES) : "";
  const all = `${OPTIMIZER_NAMES.slice(0, -1).join("(), ")}() or ${OPTIMIZER_NAMES.at(-1)}()`;
  throw new RelumineError("value", "optimizer", `to be what ${all} returns`, describe(named), hint);
}

const FACTORIES: Readonly<Record<(typeof OPTIMIZER_NAMES)[number], (options: never) => Optimizer>> = {
  sgd,
  adam,
  adamW,
  nadam,
  adamax,
  rmsprop,
  adagrad,
  lion,
};

/** The optimizer of that name, made with these options, as an optimizer tells them. */
export function rebuildOptimizer({ name, options }: Pick<Optimizer, "name" | "options">): Optimizer {
  return FACTORIES[checkName("optimizer", name, OPTIMIZER_NAMES)](options as never);
}
