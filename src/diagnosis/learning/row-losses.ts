// The loss of each row by itself, in float64: what the kernels of assembly/loss.ts add up. Of the network's outputs, of
// one constant for all rows, and of answers that could not be better.
import type { PreparedTargets } from "../../network/data.js";
import {
  factsOf,
  isClassification,
  type Loss,
  lossDivisor,
  type LossFacts,
  type LossSpec,
  readsPreactivations,
  smoothedClasses,
  smoothedTarget,
} from "../../network/losses.js";
import type { ObservedActivationName } from "../../activations/activations.js";

/** Probabilities are held to [SMALLEST, 1 - SMALLEST] where a loss takes them; poisson adds it. */
export const SMALLEST = 1e-7;

/** What the loss makes of a row of outputs and a row of targets, before it divides by the outputs. */
type RowLoss = (outputs: Float64Array, targets: Float64Array) => number;
type Term = (y: number, t: number) => number;

/** A loss with its last layer. */
export interface LossReader extends LossFacts {
  /** Of a cross-entropy: it reads logits, not probabilities. */
  readonly readsLogits: boolean;
  /** It reads what goes into the last activation, not what comes out. */
  readonly readsPreactivations: boolean;
  readonly units: number;
  /** A row's losses are divided by it. */
  readonly divisor: number;
}

export function lossReader(loss: Loss | LossSpec, activation: ObservedActivationName, units: number): LossReader {
  const facts = factsOf(loss);
  const skips = readsPreactivations(loss, activation);
  return {
    ...facts,
    readsLogits: isClassification(loss) && (facts.from !== "probabilities" || skips),
    readsPreactivations: skips,
    units,
    divisor: lossDivisor(loss, 1, units),
  };
}

/** t·ln p, which is 0 where t is. */
const timesLog = (t: number, p: number) => (t === 0 ? 0 : t * Math.log(p));
const hold = (p: number) => Math.min(Math.max(p, SMALLEST), 1 - SMALLEST);
const held = (p: number) => (Number.isNaN(p) ? p : hold(p));

const ofShare: Term = (p, t) => -timesLog(t, p) - timesLog(1 - t, 1 - p);

const ofLogit: Term = (z, t) => {
  const weight = z > 0 ? 1 - t : t;
  return (weight === 0 ? 0 : Math.abs(z) * weight) + Math.log1p(Math.exp(-Math.abs(z)));
};

const ofHuber: Term = (y, t) => {
  const size = Math.abs(y - t);
  const bounded = Math.min(size, 1);
  return bounded * (size - bounded / 2);
};

const NUMBERS = {
  meanSquaredError: (y, t) => (y - t) ** 2,
  meanAbsoluteError: (y, t) => Math.abs(y - t),
  huber: ofHuber,
  poisson: (y, t) => y - t * Math.log(y + SMALLEST),
} satisfies Partial<Record<Loss, Term>>;

function sumOfTerms(term: Term): RowLoss {
  return (outputs, targets) => {
    let sum = 0;
    for (let i = 0; i < outputs.length; i++) sum += term(outputs[i], targets[i]);
    return sum;
  };
}

const ofLogits: RowLoss = (z, t) => {
  let most = -Infinity;
  for (const value of z) most = value > most || Number.isNaN(value) ? value : most;
  let [total, gap, powers] = [0, 0, 0];
  for (let i = 0; i < z.length; i++) {
    total += t[i];
    if (t[i] !== 0 && z[i] !== most) gap += t[i] * (most - z[i]);
    powers += z[i] === most ? 1 : Math.exp(z[i] - most);
  }
  return gap + total * Math.log(powers);
};

/** @param bound what holds a probability */
const ofShares =
  (bound: (p: number) => number): RowLoss =>
  (y, t) => {
    const sum = y.reduce((a, b) => a + b, 0);
    let loss = 0;
    for (let i = 0; i < y.length; i++) loss -= timesLog(t[i], bound(y[i] / sum));
    return loss;
  };

function ofOutputs({ name, readsLogits }: LossReader): RowLoss {
  if (name === "crossEntropy") return readsLogits ? ofLogits : ofShares(held);
  if (name === "binaryCrossEntropy") return sumOfTerms(readsLogits ? ofLogit : (y, t) => ofShare(held(y), t));
  return sumOfTerms(NUMBERS[name]);
}

/** Of answers, which are probabilities where the loss is a cross-entropy, whatever it reads. */
function ofAnswers({ name, readsLogits }: LossReader): RowLoss {
  const bound = readsLogits ? (p: number) => p : held;
  if (name === "crossEntropy") return ofShares(bound);
  if (name === "binaryCrossEntropy") return sumOfTerms((p, t) => ofShare(bound(p), t));
  return sumOfTerms(NUMBERS[name]);
}

/** Calls `visit` with each row's targets, one a unit: a label is a 1 in its place. */
export function forEachTarget(
  targets: PreparedTargets,
  units: number,
  visit: (row: number, target: Float64Array) => void,
): void {
  const target = new Float64Array(units);
  if (targets.kind === "labels")
    targets.labels.forEach((label, row) => {
      target.fill(0);
      target[label] = 1;
      visit(row, target);
    });
  else
    for (let row = 0, at = 0; at < targets.data.length; row++, at += units) {
      for (let i = 0; i < units; i++) target[i] = targets.data[at + i];
      visit(row, target);
    }
}

/** The same as the loss counts them: with the share of each that it spreads over the classes. */
export function forEachCountedTarget(
  facts: LossFacts,
  targets: PreparedTargets,
  units: number,
  visit: (row: number, target: Float64Array) => void,
): void {
  if (facts.labelSmoothing === 0) return forEachTarget(targets, units, visit);
  const counted = new Float64Array(units);
  const classes = smoothedClasses(facts, units);
  forEachTarget(targets, units, (row, target) => {
    for (let i = 0; i < units; i++) counted[i] = smoothedTarget(target[i], facts, classes);
    visit(row, counted);
  });
}

export function countTargets(targets: PreparedTargets): number {
  return targets.kind === "labels" ? targets.labels.length : targets.data.length / targets.columns;
}

function lossByRow(reader: LossReader, targets: PreparedTargets, lossOf: (row: number, t: Float64Array) => number) {
  const losses = new Float64Array(countTargets(targets));
  const note = (row: number, target: Float64Array) => (losses[row] = lossOf(row, target) / reader.divisor);
  forEachCountedTarget(reader, targets, reader.units, note);
  return losses;
}

/** Where targets alone decide: rows with the same label have the same loss. */
function lossByTarget(reader: LossReader, targets: PreparedTargets, lossOf: (t: Float64Array) => number): Float64Array {
  if (targets.kind !== "labels") return lossByRow(reader, targets, (_, target) => lossOf(target));
  const classes = { kind: "labels", labels: Int32Array.from({ length: reader.units }, (_, label) => label) } as const;
  const ofLabel = lossByRow(reader, classes, (_, target) => lossOf(target));
  return Float64Array.from(targets.labels, (label) => ofLabel[label]);
}

function lossesOf(rowLoss: RowLoss, reader: LossReader, values: Float32Array, targets: PreparedTargets): Float64Array {
  const row = new Float64Array(reader.units);
  return lossByRow(reader, targets, (index, target) => {
    for (let i = 0; i < row.length; i++) row[i] = values[index * row.length + i];
    return rowLoss(row, target);
  });
}

/** @param outputs rows x units: what the loss reads */
export function lossesOfOutputs(reader: LossReader, outputs: Float32Array, targets: PreparedTargets): Float64Array {
  return lossesOf(ofOutputs(reader), reader, outputs, targets);
}

/**
 * Of answers that may be another network's.
 * @param answers rows x units: probabilities where the loss is a cross-entropy, whatever it reads; none
 *   counts as 0 or 1
 */
export function lossesOfAnswers(reader: LossReader, answers: Float32Array, targets: PreparedTargets): Float64Array {
  return lossesOf(ofAnswers({ ...reader, readsLogits: false }), reader, answers, targets);
}

/** @param answer one number a unit, a probability where the loss is a cross-entropy */
export function lossesOfConstant(reader: LossReader, answer: Float64Array, targets: PreparedTargets): Float64Array {
  const rowLoss = ofAnswers(reader);
  return lossByTarget(reader, targets, (target) => rowLoss(answer, target));
}

/** The lowest loss of one output; -Infinity where it has none. */
function lowestOfOutput({ name, readsLogits }: LossReader, t: number): number {
  if (name === "poisson") return NUMBERS.poisson(Math.max(0, t), t);
  if (name !== "binaryCrossEntropy") return 0;
  if (t >= 0 && t <= 1) return ofShare(readsLogits ? t : held(t), t);
  return readsLogits ? -Infinity : Math.min(ofShare(SMALLEST, t), ofShare(1 - SMALLEST, t));
}

/** What answers that could not be better have. */
export function lowestLosses(reader: LossReader, targets: PreparedTargets): Float64Array {
  const ofRow = ofAnswers(reader);
  return lossByTarget(reader, targets, (target) => {
    if (reader.name !== "crossEntropy") return target.reduce((sum, t) => sum + lowestOfOutput(reader, t), 0);
    if (target.some((t) => t < 0)) return -Infinity;
    return target.every((t) => t === 0) ? 0 : ofRow(target, target);
  });
}
