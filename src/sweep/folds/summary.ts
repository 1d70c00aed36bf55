// From folds to figures over all of them. The folds of a cross-validation share most of the rows that they train on, so
// their figures vary less than those of independent trainings would: the variance of their mean is not s² / J. Nadeau
// and Bengio (Inference for the generalization error, Machine Learning 52, 2003, section 4.1.2) take s²·(1 / J + n2 /
// n1), n1 rows that train and n2 that are held out; Bouckaert and Frank (PAKDD 2004) found it the one to take for
// repeated cross-validation.
import type { CrossValidation, FoldFigures, FoldResult, FoldSummary, SharedFinding } from "./types.js";
import { groupBy } from "../../core/group-by.js";
import { mean, sum } from "../../core/statistics.js";
import { studentT } from "../../core/student-t.js";
import { clampShare } from "../results.js";

const CONFIDENCE = 0.95;

/** Each figure, and whether it is a share. */
export const FIGURES: Readonly<Record<keyof FoldFigures, boolean>> = {
  accuracy: true,
  loss: false,
  f1: true,
  auc: true,
  r2: false,
  meanAbsoluteError: false,
  deadFraction: true,
};

/**
 * @param values of J folds, two or more
 * @param ratio rows that are held out / rows that train
 */
export function summarize(values: readonly number[], ratio: number, isShare: boolean): FoldSummary {
  const count = values.length;
  const middle = mean(values);
  const deviation = Math.sqrt(sum(values.map((value) => (value - middle) ** 2)) / (count - 1));
  const half = studentT(CONFIDENCE, count - 1) * deviation * Math.sqrt(1 / count + ratio);
  return {
    mean: middle,
    deviation,
    interval: clampShare({ mean: middle, low: middle - half, high: middle + half }, isShare),
  };
}

/** Of figures that some fold lacks there is none: a mean without the folds that went wrong would be too good. */
export function summaryOf(folds: readonly FoldResult[]): CrossValidation["summary"] {
  if (folds.length < 2) return {};
  const ratio = mean(folds.map(({ rows, trainingRows }) => rows.length / trainingRows));
  const all = Object.entries(FIGURES) as [keyof FoldFigures, boolean][];
  return Object.fromEntries(
    all.flatMap(([name, isShare]) => {
      const values = folds.flatMap((fold) => fold[name] ?? []);
      return values.length < folds.length ? [] : [[name, summarize(values, ratio, isShare)]];
    }),
  );
}

/** What the diagnoses have in common, by kind, layer and role; a fold that has one twice counts once. */
export function sharedFindings(folds: readonly FoldResult[]): SharedFinding[] {
  const diagnosed = folds.filter(({ findings }) => findings);
  const found = diagnosed.flatMap(({ findings }, fold) => findings!.map((finding) => ({ fold, finding })));
  return [...groupBy(found, ({ finding: { kind, layer, role } }) => `${kind} ${layer} ${role}`).values()]
    .map((group) => {
      const count = new Set(group.map(({ fold }) => fold)).size;
      return { ...group[0].finding, folds: count, isShared: count === diagnosed.length };
    })
    .sort((a, b) => b.folds - a.folds);
}
