// Claim 9: positive bias, lower rate and Leaky ReLU cure. Each remedy on each fault, judged by the rule of `relumine
// checkup`.
import type { Experiment, Judgement } from "../claim.js";
import { HEALTHY, type DigitPlan, type DigitRun } from "../digit-runs.js";
import { figure } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { judgeRemedy, type RemedyOutcome, VERDICT_RULE, type RemedyVerdict } from "../../remedy-verdict.js";
import { capital } from "../../../text/capital.js";
import { listWords, formatPercent } from "../../../text/numbers.js";

const FAULTS: readonly { readonly name: string; readonly plan: DigitPlan }[] = [
  { name: "rate 0.9", plan: { ...HEALTHY, rate: 0.9 } },
  { name: "rate 1.6", plan: { ...HEALTHY, rate: 1.6 } },
  { name: "bias -1", plan: { ...HEALTHY, bias: -1 } },
];
const REMEDIES: readonly { readonly name: string; readonly change: (faulty: DigitPlan) => DigitPlan }[] = [
  { name: "a quarter of the rate", change: (faulty) => ({ ...faulty, rate: faulty.rate / 4 }) },
  { name: "a bias of +0.1", change: (faulty) => ({ ...faulty, bias: 0.1 }) },
  { name: "Leaky ReLU", change: (faulty) => ({ ...faulty, activation: "leakyRelu" }) },
];

type Outcomes = readonly Pick<DigitRun, "closed" | "accuracy">[];

export interface Treated {
  readonly fault: string;
  readonly faulty: Outcomes;
  readonly remedies: readonly { readonly name: string; readonly runs: Outcomes }[];
}
export interface RemedyFigures {
  readonly healthy: Outcomes;
  readonly treated: readonly Treated[];
}

/** Shares that are known: where the numbers overflow at once none is. */
function known(runs: Outcomes): Spread {
  return spread(runs.map(({ closed }) => closed).filter((share) => !Number.isNaN(share)));
}

function medians(runs: Outcomes): RemedyOutcome {
  return { score: spread(runs.map(({ accuracy }) => accuracy)).median, closed: known(runs).median };
}

interface Cell {
  readonly fault: string;
  readonly remedy: string;
  readonly verdict: RemedyVerdict;
}

function cellsOf({ healthy, treated }: RemedyFigures): Cell[] {
  return treated.flatMap(({ fault, faulty, remedies }) =>
    remedies.map(({ name, runs }) => ({
      fault,
      remedy: name,
      verdict: judgeRemedy(medians(healthy), medians(faulty), medians(runs)),
    })),
  );
}

function judge(remedies: RemedyFigures): Judgement {
  const cells = cellsOf(remedies).filter(({ verdict }) => verdict !== "nothing to cure");
  const names = [...new Set(cells.map(({ remedy }) => remedy))];
  const faultsOf = (remedy: string, wanted: RemedyVerdict): string[] =>
    cells.filter((cell) => cell.remedy === remedy && cell.verdict === wanted).map(({ fault }) => fault);
  const story = names.map((remedy) => {
    const words = (["cured", "helped", "did nothing", "made it worse"] as const).flatMap((verdict) => {
      const faults = faultsOf(remedy, verdict);
      return faults.length === 0 ? [] : `${verdict} (${listWords(faults)})`;
    });
    return `${capital(remedy)}: ${words.join(", ")}.`;
  });
  const sentence = story.join(" ");
  if (cells.length > 0 && cells.every(({ verdict }) => verdict === "cured")) return { verdict: "holds", sentence };
  const working = names.flatMap((remedy) => {
    const faults = faultsOf(remedy, "cured");
    return faults.length === 0 ? [] : `${remedy} meets ${listWords(faults)}`;
  });
  if (working.length === 0)
    return { verdict: "does not hold here", sentence: sentence || "None of the networks was faulty." };
  return { verdict: `holds when the remedy answers the cause: ${working.join("; ")}`, sentence };
}

export const remedies: Experiment<RemedyFigures> = {
  claim: "Positive bias, a lower rate and Leaky ReLU cure",
  experiment:
    "Digits, 64-128-128-10, ten epochs. Healthy: rate 0.1, bias 0. Faulty: rate 0.9, rate 1.6, or a " +
    `starting bias of -1. Each with each remedy, from the same kernels. ${VERDICT_RULE}`,
  measure: async (digits) => {
    digits.begin([HEALTHY, ...FAULTS.flatMap(({ plan }) => [plan, ...REMEDIES.map(({ change }) => change(plan))])]);
    const treated: Treated[] = [];
    const healthy = await digits.trainAll(HEALTHY);
    for (const { name: fault, plan } of FAULTS) {
      const faulty = await digits.trainAll(plan);
      const remedies: Treated["remedies"][number][] = [];
      for (const { name, change } of REMEDIES) remedies.push({ name, runs: await digits.trainAll(change(plan)) });
      treated.push({ fault, faulty, remedies });
    }
    return { healthy, treated };
  },
  judge,
  show: (measured) => {
    const { healthy, treated } = measured;
    const cells = cellsOf(measured);
    const rows = treated.map(({ fault, faulty, remedies }) => ({
      fault,
      bars: [
        { name: "healthy", runs: healthy },
        { name: `faulty: ${fault}`, runs: faulty },
        ...remedies.map(({ name, runs }) => ({
          name: `${name}: ${cells.find((cell) => cell.fault === fault && cell.remedy === name)!.verdict}`,
          runs,
        })),
      ],
    }));
    const accuracies = (runs: Outcomes) => spread(runs.map(({ accuracy }) => accuracy));
    return {
      figures: rows.flatMap(({ fault, bars }, i) =>
        bars.slice(i === 0 ? 0 : 1).flatMap(({ name, runs }) => {
          const label = name === "healthy" || name.startsWith("faulty") ? name : `${fault}, ${name}`;
          return [
            figure(`${label}: held-out accuracy`, accuracies(runs)),
            figure(`${label}: share that never fire`, known(runs)),
          ];
        }),
      ),
      plots: rows.map(({ fault, bars }) => ({
        kind: "bars" as const,
        title: `Remedies of ${fault}`,
        axis: { label: "held-out accuracy", high: 1 },
        bars: bars.map(({ name, runs }) => {
          const { median: value, low, high } = accuracies(runs);
          return { name, value, low, high, text: formatPercent(value), isAccent: name.endsWith(": cured") };
        }),
      })),
    };
  },
};
