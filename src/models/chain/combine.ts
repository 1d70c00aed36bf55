// Elementwise operators on values: what two of them together are, if it is an activation that a layer can have. GELU by
// the error function (Hendrycks and Gimpel 2016), SiLU by the sigmoid (Elfwing et al. 2018), PReLU by two ReLUs, Leaky
// ReLU by a maximum, Softplus by its threshold. What is none of these gives undefined: the reader refuses it.
import { LEAST_EPSILON } from "../../network/normalization.js";
import { refuse } from "./refuse.js";
import {
  type Affine,
  at,
  identity,
  isIdentity,
  isSame,
  isSmooth,
  isSameTerm,
  type KinkTerm,
  scale,
  type SmoothTerm,
  withoutBatch,
  withoutDropout,
  zip,
} from "./value.js";

/** Relative differences that float32 constants make: the root of 2, 1 / sqrt 2. */
const CLOSE = 1e-6;
/** beta·threshold from which on softplus is its argument within float32: e^-16 = 1.1e-7. */
export const LEAST_THRESHOLD = 16;

const isClose = (x: number, y: number): boolean => Math.abs(x - y) <= CLOSE * Math.max(Math.abs(x), Math.abs(y));

/** A smooth activation of a value. */
export function smooth(name: SmoothTerm["name"], argument: Affine, alpha?: number): Affine {
  return identity({
    kind: "smooth",
    units: argument.term.units,
    argument,
    name,
    ...(alpha !== undefined && { alpha }),
  });
}

/** v where v > 0, below·v elsewhere. */
export function kink(argument: Affine, below: Float64Array | number, learns = false): Affine {
  const slopes = typeof below === "number" ? Float64Array.of(below) : below;
  return identity({ kind: "kink", units: argument.term.units, argument, below: slopes, learns });
}

/**
 * Layer normalization of a value: gamma·normalized + beta.
 * @throws RelumineError "unsupported" for an epsilon that none has
 */
export function layerNorm(
  argument: Affine,
  { epsilon, gamma = 1, beta = 0 }: { epsilon: number; gamma?: Float64Array | number; beta?: Float64Array | number },
): Affine {
  if (!(epsilon >= LEAST_EPSILON && Number.isFinite(Math.fround(epsilon))))
    throw refuse("the model", `a layer normalization with an epsilon of ${epsilon}`);
  return scale(identity({ kind: "norm", units: argument.term.units, argument, epsilon }), gamma, beta);
}

/** above·v where v > 0, below·v elsewhere, plus shift. */
function bent(v: Affine, above: Float64Array, below: Float64Array, shift: Float64Array, learns: boolean): Affine {
  // a unit whose slope is 0 above bends the other way round; positive slopes go into the argument
  const turn = zip((p, n) => (p === 0 && n !== 0 ? -1 : 1), above, below);
  const lead = zip((p, n) => (p === 0 ? -n : p), above, below);
  const inner = zip((t, l) => t * (l === 0 ? 1 : Math.abs(l)), turn, lead);
  const rest = zip((p, n) => (p === 0 ? 0 : n / p), above, below);
  return scale(kink(scale(v, inner), rest, learns), zip(Math.sign, lead), shift);
}

/**
 * x = s·y + c, unit by unit; undefined where they do not depend on the same term, or x does and y does not. Of a unit
 * that is constant in both, as one behind a gamma of 0, c is 0 where it can be.
 */
function along(x: Affine, y: Affine): { s: Float64Array; c: Float64Array } | undefined {
  if (!isSameTerm(x.term, y.term)) return undefined;
  const varies = zip((xa, ya) => Number(xa !== 0 && ya === 0), x.a, y.a);
  if (varies.includes(1)) return undefined;
  const constant = zip((xb, yb) => (yb === 0 ? 1 : xb / yb), x.b, y.b);
  const s = zip((xa, ya, each) => (ya === 0 ? each : xa / ya), x.a, y.a, constant);
  return { s, c: zip((xb, yb, each) => xb - each * yb, x.b, y.b, s) };
}

/** s where x = s·y but for rounding. */
function proportion(x: Affine, y: Affine): Float64Array | undefined {
  const found = along(x, y);
  if (found === undefined) return undefined;
  const isPure = zip((xb, yb, s) => Number(isClose(xb, s * yb)), x.b, y.b, found.s).every(Boolean);
  return isPure ? found.s : undefined;
}

interface Slopes {
  readonly above: Float64Array;
  readonly below: Float64Array;
  readonly shift: Float64Array;
}

/** What x is on either side of v = 0, if it bends there alone. */
function slopesAlong(x: Affine, v: Affine): Slopes | undefined {
  const straight = along(x, v);
  if (straight) return { above: straight.s, below: straight.s, shift: straight.c };
  if (x.term.kind !== "kink") return undefined;
  const s = proportion(x.term.argument, v);
  if (s === undefined) return undefined;
  const side = (isAbove: boolean) =>
    zip((each, a, n) => a * each * (each > 0 === isAbove ? 1 : n), s, x.a, (x.term as KinkTerm).below);
  return { above: side(true), below: side(false), shift: x.b };
}

const plus = (x: Float64Array, y: Float64Array): Float64Array => zip((a, b) => a + b, x, y);

/** What the dense layer of a value is fed, where the value is an activation of one, unscaled, or that layer itself. */
function fedTo(value: Affine): Affine | undefined {
  let inner = value;
  if (inner.term.kind === "dropout" && isIdentity(inner)) inner = inner.term.argument;
  const { term } = inner;
  if (term.kind === "kink" || term.kind === "smooth") {
    if (!isIdentity(inner)) return undefined;
    inner = withoutDropout(term.argument);
  }
  if (inner.term.kind === "norm") inner = withoutBatch(withoutDropout(inner.term.argument));
  if (inner.term.kind === "batch") inner = inner.term.argument;
  return inner.term.kind === "dense" ? inner.term.input : undefined;
}

/** x + y, where y is what the layer that gives x is fed, and can be handed on as it is. */
function residual(x: Affine, y: Affine): Affine | undefined {
  const fed = fedTo(x);
  if (fed === undefined || !(isSame(fed, y) || isSame(withoutDropout(fed), y))) return undefined;
  const takesScale = y.term.kind === "dense" || y.term.kind === "norm" || y.term.kind === "batch";
  if (y.term.kind === "input") return undefined; // a first layer is not residual
  if (x.term.units !== y.term.units || !(takesScale || isIdentity(y))) return undefined;
  return identity({ kind: "sum", units: x.term.units, branch: x, passed: y });
}

/** x + y: of one term, of two ReLUs that bend at the same place, or of a layer and what it is fed. */
export function add(x: Affine, y: Affine): Affine | undefined {
  return addBent(x, y) ?? residual(x, y) ?? residual(y, x);
}

function addBent(x: Affine, y: Affine): Affine | undefined {
  if (isSameTerm(x.term, y.term)) return { a: plus(x.a, y.a), b: plus(x.b, y.b), term: x.term };
  const bend = [x.term, y.term].find((term): term is KinkTerm => term.kind === "kink");
  if (bend === undefined) return undefined;
  const [p, q] = [slopesAlong(x, bend.argument), slopesAlong(y, bend.argument)];
  if (p === undefined || q === undefined) return undefined;
  return bent(bend.argument, plus(p.above, q.above), plus(p.below, q.below), plus(p.shift, q.shift), true);
}

/** The larger of the two: a Leaky ReLU where both are multiples of one value. */
export function larger(x: Affine, y: Affine): Affine | undefined {
  if (!isSameTerm(x.term, y.term)) return undefined;
  const difference: Affine = { a: zip((a, b) => a - b, x.a, y.a), b: zip((a, b) => a - b, x.b, y.b), term: x.term };
  // y = s·d + c of the difference d, so that y + relu(d) has the slope s + 1 above
  const base = along(y, difference);
  if (base === undefined) return undefined;
  const { s, c } = base;
  const above = s.map((each) => each + 1);
  return bent(difference, above, s, c, false);
}

/** x·sigmoid(v) where x = s·v. */
function asSilu(x: Affine, y: Affine): Affine | undefined {
  if (!isSmooth(y.term, "sigmoid") || y.b.some((b) => b !== 0)) return undefined;
  const s = proportion(x, y.term.argument);
  if (s === undefined) return undefined;
  return scale(
    smooth("silu", y.term.argument),
    zip((each, a) => each * a, s, y.a),
  );
}

/** x·(1 + erf(u / sqrt 2)) where x = s·u. */
function asGelu(x: Affine, y: Affine): Affine | undefined {
  if (!isSmooth(y.term, "erf")) return undefined;
  const sign = zip((a, b) => (a === b ? 1 : Number(a === -b) * -1), y.a, y.b);
  if (sign.includes(0) || y.b.includes(0)) return undefined;
  const u = scale(
    y.term.argument,
    zip((each) => each * Math.SQRT2, sign),
  );
  const s = proportion(x, u);
  if (s === undefined) return undefined;
  const isUnscaled = s.every((each) => isClose(each, 1));
  return scale(
    smooth("gelu", isUnscaled ? x : u),
    zip((each, b) => 2 * b * (isUnscaled ? 1 : each), s, y.b),
  );
}

/** x·y: SiLU or GELU in pieces. */
export function multiply(x: Affine, y: Affine): Affine | undefined {
  return asSilu(x, y) ?? asSilu(y, x) ?? asGelu(x, y) ?? asGelu(y, x);
}

/** s·v where v > 0, else m·elu(v), of one alpha for all units: ELU with another alpha. */
function chooseElu(v: Affine, then: Affine, otherwise: Affine): Affine | undefined {
  const { term } = otherwise;
  if (!isSmooth(term, "elu") || otherwise.b.some((b) => b !== 0) || term.alpha === undefined) return undefined;
  const isElu = isSameTerm(then.term, term) && then.b.every((b) => b === 0);
  const lead = isElu ? then.a : proportion(then, term.argument);
  const condition = proportion(v, term.argument);
  if (lead === undefined || condition === undefined || condition.some((each) => each <= 0)) return undefined;
  const alphas = zip((m, s) => (term.alpha! * m) / s, otherwise.a, lead);
  if (!alphas.every((alpha) => isClose(alpha, alphas[0]) && alpha >= 0)) return undefined;
  return scale(smooth("elu", term.argument, alphas[0]), lead);
}

/** `then` where v > threshold, else `otherwise`: ELU, or softplus, which is its argument from there on. */
export function choose(v: Affine, threshold: number, then: Affine, otherwise: Affine): Affine | undefined {
  if (threshold === 0) return chooseElu(v, then, otherwise);
  if (!isSmooth(otherwise.term, "softplus") || otherwise.b.some((b) => b !== 0)) return undefined;
  const argument = otherwise.term.argument;
  const [result, condition] = [proportion(then, argument), proportion(v, argument)];
  if (result === undefined || condition === undefined) return undefined;
  const units = Math.max(result.length, condition.length, otherwise.a.length);
  for (let unit = 0; unit < units; unit++) {
    if (!isClose(at(result, unit), at(otherwise.a, unit)) || at(condition, unit) <= 0) return undefined;
    if (!(threshold / at(condition, unit) >= LEAST_THRESHOLD)) return undefined;
  }
  return otherwise;
}
