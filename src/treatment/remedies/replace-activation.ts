// Another activation for the hidden layers whose units can die, with the same weights.
import { type Course, finding, nothing, type Outcome } from "./working-copy.js";
import { transplant } from "./transplant.js";
import { resolveSpec } from "../../network/spec.js";
import type { TreatedUnit } from "../types.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import { canDie } from "../../activations/analysis.js";

const indices = (count: number) => Array.from({ length: count }, (_, index) => index);

export function replaceActivation(course: Course, activation: ResolvedActivation): Outcome {
  const { state, before } = course;
  const { layers } = state.spec;
  if (before.dead === 0) return nothing("no hidden unit is dead on these samples");
  const isDeadIn = (layer: number) => before.layers[layer].dead > 0;
  const isReplaced = layers.map(
    (layer, index) =>
      index < layers.length - 1 &&
      (canDie(layer.activation) || isDeadIn(index)) &&
      (layer.activation.name !== activation.name || layer.activation.alpha !== activation.alpha),
  );
  if (!isReplaced.includes(true))
    return nothing(`the layers with dead units have the activation ${activation.name} already`);
  const spec = resolveSpec({
    ...state.spec,
    layers: layers.map((layer, index) => (isReplaced[index] ? { ...layer, activation } : layer)),
  });
  const treatedState = course.make(spec);
  transplant(
    state,
    treatedState,
    layers.map(({ units }, layer) => ({ layer, inputs: indices(state.inputsOf(layer)), units: indices(units) })),
  );
  spec.layers.forEach(({ units }, layer) => {
    const { alpha } = treatedState.layout.layers[layer];
    if (isReplaced[layer] && alpha !== undefined)
      treatedState.floats(treatedState.parameters + alpha, units).fill(activation.alpha!);
  });
  const treated = course
    .deadUnits()
    .flatMap((units, layer) =>
      isReplaced[layer] ? units.map((unit): TreatedUnit => ({ layer, unit, action: "activationReplaced" })) : [],
    );
  const named = isReplaced.flatMap((replaced, layer) => (replaced ? [layer] : [])).join(", ");
  return {
    state: treatedState,
    treated,
    findings: [
      finding(
        "livingUnitsToo",
        `hidden layers ${named} now have the activation ${activation.name}, their living units too`,
      ),
    ],
  };
}
