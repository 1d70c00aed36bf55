// What is wrong with the baseline, by its deaths, its diagnosis and its history: that decides what is tried first.
import type { Cause, Death } from "../../diagnosis/trace/types.js";
import type { Diagnosis } from "../../diagnosis/types.js";
import type { History } from "../../network/types.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { constantBias } from "../../network/initializer-spec.js";

export type Fault =
  "none" | "divergence" | "highRate" | "momentum" | "weightDecay" | "negativeBias" | "born" | "unknown";

export interface BaselineEvidence {
  readonly spec: ResolvedSpec;
  readonly history: History;
  readonly diagnosis?: Diagnosis;
  readonly deaths: readonly Death[];
}

export interface BaselineFault {
  readonly fault: Fault;
  /** One sentence. */
  readonly reason: string;
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
}

const FEW = 0.1; // so small a share of dead units is common in networks that do well
const BY_CAUSE: Readonly<Record<Cause, Fault>> = {
  born: "born",
  learningRate: "highRate",
  momentum: "momentum",
  weightDecay: "weightDecay",
  upstream: "highRate",
  drift: "highRate",
  unknown: "unknown",
};
const WORDS: Readonly<Record<Cause, string>> = {
  born: "were silent from the start",
  learningRate: "were closed by a plain gradient step",
  momentum: "were closed by momentum",
  weightDecay: "were closed by weight decay",
  upstream: "lost their inputs",
  drift: "were closed by many small steps",
  unknown: "died of causes that could not be replayed",
};

export function countCauses(deaths: readonly Death[]): Partial<Record<Cause, number>> {
  const counts: Partial<Record<Cause, number>> = {};
  for (const { cause } of deaths) counts[cause] = (counts[cause] ?? 0) + 1;
  return counts;
}

/** Dead units that would fire without their bias, in layers that start with a negative one. */
function closedByBias({ spec, diagnosis }: BaselineEvidence): number {
  const dead = diagnosis!.layers.flatMap(({ units }) => units.filter(({ state }) => state === "dead"));
  return dead.filter(
    ({ layer, mechanism }) => constantBias(spec.layers[layer].biasInitializer) < 0 && mechanism !== "negativeWeights",
  ).length;
}

/** Dead units enough to matter: a tenth of all, or a whole layer. */
function hasManyDead({ deadFraction, layers }: Diagnosis): boolean {
  return deadFraction >= FEW || layers.some(({ dead, units }) => dead === units.length);
}

export function findFault(evidence: BaselineEvidence): BaselineFault {
  const { diagnosis, history, deaths } = evidence;
  const causes = countCauses(deaths);
  if (history.stopped === "aborted")
    return { fault: "unknown", causes, reason: "the baseline was interrupted: its faults cannot be told" };
  if (history.stopped === "diverged" || !diagnosis)
    return { fault: "divergence", causes, reason: "the numbers of the baseline overflow: smaller steps come first" };
  const share = `${diagnosis.dead} of ${diagnosis.units} hidden units are dead in the baseline's first run`;
  if (!hasManyDead(diagnosis)) return { fault: "none", causes, reason: `${share}: too few to matter` };
  if (closedByBias(evidence) >= diagnosis.dead / 2 && (causes.born ?? 0) >= deaths.length / 2) {
    return {
      fault: "negativeBias",
      causes,
      reason: `${share}, most of them behind a negative starting bias: a higher bias comes first`,
    };
  }
  const [cause = "unknown", count = diagnosis.dead] =
    (Object.entries(causes) as [Cause, number][]).sort(([, a], [, b]) => b - a)[0] ?? [];
  const fault = BY_CAUSE[cause];
  const first = {
    born: "another start",
    highRate: "a lower rate",
    momentum: "less momentum",
    weightDecay: "no weight decay",
  }[fault as string];
  return {
    fault,
    causes,
    reason:
      `${share}, and ${count} of the ${deaths.length} whose death was traced ${WORDS[cause]}` +
      (first ? `: ${first} comes first` : ""),
  };
}

/** Nothing is dead and the loss still fell by a tenth in the last quarter of the epochs: larger steps may do. */
export function isSlow({ history: { epochs } }: BaselineEvidence): boolean {
  const before = epochs[Math.floor(epochs.length * 0.75) - 1];
  return before !== undefined && epochs[epochs.length - 1].loss < 0.9 * before.loss;
}
