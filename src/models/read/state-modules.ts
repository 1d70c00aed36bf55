// Modules of PyTorch as a state_dict shows them: by the names and shapes of their parameters.
import type { NormNumbers } from "../chain/value.js";

export const WEIGHTS = "the file's weights";

export interface Linear {
  readonly kind: "linear";
  readonly name: string;
  readonly units: number;
  readonly inputs: number;
  readonly weight: Float64Array;
  readonly bias?: Float64Array;
}

export interface Slopes {
  readonly kind: "slopes";
  readonly name: string;
  readonly slopes: Float64Array;
}

export interface Norm {
  readonly kind: "norm";
  readonly name: string;
  readonly numbers: NormNumbers;
}

export type Module = Linear | Slopes | Norm;

/** Modules of a residual layer, as `writeModel` calls them: the place in a Sequential, and that within the layer. */
const RESIDUAL = /^(\d+)\.residual\.(\d+)$/;
const PLACE = /^\d+$/;

/** The residual layer that a module is in, by its place in the Sequential. */
export function residualOf({ name }: Module): string | undefined {
  return RESIDUAL.exec(name)?.[1];
}

/** Whether they are of a Sequential some of whose places are residual layers. */
export function isSequentialWithSums(modules: readonly Module[]): boolean {
  return (
    modules.some((module) => residualOf(module) !== undefined) &&
    modules.every(({ name }) => RESIDUAL.test(name) || PLACE.test(name))
  );
}

/** A number by which such modules are in order. */
function placeOf(name: string): number {
  const [, place = name, inner = "0"] = RESIDUAL.exec(name) ?? [];
  return Number(place) + Number(inner) / 2 ** 20;
}

/** The numbers in names, where the names differ in numbers alone: layers.0, layers.2; fc1, fc2. */
export function numbersIn(modules: readonly Module[]): number[] | undefined {
  if (modules.length < 2) return modules.map(() => 0);
  if (isSequentialWithSums(modules)) return modules.map(({ name }) => placeOf(name));
  const texts = modules.map(({ name }) => name.split(/(\d+)/));
  const [first] = texts;
  if (texts.some((text) => text.length !== first.length)) return undefined;
  const differing = first
    .map((_, place) => place)
    .filter((place) => texts.some((text) => text[place] !== first[place]));
  if (differing.length !== 1 || differing[0] % 2 === 0) return undefined;
  const numbers = texts.map((text) => Number(text[differing[0]]));
  return new Set(numbers).size === numbers.length ? numbers : undefined;
}
