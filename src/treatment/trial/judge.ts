// What every trial is judged by, whatever loss and last layer it has: its answers on rows that are the same for all.
//
// Classes: the share of rows whose class is said (where the baseline never says some class, the mean of those shares
// over the classes). Numbers: the loss that the network was given with, of its answers in the targets' own units. Where
// that loss can't read them (classes beyond its outputs, targets outside of what it takes), squared error stands for
// it.
import { classesOf, classesSaid, soleColumn, type Task } from "./task.js";
import type { RowSets } from "./rows.js";
import { bestConstant } from "../../diagnosis/learning/best-constant.js";
import { type LossReader, lossesOfAnswers, lossReader } from "../../diagnosis/learning/row-losses.js";
import type { Matrix } from "../../core/matrix.js";
import type { PlainSet, PreparedTargets } from "../../network/data.js";
import { factsOf, isClassification, type Loss, type LossSpec } from "../../network/losses.js";
import type { ResolvedSpec } from "../../network/spec.js";
import type { LayerActivationName } from "../../activations/activations.js";
import type { Metrics } from "../../network/types.js";

/** How good some answers are. */
export interface Judgement {
  readonly metrics: Metrics;
  /** Of classes: the mean over the classes of the share that is said. */
  readonly balancedAccuracy?: number;
  /** Of the rows' shares of right answers. */
  readonly variance: number;
}

/** The rows that judge, and the loss that all are judged by. */
export interface Bench {
  readonly task: Task;
  readonly loss: Loss | LossSpec;
  /** Answers to a row under that loss. */
  readonly units: number;
  /** It is the given network's own, so that networks with its last layer can be asked themselves. */
  readonly isOwn: boolean;
  /** Of the given network's last layer. */
  readonly activation: LayerActivationName;
}

/** Whether the loss can read the task's targets, and answers in the shape of probabilities or numbers. */
function canRead({ loss, layers }: ResolvedSpec, task: Task, all: readonly PlainSet["y"][]): boolean {
  const { takesAnyTargets } = factsOf(loss);
  const { units } = layers[layers.length - 1];
  if (!isClassification(loss) || !takesAnyTargets) return true;
  if (units > 1 && all.some((y) => !(y instanceof Int32Array) && soleColumn(y) !== undefined)) return false;
  if (factsOf(loss).name === "crossEntropy" && units === 1) return false;
  if (task.kind === "classes") return units === 1 ? task.classes === 2 : task.classes === units;
  return task.kind === "answers";
}

export function benchOf(spec: ResolvedSpec, task: Task, all: readonly PlainSet["y"][]): Bench {
  const { units, activation } = spec.layers[spec.layers.length - 1];
  if (canRead(spec, task, all)) return { task, loss: spec.loss, units, isOwn: true, activation: activation.name };
  return {
    task,
    loss: "meanSquaredError",
    units: task.kind === "classes" ? task.classes : units,
    isOwn: false,
    activation: activation.name,
  };
}

export function preparedTargets(y: PlainSet["y"]): PreparedTargets {
  if (y instanceof Int32Array) return { kind: "labels", labels: y };
  return { kind: "rows", data: y.data, columns: y.columns };
}

/** Targets as the bench's loss reads them. */
function benchTargets({ isOwn, task }: Bench, y: PlainSet["y"]): PreparedTargets {
  return isOwn || task.kind !== "classes" ? preparedTargets(y) : { kind: "labels", labels: classesOf(y) };
}

/** A row of answers in as many columns as the bench has: one column is a yes, or its class. */
function fitColumns({ units, task }: Bench, answers: Matrix): Matrix {
  if (answers.columns === units) return answers;
  const data = new Float32Array(answers.rows * units);
  if (task.kind !== "classes") return { rows: answers.rows, columns: units, data: data.fill(Number.NaN) };
  if (units === 1 && answers.columns === 2) answers.data.forEach((value, i) => i % 2 === 1 && (data[i >> 1] = value));
  else if (answers.columns === 1 && task.classes === 2)
    answers.data.forEach((value, row) => data.set([1 - value, value], row * 2));
  else
    classesSaid(answers, task.classes).forEach((said, row) => {
      if (said >= 0 && said < units) data[row * units + said] = 1;
    });
  return { rows: answers.rows, columns: units, data };
}

function weightedMean(values: Float64Array, weights: Float32Array | undefined): number {
  let [sum, total] = [0, 0];
  values.forEach((value, row) => {
    const weight = weights ? weights[row] : 1;
    if (weight === 0) return;
    sum += weight * value;
    total += weight;
  });
  return sum / total;
}

const readerOf = ({ loss, units }: Bench): LossReader => lossReader(loss, "linear", units);

/** The share of each row's answers that are right. */
function rightByRow({ task }: Bench, answers: Matrix, y: PlainSet["y"]): Float64Array | undefined {
  if (task.kind === "numbers") return undefined;
  if (task.kind === "classes") {
    const said = classesSaid(answers, task.classes);
    return Float64Array.from(classesOf(y), (label, row) => Number(said[row] === label));
  }
  const { columns, data } = y as Matrix;
  const right = new Float64Array(answers.rows);
  data.forEach((target, i) => {
    const row = Math.floor(i / columns);
    if (answers.data[i] > 0.5 === target > 0.5) right[row] += 1 / columns;
  });
  return right;
}

function meanRecall(right: Float64Array, labels: Int32Array): number {
  const counts = new Map<number, { rows: number; right: number }>();
  labels.forEach((label, row) => {
    const count = counts.get(label) ?? { rows: 0, right: 0 };
    counts.set(label, { rows: count.rows + 1, right: count.right + right[row] });
  });
  const recalls = [...counts.values()].map((count) => count.right / count.rows);
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

function judgeRight(right: Float64Array, bench: Bench, y: PlainSet["y"]) {
  const accuracy = right.reduce((sum, share) => sum + share, 0) / right.length;
  return {
    accuracy,
    variance: right.reduce((sum, share) => sum + (share - accuracy) ** 2, 0) / right.length,
    ...(bench.task.kind === "classes" && { balancedAccuracy: meanRecall(right, classesOf(y)) }),
  };
}

/** @param answers rows x outputs in the targets' own units, probabilities of classes */
export function judgeAnswers(bench: Bench, answers: Matrix, { y, weights }: PlainSet): Judgement {
  const losses = lossesOfAnswers(readerOf(bench), fitColumns(bench, answers).data, benchTargets(bench, y));
  const right = rightByRow(bench, answers, y);
  const { variance = 0, accuracy, balancedAccuracy } = right ? judgeRight(right, bench, y) : {};
  return {
    metrics: { loss: weightedMean(losses, weights), ...(accuracy !== undefined && { accuracy }) },
    ...(balancedAccuracy !== undefined && { balancedAccuracy }),
    variance,
  };
}

/** The best that can be said without looking at the inputs: learned from the training rows, judged on the others. */
export function judgeConstant(bench: Bench, { training, validation }: RowSets) {
  const { y, weights, x } = training;
  const each = Float64Array.from({ length: x.rows }, (_, row) => weights?.[row] ?? 1);
  const constant = bestConstant(readerOf(bench), benchTargets(bench, y), each);
  const { rows } = validation.x;
  const data = new Float32Array(rows * constant.length);
  for (let row = 0; row < rows; row++) data.set(constant, row * constant.length);
  return { answer: [...constant], ...judgeAnswers(bench, { rows, columns: constant.length, data }, validation) };
}
