// Units whose own numbers are broken, as a training that diverged leaves them.

/** Of a layer, as LayerWeights. */
interface UnitNumbers {
  readonly units: number;
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly alpha?: ArrayLike<number> | undefined;
}

/** Units with a weight, bias or slope that is no finite number, in order. */
export function brokenUnits({ units, kernel, bias, alpha }: UnitNumbers): number[] {
  const isBroken = Array.from({ length: units }, (_, unit) => !Number.isFinite(bias[unit] + (alpha?.[unit] ?? 0)));
  for (let at = 0; at < kernel.length; at++) if (!Number.isFinite(kernel[at])) isBroken[at % units] = true;
  return isBroken.flatMap((broken, unit) => (broken ? [unit] : []));
}
