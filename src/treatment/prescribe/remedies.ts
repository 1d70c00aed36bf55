// The remedies in one table: what each changes, and the complaints that ask for it. From it the candidates, in the order
// in which they are tried.
import { bendsLittle } from "../../activations/analysis.js";
import type { Complaint, Complaints, Fault } from "./complaints.js";
import { hidden, outputThatFits, withActivation } from "./output-that-fits.js";
import type { TrialSettings } from "./trial.js";
import type { RowScaling } from "./types.js";
import type { Task } from "./task.js";
import type { Remedy as Treatment } from "../remedies/remedy.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import { adam } from "../../network/training/optimizers.js";
import { factsOf, isClassification } from "../../network/losses.js";
import { constantBias } from "../../network/initializer-spec.js";
import { resolveSpec } from "../../network/spec.js";
import { roundTo } from "../../text/numbers.js";
import { type ActivationName, shapeOf } from "../../activations/activations.js";

/** Of one family a trial has one remedy at most. */
type Family =
  | "output"
  | "scaling"
  | "rate"
  | "momentum"
  | "decay"
  | "clip"
  | "bias"
  | "start"
  | "shape"
  | "width"
  | "during"
  | "balance"
  | "epochs"
  | "back"
  | "mix";
type Change = (settings: TrialSettings) => TrialSettings;

/** What the table is made for. */
export interface Situation {
  readonly baseline: TrialSettings;
  readonly task: Task;
  readonly complaints: Complaints;
  /** The baseline goes on with a network that was trained before. */
  readonly wasTrained: boolean;
  /** Some class has far fewer rows than the others. */
  readonly isUneven: boolean;
}

interface Remedy {
  readonly name: string;
  readonly family: Family;
  readonly why: string;
  readonly change: Change;
  /** What asks for it. */
  readonly answers: readonly Complaint[];
  /** It is tried although nothing asks for it, after those that are asked for. */
  readonly isGeneral?: boolean;
  /** False where it can't be tried. */
  readonly when?: boolean;
  /** False where it can be tried beside another output alone. */
  readonly standsAlone?: boolean;
}

export interface Candidate {
  readonly name: string;
  readonly why: string;
  readonly settings: TrialSettings;
  /** What it is made of. */
  readonly parts: readonly Pick<Remedy, "name" | "family" | "why" | "change" | "answers">[];
  /** Something that was found asks for it. */
  readonly isAskedFor: boolean;
  /** How many things are changed. */
  readonly changes: number;
}

/** Where nothing more is asked for, by the units' fault. */
const ORDER: Readonly<Record<Fault, readonly Family[]>> = {
  none: ["rate", "shape", "start", "during", "clip", "bias", "momentum", "decay", "mix"],
  divergence: ["rate", "clip", "momentum", "mix", "shape", "start", "during", "bias", "decay"],
  highRate: ["rate", "clip", "mix", "momentum", "during", "shape", "start", "bias", "decay"],
  momentum: ["momentum", "rate", "clip", "mix", "during", "shape", "start", "bias", "decay"],
  weightDecay: ["decay", "rate", "during", "shape", "clip", "start", "bias", "momentum", "mix"],
  negativeBias: ["bias", "start", "mix", "shape", "during", "rate", "clip", "momentum", "decay"],
  born: ["start", "shape", "mix", "bias", "during", "rate", "clip", "momentum", "decay"],
  unknown: ["rate", "shape", "start", "during", "clip", "bias", "momentum", "decay", "mix"],
};

/** An option of the optimizer, where it has it. */
function option(name: string, change: (value: number) => number): Change {
  return (settings) => {
    const { optimizer } = settings;
    const value = optimizer.options[name];
    if (typeof value !== "number") return settings;
    const changed = {
      ...optimizer.options,
      [name]: change(value),
      ...(name === "momentum" && "nesterov" in optimizer.options && { nesterov: false }),
    };
    return { ...settings, optimizer: { ...optimizer, options: changed } };
  };
}

const rate = (factor: number): Change => option("learningRate", (value) => roundTo(value * factor, 3));
const bias = (value: number): Change =>
  hidden((layer) => ({ ...layer, biasInitializer: Math.max(constantBias(layer.biasInitializer), value) }));
const shape = (name: ActivationName): Change => hidden((layer) => ({ ...layer, activation: name }));
const asymmetric = hidden((layer) => ({ ...layer, kernelInitializer: "asymmetric" }));
const clip: Change = (settings) => ({ ...settings, clipNorm: Math.min(settings.clipNorm ?? Infinity, 1) });
const scale =
  (scaling: RowScaling): Change =>
  (settings) => ({ ...settings, standardize: { ...settings.standardize, ...scaling } });
const during =
  (name: string, options: object = {}): Change =>
  (settings) => ({ ...settings, callbacks: [...settings.callbacks, { name, options } satisfies CallbackData] });
const calibrated: Change = (settings) => ({ ...settings, calibrate: { activity: 0.5 } });
const epochs =
  (times: number): Change =>
  (settings) => ({ ...settings, epochs: times });
const treated =
  (treat: Treatment): Change =>
  (settings) => ({ ...settings, treat });
const withAdam =
  (learningRate: number): Change =>
  (settings) => {
    const { name, options } = adam({ learningRate });
    return { ...settings, optimizer: { name, options } };
  };

/** Kernels and biases as they are drawn where nothing is said of them. */
const usualStart: Change = (settings) => ({
  ...settings,
  spec: resolveSpec({
    ...settings.spec,
    layers: settings.spec.layers.map(({ kernelInitializer: _kernel, biasInitializer: _bias, ...layer }) => layer),
  }),
});

/** Hidden layers that do not bend, or flatten the gradient, as relu. */
const bend: Change = hidden((layer) => (bendsLittle(layer.activation) ? withActivation(layer, "relu") : layer));

/** Of a hidden layer that is too narrow. */
const WIDE = 16;
const widen: Change = (settings) => {
  const { layers } = settings.spec;
  const wide =
    layers.length === 1
      ? [{ units: WIDE }, ...layers]
      : layers.map((layer, index) =>
          index < layers.length - 1 && layer.units < WIDE ? { ...layer, units: WIDE } : layer,
        );
  return { ...settings, spec: resolveSpec({ ...settings.spec, layers: wide }), startsAnew: true };
};

/** All of them for one situation. */
function tableOf({ baseline, task, complaints, wasTrained, isUneven }: Situation): readonly Remedy[] {
  const { spec, optimizer } = baseline;
  const { fault } = complaints;
  const inner = spec.layers.slice(0, -1);
  const hasHidden = inner.length > 0;
  const isOfSteps = ["highRate", "momentum", "divergence"].includes(fault);
  const hasNegativeBias = inner.some(({ biasInitializer }) => constantBias(biasInitializer) < 0);
  const output = outputThatFits(spec, task);
  const { takesAnyTargets } = factsOf(spec.loss);
  // Numbers can be scaled where the last layer is linear, by itself or by the remedy that makes it so.
  const scalesTargets = task.kind === "numbers";
  const standsAlone = output === undefined;
  const asksForMore = complaints.all.some((each) => each === "unscaledTargets" || each === "stepsTooSmall");
  /** Beside an Adam of its own that the rates' ladder does not bring there. */
  const adamIsNew = (usual: number): boolean =>
    !optimizer.name.startsWith("adam") || (optimizer.options.learningRate as number) * 100 < usual;
  const isDead = complaints.all.includes("dead");
  return [
    ...(output
      ? [
          {
            ...output,
            family: "output" as const,
            answers: ["singleUnitSoftmax", "labelsMismatch", "lossMismatch", "deadOutputUnits", "notLearned"] as const,
          },
        ]
      : []),
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
    {
      name: "inputs and targets standardized",
      family: "scaling",
      why: "columns of mean 0 and spread 1 suit the weights' start and the rate",
      change: scale({ inputs: true, targets: true }),
      answers: ["unscaledInputs", "uncenteredInputs", "outlierInputs", "unscaledTargets", "notLearned", "divergence"],
      when: scalesTargets,
      standsAlone,
    },
    {
      name: "inputs standardized",
      family: "scaling",
      why: "columns of mean 0 and spread 1 suit the weights' start and the rate",
      change: scale({ inputs: true }),
      answers: ["unscaledInputs", "uncenteredInputs", "outlierInputs", "notLearned", "divergence"],
      when: !scalesTargets || !standsAlone,
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
      answers: ["overfitting"],
    },
    {
      name: "clipping to norm 1",
      family: "clip",
      why: "no single step is large",
      change: clip,
      answers: ["highRate", "divergence", "outlierInputs"],
      isGeneral: true,
    },
    {
      name: "classes balanced",
      family: "balance",
      why: "all classes count the same, however many rows they have",
      change: (settings) => ({ ...settings, classWeights: "balanced" }),
      answers: ["oneClassPredicted", "classNeverPredicted"],
      when: isUneven && isClassification(spec.loss) && !takesAnyTargets,
    },
    {
      name: "bias 0.1",
      family: "bias",
      why: "units start open",
      change: bias(0.1),
      answers: ["negativeBias"],
      isGeneral: true,
      when: !wasTrained,
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
    ...leaky(
      hasHidden,
      inner.every(({ activation }) => shapeOf(activation.name) === "smooth"),
    ),
    ...duringTraining(hasHidden),
    ...mixes(fault),
    {
      name: "3 times the epochs",
      family: "epochs",
      why: "the loss is still falling",
      change: epochs(3),
      answers: ["stillLearning", "stepsTooSmall", "slow"],
    },
    {
      name: "a third of the epochs",
      family: "epochs",
      why: "it ends before it learns the rows by heart",
      change: epochs(1 / 3),
      answers: ["overfitting"],
    },
    ...bringBack(wasTrained, isDead, complaints.all.includes("closedSamples")),
  ];
}

function leaky(hasHidden: boolean, isSmooth: boolean): Remedy[] {
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

function duringTraining(hasHidden: boolean): Remedy[] {
  const list: readonly [string, string, string, object][] = [
    ["recycling", "recycleDormant", "dormant units are reset", { everySteps: 100 }],
    ["continual backprop", "continualBackprop", "the least useful units are reset", {}],
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

function mixes(fault: Fault): Remedy[] {
  const isOfSteps = ["highRate", "momentum", "divergence"].includes(fault);
  const both =
    (a: Change, b: Change): Change =>
    (settings) =>
      b(a(settings));
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

/** What is done to a network that was trained before it trains on. */
function bringBack(wasTrained: boolean, isDead: boolean, hasClosedSamples: boolean): Remedy[] {
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

/** That a network does not learn says nothing of what would help. */
const isFound = (complaint: Complaint, complaints: readonly Complaint[]): boolean =>
  complaint !== "notLearned" && complaints.includes(complaint);

/** One after the other. */
export function compose(
  baseline: TrialSettings,
  parts: Candidate["parts"],
  complaints: readonly Complaint[] = [],
): Candidate {
  const isAskedFor = ({ answers }: Candidate["parts"][number]) => answers.some((answer) => isFound(answer, complaints));
  return {
    isAskedFor: parts.some(isAskedFor),
    changes: parts.reduce((sum, { family }) => sum + (family === "mix" ? 2 : 1), 0),
    name: parts.map(({ name }) => name).join(", "),
    why: parts.map(({ why }) => why).join(", and "),
    settings: parts.reduce((settings, { change }) => change(settings), baseline),
    parts,
  };
}

/** Two candidates in one; undefined where they change the same. */
export function combine(baseline: TrialSettings, a: Candidate, b: Candidate): Candidate | undefined {
  const parts = [...a.parts, ...b.parts];
  const families = parts.map(({ family }) => family);
  if (families.includes("mix") || new Set(families).size < families.length) return undefined;
  return { ...compose(baseline, parts), isAskedFor: a.isAskedFor || b.isAskedFor };
}

/** What removes the cause of a death, beside what brings the units back: the first that is asked for of each family. */
const REMOVES: readonly Family[] = ["rate", "momentum", "decay", "clip", "scaling"];

/** What is tried with what brings units back. */
function pairs(
  { baseline, wasTrained, complaints }: Situation,
  table: readonly Remedy[],
  asked: readonly Remedy[],
): Candidate[] {
  if (!wasTrained) return [];
  const back = asked.filter(({ family }) => family === "back");
  const lower = table.filter(({ name }) => name === "rate ÷ 3" || name === "rate ÷ 10");
  const others = asked.filter(({ family }) => REMOVES.includes(family) && family !== "rate");
  return [...lower, ...others.slice(0, 2)].flatMap((second) =>
    back.map((first) => compose(baseline, [first, second], complaints.all)),
  );
}

/** Of each complaint the first remedy that goes with those before: all that is named, answered at once. */
function answerAll({ baseline, complaints, wasTrained }: Situation, asked: readonly Remedy[]): Candidate[] {
  const parts: Remedy[] = [];
  for (const complaint of complaints.all) {
    if (complaint === "notLearned" || (wasTrained && complaint === "dead")) continue;
    const fitting = asked.filter(({ answers, family }) => answers.includes(complaint) && family !== "epochs");
    if (fitting.some((remedy) => parts.includes(remedy))) continue;
    const hasOutput = parts.some(({ family }) => family === "output");
    const next = fitting.find(
      ({ family, standsAlone }) =>
        !parts.some((part) => part.family === family) && (hasOutput || standsAlone !== false),
    );
    if (next) parts.push(next);
  }
  return parts.length > 1 ? [compose(baseline, parts, complaints.all)] : [];
}

/** Another output and targets of its size. */
function scaledOutput({ baseline, complaints }: Situation, asked: readonly Remedy[]): Candidate[] {
  const output = asked.find(({ family }) => family === "output");
  const scaling = asked.find(({ standsAlone }) => standsAlone === false);
  return output && scaling ? [compose(baseline, [output, scaling], complaints.all)] : [];
}

/** What to try, the most fitting first; what would change nothing is left out. */
export function chooseCandidates(situation: Situation): Candidate[] {
  const { baseline, complaints } = situation;
  const table = tableOf(situation).filter(({ when }) => when ?? true);
  const place = ({ answers }: Remedy): number => {
    const places = answers.map((answer) => complaints.all.indexOf(answer)).filter((at) => at >= 0);
    return places.length === 0 ? Infinity : Math.min(...places);
  };
  const asked = table.filter((remedy) => place(remedy) < Infinity).sort((a, b) => place(a) - place(b));
  const families = ORDER[complaints.fault];
  const general = table
    .filter((remedy) => remedy.isGeneral && !asked.includes(remedy))
    .sort((a, b) => families.indexOf(a.family) - families.indexOf(b.family));
  const singles = [...asked, ...general]
    .filter(({ standsAlone }) => standsAlone !== false)
    .map((remedy) => compose(baseline, [remedy], complaints.all));
  const seen = new Set([JSON.stringify(baseline)]);
  const [first, ...others] = singles;
  const composed = [...answerAll(situation, asked), ...scaledOutput(situation, asked)];
  return [...pairs(situation, table, asked), first, ...composed, ...others].filter(({ settings }) => {
    const key = JSON.stringify(settings);
    return !seen.has(key) && seen.add(key);
  });
}
