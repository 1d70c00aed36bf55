// Claim 9: positive bias, lower rate and Leaky ReLU cure. Each cure on each illness, judged by the rule of `relumine checkup`.
import type { Experiment, Judgement } from "../claim.js";
import { HEALTHY, type Plan, type Run } from "../digit-runs.js";
import { figure, type Spread, spread } from "../figure-text.js";
import { judge as judgeCure, type Outcome, VERDICT_RULE, type Verdict as CureVerdict } from "../../remedy-verdict.js";
import { listWords, formatPercent } from "../../../text/numbers.js";

const ILLNESSES: readonly { readonly name: string; readonly plan: Plan }[] = [
  { name: "rate 0.9", plan: { ...HEALTHY, rate: 0.9 } },
  { name: "rate 1.6", plan: { ...HEALTHY, rate: 1.6 } },
  { name: "bias -1", plan: { ...HEALTHY, bias: -1 } },
];
const CURES: readonly { readonly name: string; readonly change: (ill: Plan) => Plan }[] = [
  { name: "a quarter of the rate", change: (ill) => ({ ...ill, rate: ill.rate / 4 }) },
  { name: "a bias of +0.1", change: (ill) => ({ ...ill, bias: 0.1 }) },
  { name: "Leaky ReLU", change: (ill) => ({ ...ill, activation: "leakyRelu" }) },
];

type Outcomes = readonly Pick<Run, "closed" | "accuracy">[];

export interface Treated {
  readonly illness: string;
  readonly ill: Outcomes;
  readonly cures: readonly { readonly name: string; readonly runs: Outcomes }[];
}
export interface Cures {
  readonly healthy: Outcomes;
  readonly treated: readonly Treated[];
}

/** Shares that are known: where the numbers overflow at once none is. */
function known(runs: Outcomes): Spread {
  return spread(runs.map(({ closed }) => closed).filter((share) => !Number.isNaN(share)));
}

function medians(runs: Outcomes): Outcome {
  return { score: spread(runs.map(({ accuracy }) => accuracy)).median, closed: known(runs).median };
}

interface Cell {
  readonly illness: string;
  readonly cure: string;
  readonly verdict: CureVerdict;
}

function cellsOf({ healthy, treated }: Cures): Cell[] {
  return treated.flatMap(({ illness, ill, cures }) =>
    cures.map(({ name, runs }) => ({
      illness,
      cure: name,
      verdict: judgeCure(medians(healthy), medians(ill), medians(runs)),
    })),
  );
}

function judge(cures: Cures): Judgement {
  const cells = cellsOf(cures).filter(({ verdict }) => verdict !== "was not ill");
  const names = [...new Set(cells.map(({ cure }) => cure))];
  const illnessesOf = (cure: string, wanted: CureVerdict): string[] =>
    cells.filter((cell) => cell.cure === cure && cell.verdict === wanted).map(({ illness }) => illness);
  const story = names.map((cure) => {
    const words = (["cured", "helped", "did nothing", "made it worse"] as const).flatMap((verdict) => {
      const illnesses = illnessesOf(cure, verdict);
      return illnesses.length === 0 ? [] : `${verdict} (${listWords(illnesses)})`;
    });
    return `${cure[0].toUpperCase()}${cure.slice(1)}: ${words.join(", ")}.`;
  });
  const sentence = story.join(" ");
  if (cells.length > 0 && cells.every(({ verdict }) => verdict === "cured")) return { verdict: "holds", sentence };
  const working = names.flatMap((cure) => {
    const illnesses = illnessesOf(cure, "cured");
    return illnesses.length === 0 ? [] : `${cure} meets ${listWords(illnesses)}`;
  });
  if (working.length === 0)
    return { verdict: "does not hold here", sentence: sentence || "None of the networks was ill." };
  return { verdict: `holds when the cure answers the cause: ${working.join("; ")}`, sentence };
}

export const cures: Experiment<Cures> = {
  claim: "Positive bias, a lower rate and Leaky ReLU cure",
  experiment: `Digits, 64-128-128-10, ten epochs. Healthy: rate 0.1, bias 0. Ill: rate 0.9, rate 1.6, or a starting bias of -1. Each with each cure, from the same kernels. ${VERDICT_RULE}`,
  measure: async (lab) => {
    const treated: Treated[] = [];
    const healthy = await lab.trainAll(HEALTHY);
    for (const { name: illness, plan } of ILLNESSES) {
      const ill = await lab.trainAll(plan);
      const cures: Treated["cures"][number][] = [];
      for (const { name, change } of CURES) cures.push({ name, runs: await lab.trainAll(change(plan)) });
      treated.push({ illness, ill, cures });
    }
    return { healthy, treated };
  },
  judge,
  show: (measured) => {
    const { healthy, treated } = measured;
    const cells = cellsOf(measured);
    const rows = treated.map(({ illness, ill, cures }) => ({
      illness,
      bars: [
        { name: "healthy", runs: healthy },
        { name: `ill: ${illness}`, runs: ill },
        ...cures.map(({ name, runs }) => ({
          name: `${name}: ${cells.find((cell) => cell.illness === illness && cell.cure === name)!.verdict}`,
          runs,
        })),
      ],
    }));
    const accuracies = (runs: Outcomes) => spread(runs.map(({ accuracy }) => accuracy));
    return {
      figures: rows.flatMap(({ illness, bars }, i) =>
        bars.slice(i === 0 ? 0 : 1).flatMap(({ name, runs }) => {
          const label = name === "healthy" || name.startsWith("ill") ? name : `${illness}, ${name}`;
          return [
            figure(`${label}: held-out accuracy`, accuracies(runs)),
            figure(`${label}: share that no row opens`, known(runs)),
          ];
        }),
      ),
      plots: rows.map(({ illness, bars }) => ({
        kind: "bars" as const,
        title: `Cures of ${illness}`,
        axis: { label: "held-out accuracy", high: 1 },
        bars: bars.map(({ name, runs }) => {
          const { median: value, low, high } = accuracies(runs);
          return { name, value, low, high, text: formatPercent(value), isAccent: name.endsWith(": cured") };
        }),
      })),
    };
  },
};
