// What the findings are made from: an observation, the verdicts on the units, and what else the caller gave.
import { closedUpTo } from "../../activations/analysis.js";
import { isClosedInTraining } from "../units/permanence.js";
import type { HeldOutRows, LearningEvidence } from "../learning/learning.js";
import type { Finding, FindingRole, LayerDiagnosis } from "../types.js";
import { groupBy } from "../../core/group-by.js";
import { arraysOf, type Observation } from "../../inspect/observation.js";
import type { History } from "../../network/types.js";
import type { PreparedTargets } from "../../network/data.js";
import type { Naming } from "../../text/naming.js";
import type { UnitStatistics } from "../../inspect/statistics.js";

export interface Evidence {
  readonly observation: Observation;
  /** The hidden layers' verdicts. */
  readonly hidden: readonly LayerDiagnosis[];
  readonly targets: PreparedTargets | undefined;
  /** What was given, else what the network knows of its last fit. */
  readonly history: History | undefined;
  /** Where targets are given, and what the loss reads was kept. */
  readonly learning?: LearningEvidence | undefined;
  /** Where a validation set is given. */
  readonly heldOut?: HeldOutRows | undefined;
  /** For messages. */
  readonly naming: Naming;
}

/** A finding before it is known which others there are: its role is that of its kind, or the one it gives itself. */
export interface Found extends Omit<Finding, "role"> {
  readonly role?: FindingRole;
  /** What to do where no cause is named beside it; absent: the same. */
  readonly adviceAlone?: string;
}

/** Units of a layer, the output layer included, that pass on neither signal nor gradient on any sample. */
export function closedUnits({ observation, hidden }: Evidence, layer: number): number[] {
  const { activation, units } = observation.layers[layer];
  const isClosed = (unit: number) =>
    layer < hidden.length ? hidden[layer].units[unit].state === "dead" : units[unit].max <= closedUpTo(activation);
  return Array.from(units.keys()).filter(isClosed);
}

/** The highest layer of which every unit is closed, or -1: on the rows as they were seen, outside of training. */
export function closedLayer(evidence: Evidence): number {
  return highestClosed(evidence, () => true);
}

/**
 * The same in every training step on these rows: the batches' statistics, or dropout below, may open what running
 * statistics close.
 */
export function closedLayerInTraining(evidence: Evidence): number {
  return highestClosed(evidence, (layer, unit) => isClosedInTraining(evidence.observation, layer, unit));
}

function highestClosed(evidence: Evidence, staysClosed: (layer: number, unit: number) => boolean): number {
  return evidence.observation.layers.findLastIndex(({ units, isResidual }, layer) => {
    const closed = isResidual ? [] : closedUnits(evidence, layer);
    return closed.length === units.length && closed.every((unit) => staysClosed(layer, unit));
  });
}

/**
 * With samples that all agree nothing can be said of what never changes; where they are not known, the first layer
 * tells.
 */
export function samplesDiffer({ observation: { inputs, layers } }: Evidence): boolean {
  return (inputs?.columns ?? layers[0].units).some((column) => !isConstant(column));
}

/** The weights that leave a unit of a layer; undefined where they are not known. */
export function outgoingOf({ observation }: Evidence, layer: number): ((unit: number) => Float32Array) | undefined {
  if (observation.fedBy) return undefined; // who else is fed by it is not known
  const weights = observation.layers[layer + 1]?.weights;
  if (!weights) return undefined;
  const { kernel, units } = arraysOf(weights);
  return (unit) => kernel.subarray(unit * units, (unit + 1) * units);
}

/** The same finite number on every sample. */
export function isConstant({ min, max }: UnitStatistics): boolean {
  return min === max && Number.isFinite(min);
}

/** Groups of two or more that have the same key, each in order. */
export function groupsOf<K>(items: readonly number[], keyOf: (item: number) => K): number[][] {
  return [...groupBy(items, keyOf).values()].filter(({ length }) => length > 1);
}

/** Input columns that are not the same in every row. */
export function varyingColumns(columns: readonly UnitStatistics[]): number[] {
  return [...columns.keys()].filter((column) => !isConstant(columns[column]));
}
