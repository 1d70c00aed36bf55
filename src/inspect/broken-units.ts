// Units whose own numbers are broken, as a training that diverged leaves them.
import { WEIGHT_NAMES } from "../network/state/weight-names.js";

/** Of a layer, as LayerWeights. */
type UnitNumbers = { readonly units: number; readonly kernel: Float32Array } & {
  readonly [name in (typeof WEIGHT_NAMES)[number]]?: ArrayLike<number> | undefined;
};

/** Units with a weight, or another number of their own, that is not finite, in order. */
export function brokenUnits(layer: UnitNumbers): number[] {
  const { units, kernel } = layer;
  const others = WEIGHT_NAMES.flatMap((name) => (name === "kernel" || !layer[name] ? [] : [layer[name]]));
  const isBroken = Array.from({ length: units }, (_, unit) => !others.every((values) => Number.isFinite(values[unit])));
  for (let at = 0; at < kernel.length; at++) if (!Number.isFinite(kernel[at])) isBroken[at % units] = true;
  return isBroken.flatMap((broken, unit) => (broken ? [unit] : []));
}
