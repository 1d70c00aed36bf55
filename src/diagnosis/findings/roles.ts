// Which findings are causes, where several come together.
import type { Evidence, Found } from "./evidence.js";
import type { Finding, FindingKind, FindingRole } from "../types.js";
import { ROLES } from "./role-table.js";
import { isAllLearned } from "./learnable.js";
import { hasLearned } from "./learned.js";
import { UNSCALED_UNLEARNED } from "../inputs/judge-inputs.js";
import { SOME } from "../learning/verdict.js";

/** Output and loss do not fit: whatever else is seen may come of it. */
const MISFITS: readonly FindingKind[] = ["singleUnitSoftmax", "labelsMismatch", "lossMismatch"];
/** What the numbers that go in are like. */
const INPUTS: readonly FindingKind[] = ["unscaledInputs", "uncenteredInputs", "outlierInputs"];
/** How the training went. */
const COURSE: readonly FindingKind[] = ["stillLearning", "stepsTooSmall"];
/** Rates that are named as too high and steps that are to be larger are never told at once. */
const TOO_LARGE: readonly FindingKind[] = ["divergence", "highRate"];
/** What is seen of layers that say too little, and of their training. */
const HELD_LOW: readonly FindingKind[] = [
  ...COURSE,
  "highRate",
  "vanishingGradient",
  "linearNetwork",
  "closedSamples",
  "bottleneck",
  "constantTogether",
];

/** A cause of one of the first kinds explains what is seen as one of the second, which is then a symptom. */
const EXPLAINS: readonly (readonly [causes: readonly FindingKind[], symptoms: readonly FindingKind[]])[] = [
  // a gradient of 0 whatever the numbers
  [["singleUnitSoftmax"], ["bottleneck", "divergence", ...INPUTS]],
  // what cannot be learned by this loss is not learned by more steps, nor by other data, nor through other layers
  [
    MISFITS,
    [
      ...COURSE,
      "overfitting",
      "highRate",
      "vanishingGradient",
      "linearNetwork",
      "closedSamples",
      "unscaledTargets",
      "lowTargetVariance",
      "decayCollapse",
      "heldDown",
      "constantTogether",
    ],
  ],
  // a size that is wrong by itself makes any rate wrong
  [
    ["unscaledTargets", ...INPUTS],
    [...COURSE, "closedSamples", "lowTargetVariance", "linearNetwork"],
  ],
  [["unscaledTargets", "unscaledInputs", "outlierInputs"], TOO_LARGE],
  // what closes units, or shrinks them, is what holds them down; the inputs' means then say little, and so does a loss
  // that dropout or a penalty has blown up
  [
    ["decayCollapse", "heldDown"],
    ["divergence", "uncenteredInputs", ...HELD_LOW],
  ],
  // what evaluation makes of the rows is not what was trained
  [["statisticsMismatch"], [...INPUTS, "unscaledTargets", ...HELD_LOW]],
  [
    ["divergence", "highRate"],
    ["vanishingGradient", "closedSamples", "overfitting", "linearNetwork", "bottleneck"],
  ],
  [["divergence"], ["constantTogether"]],
  // units that are one another's copies are as narrow as one, and move as one: by as many steps at once, of a usual
  // size
  [["constantTogether"], [...COURSE, "highRate", "vanishingGradient", "closedSamples", "bottleneck", ...INPUTS]],
  [["vanishingGradient"], [...COURSE, "linearNetwork", "closedSamples"]],
  [["bottleneck"], [...COURSE, "closedSamples", "vanishingGradient"]],
  [["closedSamples", "linearNetwork"], COURSE],
  // steps are too large for targets that are too small: the loss falls for long
  [["lowTargetVariance"], ["stillLearning"]],
  // an output that says the same whatever goes in, by itself
  [["collapsedOutput"], [...COURSE, ...INPUTS, "closedSamples", "bottleneck", "vanishingGradient"]],
  [["stepsTooSmall"], ["stillLearning"]],
];

/** So many epochs after which the rate had come to nothing, */
const SOON = 1;
/** or weights that moved by less than this share of their start: units and layers are as they were at the start. */
const HARDLY = 0.05;
/** ... and says nothing of what a training makes of it, but for inputs so far off that small moves count. */
const SEEN_AT_START: readonly FindingKind[] = ["uncenteredInputs", "bottleneck", "closedSamples"];
const FAR_OFF = 10;
const isFar = ({ figures }: Found) => (figures?.["distance"] ?? 0) >= FAR_OFF;

/**
 * Inputs a few deviations off centre let a loss grow a hundredfold at a rate that is too high as well; and where their
 * size is usual, so is a rate by which steps close units.
 */
function explainedByMeans(uncentered: Found): readonly FindingKind[] {
  if (isFar(uncentered)) return TOO_LARGE;
  return (uncentered.figures?.["size"] ?? 0) >= UNSCALED_UNLEARNED ? ["highRate"] : [];
}

/** What stays a cause where a network does well on its rows: it does badly on others, or by another measure. */
const APART_FROM_SKILL: readonly FindingKind[] = ["overfitting", "heldOutElsewhere", "singleClass", ...MISFITS];

/** What tells of itself what to do, the strongest first: where nothing has been learned and no cause explains it. */
const CAUSES_WHERE_ALONE: readonly FindingKind[] = ["collapsedOutput", "deadOutputUnits"];

/**
 * No causes where the network says all that fits to other rows can say, which may be nothing: that they do harm is seen
 * in what is not learned. Outliers spoil the fits as well.
 */
const NEED_HARM: readonly FindingKind[] = [
  "unscaledInputs",
  "uncenteredInputs",
  "unscaledTargets",
  "closedSamples",
  "bottleneck",
  "vanishingGradient",
];

/** A cause where there is no other. */
const LAST: FindingKind = "oneClassPredicted";

const RANKS: readonly FindingRole[] = ["cause", "symptom", "remark"];

type Judged = Found & Finding;
const isCause = ({ role }: Judged) => role === "cause";

/** Steps too small to have tried anything come before what they would have met. */
function putStepsFirst(found: readonly Judged[]): readonly Judged[] {
  const figures = found.find((one) => one.kind === "stepsTooSmall" && isCause(one))?.figures;
  const { moved = Infinity, moving = Infinity } = figures ?? {};
  if (moved >= HARDLY && moving > SOON) return found;
  const isAfter = ({ kind, figures }: Judged) =>
    moved === 0
      ? ![...MISFITS, "stepsTooSmall"].includes(kind)
      : SEEN_AT_START.includes(kind) && !((figures?.distance ?? 0) >= FAR_OFF);
  return found.map((one) => (isCause(one) && isAfter(one) ? { ...one, role: "symptom" } : one));
}

/** The first of these that is named is the cause, if there is no other and little is learned. */
function promote(found: readonly Judged[], { learning }: Evidence): readonly Judged[] {
  const isUnexplained = learning?.skill !== undefined && learning.skill < SOME && !found.some(isCause);
  const kind = isUnexplained ? CAUSES_WHERE_ALONE.find((each) => found.some((one) => one.kind === each)) : undefined;
  const first = found.find((finding) => finding.kind === kind);
  return found.map((finding) => (finding === first ? { ...finding, role: "cause" } : finding));
}

/** Little would be learned even with statistics that fit: another cause is told before it. */
const isLesser = ({ kind, figures }: Judged) => kind === "statisticsMismatch" && (figures?.settledScore ?? 1) < SOME;

/** With the roles, causes first, else in the order in which they are. */
export function assignRoles(found: readonly Found[], evidence: Evidence): Finding[] {
  const isLearned = hasLearned(evidence) === true;
  const isTooLarge = found.some(({ kind }) => TOO_LARGE.includes(kind));
  const told = found.filter(({ kind }) => !(isTooLarge && COURSE.includes(kind)));
  // steps as large as the weights throw units whatever the inputs' means, but for such as are far off
  const isThrown = told.some(({ kind, figures }) => TOO_LARGE.includes(kind) && figures?.["largeSteps"] === 1);
  const isNear = (one: Found) => one.kind === "uncenteredInputs" && !isFar(one);
  const roleOf = (one: Found) => {
    const { kind, role = ROLES[kind] } = one;
    return role === "cause" && isThrown && isNear(one) ? "symptom" : role;
  };
  const isNamed = (kinds: readonly FindingKind[]) =>
    told.some((one) => roleOf(one) === "cause" && kinds.includes(one.kind));
  // through an output that does not fit a score is no measure
  const isHarmless = isNamed(NEED_HARM) && !isNamed(MISFITS) && isAllLearned(evidence);
  const own = putStepsFirst(
    told.map((finding): Judged => {
      const { kind } = finding;
      const role = roleOf(finding);
      const isMild =
        (isLearned && !APART_FROM_SKILL.includes(kind)) || (isHarmless && role === "cause" && NEED_HARM.includes(kind));
      return { ...finding, role: isMild ? "remark" : role };
    }),
  );
  const isOther = own.some((one) => (isCause(one) && one.kind !== LAST) || CAUSES_WHERE_ALONE.includes(one.kind));
  const explained = new Set([
    ...(isOther ? [LAST] : []),
    ...own.flatMap((one) => (isCause(one) && one.kind === "uncenteredInputs" ? explainedByMeans(one) : [])),
    ...EXPLAINS.flatMap(([causes, symptoms]) =>
      own.some((finding) => isCause(finding) && causes.includes(finding.kind)) ? symptoms : [],
    ),
  ]);
  // a first layer that is saturated is so by what goes in
  const isByInputs = own.some((finding) => isCause(finding) && INPUTS.includes(finding.kind));
  const isExplained = ({ kind, figures }: Judged) => explained.has(kind) || (isByInputs && figures?.["inFirst"] === 1);
  const judged = promote(
    own.map((finding) => (isCause(finding) && isExplained(finding) ? { ...finding, role: "symptom" } : finding)),
    evidence,
  );
  const isAlone = !judged.some(isCause);
  return judged
    .map(({ adviceAlone, ...finding }) => (isAlone && adviceAlone ? { ...finding, advice: adviceAlone } : finding))
    .sort((a, b) => RANKS.indexOf(a.role) - RANKS.indexOf(b.role) || Number(isLesser(a)) - Number(isLesser(b)));
}
