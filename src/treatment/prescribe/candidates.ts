// The remedies, a line each, and the order in which a fault is answered by them.
import { type BaselineEvidence, type Fault, isSlow } from "./baseline-fault.js";
import type { TrialSettings } from "./run-trial.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import type { ResolvedDenseSpec } from "../../network/spec.js";
import { constantBias } from "../../network/initializer-spec.js";
import { roundTo } from "../../text/numbers.js";
import { type ActivationName, resolveActivation } from "../../activations/activations.js";

type Family = "rate" | "momentum" | "decay" | "clip" | "bias" | "start" | "shape" | "during" | "mix";
type Change = (settings: TrialSettings) => TrialSettings;

interface Remedy {
  readonly name: string;
  readonly family: Family;
  readonly why: string;
  readonly change: Change;
  /** Where it is to be tried at all; absent: everywhere. */
  readonly when?: (fault: Fault, evidence: BaselineEvidence) => boolean;
}

export interface Candidate extends Pick<Remedy, "name" | "why"> {
  readonly settings: TrialSettings;
}

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

function hidden(change: (layer: ResolvedDenseSpec) => Partial<ResolvedDenseSpec>): Change {
  return (settings) => {
    const last = settings.spec.layers.length - 1;
    const layers = settings.spec.layers.map((layer, index) =>
      index === last ? layer : { ...layer, ...change(layer) },
    );
    return { ...settings, spec: { ...settings.spec, layers } };
  };
}

const rate = (factor: number): Change => option("learningRate", (value) => roundTo(value * factor, 3));
const bias = (value: number): Change =>
  hidden(({ biasInitializer }) => ({ biasInitializer: Math.max(constantBias(biasInitializer), value) }));
const shape = (name: ActivationName): Change => hidden(() => ({ activation: resolveActivation(name, name) }));
const asymmetric: Change = (settings) => hidden(() => ({ kernelInitializer: "asymmetric" }))(settings);
const clip: Change = (settings) => ({ ...settings, clipNorm: Math.min(settings.clipNorm ?? Infinity, 1) });
const both =
  (...changes: readonly Change[]): Change =>
  (settings) =>
    changes.reduce((changed, change) => change(changed), settings);

const during =
  (name: string, options: object = {}): Change =>
  (settings) => ({ ...settings, callbacks: [...settings.callbacks, { name, options } satisfies CallbackData] });
const calibrated: Change = (settings) => ({ ...settings, calibrate: { activity: 0.5 } });

const isOf =
  (...faults: readonly Fault[]) =>
  (fault: Fault): boolean =>
    faults.includes(fault);
const hasNegativeBias = (_: Fault, { spec }: BaselineEvidence): boolean =>
  spec.layers.slice(0, -1).some(({ biasInitializer }) => constantBias(biasInitializer) < 0);
const isOfSteps = (fault: Fault): boolean => isOf("highRate", "momentum", "divergence")(fault);

/** All of them; a function, so that a bundle without prescribe leaves them out. */
const remedies = (): readonly Remedy[] => [
  { name: "rate ÷ 10", family: "rate", why: "steps too small to close units", change: rate(1 / 10) },
  { name: "rate ÷ 3", family: "rate", why: "smaller steps", change: rate(1 / 3) },
  {
    name: "rate × 3",
    family: "rate",
    why: "nothing is dead and the loss is still falling",
    change: rate(3),
    when: (fault, evidence) => fault === "none" && isSlow(evidence),
  },
  {
    name: "no momentum",
    family: "momentum",
    why: "no step goes on after its gradient",
    change: both(
      option("momentum", () => 0),
      option("beta1", () => 0),
    ),
  },
  {
    name: "no weight decay",
    family: "decay",
    why: "nothing pulls the weights but the gradient",
    change: option("weightDecay", () => 0),
  },
  { name: "clipping to norm 1", family: "clip", why: "no single step is large", change: clip },
  { name: "bias 0.1", family: "bias", why: "units start open", change: bias(0.1) },
  {
    name: "bias 0",
    family: "bias",
    why: "units start open on half of their inputs",
    change: bias(0),
    when: hasNegativeBias,
  },
  { name: "bias 1", family: "bias", why: "units start wide open", change: bias(1), when: hasNegativeBias },
  { name: "asymmetric start", family: "start", why: "fewer units are born dead", change: asymmetric },
  { name: "calibrated start", family: "start", why: "each unit starts open on half of the rows", change: calibrated },
  { name: "Leaky ReLU", family: "shape", why: "closed units still learn", change: shape("leakyRelu") },
  { name: "PReLU", family: "shape", why: "closed units still learn, by a slope of their own", change: shape("prelu") },
  { name: "ELU", family: "shape", why: "closed units still learn", change: shape("elu") },
  { name: "GELU", family: "shape", why: "smooth: hardly a unit is quite closed", change: shape("gelu") },
  { name: "SiLU", family: "shape", why: "smooth: hardly a unit is quite closed", change: shape("silu") },
  {
    name: "recycling",
    family: "during",
    why: "dormant units are reset",
    change: during("recycleDormant", { everySteps: 100 }),
  },
  {
    name: "continual backprop",
    family: "during",
    why: "the least useful units are reset",
    change: during("continualBackprop"),
  },
  {
    name: "preventing deaths",
    family: "during",
    why: "a unit that closes is put back",
    change: during("preventDeaths"),
  },
  {
    name: "rate ÷ 3, clipped",
    family: "mix",
    why: "smaller steps, and no large one",
    change: both(rate(1 / 3), clip),
    when: isOfSteps,
  },
  {
    name: "rate ÷ 3, Leaky ReLU",
    family: "mix",
    why: "smaller steps, and closed units still learn",
    change: both(rate(1 / 3), shape("leakyRelu")),
    when: isOfSteps,
  },
  {
    name: "bias 0.1, rate ÷ 3",
    family: "mix",
    why: "units start open, and smaller steps",
    change: both(bias(0.1), rate(1 / 3)),
    when: isOf("negativeBias"),
  },
  {
    name: "asymmetric, Leaky ReLU",
    family: "mix",
    why: "fewer units are born dead, and closed units still learn",
    change: both(asymmetric, shape("leakyRelu")),
    when: isOf("born", "negativeBias"),
  },
];

/** What to try, the most fitting first; what would change nothing is left out. */
export function chooseRemedies(baseline: TrialSettings, fault: Fault, evidence: BaselineEvidence): Candidate[] {
  const given = JSON.stringify(baseline);
  const fitting = remedies()
    .filter(({ when }) => when?.(fault, evidence) ?? true)
    .map(({ change, family, ...remedy }) => ({ ...remedy, family, settings: change(baseline) }));
  const families = ORDER[fault];
  return fitting
    .filter(({ settings }) => JSON.stringify(settings) !== given)
    .sort((a, b) => families.indexOf(a.family) - families.indexOf(b.family));
}
