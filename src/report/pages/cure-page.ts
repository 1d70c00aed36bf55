// The page of a prescription: what to do, the trials ranked, and what the baseline died of.
import { footOf, type PageSubject, subjectSection } from "./diagnosis-page.js";
import { diagnosisSections } from "./diagnosis-sections.js";
import { deathsSection } from "./deaths-section.js";
import { type Block, text } from "../blocks.js";
import type { Page, PageSection } from "../page.js";
import type { BarPlot } from "../svg/bars.js";
import { figureOf } from "../../treatment/prescribe/rank.js";
import {
  describeConstant,
  describeRanking,
  describeReason,
  hasUnits,
  tableOfTrials,
  trialRows,
} from "../../treatment/prescribe/prescription-text.js";
import type { Measure, Prescription, Trial } from "../../treatment/prescribe/types.js";
import { formatNumber, formatPercent } from "../../text/numbers.js";

const MOST_BARS = 16;
const OF_BASELINE = { prefix: "baseline-", of: "The baseline: " };

const AXES: Readonly<Record<Measure, string>> = {
  accuracy: "accuracy, % of the rows that judge",
  balancedAccuracy: "balanced accuracy, %",
  loss: "loss on the rows that judge",
};

/** The first trials and the baseline, with their 95 % intervals, and the constant answer; what failed has no bar. */
function scorePlot({ trials, baseline, best, measure, constant }: Prescription): BarPlot[] {
  const isShare = measure !== "loss";
  const scale = isShare ? 100 : 1;
  const show = (value: number): string => (isShare ? formatPercent(value) : formatNumber(value));
  const known = trials.filter((trial) => !trial.failed && Number.isFinite(figureOf(trial, measure)));
  if (known.length === 0) return [];
  const shown = known.filter((trial, place) => place < MOST_BARS || trial === baseline);
  const bars = shown.map((trial) => ({
    name: nameOf(trial, baseline),
    value: scale * figureOf(trial, measure),
    text: show(figureOf(trial, measure)),
    isAccent: trial === best,
    ...(trial.interval && { low: scale * trial.interval.low, high: scale * trial.interval.high }),
  }));
  const answer = figureOf(constant, measure);
  const always = { name: "always the same answer", value: scale * answer, text: show(answer) };
  return [{ kind: "bars", title: "What each came to", axis: { label: AXES[measure] }, bars: [...bars, always] }];
}

function nameOf(trial: Trial, baseline: Trial): string {
  return trial === baseline && trial.name !== "baseline" ? `${trial.name} (the baseline)` : trial.name;
}

function deadPlot({ trials, baseline, best }: Prescription): BarPlot[] {
  const bars = trials
    .filter((trial, place) => hasUnits(trial) && (place < MOST_BARS || trial === baseline))
    .map((trial) => ({
      name: nameOf(trial, baseline),
      value: 100 * trial.deadFraction,
      text: formatPercent(trial.deadFraction),
      isAccent: trial === best,
    }));
  if (bars.length === 0) return [];
  return [{ kind: "bars", title: "Dead units at the end", axis: { label: "% of the hidden units", high: 100 }, bars }];
}

function rankingSection(prescription: Prescription): PageSection {
  const { trials, constant, measure } = prescription;
  const { hasHidden } = tableOfTrials(trials);
  const ranked = trialRows(trials, { measure, hasHidden, constant, above: trials.length });
  const [header, ...rows] = ranked.map(([place, name, ...cells]) => [
    place === "" ? name : `${place}. ${name}`,
    ...cells,
  ]);
  const whys: Block = {
    kind: "table",
    summary: "What each trial answers",
    table: {
      caption: "What each trial answers",
      header: ["trial", "why", "ended"],
      rows: trials.map(({ name, why, failed }) => [name, why, failed?.message ?? ""]),
      words: [1, 2],
    },
  };
  return {
    id: "ranking",
    heading: "Remedies ranked",
    content: [
      text(describeRanking(prescription, hasHidden)),
      text(describeConstant(prescription)),
      { kind: "plots", plots: [...scorePlot(prescription), ...(hasHidden ? deadPlot(prescription) : [])] },
      { kind: "table", table: { caption: "All trials, the best first", header, rows } },
      whys,
    ],
  };
}

export function curePage(prescription: Prescription, subject: PageSubject): Page {
  const { verdict, diagnosis, deaths, stopped, baseline } = prescription;
  const { spec = baseline.spec } = subject;
  const learning = diagnosis?.learning ? [`The baseline: ${diagnosis.learning.verdict}`] : [];
  const course = deaths.length > 0 ? [deathsSection(deaths, 0, OF_BASELINE)] : [];
  return {
    title: subject.title,
    lead: [
      verdict,
      ...learning,
      describeReason(prescription),
      ...(stopped ? ["Interrupted: this is what was tried so far."] : []),
    ],
    sections: [
      rankingSection(prescription),
      ...diagnosisSections(diagnosis, { ...OF_BASELINE, spec, course }),
      subjectSection(subject),
    ],
    foot: footOf(subject),
  };
}
