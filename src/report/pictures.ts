// Drawings for pages of others: a diagnosis and curves as markup that is put into a page as it is. All texts in them are
// escaped; they need the style beside them.
import { blockToHtml } from "./blocks.js";
import { diagnosisPage } from "./pages/diagnosis-page.js";
import { networkBlocks } from "./pages/network-section.js";
import { pageToHtml } from "./page.js";
import type { ShownDiagnosis } from "./shown.js";
import { type LinePlot, linesToSvg } from "./svg/lines.js";
import type { NetworkSpec } from "../network/spec.js";

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
 * @example await writeFile("report.html", diagnosisToHtml(diagnose(network, x), { title: "My network" }));
 */
export function diagnosisToHtml(diagnosis: ShownDiagnosis, { title, facts = [], notes = [] }: ReportSubject): string {
  return pageToHtml(diagnosisPage(diagnosis, { title, facts, notes, madeBy: "relumine" }));
}

/**
 * The network of a diagnosis: a layer under the other, each unit a cell by its state, and what the marks mean.
 * @param spec draws its inputs and outputs too
 * @returns markup for a page that has `reportStyle`; its texts are escaped
 * @example element.innerHTML = drawNetwork(diagnosis);
 */
export function drawNetwork(diagnosis: ShownDiagnosis, spec?: NetworkSpec): string {
  return networkBlocks(diagnosis, spec).map(blockToHtml).join("\n");
}

/** Curves to draw: each a name and its points; a y that is not finite leaves a gap. */
export interface Curves {
  /** For those who don't see it. */
  readonly title: string;
  /** Words of the axes. */
  readonly x: string;
  /** Words of the axes. */
  readonly y: string;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
  /** What happened on the way, as bars that stand on the axis: how often at which x. */
  readonly events?: LinePlot["events"];
}

/**
 * Curves over epochs or steps, with what happened on the way.
 * @returns an SVG element for a page that has `reportStyle`; its texts are escaped
 * @example element.innerHTML = drawCurves({ title: "Loss", x: "epoch", y: "loss", series: [{ name: "loss", points }] });
 */
export function drawCurves({ title, x, y, series, events }: Curves): string {
  return linesToSvg({
    kind: "lines",
    title,
    x: { label: x },
    y: { label: y, low: 0 },
    series,
    ...(events && { events }),
  });
}

/** The drawings' style sheet, light and dark: for a `<style>` of the page, which takes its look. */
export { STYLE as reportStyle } from "./page-style.js";
