// crossValidate: a training judged by rows that it did not see, all rows in turn.
import { checkSplit, type FoldSource, readGroups } from "./source.js";
import type { CrossValidateOptions, CrossValidation, FoldOptions } from "./types.js";
import { checkFoldOptions, type FoldPlan, validateFolds } from "./validate-folds.js";
import { draftedTrial, type DraftedTrial, isFitOption, readDraft } from "../plan/base.js";
import { checkOptions } from "../../core/checks.js";
import { type Matrix64, takeRows } from "../../core/matrix.js";
import { type DataSet, type PlainSet, prepareData, type PreparedData, toPlain } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import { readExactRows } from "../../treatment/trial/exact-rows.js";
import { benchOf } from "../../treatment/trial/judge.js";
import { classesOf, taskOf, type Task } from "../../treatment/trial/task.js";

const OPTIONS = [
  "folds",
  "repeats",
  "stratify",
  "groups",
  "standardize",
  "diagnose",
  "predictions",
  "trace",
  "arithmetic",
  "workers",
  "journal",
  "signal",
  "onFold",
  "onProgress",
  "epochs",
  "batchSize",
  "accumulate",
  "optimizer",
  "learningRate",
  "clipNorm",
  "shuffle",
  "classWeights",
  "callbacks",
] as const satisfies readonly (keyof CrossValidateOptions)[];

/** The training of each fold, as options say it. */
export function draftFolds(spec: NetworkSpec, options: Omit<CrossValidateOptions, "groups">): DraftedTrial {
  const { standardize } = options;
  const fit = Object.fromEntries(Object.entries(options).filter(([name]) => isFitOption(name)));
  return draftedTrial(readDraft({ spec, fit, remedies: standardize === undefined ? {} : { standardize } }, ""));
}

/**
 * @param y of all rows
 * @throws RelumineError "value"
 */
export function planFolds(trial: DraftedTrial, source: FoldSource, y: PlainSet["y"], options: FoldOptions): FoldPlan {
  const { spec } = trial.settings;
  const bench = benchOf(spec, taskOf(spec, [y]), [y]);
  return { source, split: checkSplit(source, options), options: checkFoldOptions(options), trial, bench };
}

/** The rows of each class, or one group of all. */
function groupsOf(task: Task, set: PlainSet): number[][] {
  if (task.kind !== "classes") return [Array.from({ length: set.x.rows }, (_, row) => row)];
  const groups = Array.from({ length: task.classes }, (): number[] => []);
  classesOf(set.y).forEach((label, row) => groups[label].push(row));
  return groups;
}

function sourceOf(data: PreparedData, exact: Matrix64 | undefined, task: Task, groups: unknown): FoldSource {
  const { x } = data;
  const blockOf = readGroups(groups, x.rows);
  return {
    rows: x.rows,
    groups: groupsOf(task, toPlain(data)),
    ...(blockOf && { blockOf }),
    rowsOf: ({ training, heldOut }) => ({
      inputs: x.columns,
      sets: {
        training: toPlain(data, training),
        validation: toPlain(data, heldOut),
        ...(exact && { exact: { training: takeRows(exact, training), validation: takeRows(exact, heldOut) } }),
      },
    }),
  };
}

/**
 * How well a training does on rows that it did not see: the rows are split into folds, and each fold is judged by a
 * network that was trained on the others, in several repeats if wanted, on all cores. Where a row is of one class, each
 * fold has its share of every class. Nothing of a fold's rows is known to the network that they judge: `standardize`
 * goes by the rows that train, early stopping by the training's own loss. Beside the figures stand each fold's dead
 * units, and what the diagnoses of all folds share.
 *
 * The interval is the corrected resampled t of Nadeau and Bengio (2003), which allows for trainings that share rows.
 * A fold that diverged counts with what it came to, and is told. Results are the same to the bit on any number of
 * workers; `seconds` are not.
 * @param spec as for createNetwork; repeat r is split by its seed + r, and fold f trains with seed + r·folds + f
 * @param data x: rows x inputs; y: a target a row; weights
 * @param options folds, repeats, stratify, groups, standardize; epochs, batchSize, accumulate, optimizer,
 *   learningRate, clipNorm, shuffle, classWeights, callbacks as plain data; diagnose, predictions, trace, arithmetic,
 *   workers, journal, signal, onFold, onProgress
 * @cost folds·repeats trainings, and of each about two predictions and, with `diagnose`, a diagnosis without proofs; a
 *   copy of the rows for each fold under way
 * @throws RelumineError "value" or "shape" for a spec, data or options that are wrong, before anything trains: more
 *   folds than rows, than rows of a class, or than groups among them; "format" for a journal that is none, or can't be
 *   written; what onFold, onProgress or the journal throws
 * @example
 * const spec = { inputs: 2, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy" };
 * const { summary, folds } = await crossValidate(spec, { x, y }, { folds: 10, repeats: 3, epochs: 20 });
 * console.log(summary.accuracy.mean, summary.accuracy.interval, folds[0].dead);
 */
export async function crossValidate(
  spec: NetworkSpec,
  data: DataSet,
  options?: CrossValidateOptions,
): Promise<CrossValidation> {
  const started = performance.now();
  const { groups, ...given } = checkOptions("options", options, OPTIONS);
  const trial = draftFolds(spec, given);
  const resolved = trial.settings.spec;
  const { set, exact } = readExactRows("data", data);
  const rows = prepareData("data", set, resolved.inputs, resolved.layers.at(-1)!.units, resolved.loss);
  const { y } = toPlain(rows);
  const source = sourceOf(rows, exact, taskOf(resolved, [y]), groups);
  return validateFolds(planFolds(trial, source, y, given), started);
}
