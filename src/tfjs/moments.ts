// What an optimizer of TensorFlow.js remembers of a model's weights: it hands out the variables themselves, by the
// weights' names, so that single numbers can be set.
import type { LiveWeight } from "./live-chain.js";
import type { Model, Tensor } from "./tensorflow.js";

/** Slots that start at 0, by the ends of their names. */
const ZEROABLE = ["accum_grad", "accum_var", "m", "mg", "momentum", "rms", "v"];

/** What is remembered of one weight. */
export interface Slot {
  readonly tensor: Tensor;
  readonly name: string;
}

/** Undefined where the optimizer does not hand them out. */
export async function slotsOf({ optimizer }: Model): Promise<readonly Slot[] | undefined> {
  if (!optimizer) return [];
  let named: readonly Slot[];
  try {
    named = await optimizer.getWeights();
  } catch {
    return undefined; // "not implemented for Adamax yet"
  }
  const [iterations, ...slots] = named;
  iterations?.tensor.dispose(); // made for us
  return slots;
}

/** Whether a weight's slot starts at 0; undefined where it is another weight's. */
export function startsAtZero({ name }: Slot, { variable }: LiveWeight): boolean | undefined {
  if (!name.startsWith(`${variable.name}/`)) return undefined;
  return ZEROABLE.includes(name.slice(variable.name.length + 1));
}
