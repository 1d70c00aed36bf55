// What a sweep varies: names for what is varied often, and paths of the base for the rest.
import { type Draft, fullDraft, readOptimizer } from "./base.js";
import { hiddenOf, NAMED, type Target } from "./named-axes.js";
import { copyPlain, isPlainObject, parsePath, pathsOf, type Plain, type PlainObject, setAt } from "./plain.js";
import type { SweepRange } from "../types.js";
import { checkInteger, checkName, checkNumber, checkOptions, describe, memberPath } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { suggestion } from "../../core/suggestion.js";
import { roundTo } from "../../text/numbers.js";

/** One axis, checked. */
export interface Axis extends Target {
  readonly name: string;
  /** Different ones; or a range for points drawn at random. */
  readonly values: readonly Plain[] | SweepRange;
  readonly isInteger: boolean;
}

const NEED_HIDDEN = ["depth", "units", "activation", "bias", "normalization", "dropout", "maxNorm"];
const INTEGERS = /(^|\.)(units|depth|batchSize|accumulate|epochs|inputs|seed|patience)$/;

/** There is nothing between its whole numbers. */
export const isWholeAxis = (name: string): boolean => INTEGERS.test(name);

function pathTarget(name: string, path: string, full: PlainObject, known: readonly string[]): Target {
  const steps = parsePath(name);
  if (!steps || !known.includes(name)) {
    const names = [...Object.keys(NAMED), ...known];
    const expected = `to be one of ${Object.keys(NAMED).join(", ")}, or a path of plan.base`;
    throw new RelumineError("value", path, expected, describe(name), suggestion(name, names));
  }
  const named = Object.values(NAMED).find(({ place }) => place === name);
  return named ?? { place: name, order: 4, apply: (draft, value) => setAt(draft, full, steps, structuredClone(value)) };
}

function checkRange(path: string, given: SweepRange, isGrid: boolean): SweepRange {
  const range = checkOptions(path, given, ["from", "to", "count", "scale"]);
  const from = checkNumber(`${path}.from`, range.from);
  const to = checkNumber(`${path}.to`, range.to);
  const scale = checkName(`${path}.scale`, range.scale ?? "linear", ["linear", "log"]);
  if (from === to) throw new RelumineError("value", path, "to have two different ends", `${from} twice`);
  if (scale === "log")
    for (const [name, end] of Object.entries({ from, to }))
      checkNumber(`${path}.${name}`, end, { low: 0, openLow: true });
  if (!isGrid) {
    if (range.count === undefined) return { from, to, scale };
    throw new RelumineError("value", `${path}.count`, "to be left out where points are drawn", describe(range.count));
  }
  return { from, to, scale, count: checkInteger(`${path}.count`, range.count, { low: 2, high: 2 ** 20 }) };
}

/** To so many digits values are rounded: powers differ between engines in the last one, and ids would. */
const DIGITS = 6;

const round = (value: number, isInteger: boolean): number =>
  (isInteger ? Math.round(value) : roundTo(value, DIGITS)) + 0; // no -0

/** The value that far along a range, 0 to 1: the ends themselves at the ends. */
export function valueAt({ from, to, scale }: SweepRange, share: number, isInteger: boolean): number {
  if (share === 0) return from;
  if (share === 1) return to;
  return round(scale === "log" ? from * (to / from) ** share : from + (to - from) * share, isInteger);
}

function gridOf(range: SweepRange, isInteger: boolean): number[] {
  const count = range.count!;
  return [...new Set(Array.from({ length: count }, (_, i) => valueAt(range, i / (count - 1), isInteger)))];
}

function checkValues(path: string, given: readonly unknown[]): Plain[] {
  const values = given.map((value, i) => copyPlain(`${path}[${i}]`, value));
  if (values.length < 2)
    throw new RelumineError("value", path, "to have two values or more", `${values.length}`, "One value goes in base.");
  const texts = new Set<string>();
  values.forEach((value, i) => {
    const text = JSON.stringify(value);
    if (texts.has(text)) throw new RelumineError("value", `${path}[${i}]`, "to be another one", `${text} again`);
    texts.add(text);
  });
  return values;
}

/** Both put the same place, or one puts what holds the other's and comes after it. */
function isUndone(a: Target, b: Target): boolean {
  const holds = (outer: Target, inner: Target) =>
    outer.order >= inner.order && [".", "["].some((mark) => inner.place.startsWith(outer.place + mark));
  return a.place === b.place || holds(a, b) || holds(b, a);
}

/** Names that change a member of all hidden layers. */
const OF_HIDDEN: Readonly<Record<string, string>> = {
  units: "units",
  activation: "activation",
  bias: "biasInitializer",
  normalization: "normalization",
  dropout: "dropout",
  maxNorm: "maxNorm",
};

/** A path that puts all that a name of hidden layers does: where there is one of them, its own member does. */
function isOverwritten(named: Target, path: Target, hasOneLayer: boolean): boolean {
  const member = OF_HIDDEN[named.place];
  if (path.place === "spec.layers") return named.place === "depth" || member !== undefined;
  return hasOneLayer && member !== undefined && path.place === `spec.layers[0].${member}`;
}

/** Whatever the axes are: none of them makes more hidden layers than the base has. */
function hasOneHidden(draft: Draft, axes: readonly Axis[]): boolean {
  const makesLayers = ({ place, values }: Axis) =>
    place === "depth" || (place === "units" && Array.isArray(values) && values.some(Array.isArray));
  return hiddenOf(draft).length === 1 && !axes.some(makesLayers);
}

/** The optimizers that the base or an axis names: paths may be of any of their options. */
function optimizersOf(draft: Draft, axes: Readonly<Record<string, unknown>>): string[] {
  const { name } = draft.fit.optimizer as { name: string };
  const given = [axes.optimizer, axes["fit.optimizer"]].flatMap((each) =>
    Array.isArray(each) ? (each as unknown[]) : [],
  );
  return [name, ...given.map((each) => readOptimizer("plan.axes.optimizer", each).name as string)];
}

/**
 * The axes in the plan's order.
 * @param isGrid or points are drawn at random
 * @throws RelumineError "value"
 */
export function readAxes(given: unknown, draft: Draft, isGrid: boolean): Axis[] {
  if (!isPlainObject(given))
    throw new RelumineError("value", "plan.axes", "to be an object of axes by name", describe(given));
  const full = fullDraft(draft, optimizersOf(draft, given));
  const known = pathsOf(full).filter((path) => !(path in full)); // parts of spec, fit and remedies
  const axes = Object.entries(given as Record<string, unknown>).map(([name, values]): Axis => {
    const path = memberPath("plan.axes", name);
    const target = Object.hasOwn(NAMED, name) ? NAMED[name] : pathTarget(name, path, full, known);
    if (NEED_HIDDEN.includes(name) && hiddenOf(draft).length === 0)
      throw new RelumineError("value", path, "to be left out where there is no hidden layer", "an axis of it");
    const isInteger = isWholeAxis(name);
    if (Array.isArray(values)) return { ...target, name, values: checkValues(path, values), isInteger };
    if (!isPlainObject(values))
      throw new RelumineError("value", path, "to be a list of values, or { from, to }", describe(values));
    const range = checkRange(path, values as unknown as SweepRange, isGrid);
    return { ...target, name, values: isGrid ? checkValues(path, gridOf(range, isInteger)) : range, isInteger };
  });
  if (axes.length === 0) throw new RelumineError("value", "plan.axes", "to have an axis or more", "none");
  const hasOneLayer = hasOneHidden(draft, axes);
  axes.forEach((axis, index) => {
    const isSame = (each: Axis) =>
      isUndone(each, axis) || isOverwritten(each, axis, hasOneLayer) || isOverwritten(axis, each, hasOneLayer);
    const other = axes.slice(0, index).find(isSame);
    if (other)
      throw new RelumineError("value", memberPath("plan.axes", axis.name), `not to be part of ${other.name}`, "both");
  });
  return axes;
}

/** The draft of a cell: a copy of the base with the values put in. */
export function applyAxes(base: Draft, axes: readonly Axis[], values: readonly Plain[]): Draft {
  const draft = structuredClone(base);
  const inOrder = axes.map((axis, i) => ({ axis, value: values[i] })).sort((a, b) => a.axis.order - b.axis.order);
  for (const { axis, value } of inOrder) axis.apply(draft, value);
  return draft;
}
