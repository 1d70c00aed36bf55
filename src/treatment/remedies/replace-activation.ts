// Another activation for the hidden layers whose units can die, with the same weights.
import { finding, nothing, type RemedyResult, type WorkingCopy } from "./working-copy.js";
import { transplant } from "./transplant.js";
import { resolveSpec } from "../../network/spec.js";
import type { TreatedUnit } from "../types.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import { canDie } from "../../activations/analysis.js";

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

/** By layer, whether it gets the activation: hidden layers with dead units, or whose units can die. */
function layersToReplace({ original, before }: WorkingCopy, activation: ResolvedActivation): boolean[] {
  const { layers } = original.spec;
  return layers.map(
    (layer, index) =>
      index < layers.length - 1 &&
      (canDie(layer.activation) || before.layers[index].dead > 0) &&
      (layer.activation.name !== activation.name || layer.activation.alpha !== activation.alpha),
  );
}

/** Passes over x: none. */
export function replaceActivation(copy: WorkingCopy, activation: ResolvedActivation): RemedyResult {
  const { original, before } = copy;
  const { layers } = original.spec;
  if (before.dead === 0) return nothing("no hidden unit is dead on these samples");
  const isReplaced = layersToReplace(copy, activation);
  if (!isReplaced.includes(true))
    return nothing(`the layers with dead units have the activation ${activation.name} already`);
  const spec = resolveSpec({
    ...original.spec,
    layers: layers.map((layer, index) => (isReplaced[index] ? { ...layer, activation } : layer)),
  });
  const state = copy.make(spec);
  const all = original.layers.map(({ inputs, units }, layer) => {
    return { layer, inputs: indices(inputs), units: indices(units) };
  });
  transplant(original, state, all);
  state.layers.forEach(({ alpha }, layer) => isReplaced[layer] && alpha?.fill(activation.alpha!));
  const treated = copy
    .deadUnits()
    .flatMap((units, layer) =>
      isReplaced[layer] ? units.map((unit): TreatedUnit => ({ layer, unit, action: "activationReplaced" })) : [],
    );
  const named = isReplaced.flatMap((replaced, layer) => (replaced ? [layer] : [])).join(", ");
  const message = `hidden layers ${named} now have the activation ${activation.name}, their living units too`;
  return { state, treated, findings: [finding("livingUnitsToo", message)] };
}
