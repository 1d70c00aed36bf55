// The remedies in one table: what each changes, and the complaints that ask for it.
import { bendsLittle } from "../../activations/analysis.js";
import {
  asymmetric,
  bend,
  bias,
  both,
  calibrated,
  type Change,
  clip,
  during,
  epochs,
  option,
  rate,
  scale,
  shape,
  treated,
  usualStart,
  warm,
  WIDE,
  widen,
  withAdam,
} from "./changes.js";
import type { Complaint, Fault } from "./complaints.js";
import type { Facts, Remedy, Situation } from "./situation.js";
import { restraints, structures } from "./layer-remedies.js";
import { outputThatFits } from "./output-that-fits.js";
import type { Remedy as Treatment } from "../remedies/remedy.js";
import { factsOf, isClassification } from "../../network/losses.js";
import { constantBias } from "../../network/initializer-spec.js";
import { hasOwnShift } from "../../network/spec.js";
import { type ActivationName, shapeOf } from "../../activations/activations.js";

const OF_STEPS: readonly Fault[] = ["highRate", "momentum", "divergence"];

function factsOfSituation(situation: Situation): Facts {
  const { baseline, task, complaints } = situation;
  const inner = baseline.spec.layers.slice(0, -1);
  return {
    ...situation,
    inner,
    hasHidden: inner.length > 0,
    isOfSteps: OF_STEPS.includes(complaints.fault),
    output: outputThatFits(baseline.spec, task),
  };
}

function outputs({ output }: Facts): Remedy[] {
  if (!output) return [];
  return [
    {
      ...output,
      family: "output",
      answers: ["singleUnitSoftmax", "labelsMismatch", "lossMismatch", "deadOutputUnits", "notLearned"],
    },
  ];
}

function lowerRates({ hasHidden, isOfSteps, complaints }: Facts): Remedy[] {
  return [
    {
      name: "rate ÷ 10",
      family: "rate",
      why: hasHidden ? "steps too small to close units" : "smaller steps",
      change: rate(1 / 10),
      answers: ["highRate", "divergence"],
      isGeneral: true,
    },
    {
      name: "rate ÷ 3",
      family: "rate",
      why: "smaller steps",
      change: rate(1 / 3),
      answers: ["highRate", "divergence"],
      isGeneral: true,
    },
    {
      name: "rate ÷ 100",
      family: "rate",
      why: "far smaller steps",
      change: rate(1 / 100),
      answers: ["divergence", "notLearned"],
      when: isOfSteps || complaints.all.includes("divergence"),
    },
  ];
}

/** Numbers can be scaled where the last layer is linear, by itself or by the remedy that makes it so. */
function scalings({ task, output, canCenter }: Facts): Remedy[] {
  const scalesTargets = task.kind === "numbers";
  const standsAlone = output === undefined;
  return [
    {
      name: "inputs and targets standardized",
      family: "scaling",
      why: "columns of mean 0 and spread 1 suit the weights' start and the rate",
      change: scale({ inputs: true, targets: true }),
      answers: ["unscaledInputs", "uncenteredInputs", "outlierInputs", "unscaledTargets", "notLearned", "divergence"],
      when: scalesTargets && canCenter,
      standsAlone,
    },
    {
      name: "inputs standardized",
      family: "scaling",
      why: "columns of mean 0 and spread 1 suit the weights' start and the rate",
      change: scale({ inputs: true }),
      answers: ["unscaledInputs", "uncenteredInputs", "outlierInputs", "notLearned", "divergence"],
      when: canCenter && (!scalesTargets || !standsAlone),
    },
    {
      name: "targets standardized",
      family: "scaling",
      why: "outputs start at the targets' size",
      change: scale({ targets: true }),
      answers: ["unscaledTargets", "lowTargetVariance"],
      when: scalesTargets,
      standsAlone,
    },
  ];
}

function higherRates({ isOfSteps, complaints, baseline: { optimizer } }: Facts): Remedy[] {
  const asksForMore = complaints.all.some((each) => each === "unscaledTargets" || each === "stepsTooSmall");
  /** Beside an Adam of its own that the rates' ladder does not bring there. */
  const adamIsNew = (usual: number): boolean =>
    !optimizer.name.startsWith("adam") || (optimizer.options.learningRate as number) * 100 < usual;
  return [
    ...[10, 3, 100].map((times): Remedy => ({
      name: `rate × ${times}`,
      family: "rate",
      why: "steps are small beside what is still to be learned",
      change: rate(times),
      answers: ["stepsTooSmall", "unscaledTargets", "stillLearning", "slow", "notLearned"],
      when: !isOfSteps || asksForMore,
    })),
    {
      name: "Adam",
      family: "rate",
      why: "each weight gets steps of its own size",
      change: withAdam(0.001),
      answers: ["highRate", "divergence", "stepsTooSmall", "notLearned"],
      when: adamIsNew(0.001),
    },
    {
      name: "Adam at 0.01",
      family: "rate",
      why: "each weight gets steps of its own size",
      change: withAdam(0.01),
      answers: ["stepsTooSmall", "notLearned"],
      when: adamIsNew(0.01),
    },
  ];
}

/** Of the optimizer, beside its rate. */
function optimizerOptions(): Remedy[] {
  return [
    {
      name: "no momentum",
      family: "momentum",
      why: "no step goes on after its gradient",
      change: (settings) => option("beta1", () => 0)(option("momentum", () => 0)(settings)),
      answers: ["momentum"],
      isGeneral: true,
    },
    {
      name: "no weight decay",
      family: "decay",
      why: "nothing pulls the weights but the gradient",
      change: option("weightDecay", () => 0),
      answers: ["weightDecay", "decayCollapse"],
      isGeneral: true,
    },
    {
      name: "weight decay 0.01",
      family: "decay",
      why: "large weights cost something",
      change: option("weightDecay", (value) => Math.max(value, 0.01)),
      answers: ["overfitting", "heldOutElsewhere"],
    },
    {
      name: "clipping to norm 1",
      family: "clip",
      why: "no single step is large",
      change: clip,
      answers: ["highRate", "divergence", "outlierInputs"],
      isGeneral: true,
    },
  ];
}

function balances({ isUneven, baseline: { spec } }: Facts): Remedy[] {
  const { takesAnyTargets } = factsOf(spec.loss);
  return [
    {
      name: "classes balanced",
      family: "balance",
      why: "all classes count the same, however many rows they have",
      change: (settings) => ({ ...settings, classWeights: "balanced" }),
      answers: ["oneClassPredicted", "classNeverPredicted"],
      when: isUneven && isClassification(spec.loss) && !takesAnyTargets,
    },
  ];
}

function biases({ inner, wasTrained }: Facts): Remedy[] {
  const started = inner.filter(hasOwnShift);
  const hasNegativeBias = started.some(({ biasInitializer }) => constantBias(biasInitializer) < 0);
  return [
    {
      name: "bias 0.1",
      family: "bias",
      why: "units start open",
      change: bias(0.1),
      answers: ["negativeBias"],
      isGeneral: true,
      when: started.length > 0 && !wasTrained,
    },
    {
      name: "bias 0",
      family: "bias",
      why: "units start open on half of their inputs",
      change: bias(0),
      answers: ["negativeBias"],
      isGeneral: true,
      when: hasNegativeBias && !wasTrained,
    },
    {
      name: "bias 1",
      family: "bias",
      why: "units start wide open",
      change: bias(1),
      answers: ["negativeBias"],
      isGeneral: true,
      when: hasNegativeBias && !wasTrained,
    },
  ];
}

function starts({ hasHidden, wasTrained }: Facts): Remedy[] {
  return [
    {
      name: "asymmetric start",
      family: "start",
      why: "fewer units are born dead",
      change: asymmetric,
      answers: ["born", "bottleneck"],
      isGeneral: true,
      when: hasHidden && !wasTrained,
    },
    {
      name: "calibrated start",
      family: "start",
      why: "each unit starts open on half of the rows",
      change: calibrated,
      answers: ["born", "bottleneck", "negativeBias", "closedSamples", "vanishingGradient", "uncenteredInputs"],
      isGeneral: true,
      when: hasHidden,
    },
    {
      name: "usual start",
      family: "start",
      why: "weights of a size that suits the layers, none like another",
      change: (settings) => ({ ...usualStart(settings), ...(wasTrained && { startsAnew: true }) }),
      answers: ["vanishingGradient", "constantTogether", "zeroOutgoingWeights", "notLearned", "divergence"],
    },
    {
      name: "new start",
      family: "start",
      why: "the network is drawn anew instead of mended",
      change: (settings) => ({ ...settings, startsAnew: true }),
      answers: ["dead", "notLearned"],
      isGeneral: true,
      when: wasTrained,
    },
  ];
}

function shapes({ hasHidden, inner }: Facts): Remedy[] {
  return [
    {
      name: "relu in the hidden layers",
      family: "shape",
      why: "they bend, and let the gradient through",
      change: bend,
      answers: ["linearNetwork", "vanishingGradient", "notLearned"],
      when: inner.some(({ activation }) => bendsLittle(activation)),
    },
    {
      name: hasHidden ? `layers of at least ${WIDE} units` : `a hidden layer of ${WIDE} units`,
      family: "width",
      why: hasHidden ? "so many are hardly all closed" : "the network can bend",
      change: widen,
      answers: ["bottleneck", "closedSamples", "linearNetwork"],
    },
  ];
}

function leaky({ hasHidden, inner }: Facts): Remedy[] {
  const isSmooth = inner.every(({ activation }) => shapeOf(activation.name) === "smooth");
  const learn = "closed units still learn";
  const smooth = "smooth: hardly a unit is quite closed";
  const list: readonly [string, ActivationName, string][] = [
    ["Leaky ReLU", "leakyRelu", learn],
    ["PReLU", "prelu", "closed units still learn, by a slope of their own"],
    ["ELU", "elu", learn],
    ["GELU", "gelu", smooth],
    ["SiLU", "silu", smooth],
  ];
  return list.map(([name, activation, why]) => ({
    name,
    family: "shape",
    why,
    change: shape(activation),
    answers: ["closedSamples", "bottleneck", "born"],
    isGeneral: true,
    when: hasHidden && !isSmooth,
  }));
}

function duringTraining({ hasHidden }: Facts): Remedy[] {
  const list: readonly [string, string, string, object][] = [
    ["recycling", "recycleDormant", "dormant units are reset", { everySteps: 100 }],
    ["continual backprop", "continualBackprop", "the least useful units are reset", {}],
    ["self-normalized resets", "selfNormalizedResets", "units silent for unusually long are reset", {}],
    ["preventing deaths", "preventDeaths", "a unit that closes is put back", {}],
  ];
  return list.map(([name, callback, why, options]) => ({
    name,
    family: "during",
    why,
    change: during(callback, options),
    answers: [],
    isGeneral: true,
    when: hasHidden,
  }));
}

function mixes({ isOfSteps, complaints: { fault } }: Facts): Remedy[] {
  const list: readonly [string, string, Change, boolean][] = [
    ["rate ÷ 3, clipped", "smaller steps, and no large one", both(rate(1 / 3), clip), isOfSteps],
    [
      "rate ÷ 3, Leaky ReLU",
      "smaller steps, and closed units still learn",
      both(rate(1 / 3), shape("leakyRelu")),
      isOfSteps,
    ],
    [
      "bias 0.1, rate ÷ 3",
      "units start open, and smaller steps",
      both(bias(0.1), rate(1 / 3)),
      fault === "negativeBias",
    ],
    [
      "asymmetric, Leaky ReLU",
      "fewer units are born dead, and closed units still learn",
      both(asymmetric, shape("leakyRelu")),
      fault === "born" || fault === "negativeBias",
    ],
  ];
  return list.map(([name, why, change, when]) => ({
    name,
    family: "mix",
    why,
    change,
    answers: [],
    isGeneral: true,
    when,
  }));
}

function lengths(): Remedy[] {
  return [
    {
      name: "3 times the epochs",
      family: "epochs",
      why: "the loss is still falling",
      change: epochs(3),
      answers: ["stillLearning", "stepsTooSmall", "slow", "statisticsMismatch"],
    },
    {
      name: "a third of the epochs",
      family: "epochs",
      why: "it ends before it learns the rows by heart",
      change: epochs(1 / 3),
      answers: ["overfitting", "heldOutElsewhere"],
    },
  ];
}

/** What is done to a network that was trained before it trains on. */
function bringBack({ wasTrained, complaints: { all } }: Facts): Remedy[] {
  const isDead = all.includes("dead");
  const hasClosedSamples = all.includes("closedSamples");
  const list: readonly [string, string, Treatment, boolean, Complaint][] = [
    ["lift", "dead units open on some rows", { kind: "liftBias" }, isDead, "dead"],
    ["recycle", "dead units get new weights", { kind: "recycle" }, isDead, "dead"],
    [
      "open samples",
      "rows on which a layer was closed open some unit",
      { kind: "openSamples" },
      hasClosedSamples,
      "closedSamples",
    ],
  ];
  return list.map(([name, why, treatment, when, complaint]) => ({
    name,
    family: "back",
    why,
    change: treated(treatment),
    answers: [complaint],
    when: wasTrained && when,
  }));
}

/** A schedule of the user's stays as it is. */
function slowStarts({ baseline: { schedule }, hasSchedule, wholeEpochs }: Facts): Remedy[] {
  return [
    {
      name: "warm-up",
      family: "warmup",
      why: "the first steps are small ones",
      change: warm(wholeEpochs),
      answers: ["highRate", "divergence"],
      when: schedule === undefined && !hasSchedule,
    },
  ];
}

/** In the order in which they are tried where as much asks for one as for the other. */
const GROUPS: readonly ((facts: Facts) => Remedy[])[] = [
  outputs,
  lowerRates,
  scalings,
  higherRates,
  optimizerOptions,
  balances,
  biases,
  starts,
  shapes,
  leaky,
  duringTraining,
  mixes,
  lengths,
  bringBack,
  structures,
  slowStarts,
  restraints,
];

/** All that can be tried in a situation. */
export function remediesFor(situation: Situation): readonly Remedy[] {
  const facts = factsOfSituation(situation);
  return GROUPS.flatMap((group) => group(facts)).filter(({ when }) => when ?? true);
}
