// The page of a training: how its epochs went, with the deaths on the way, what came out, and the diagnosis.
import { deathsByEpoch, deathsSection } from "./deaths-section.js";
import { footOf, type PageSubject, subjectSection } from "./diagnosis-page.js";
import { diagnosisSections, leadOf } from "./diagnosis-sections.js";
import { type EvaluationRecord, evaluationSection } from "./evaluation-section.js";
import { text } from "../blocks.js";
import type { Page, PageSection } from "../page.js";
import type { LinePlot, Series } from "../svg/lines.js";
import { chooseEpochs } from "../training-text.js";
import type { Death } from "../../diagnosis/trace/types.js";
import type { ShownDiagnosis } from "../shown.js";
import type { EpochLog } from "../../network/types.js";
import { countOf, formatCount } from "../../text/numbers.js";

const MOST_POINTS = 200;
const MOST_LAYERS = 6;
/** A loss that falls or rises by more than this factor is drawn on a log axis. */
const WIDE = 30;

export interface TrainingRecord extends PageSubject {
  readonly epochs: readonly EpochLog[];
  /** Sentences on how it ended, where that was before its last epoch. */
  readonly ending: readonly string[];
  /** Undefined where none were looked for. */
  readonly deaths: readonly Death[] | undefined;
  readonly revived: number;
  readonly evaluation: EvaluationRecord;
  /** Or why there is none. */
  readonly diagnosis: ShownDiagnosis | string;
}

const pointsOf = (epochs: readonly EpochLog[], of: (log: EpochLog) => number | undefined): Series["points"] =>
  epochs.map((log) => [log.epoch, of(log) ?? Number.NaN]);

/** Those that have some figure. */
const known = (series: readonly Series[]): Series[] =>
  series.filter(({ points }) => points.some(([, y]) => Number.isFinite(y)));

const EPOCH = { label: "epoch" };

function lossPlot(epochs: readonly EpochLog[], deaths: readonly Death[]): LinePlot {
  const series = known([
    { name: "training", points: pointsOf(epochs, ({ loss }) => loss) },
    { name: "held out", points: pointsOf(epochs, ({ validation }) => validation?.loss) },
  ]);
  const losses = series.flatMap(({ points }) => points.map(([, y]) => y)).filter((y) => Number.isFinite(y) && y > 0);
  const [low, high] = [losses.reduce((a, b) => Math.min(a, b), Infinity), losses.reduce((a, b) => Math.max(a, b), 0)];
  const points = deathsByEpoch(deaths);
  return {
    kind: "lines",
    title: "Loss by epoch, and when units died",
    x: EPOCH,
    y: high > WIDE * low ? { label: "loss", scale: "log" } : { label: "loss", low: 0 },
    series,
    ...(points.length > 0 && { events: { name: "deaths", points } }),
  };
}

function accuracyPlot(epochs: readonly EpochLog[]): LinePlot[] {
  const percent = (share: number | undefined) => (share === undefined ? undefined : 100 * share);
  const series = known([
    { name: "training", points: pointsOf(epochs, ({ accuracy }) => percent(accuracy)) },
    { name: "held out", points: pointsOf(epochs, ({ validation }) => percent(validation?.accuracy)) },
  ]);
  if (series.length === 0) return [];
  return [{ kind: "lines", title: "Accuracy by epoch", x: EPOCH, y: { label: "% of the rows" }, series }];
}

function silentPlot(epochs: readonly EpochLog[]): LinePlot[] {
  const layers = Math.min(MOST_LAYERS, epochs[0].silentUnits.length);
  if (layers === 0) return [];
  const series = Array.from({ length: layers }, (_, layer) => ({
    name: `layer ${layer}`,
    points: pointsOf(epochs, ({ silentUnits }) => silentUnits[layer]),
  }));
  const title = "Units that fired on no row of an epoch";
  return [{ kind: "lines", title, x: EPOCH, y: { label: "units", low: 0 }, series }];
}

function courseSection({ epochs, deaths = [], ending }: TrainingRecord): PageSection {
  const heading = "How the training went";
  if (epochs.length === 0)
    return { id: "course", heading, content: [text("No epoch was finished."), ...ending.map(text)] };
  const shown = chooseEpochs(epochs, MOST_POINTS);
  const cut =
    shown.length < epochs.length
      ? [text(`${formatCount(shown.length)} of ${countOf(epochs.length, "epoch")} are drawn.`)]
      : [];
  const plots = [lossPlot(shown, deaths), ...accuracyPlot(shown), ...silentPlot(shown)];
  return { id: "course", heading, content: [...ending.map(text), ...cut, { kind: "plots", plots }] };
}

export function trainingPage(record: TrainingRecord): Page {
  const { title, diagnosis, deaths, revived, evaluation, spec, ending } = record;
  const found = deaths ? [deathsSection(deaths, revived)] : [];
  const course = [courseSection(record), ...found, evaluationSection(evaluation)];
  return {
    title,
    lead: [...leadOf(diagnosis), ...ending.slice(0, 1)],
    sections: [...diagnosisSections(diagnosis, { course, ...(spec && { spec }) }), subjectSection(record)],
    foot: footOf(record),
  };
}
