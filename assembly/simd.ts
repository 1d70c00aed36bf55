// Inline leaves that every kernel shares. One source gives two binaries: ASC_FEATURE_RELAXED_SIMD folds at
// compile time, so the relaxed build fuses multiply and add where the machine can and the strict one never does.

/** Floats in a v128. */
export const LANES: usize = 4;

/** a·b + c in each lane; rounded twice in the strict build, once or twice in the relaxed one. */
// @ts-ignore: decorator
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** (v0 + v2) + (v1 + v3): the order is part of the result. */
// @ts-ignore: decorator
@inline
export function horizontalSum(v: v128): f32 {
  const halves = f32x4.add(v, v128.shuffle<f32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(halves, 0) + f32x4.extract_lane(halves, 1);
}

/** The first `count` (1 to 3) floats at `address`, zeros in the other lanes; reads nothing beyond them. */
// @ts-ignore: decorator
@inline
export function loadPartial(address: usize, count: usize): v128 {
  let v = v128.load32_zero(address);
  if (count > 1) v = v128.load_lane<f32>(address, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(address, v, 2, 8);
  return v;
}

/** Stores the first `count` (1 to 3) lanes; writes nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storePartial(address: usize, v: v128, count: usize): void {
  v128.store_lane<f32>(address, v, 0);
  if (count > 1) v128.store_lane<f32>(address, v, 1, 4);
  if (count > 2) v128.store_lane<f32>(address, v, 2, 8);
}

/** `count` (1 to 4) floats at `address`, zeros in the other lanes. A constant count of 4 folds to one load. */
// @ts-ignore: decorator
@inline
export function loadLanes(address: usize, count: usize): v128 {
  return count == LANES ? v128.load(address) : loadPartial(address, count);
}

/** Stores the first `count` (1 to 4) lanes. */
// @ts-ignore: decorator
@inline
export function storeLanes(address: usize, v: v128, count: usize): void {
  if (count == LANES) v128.store(address, v);
  else storePartial(address, v, count);
}

/** All ones in the first `count` (0 to 4) lanes, zeros in the others. */
// @ts-ignore: decorator
@inline
export function firstLanes(count: usize): v128 {
  return count == LANES ? i32x4.splat(-1) : i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count));
}
