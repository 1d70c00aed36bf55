// What to change beside a treatment: units that are brought back die again where what closed them stays.
import type { Besides } from "./types.js";
import { countOf, formatNumber } from "../text/numbers.js";
import type { Cause, Death } from "../diagnosis/trace/types.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { NetworkState } from "../network/state/state.js";

/** The lower rates that are worth a try: a third of the last one, then a tenth. */
const LOWER = [3, 10];

function lowerRate({ lastMoments }: NetworkState): string {
  const rate = lastMoments?.recipe.learningRate;
  if (!rate) return "Train on at a third of the rate, or a tenth";
  const [third, tenth] = LOWER.map((factor) => formatNumber(rate / factor, 2));
  return `Train on at a rate of ${third}, or ${tenth}, instead of ${formatNumber(rate)}`;
}

function changeFor(cause: Cause, state: NetworkState): string | undefined {
  if (cause === "born") return undefined;
  if (cause === "momentum") return "Train on without momentum, or with less: it closed them";
  if (cause === "weightDecay") return "Train on without weight decay, or with less: it closed them";
  if (cause === "unknown" || cause === "unexplained") return undefined;
  return `${lowerRate(state)}: ${cause === "learningRate" ? "plain gradient steps" : "many steps"} closed them`;
}

/** Of the deaths of units that are dead now, the causes, the commonest first. */
function causesOf({ layers }: Diagnosis, deaths: readonly Death[]): [Cause, number][] {
  const counts = new Map<Cause, number>();
  for (const { layer, unit, cause } of deaths)
    if (layers[layer]?.units[unit]?.state === "dead") counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** @param deaths what traceDeaths found, where the network's training was traced */
export function findBesides(state: NetworkState, before: Diagnosis, deaths: readonly Death[] | undefined): Besides[] {
  const named = before.findings
    .filter(({ role }) => role === "cause")
    .map(({ kind, advice }): Besides => ({ finding: kind, change: advice }));
  if (before.dead === 0) return named;
  if (deaths) {
    const known = causesOf(before, deaths).flatMap(([cause, count]): Besides[] => {
      const change = changeFor(cause, state);
      return change === undefined ? [] : [{ finding: cause, change: `${change} (${countOf(count, "unit")}).` }];
    });
    return [...known, ...named];
  }
  if (!state.lastMoments) return named;
  const change =
    `${lowerRate(state)}, if steps closed them: what did is not known without traceDeaths. ` +
    "prescribe(network, data, fit) tries this treatment together with lower rates.";
  return [...named, { finding: "unknown", change }];
}
