// A death in a model of TensorFlow.js in one sentence, with its figures.
import type { ModelDeath } from "./trace-types.js";
import type { Preactivation } from "../diagnosis/trace/types.js";
import { formatCount, formatNumber, formatSigned } from "../text/numbers.js";

const spread = ({ mean, std }: Preactivation) => `${formatSigned(mean, 3)} ± ${formatNumber(std, 2)}`;

function partsOf({ change, cause }: Pick<ModelDeath, "change" | "cause">): string {
  if (cause === "unknown") return "each row is normalized over all units of the layer, so that its parts are not known";
  const parts = Object.entries(change).map(([part, value]) => `${formatSigned(value as number, 2)} by its ${part}`);
  return `of its mean's change ${parts.join(", ")}`;
}

export function explainModelDeath(death: Omit<ModelDeath, "explanation">): string {
  const { name, unit, step, lastOpen = 0, before, after, cause, rate, optimizer } = death;
  const who = `unit ${unit} of layer ${name}`;
  if (step === 0)
    return (
      `${who} was silent from the start: its preactivation was ${spread(before)}, ` +
      `at most ${formatNumber(before.max, 3)}`
    );
  const when =
    step - lastOpen === 1 ? `step ${formatCount(step)}` : `steps ${formatCount(lastOpen + 1)} to ${formatCount(step)}`;
  const by = [optimizer, rate === undefined ? undefined : `rate ${formatNumber(rate, 3)}`].filter(Boolean).join(", ");
  return (
    `the preactivation of ${who} went from ${spread(before)}, at most ${formatNumber(before.max, 3)}, ` +
    `to ${spread(after)}, at most ${formatNumber(after.max, 3)}, in ${when}${by && ` (${by})`}; ` +
    `${partsOf(death)}; cause: ${cause}`
  );
}
