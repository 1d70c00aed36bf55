// From the table of remedies the candidates, in the order in which they are tried: what is asked for first, then what
// is tried anyway; alone, and several in one.
import type { Complaint, Fault } from "./complaints.js";
import { epochs, multiply } from "./changes.js";
import { remediesFor } from "./remedies.js";
import type { Family, Remedy, Situation } from "./situation.js";
import type { TrialSettings } from "../trial/trial.js";

export interface Candidate {
  readonly name: string;
  readonly why: string;
  readonly settings: TrialSettings;
  /** What it is made of. */
  readonly parts: readonly Remedy[];
  /** Something that was found asks for it. */
  readonly isAskedFor: boolean;
  /** How many things are changed. */
  readonly changes: number;
  /** It is trained in full, whatever its early figures. */
  readonly isRecipe?: true;
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

/** By something that was found: that a network does not learn says nothing of what would help. */
const isAskedFor = ({ answers }: Remedy, complaints: readonly Complaint[]): boolean =>
  answers.some((answer) => answer !== "notLearned" && complaints.includes(answer));

/** One after the other. */
export function compose(
  baseline: TrialSettings,
  parts: readonly Remedy[],
  complaints: readonly Complaint[] = [],
): Candidate {
  return {
    isAskedFor: parts.some((part) => isAskedFor(part, complaints)),
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

/** What removes the cause of a death, beside a lower rate. */
const REMOVES: readonly Family[] = ["momentum", "decay", "clip", "scaling"];

/** What brings units back, with a lower rate and with the first two that are asked for of what else removes a cause. */
function pairs(
  { baseline, wasTrained, complaints }: Situation,
  table: readonly Remedy[],
  asked: readonly Remedy[],
): Candidate[] {
  if (!wasTrained) return [];
  const back = asked.filter(({ family }) => family === "back");
  const lower = table.filter(({ name }) => name === "rate ÷ 3" || name === "rate ÷ 10");
  const others = asked.filter(({ family }) => REMOVES.includes(family));
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

/** Fewer steps than these are few for Adam's usual rate. */
const FEW_STEPS = 3000;
/** Wider layers are not made wider still. */
const WIDEST = 128;

const WIDER: Remedy = {
  name: "4 times the units",
  family: "width",
  why: "more to learn with",
  change: multiply(4),
  answers: [],
};

/** Without those that change nothing beside the ones before. */
function effective(baseline: TrialSettings, parts: readonly Remedy[]): Remedy[] {
  let settings = baseline;
  return parts.filter(({ change }) => {
    const before = JSON.stringify(settings);
    settings = change(settings);
    return JSON.stringify(settings) !== before;
  });
}

/**
 * What one would begin with today, all at once: the output that fits, what is asked for of scaling, Adam, weights as
 * they are usually drawn, relu where nothing bends; and the same with wider layers.
 */
function recipes({ baseline, complaints, wasTrained, steps }: Situation, table: readonly Remedy[]): Candidate[] {
  if (wasTrained || !complaints.all.includes("notLearned")) return [];
  const output = table.find(({ family }) => family === "output");
  const scaling = table.find(
    (remedy) =>
      remedy.family === "scaling" && isAskedFor(remedy, complaints.all) && (output || remedy.standsAlone !== false),
  );
  const named = (name: string) => table.find((remedy) => remedy.name === name);
  const adam = (steps < FEW_STEPS ? named("Adam at 0.01") : undefined) ?? named("Adam");
  const usual = [output, scaling, adam, named("usual start"), named("relu in the hidden layers")];
  const parts = effective(
    baseline,
    usual.filter((part) => part !== undefined),
  );
  const hidden = baseline.spec.layers.slice(0, -1);
  const canWiden = hidden.length > 0 && hidden.every(({ units }) => units <= WIDEST);
  return [parts, ...(canWiden ? [[...parts, WIDER]] : [])]
    .filter((all) => all.length > 1)
    .map((all) => ({ ...compose(baseline, all, complaints.all), isRecipe: true }));
}

/** One more of what is known, or one in place of another of its family: all that is one change away. */
export function neighbours(baseline: TrialSettings, best: Candidate, known: readonly Candidate[]): Candidate[] {
  if (best.parts.length === 0 || best.parts.some(({ family }) => family === "mix")) return [];
  return known.flatMap(({ parts: [part, ...more], isAskedFor }) => {
    if (part === undefined || more.length > 0 || part.family === "mix") return [];
    const others = best.parts.filter(({ family }) => family !== part.family);
    if (others.length === 0) return [];
    const at = best.parts.findIndex(({ family }) => family === part.family);
    const parts = at < 0 ? [...others, part] : best.parts.map((each, place) => (place === at ? part : each));
    return [{ ...compose(baseline, parts), isAskedFor: best.isAskedFor || isAskedFor }];
  });
}

/** Each time with one part less; none of a single part. */
export function simpler(baseline: TrialSettings, { parts, isAskedFor }: Candidate): Candidate[] {
  if (parts.length < 2) return [];
  return parts
    .map((part) => parts.filter((other) => other !== part))
    .filter(
      (left) =>
        left.some(({ family }) => family === "output") || left.every(({ standsAlone }) => standsAlone !== false),
    )
    .map((left) => ({ ...compose(baseline, left), isAskedFor }));
}

/** The same for more of the epochs; undefined where it has a length of its own. */
export function lengthen(baseline: TrialSettings, candidate: Candidate, times: number): Candidate | undefined {
  if (candidate.settings.epochs !== undefined) return undefined;
  const longer: Remedy = {
    name: `${times} times the epochs`,
    family: "epochs",
    why: "the loss is still falling",
    change: epochs(times),
    answers: [],
  };
  return { ...compose(baseline, [...candidate.parts, longer]), isAskedFor: candidate.isAskedFor };
}

/** What to try, the most fitting first; what would change nothing is left out. */
export function chooseCandidates(situation: Situation): Candidate[] {
  const { baseline, complaints } = situation;
  const table = remediesFor(situation);
  const place = ({ answers }: Remedy): number => {
    const places = answers.map((answer) => complaints.all.indexOf(answer)).filter((at) => at >= 0);
    return places.length === 0 ? Infinity : Math.min(...places);
  };
  const asked = table.filter((remedy) => place(remedy) < Infinity).sort((a, b) => place(a) - place(b));
  const families = ORDER[complaints.fault];
  const general = table
    .filter((remedy) => remedy.isGeneral && !asked.includes(remedy))
    .sort((a, b) => families.indexOf(a.family) - families.indexOf(b.family));
  const alone = (remedies: readonly Remedy[]): Candidate[] =>
    remedies
      .filter(({ standsAlone }) => standsAlone !== false)
      .map((remedy) => compose(baseline, [remedy], complaints.all));
  const seen = new Set([JSON.stringify(baseline)]);
  const [first, ...others] = [...alone(asked), ...recipes(situation, table), ...alone(general)];
  const composed = [...answerAll(situation, asked), ...scaledOutput(situation, asked)];
  return [...pairs(situation, table, asked), first, ...composed, ...others].filter(({ settings }) => {
    const key = JSON.stringify(settings);
    return !seen.has(key) && seen.add(key);
  });
}
