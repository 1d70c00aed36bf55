// Elementary functions of four floats at once. Error bounds are a little above the worst seen over all float32 inputs of which one
// in 29 (strict build) or 31 (relaxed, fused) was tried, in units in the last place of the float32 result, denormal results included.
// NaN is passed on.
//
// Method: exp and expm1 by Cody and Waite's two-constant reduction x = n·ln 2 + r, |r| <= ln 2 / 2; log1p by atanh's series in
// y/(2 + y); the normal tail as Shepherd and Laframboise (1981) treat erfc. Every polynomial is a weighted minimax fit (Remez
// exchange in 40 digits). Its coefficients are rounded to float32 from the lowest on, the rest fitted again after each; those of
// the tail are the best found among neighbouring floats. The error of the rounded fit, relative to the function, stands beside it.
//
// Operand order matters: pmin(x, c) and pmax(x, c) keep x unless c is strictly beyond it, so a NaN in x stays, in one instruction.
import { multiplyAdd } from "./simd";

/** 1.5·2^23: adding it leaves the nearest integer in the low bits of the mantissa. */
const ROUNDER: f32 = 12582912.0;
const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts; the first has 15 bits, so its product with any exponent is exact. */
const LN2_HIGH: f32 = 0.693145751953125;
const LN2_LOW: f32 = 1.42860677e-6;

// @ts-ignore: decorator
@inline
function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** a·b + c for a constant c: one step of Horner's rule. */
// @ts-ignore: decorator
@inline
function horner(a: v128, b: v128, c: f32): v128 {
  return multiplyAdd(a, b, splat(c));
}

/** The magnitude of `magnitude` with the sign of `sign`. */
// @ts-ignore: decorator
@inline
function copySign(magnitude: v128, sign: v128): v128 {
  return v128.bitselect(sign, magnitude, splat(-0.0));
}

/** n + 1.5·2^23, where n is the integer nearest to x / ln 2. */
// @ts-ignore: decorator
@inline
function shiftedExponent(x: v128): v128 {
  return horner(x, splat(LOG2_E), ROUNDER);
}

/** r = x - n·ln 2. */
// @ts-ignore: decorator
@inline
function remainder(x: v128, shifted: v128): v128 {
  const n = f32x4.sub(shifted, splat(ROUNDER));
  return multiplyAdd(n, splat(-LN2_LOW), multiplyAdd(n, splat(-LN2_HIGH), x));
}

/** e^r - 1 for |r| <= ln 2 / 2: r + r²·q(r), fit within 2^-26 relative. */
// @ts-ignore: decorator
@inline
function expm1OfRemainder(r: v128): v128 {
  let q = horner(r, splat(0.0013943692), 0.008366939);
  q = horner(q, r, 0.041666534);
  q = horner(q, r, 0.16666545);
  q = horner(q, r, 0.5);
  return multiplyAdd(f32x4.mul(r, r), q, r);
}

/** 2^n for -127 < n < 128, n as an integer. */
// @ts-ignore: decorator
@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^r·2^n, in two halves of n so that only the last product can round or leave the range. */
// @ts-ignore: decorator
@inline
function expFromParts(r: v128, shifted: v128): v128 {
  const n = i32x4.sub(shifted, splat(ROUNDER));
  const half = i32x4.shr_s(n, 1);
  const mantissa = f32x4.add(expm1OfRemainder(r), splat(1));
  return f32x4.mul(f32x4.mul(mantissa, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half)));
}

/** e^x. Within 1.1 ulp. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, splat(-104)), splat(89));
  const shifted = shiftedExponent(bounded);
  return expFromParts(remainder(bounded, shifted), shifted);
}

/** e^x - 1 for x <= 0 (up to 88 in fact), without cancellation near 0. Within 1.8 ulp. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  const bounded = f32x4.pmax(x, splat(-87));
  const shifted = shiftedExponent(bounded);
  const power = powerOfTwo(i32x4.sub(shifted, splat(ROUNDER)));
  return multiplyAdd(power, expm1OfRemainder(remainder(bounded, shifted)), f32x4.sub(power, splat(1)));
}

/** log(1 + y) for 0 <= y <= 1: z + z·w·p(w) with z = 2y/(2 + y), w = z²/4, fit within 2^-27. Within 2.1 ulp. */
// @ts-ignore: decorator
@inline
export function log1p(y: v128): v128 {
  const z = f32x4.div(y, horner(y, splat(0.5), 1));
  const w = f32x4.mul(f32x4.mul(z, z), splat(0.25));
  let p = horner(w, splat(0.13986194), 0.14005437);
  p = horner(p, w, 0.2001044);
  p = horner(p, w, 0.33333215);
  return multiplyAdd(f32x4.mul(z, w), p, z);
}

/** log(1 + e^x), as max(x, 0) + log1p(e^-|x|). Within 2.8 ulp. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return f32x4.add(f32x4.pmax(x, splat(0)), log1p(exp(f32x4.neg(f32x4.abs(x)))));
}

/** 1 / (1 + e^-x), from e^-|x| so that the tail keeps its digits. Within 2.5 ulp. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const numerator = v128.bitselect(e, splat(1), f32x4.lt(x, splat(0)));
  return f32x4.div(numerator, f32x4.add(e, splat(1)));
}

/** tanh x = -t / (2 + t) with t = expm1(-2|x|). Within 2.7 ulp. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const t = expm1(f32x4.mul(f32x4.abs(x), splat(-2)));
  return copySign(f32x4.div(t, f32x4.add(t, splat(2))), x);
}

/** e^(-t²/2) for 0 <= t <= 15: t² is split into two exact parts, since the exponential magnifies a rounded square. */
// @ts-ignore: decorator
@inline
export function gaussian(t: v128): v128 {
  const high = v128.and(t, i32x4.splat(-4096));
  const low = f32x4.mul(f32x4.sub(t, high), f32x4.add(t, high));
  const exponent = f32x4.pmax(f32x4.mul(f32x4.mul(high, high), splat(-0.5)), splat(-104));
  const shifted = shiftedExponent(exponent);
  return expFromParts(multiplyAdd(low, splat(-0.5), remainder(exponent, shifted)), shifted);
}

/**
 * Φ(-t)·e^(t²/2) for 0 <= t <= 15, Φ being the normal distribution function: p(q) / (t + 3), q = (t - 3)/(t + 3), fit within 2^-24.2.
 * With `gaussian` it makes the lower tail Φ(-t).
 */
// @ts-ignore: decorator
@inline
export function scaledNormalTail(t: v128): v128 {
  const reciprocal = f32x4.div(splat(1), f32x4.add(t, splat(3)));
  const q = f32x4.mul(f32x4.sub(t, splat(3)), reciprocal);
  let p = horner(q, splat(5.4511594e-5), -0.00019938698);
  p = horner(p, q, -0.0009471782);
  p = horner(p, q, 0.0010134487);
  p = horner(p, q, 0.0069365334);
  p = horner(p, q, -0.0104612345);
  p = horner(p, q, -0.047257777);
  p = horner(p, q, 0.23001741);
  p = horner(p, q, -0.5093322);
  p = horner(p, q, 0.7290837);
  return f32x4.mul(p, reciprocal);
}

/** Φ(x), the normal distribution function. Within 6 ulp. */
// @ts-ignore: decorator
@inline
export function normalCdf(x: v128): v128 {
  const t = f32x4.pmin(f32x4.abs(x), splat(15));
  return normalCdfFromTail(x, f32x4.mul(gaussian(t), scaledNormalTail(t)));
}

/** Φ(x) from its tail Φ(-|x|). */
// @ts-ignore: decorator
@inline
export function normalCdfFromTail(x: v128, tail: v128): v128 {
  return v128.bitselect(tail, f32x4.sub(splat(1), tail), f32x4.lt(x, splat(0)));
}
