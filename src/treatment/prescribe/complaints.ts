// What is wrong with the baseline, by all of its runs: their deaths, what diagnose finds, their losses. That decides
// what is tried, and what first.
import { type BaselineRun, isStillFalling } from "../trial/examine-run.js";
import type { Cause } from "../../diagnosis/trace/types.js";
import { skillOf } from "../../diagnosis/learning/learning.js";
import { LEARNED } from "../../diagnosis/learning/verdict.js";
import type { FindingKind } from "../../diagnosis/types.js";
import { countOf, formatCount, listWords } from "../../text/numbers.js";

/** What units die of; "none": too few are dead to matter. */
export type Fault =
  "none" | "divergence" | "highRate" | "momentum" | "weightDecay" | "negativeBias" | "born" | "unknown";

/** What a remedy may answer: a fault of the units, a finding, or that a network does not learn, or learns slowly. */
export type Complaint = Exclude<Fault, "none" | "unknown"> | FindingKind | "notLearned" | "slow" | "dead";

export interface Complaints {
  readonly fault: Fault;
  /** All there are, what should be answered first in front. */
  readonly all: readonly Complaint[];
  /** A finding names something to change. */
  readonly hasCause: boolean;
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
  unexplained: "unknown",
};
const WORDS: Readonly<Record<Cause, string>> = {
  born: "were silent from the start",
  learningRate: "were closed by a plain gradient step",
  momentum: "were closed by momentum",
  weightDecay: "were closed by weight decay",
  upstream: "lost their inputs",
  drift: "were closed by many small steps",
  unknown: "died of causes that could not be replayed",
  unexplained: "died of causes that were not replayed",
};

/**
 * What comes first: an output that can't say what is asked, and data of which nothing can be learned, make all else
 * idle; then what kills, then data, then structure and the length of the training. All that can be a cause is here.
 */
const IN_ORDER: readonly Complaint[] = [
  "singleUnitSoftmax",
  "labelsMismatch",
  "lossMismatch",
  "singleClass",
  "constantInputs",
  "deadOutputUnits",
  "weightDecay",
  "decayCollapse",
  "heldDown",
  "momentum",
  "negativeBias",
  "divergence",
  "statisticsMismatch",
  "unscaledInputs",
  "outlierInputs",
  "uncenteredInputs",
  "unscaledTargets",
  "lowTargetVariance",
  "stepsTooSmall",
  "highRate",
  "born",
  "bottleneck",
  "linearNetwork",
  "vanishingGradient",
  "collapsedOutput",
  "dead",
  "closedSamples",
  "constantTogether",
  "zeroOutgoingWeights",
  "slow",
  "stillLearning",
  "oneClassPredicted",
  "classNeverPredicted",
  "overfitting",
  "heldOutElsewhere",
  "notLearned",
];

/** Findings that are asked for whatever their role: what is seen when a class is lost tells how to judge. */
const SYMPTOMS: readonly FindingKind[] = ["oneClassPredicted", "classNeverPredicted", "vanishingGradient"];

function sumCauses(runs: readonly BaselineRun[]): Partial<Record<Cause, number>> {
  const sum: Partial<Record<Cause, number>> = {};
  for (const { causes } of runs)
    for (const [cause, count] of Object.entries(causes) as [Cause, number][]) sum[cause] = (sum[cause] ?? 0) + count;
  return sum;
}

const total = (runs: readonly BaselineRun[], of: (run: BaselineRun) => number) =>
  runs.reduce((sum, run) => sum + of(run), 0);

/** Dead units enough to matter: a tenth of all, or a whole layer in some run. */
function hasManyDead(runs: readonly BaselineRun[]): boolean {
  const units = total(runs, (run) => run.units);
  return total(runs, ({ dead }) => dead) >= Math.max(1, FEW * units) || runs.some((run) => run.hasDeadLayer);
}

function inRuns(runs: readonly BaselineRun[]): string {
  return runs.length === 1 ? "the baseline's run" : `${formatCount(runs.length)} runs of the baseline`;
}

/**
 * The commonest; or what acts beside the gradient, from this share of the deaths on: a plain step closes the more units
 * the nearer momentum and decay have brought them to the edge, and taking those away leaves the rate as it was given.
 */
const BESIDE_GRADIENT = { causes: ["momentum", "weightDecay"] as readonly Cause[], share: 0.2 };

function mainCause(causes: Partial<Record<Cause, number>>): [Cause, number] | undefined {
  const counts = (Object.entries(causes) as [Cause, number][]).sort(([, a], [, b]) => b - a);
  const traced = counts.reduce((sum, [, count]) => sum + count, 0);
  const beside = counts.find(
    ([cause, count]) => BESIDE_GRADIENT.causes.includes(cause) && count >= BESIDE_GRADIENT.share * traced,
  );
  return beside ?? counts[0];
}

interface FaultOfUnits extends Pick<Complaints, "fault" | "reason"> {
  /** What to do about it, where nothing else has to be done first. */
  readonly first?: string;
}

function faultOfUnits(runs: readonly BaselineRun[], causes: Partial<Record<Cause, number>>): FaultOfUnits {
  if (runs.some(({ stopped }) => stopped === "aborted") || runs.length === 0)
    return { fault: "unknown", reason: "the baseline was interrupted: its faults cannot be told" };
  if (runs.some(({ stopped }) => stopped === "diverged"))
    return { fault: "divergence", reason: "the numbers of the baseline overflow", first: "smaller steps come first" };
  const dead = total(runs, (run) => run.dead);
  const units = total(runs, (run) => run.units);
  if (units === 0) return { fault: "none", reason: "" };
  const share = `${formatCount(dead)} of ${countOf(units, "hidden unit")} are dead in ${inRuns(runs)}`;
  if (!hasManyDead(runs)) return { fault: "none", reason: `${share}: too few to matter` };
  const traced = Object.values(causes).reduce((sum, count) => sum + count, 0);
  if (total(runs, ({ closedByBias }) => closedByBias) >= dead / 2 && (causes.born ?? 0) >= traced / 2)
    return {
      fault: "negativeBias",
      reason: `${share}, most of them behind a negative starting bias`,
      first: "a higher bias comes first",
    };
  const [cause, count] = mainCause(causes) ?? ["unknown", dead];
  const fault = BY_CAUSE[cause];
  const first = {
    born: "another start",
    highRate: "a lower rate",
    momentum: "less momentum",
    weightDecay: "no weight decay",
  }[fault as string];
  return {
    fault,
    reason: `${share}, and ${formatCount(count)} of the ${formatCount(traced)} whose death was traced ${WORDS[cause]}`,
    ...(first && { first: `${first} comes first` }),
  };
}

type Finding = BaselineRun["findings"][number];
type Asked = ReadonlyMap<FindingKind, { readonly finding: Finding; readonly runs: number }>;

/** Findings that something should be done about, each kind once, with the runs that have it. */
function askedFor(runs: readonly BaselineRun[]): Asked {
  const asked = new Map<FindingKind, { finding: Finding; runs: number }>();
  for (const { findings } of runs) {
    const kinds = new Map(
      findings
        .filter(({ role, kind }) => role === "cause" || (role === "symptom" && SYMPTOMS.includes(kind)))
        .reverse()
        .map((finding) => [finding.kind, finding]),
    );
    for (const [kind, finding] of kinds) {
      const before = asked.get(kind);
      asked.set(kind, { finding: before?.finding ?? finding, runs: (before?.runs ?? 0) + 1 });
    }
  }
  return asked;
}

/** Where it has not, rates are tried in both directions. A loss that cannot be improved on leaves nothing to learn. */
function hasLearned({ learning, stopped }: BaselineRun): boolean {
  if (!learning || stopped === "diverged") return false;
  const { score = 1, accuracy, constantAccuracy } = learning;
  return skillOf(score, accuracy, constantAccuracy)! >= LEARNED;
}

/** Causes in words, for the reason: those of the findings, by the order in which they are answered. */
function describeFindings(asked: Asked, runs: readonly BaselineRun[]): string {
  const causes = [...asked.values()]
    .filter(({ finding: { role } }) => role === "cause")
    .sort((a, b) => IN_ORDER.indexOf(a.finding.kind) - IN_ORDER.indexOf(b.finding.kind));
  if (causes.length === 0) return "";
  const words = causes.map((cause) =>
    runs.length === 1 || cause.runs === runs.length
      ? cause.finding.kind
      : `${cause.finding.kind} (in ${cause.runs} of ${runs.length} runs)`,
  );
  return `diagnose names ${listWords(words)}`;
}

/**
 * @param wasTrained whether the baseline goes on with a network, whose dead units were dead before
 * @param isReadable whether the loss can read the targets at all
 */
export function findComplaints(runs: readonly BaselineRun[], wasTrained: boolean, isReadable: boolean): Complaints {
  const causes = sumCauses(runs);
  const units = faultOfUnits(runs, causes);
  const isCut = runs.length === 0 || runs.some(({ stopped }) => stopped === "aborted");
  const asked = isCut ? (new Map() as Asked) : askedFor(runs);
  // Who goes on with a network can't give it another start: units that are dead from the start are to be brought back.
  const fault = wasTrained && units.fault === "born" ? "unknown" : units.fault;
  const known = new Set<Complaint>(asked.keys());
  if (fault !== "none" && fault !== "unknown") known.add(fault);
  if (!isCut && total(runs, ({ dead }) => dead) > 0 && units.fault !== "none") known.add("dead");
  if (!isCut && runs.some((run) => !hasLearned(run))) known.add("notLearned");
  if (!isReadable) known.add("lossMismatch").add("notLearned");
  if (fault === "none" && runs.some(({ losses }) => isStillFalling(losses))) known.add("slow");
  const all = IN_ORDER.filter((complaint) => known.has(complaint));
  const first = fault === units.fault && all[0] === fault && units.first ? `: ${units.first}` : "";
  const reasons = [`${units.reason}${first}`, describeFindings(asked, runs)].filter(Boolean);
  return {
    fault,
    hasCause: !isReadable || [...asked.values()].some(({ finding: { role } }) => role === "cause"),
    all,
    reason: reasons.join("; ") || "nothing is found that would have to change",
    causes,
  };
}
