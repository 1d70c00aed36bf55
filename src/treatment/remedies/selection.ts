// Which units a remedy treats, where not all that it could.
import { checkInteger, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { ResolvedSpec } from "../../network/spec.js";

/** A hidden unit by its place. */
export interface UnitPlace {
  /** From the first hidden layer, which is 0. */
  readonly layer: number;
  /** From 0. */
  readonly unit: number;
}

/** @throws RelumineError "value" */
export function checkUnits(units: unknown): readonly UnitPlace[] {
  if (!Array.isArray(units) || units.length === 0)
    throw new RelumineError("value", "units", "to be a list of units like { layer: 0, unit: 3 }", describe(units));
  return units.map((given, i) => {
    const path = `units[${i}]`;
    const { layer, unit } = checkOptions(path, given as Partial<UnitPlace>, ["layer", "unit"]);
    return {
      layer: checkInteger(`${path}.layer`, layer, { low: 0 }),
      unit: checkInteger(`${path}.unit`, unit, { low: 0 }),
    };
  });
}

/** @throws RelumineError "value" where the network has no such hidden unit */
export function checkUnitsOf({ layers }: ResolvedSpec, units: readonly UnitPlace[] = []): void {
  const hidden = layers.length - 1;
  for (const [i, { layer, unit }] of units.entries()) {
    const path = `units[${i}]`;
    if (layer >= hidden)
      throw new RelumineError("value", `${path}.layer`, `to be a hidden layer, 0 to ${hidden - 1}`, `${layer}`);
    if (unit >= layers[layer].units)
      throw new RelumineError(
        "value",
        `${path}.unit`,
        `to be below ${layers[layer].units}, the layer's units`,
        `${unit}`,
      );
  }
}

/** Those of a layer's units that are to be treated: all of them where none were chosen. */
export function chosenAmong(
  units: readonly number[],
  layer: number,
  chosen: readonly UnitPlace[] | undefined,
): readonly number[] {
  if (!chosen) return units;
  const own = new Set(chosen.filter((each) => each.layer === layer).map(({ unit }) => unit));
  return units.filter((unit) => own.has(unit));
}

/** The beginning of a sentence that says that there is nothing to treat. */
export const noneOf = (chosen: readonly UnitPlace[] | undefined): string =>
  chosen ? "none of the chosen units" : "no hidden unit";
