// A plan in a file, and what the table says of its networks: a spec without inputs has hidden layers alone.
import type { NamedPreparedTable } from "../prepare-table.js";
import { readBytes } from "../files.js";
import { specFor } from "../network-for-table.js";
import { errorIn, RelumineError } from "../../core/errors.js";
import { isJsonObject, parseStrictJson } from "../../core/strict-json.js";
import type { DenseSpec, NetworkSpec } from "../../index.js";
import type { SweepPlan } from "../../sweep.js";

const EXPECTED = "to be a plan in JSON: { base, axes }";
const MOST_BYTES = 2 ** 24;
const MOST_DEEP = 20;
const HIDDEN = [64, 32];

/** What every field holds is checked by `sweep`. @throws RelumineError "format", about the file */
export async function readPlanFile(file: string): Promise<unknown> {
  const bytes = await readBytes(file, file, { expected: EXPECTED, maxBytes: MOST_BYTES });
  try {
    return parseStrictJson("the plan", new TextDecoder().decode(bytes), MOST_DEEP);
  } catch (error) {
    throw error instanceof RelumineError ? errorIn(file, error) : error;
  }
}

/** Inputs, outputs and loss as the table has them, unless the plan names its own inputs; the seed, too. */
export function planForTable(given: unknown, prepared: NamedPreparedTable, seed: number): SweepPlan {
  const plan = isJsonObject(given) ? given : {};
  const base = isJsonObject(plan.base ?? {}) ? ((plan.base ?? {}) as Record<string, unknown>) : {};
  const spec = (base.spec ?? {}) as Partial<NetworkSpec>;
  if (!isJsonObject(given) || !isJsonObject(base) || !isJsonObject(spec) || spec.inputs !== undefined)
    return given as SweepPlan;
  const ofTable = specFor(prepared, { hidden: HIDDEN, activation: "relu", bias: 0, seed });
  const output = ofTable.layers[ofTable.layers.length - 1];
  const layers = Array.isArray(spec.layers) ? [...(spec.layers as DenseSpec[]), output] : ofTable.layers;
  return { ...plan, base: { ...base, spec: { ...ofTable, ...spec, layers } } } as unknown as SweepPlan;
}
