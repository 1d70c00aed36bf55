// The page of a checkup: each fault with its units as they died, its remedies, and the faulty network's diagnosis.
import { deathsSection } from "./deaths-section.js";
import { footOf, type PageSubject, subjectSection } from "./diagnosis-page.js";
import { diagnosisSections } from "./diagnosis-sections.js";
import { text } from "../blocks.js";
import { checkupRows, type CheckupScale, type EpochLine, type RunRow } from "../checkup-text.js";
import type { Page, PageSection } from "../page.js";
import type { Plot } from "../plot.js";
import type { ShownDiagnosis } from "../shown.js";
import type { Bar } from "../svg/bars.js";
import type { Death } from "../../diagnosis/trace/types.js";
import type { NetworkSpec } from "../../network/spec.js";
import { sum } from "../../core/statistics.js";
import { formatPercent, formatScore } from "../../text/numbers.js";

const MOST_LAYERS = 6;

export interface FaultRecord {
  /** For links: "a". */
  readonly id: string;
  /** "Fault A: a learning rate that is too high" */
  readonly heading: string;
  /** "Fault A: " */
  readonly of: string;
  /** Healthy, faulty, and the remedies. */
  readonly rows: readonly RunRow[];
  /** What was tried before, and why remedies did not help. */
  readonly notes: readonly string[];
  /** The faulty network as its units died. */
  readonly course: readonly EpochLine[];
  readonly deaths: readonly Death[];
  readonly revived: number;
  readonly diagnosis?: ShownDiagnosis;
  readonly spec: NetworkSpec;
}

export interface CheckupRecord extends PageSubject {
  readonly scale: CheckupScale;
  /** Rows over several seeds have ranges. */
  readonly hasRanges: boolean;
  /** Sentences on what came of it. */
  readonly lead: readonly string[];
  /** What the figures mean, and by which rule remedies are judged. */
  readonly rule: string;
  readonly faults: readonly FaultRecord[];
}

function deadPlot(course: readonly EpochLine[], { units }: CheckupScale): Plot[] {
  if (!course.some(({ dead }) => dead)) return [];
  const series = units.slice(0, MOST_LAYERS).map((_, layer) => ({
    name: `layer ${layer}`,
    points: course.map(({ epoch, dead }) => [epoch, dead?.[layer] ?? Number.NaN] as const),
  }));
  const y = { label: "dead units", low: 0 };
  return [{ kind: "lines", title: "Dead units, epoch by epoch", x: { label: "epoch" }, y, series }];
}

function barsOf(rows: readonly RunRow[], show: (row: RunRow) => Omit<Bar, "name" | "isAccent">): Bar[] {
  return rows.map((row) => ({ name: row.name, isAccent: row.verdict === "cured", ...show(row) }));
}

/** Scores below 0, of no use whatever they are, are drawn at 0. */
function scorePlot(rows: readonly RunRow[], scale: CheckupScale): Plot {
  const factor = scale.isAccuracy ? 100 : 1;
  const [title, label] = scale.isAccuracy ? ["Accuracy of each run", "accuracy, %"] : ["R² of each run", "R²"];
  const bars = barsOf(rows, ({ score: { median } }) => ({
    value: median > 0 ? factor * median : 0,
    text: formatScore(median, scale.isAccuracy),
  }));
  return { kind: "bars", title, axis: { label, high: factor }, bars };
}

function closedPlot(rows: readonly RunRow[], { units }: CheckupScale): Plot {
  const bars = barsOf(rows, ({ closed }) => {
    const share = sum(closed.map(({ median }) => median)) / sum(units);
    return { value: Number.isFinite(share) ? 100 * share : 0, text: formatPercent(share) };
  });
  return {
    kind: "bars",
    title: "Units that fire on no row",
    axis: { label: "% of the hidden units", high: 100 },
    bars,
  };
}

function faultSection({ id, heading, rows, notes, course }: FaultRecord, record: CheckupRecord): PageSection {
  const { scale, hasRanges } = record;
  const [header, ...cells] = checkupRows(rows, scale, hasRanges);
  const verdicts = rows.filter(({ verdict }) => verdict !== "");
  const caption = "Runs; in brackets: units of Leaky ReLU that fire on no row and are not dead";
  return {
    id: `${id}-fault`,
    heading,
    ...(verdicts.length > 0 && { badge: verdicts.map(({ name, verdict }) => `${name}: ${verdict}`).join("; ") }),
    content: [
      { kind: "table", table: { caption, header, rows: cells, words: [header.length - 1] } },
      ...notes.map(text),
      { kind: "plots", plots: [...deadPlot(course, scale), scorePlot(rows, scale), closedPlot(rows, scale)] },
    ],
  };
}

function sectionsOf(fault: FaultRecord, record: CheckupRecord): PageSection[] {
  const { id, of, deaths, revived, diagnosis, spec } = fault;
  const options = { prefix: `${id}-`, of };
  const course = [deathsSection(deaths, revived, options)];
  return [faultSection(fault, record), ...diagnosisSections(diagnosis, { ...options, spec, course })];
}

export function checkupPage(record: CheckupRecord): Page {
  return {
    title: record.title,
    lead: record.lead,
    sections: [...record.faults.flatMap((fault) => sectionsOf(fault, record)), subjectSection(record)],
    foot: [record.rule, ...footOf(record)],
  };
}
