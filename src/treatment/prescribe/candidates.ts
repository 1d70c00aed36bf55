// From the table of remedies the candidates, in the order in which they are tried: what is asked for first, then what
// is tried anyway; alone, and several in one.
import type { Complaint, Fault } from "./complaints.js";
import { type Family, remediesFor, type Remedy, type Situation } from "./remedies.js";
import type { TrialSettings } from "./trial.js";

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
