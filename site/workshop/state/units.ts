// Hidden units as the engine lists them: layer by layer, in one list over all hidden layers.
import type { UnitState } from "../../../src/index.js";
import type { DeathRecord, UnitName } from "../engine/types.js";

/** For each layer the index of its first unit. */
export function firstUnits(layers: readonly number[]): number[] {
  let first = 0;
  return layers.map((units) => (first += units) - units);
}

export function unitIndex(layers: readonly number[], { layer, unit }: UnitName): number {
  return firstUnits(layers)[layer] + unit;
}

export function isSameUnit(a: UnitName, b: UnitName | undefined): boolean {
  return a.layer === b?.layer && a.unit === b.unit;
}

export function countDead(states: readonly UnitState[]): number {
  return states.filter((state) => state === "dead").length;
}

/** For each layer how many of its units are not dead. */
export function livingByLayer(states: readonly UnitState[], layers: readonly number[]): number[] {
  const firsts = firstUnits(layers);
  return layers.map((units, layer) => units - countDead(states.slice(firsts[layer], firsts[layer] + units)));
}

/** The death of a unit that is dead now. */
export function openDeath(deaths: readonly DeathRecord[], name: UnitName): DeathRecord | undefined {
  return deaths.findLast((death) => !death.cameBack && isSameUnit(death, name));
}

/** The last death of a unit, whether it came back or not. */
export function lastDeath(deaths: readonly DeathRecord[], name: UnitName): DeathRecord | undefined {
  return deaths.findLast((death) => isSameUnit(death, name));
}
