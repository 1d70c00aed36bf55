// Remedies on faults, each run for each seed, judged by the rule of `relumine checkup`: what claims 9 and 10 share.
import type { Judgement } from "./claim.js";
import type { DigitPlan, DigitRun, DigitRuns } from "./digit-runs.js";
import { figure } from "./figure-text.js";
import { judgeRemedy, type RemedyOutcome, type RemedyVerdict } from "../remedy-verdict.js";
import { type Spread, spread } from "../../core/statistics.js";
import type { Plot } from "../../report/plot.js";
import type { Figure } from "../../report/textbook-text.js";
import { capital } from "../../text/capital.js";
import { listWords, formatPercent } from "../../text/numbers.js";

export interface NamedFault {
  readonly name: string;
  readonly plan: DigitPlan;
}
export interface NamedRemedy {
  readonly name: string;
  readonly change: (faulty: DigitPlan) => DigitPlan;
}

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

/** All runs of the table, as many at a time as there are threads. */
export async function trainTable(
  digits: DigitRuns,
  healthyPlan: DigitPlan,
  faults: readonly NamedFault[],
  remedies: readonly NamedRemedy[],
): Promise<RemedyFigures> {
  digits.begin([healthyPlan, ...faults.flatMap(({ plan }) => [plan, ...remedies.map(({ change }) => change(plan))])]);
  const treated: Treated[] = [];
  const healthy = await digits.trainAll(healthyPlan);
  for (const { name: fault, plan } of faults) {
    const faulty = await digits.trainAll(plan);
    const runs: Treated["remedies"][number][] = [];
    for (const { name, change } of remedies) runs.push({ name, runs: await digits.trainAll(change(plan)) });
    treated.push({ fault, faulty, remedies: runs });
  }
  return { healthy, treated };
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

/** Holds where every remedy cures every fault; else when the remedy is one that does. */
export function judgeTable(figures: RemedyFigures): Judgement {
  const cells = cellsOf(figures).filter(({ verdict }) => verdict !== "nothing to cure");
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

/** Every cell's accuracy and share of closed units; a picture for each fault. */
export function showTable(measured: RemedyFigures): { readonly figures: readonly Figure[]; readonly plots: Plot[] } {
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
}
