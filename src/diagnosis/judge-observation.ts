// From an observation to a diagnosis: states, mechanisms, permanence, proofs, findings. The network is run only by what
// the observation offers, and what it does not know is left out of the verdicts: without weights there is no mechanism,
// without inputs no proof. Other starts of its spec are drawn to see how often a narrow layer is closed.
import { drawDiagnosis } from "./diagnosis-text.js";
import { CAN_FIND, findAll } from "./findings/findings.js";
import { type HeldOutRows, judgeLearning } from "./learning/learning.js";
import { type Box, rangeOfColumns } from "./proof/box.js";
import { DIAGNOSIS_WORK, proofSteps, type UnitProof } from "./proof/prove.js";
import type {
  Diagnosis,
  Finding,
  LayerDiagnosis,
  Learning,
  ObservedUnit,
  Spread,
  UnitDiagnosis,
  UnitState,
} from "./types.js";
import { liftAbove } from "./units/bias-to-revive.js";
import { activityBounds } from "./units/firing-rate-bound.js";
import { findMechanisms } from "./units/mechanism.js";
import { findMovers, findPermanent } from "./units/permanence.js";
import { checkNumber } from "../core/checks.js";
import { finish, type Steps } from "../core/pace.js";
import {
  hiddenCount,
  type LayerObservation,
  type Observation,
  shiftOf,
  type TrainingRecord,
} from "../inspect/observation.js";
import { firesAbove } from "../activations/analysis.js";
import type { UnitStatistics } from "../inspect/statistics.js";
import { hasFinite, judge, type Thresholds } from "../inspect/unit-state.js";
import type { PreparedTargets } from "../network/data.js";
import { readClassWeights, weighByClass } from "../network/training/class-weights.js";
import type { History } from "../network/types.js";
import { BY_INDEX, type Naming } from "../text/naming.js";

export const DEFAULT_THRESHOLDS: Thresholds = { rareBelow: 0.01, dormantBelow: 0.025 };

/** @throws RelumineError "value" */
export function readThresholds({
  rareBelow = DEFAULT_THRESHOLDS.rareBelow,
  dormantBelow = DEFAULT_THRESHOLDS.dormantBelow,
}: { readonly [key in keyof Thresholds]?: Thresholds[key] | undefined }): Thresholds {
  return {
    rareBelow: checkNumber("rareBelow", rareBelow, { low: 0, high: 1 }),
    dormantBelow: checkNumber("dormantBelow", dormantBelow, { low: 0 }),
  };
}

export interface JudgeOptions {
  readonly thresholds?: Thresholds;
  /** Prove or refute that the dead are closed on the box, where weights are known. Default false. */
  readonly proofs?: boolean;
  /** Multiplications that they may take; 0: what bounds in one pass prove. Default: about a second's. */
  readonly proofBudget?: number;
  /** Default: each input's range in the observed rows, where they are known. */
  readonly box?: Box;
  /** One for each observed row. */
  readonly targets?: PreparedTargets | undefined;
  /** What each row counts; one for each. */
  readonly weights?: Float32Array | undefined;
  /** A validation set, and what the loss reads of it. */
  readonly heldOut?: HeldOutRows | undefined;
  /** Default: that of the network's last fit, where it is known. */
  readonly history?: History | undefined;
  /** What the messages of its findings call layers and so on. Default: their indices. */
  readonly naming?: Naming | undefined;
}

class ObservedDiagnosis implements Diagnosis {
  declare readonly learning?: Learning;
  readonly units: number;
  readonly dead: number;
  readonly deadFraction: number;

  constructor(
    readonly samples: number,
    readonly layers: readonly LayerDiagnosis[],
    readonly findings: readonly Finding[],
    learning: Learning | undefined,
  ) {
    if (learning) this.learning = learning;
    this.units = layers.reduce((sum, { units }) => sum + units.length, 0);
    this.dead = layers.reduce((sum, { dead }) => sum + dead, 0);
    this.deadFraction = this.units === 0 ? 0 : this.dead / this.units;
  }

  toString(): string {
    return drawDiagnosis(this);
  }
}

/** Of those whose activations are numbers. */
function meanActivation(units: readonly UnitStatistics[]): number {
  const finite = units.filter((unit) => hasFinite(unit) && Number.isFinite(unit.meanActivation));
  return finite.reduce((sum, unit) => sum + unit.meanActivation, 0) / Math.max(1, finite.length);
}

/** An activation that overflows is beyond any mean, also where no unit is left to make one of. */
function dormancyOf({ meanActivation: own }: UnitStatistics, layerMean: number): number {
  if (own === Infinity) return Infinity;
  return layerMean === 0 ? 0 : own / layerMean;
}

function judgeUnits({ activation, units }: LayerObservation, thresholds: Thresholds): UnitState[] {
  const layerMean = meanActivation(units);
  return units.map((unit) => judge(activation, unit, dormancyOf(unit, layerMean), thresholds));
}

type UnitVerdict = Omit<
  ObservedUnit,
  "layer" | "unit" | "state" | "activity" | "activityBound" | "dormancy" | "preactivation" | "activation"
>;

const spreadOf = ({ min, max, mean, variance }: UnitStatistics): Spread => ({
  min,
  max,
  mean,
  std: Math.sqrt(variance),
});

/**
 * Samples at several places of a row are not independent: what they tell of unseen ones is taken to be as much as so
 * many rows do, each by the share of its places.
 */
function firedRows({ fired, samples }: UnitStatistics, rows: number): number {
  return samples === rows ? fired : Math.ceil((fired * rows) / samples);
}

/** What is said of dead units alone, for each hidden layer by unit. */
function judgeDead(
  observation: Observation,
  states: readonly (readonly UnitState[])[],
  proofs: readonly ReadonlyMap<number, UnitProof>[],
): (layer: number, unit: number) => UnitVerdict {
  const hidden = states.slice(0, hiddenCount(observation));
  const permanent = findPermanent(observation, states);
  const movers = permanent.some((units) => units.includes(true)) ? findMovers(observation) : [];
  const mechanisms = findMechanisms(observation, hidden);
  const shifts = observation.layers.map(({ weights }) => weights && shiftOf(weights));
  return (layer, unit) => {
    const mechanism = mechanisms[layer].get(unit);
    const isPermanent = permanent[layer][unit];
    const stillMovedBy = isPermanent ? movers[layer][unit] : [];
    const { opening, activation, hasNoBias } = observation.layers[layer];
    const z = hasNoBias ? undefined : opening?.get(unit);
    const shift = shifts[layer]?.[unit];
    return {
      ...(mechanism !== undefined && { mechanism }),
      ...(isPermanent !== undefined && { permanent: isPermanent }),
      ...(stillMovedBy.length > 0 && { stillMovedBy }),
      ...(z !== undefined && shift !== undefined && { biasToRevive: liftAbove(z - firesAbove(activation), shift) }),
      ...proofs[layer].get(unit),
    };
  };
}

function* judgeLayers(
  observation: Observation,
  thresholds: Thresholds,
  prove: (states: readonly (readonly UnitState[])[]) => Steps<ReadonlyMap<number, UnitProof>[]>,
): Steps<LayerDiagnosis[]> {
  const states = observation.layers.map((layer) => judgeUnits(layer, thresholds));
  const hidden = states.slice(0, hiddenCount(observation));
  const verdictOf = judgeDead(observation, states, yield* prove(hidden));
  const boundOf = activityBounds(observation.rows);
  return hidden.map((unitStates, layer) => {
    const { name, activation, normalized, units: statistics, seen: kind, closedRows } = observation.layers[layer];
    const layerMean = meanActivation(statistics);
    const units = statistics.map((seen, unit): ObservedUnit => ({
      layer,
      unit,
      state: unitStates[unit],
      activity: seen.fired / seen.samples,
      activityBound: boundOf(firedRows(seen, observation.rows)),
      dormancy: dormancyOf(seen, layerMean),
      [kind === "activations" ? "activation" : "preactivation"]: spreadOf(seen),
      ...(unitStates[unit] === "dead" && verdictOf(layer, unit)),
    }));
    const dead = unitStates.filter((state) => state === "dead").length;
    return {
      layer,
      ...(name !== undefined && { name }),
      activation: activation.name,
      ...(normalized && { normalized }),
      dead,
      ...(observation.fedBy && closedRows && { closedRows: closedRows.length }),
      units: units as readonly UnitDiagnosis[], // where preactivations are not known who asked says so
    };
  });
}

/** What each row counted in a training with class weights: by another measure it would not have been trained. */
function weightsByClass(
  training: TrainingRecord | undefined,
  targets: PreparedTargets,
  rows: number,
): Float32Array | undefined {
  const given = training?.fit?.classWeights;
  if (given === undefined) return undefined;
  return weighByClass(
    readClassWeights(given),
    targets,
    Uint32Array.from({ length: rows }, (_, row) => row),
    undefined,
    rows,
  );
}

/**
 * The diagnosis of what was observed. Units with a preactivation that is not finite are "notFinite", and what is said
 * of others, of the data and of the training is said all the same.
 */
export function judgeObservation(observation: Observation, options?: JudgeOptions): Diagnosis {
  return finish(judgeSteps(observation, options));
}

/** The same in steps: those of the proofs, and one before what is found. */
export function* judgeSteps(observation: Observation, options: JudgeOptions = {}): Steps<Diagnosis> {
  const {
    thresholds = DEFAULT_THRESHOLDS,
    proofs = false,
    proofBudget = DIAGNOSIS_WORK,
    box,
    targets,
    weights,
    heldOut,
    naming = BY_INDEX,
  } = options;
  const given = options.history;
  const { inputs } = observation;
  const proofBox = proofs ? (box ?? (inputs && rangeOfColumns(inputs.columns))) : undefined;
  const layers = yield* judgeLayers(observation, thresholds, function* (states) {
    return proofBox ? yield* proofSteps(observation, states, proofBox, proofBudget) : states.map(() => new Map());
  });
  yield 1;
  const { outputs, training } = observation;
  const history = given ?? training?.fit;
  const learning =
    targets &&
    outputs &&
    judgeLearning(
      observation,
      { outputs, targets, weights: weights ?? weightsByClass(training, targets, observation.rows) },
      heldOut,
      history,
    );
  const evidence = { observation, hidden: layers, targets, history, learning, heldOut, naming };
  const findings = CAN_FIND || given ? findAll(evidence) : [];
  return new ObservedDiagnosis(observation.rows, layers, findings, learning?.learning);
}
