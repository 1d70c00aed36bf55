// Drawings for pages of others: a diagnosis and curves as markup that is put into a page as it is. All texts in them
// are escaped; they need the style beside them.
import { blockToHtml } from "./blocks.js";
import { STYLE } from "./page-style.js";
import { diagnosisPage } from "./pages/diagnosis-page.js";
import { networkBlocks } from "./pages/network-section.js";
import { lossByRate } from "./pages/rates-page.js";
import { pageToHtml } from "./page.js";
import { linesToSvg } from "./svg/lines.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { LearningRateTest } from "../diagnosis/rates/types.js";
import type { Diagnosis, ObservedUnit } from "../diagnosis/types.js";
import type { NetworkSpec } from "../network/spec.js";

function checkList(path: string, owner: string, list: unknown): void {
  if (!Array.isArray(list)) throw new RelumineError("value", path, `to be the ${owner}`, describe(list));
}

const checkDiagnosis = (given: Diagnosis<ObservedUnit>): void =>
  checkList("diagnosis.layers", "layers of what diagnose gives", (given as Partial<typeof given> | undefined)?.layers);

/** What a page of a diagnosis says beside it. */
export interface ReportSubject {
  /** At its top. */
  readonly title: string;
  /** Name and value: which model, which rows. */
  readonly facts?: readonly (readonly [name: string, value: string])[];
  /** What a reader should know of how it was made. */
  readonly notes?: readonly string[];
}

/**
 * A diagnosis as a page of its own, without scripts or requests: the network drawn by layer, findings, figures, advice.
 * @returns an HTML document; its texts are escaped
 * @cost by units; a network of 100,000 makes a page of some MB
 * @throws RelumineError "value" for what is no diagnosis
 * @example await writeFile("report.html", diagnosisToHtml(diagnose(network, x), { title: "My network" }));
 */
export function diagnosisToHtml(
  diagnosis: Diagnosis<ObservedUnit>,
  { title, facts = [], notes = [] }: ReportSubject,
): string {
  checkDiagnosis(diagnosis);
  return pageToHtml(diagnosisPage(diagnosis, { title, facts, notes, madeBy: "relumine" }));
}

/**
 * The network of a diagnosis: a layer under the other, each unit a cell by its state, and what the marks mean.
 * @param spec draws its inputs and outputs too, and what passes residual layers by
 * @returns markup for a page that has `reportStyle`; its texts are escaped
 * @cost by units
 * @throws RelumineError "value" for what is no diagnosis
 * @example element.innerHTML = drawNetwork(diagnosis);
 */
export function drawNetwork(diagnosis: Diagnosis<ObservedUnit>, spec?: NetworkSpec): string {
  checkDiagnosis(diagnosis);
  return networkBlocks(diagnosis, spec).map(blockToHtml).join("\n");
}

/** What is drawn under one name. */
export interface Curve {
  /** Beside it. */
  readonly name: string;
  /** In order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Curves to draw: each a name and its points; a y that is not finite leaves a gap. */
export interface Curves {
  /** For those who don't see it. */
  readonly title: string;
  /** Words of the axes. */
  readonly x: string;
  /** Words of the axes. */
  readonly y: string;
  /** At most six. */
  readonly series: readonly Curve[];
  /** What happened on the way, as bars that stand on the axis: how often at which x. */
  readonly events?: Curve;
}

/**
 * Curves over epochs or steps, with what happened on the way.
 * @returns an SVG element for a page that has `reportStyle`; its texts are escaped
 * @cost by points
 * @throws RelumineError "value" for series that are no array
 * @example
 * element.innerHTML = drawCurves({ title: "Loss", x: "epoch", y: "loss", series: [{ name: "loss", points }] });
 */
export function drawCurves({ title, x, y, series, events }: Curves): string {
  checkList("series", "curves", series);
  return linesToSvg({
    kind: "lines",
    title,
    x: { label: x },
    y: { label: y, low: 0 },
    series,
    ...(events && { events }),
  });
}

/**
 * A range test of learning rates: the loss by rate, shaded where rates kill, the rate to begin with, and bars where
 * units died.
 * @param test what `findLearningRate` gives
 * @returns an SVG element for a page that has `reportStyle`
 * @cost by updates
 * @throws RelumineError "value" for what is no such test
 * @example element.innerHTML = drawLearningRates(await findLearningRate(network, { x, y }));
 */
export function drawLearningRates(test: LearningRateTest): string {
  checkList("test.points", "points of what findLearningRate gives", (test as Partial<typeof test> | undefined)?.points);
  return linesToSvg(lossByRate(test));
}

/** The drawings' style sheet, light and dark: for a `<style>` of the page, which takes its look. */
export const reportStyle: string = STYLE;
