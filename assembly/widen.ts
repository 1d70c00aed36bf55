// Bytes and halves (IEEE 754 binary16) to float32: value * scale + offset in float64, rounded once, as JavaScript
// computes it, in both builds. A half becomes a float32 by its exponent's bias alone (Giesen 2012, "Float->half
// variants"): its bits as a tiny float32 times 2^112, which is exact, subnormals too.

/** How many bytes, and how many halves, are widened at once. */
const BYTES: usize = 16;
const HALVES: usize = 8;

/** v * scale + offset of the lower two lanes, as two floats. */
// @ts-ignore: decorator
@inline
function scaleTwo(v: v128, scale: v128, offset: v128): v128 {
  return f32x4.demote_f64x2_zero(f64x2.add(f64x2.mul(v, scale), offset));
}

/** Four integers. */
// @ts-ignore: decorator
@inline
function scaleIntegers(v: v128, scale: v128, offset: v128): v128 {
  const low = scaleTwo(f64x2.convert_low_i32x4_u(v), scale, offset);
  const high = scaleTwo(f64x2.convert_low_i32x4_u(v128.shuffle<u32>(v, v, 2, 3, 2, 3)), scale, offset);
  return v128.shuffle<u32>(low, high, 0, 1, 4, 5);
}

/** Four floats. */
// @ts-ignore: decorator
@inline
function scaleFloats(v: v128, scale: v128, offset: v128): v128 {
  const low = scaleTwo(f64x2.promote_low_f32x4(v), scale, offset);
  const high = scaleTwo(f64x2.promote_low_f32x4(v128.shuffle<u32>(v, v, 2, 3, 2, 3)), scale, offset);
  return v128.shuffle<u32>(low, high, 0, 1, 4, 5);
}

/** Four halves in the lower parts of four integers. */
// @ts-ignore: decorator
@inline
function halvesToFloats(h: v128): v128 {
  const bits = i32x4.shl(v128.and(h, i32x4.splat(0x7fff)), 13);
  const finite = f32x4.mul(bits, f32x4.splat(reinterpret<f32>(0x77800000))); // 2^112
  const isFinite = i32x4.lt_s(bits, i32x4.splat(0x0f800000));
  const size = v128.bitselect(finite, v128.or(bits, i32x4.splat(0x7f800000)), isFinite);
  return v128.or(size, i32x4.shl(v128.and(h, i32x4.splat(0x8000)), 16));
}

/**
 * to = from * scale + offset, of n bytes. `from` may be the last n bytes of `to`: what is written lies before what is
 * not read yet.
 */
export function widenBytes(n: usize, from: usize, scale: f64, offset: f64, to: usize): void {
  const factor = f64x2.splat(scale), shift = f64x2.splat(offset);
  let i: usize = 0;
  for (; i + BYTES <= n; i += BYTES, to += 4 * BYTES) {
    const v = v128.load(from + i);
    const low = i16x8.extend_low_i8x16_u(v), high = i16x8.extend_high_i8x16_u(v);
    v128.store(to, scaleIntegers(i32x4.extend_low_i16x8_u(low), factor, shift));
    v128.store(to, scaleIntegers(i32x4.extend_high_i16x8_u(low), factor, shift), 16);
    v128.store(to, scaleIntegers(i32x4.extend_low_i16x8_u(high), factor, shift), 32);
    v128.store(to, scaleIntegers(i32x4.extend_high_i16x8_u(high), factor, shift), 48);
  }
  for (; i < n; i++, to += 4) store<f32>(to, <f32>(<f64>load<u8>(from + i) * scale + offset));
}

/**
 * The same of n halves; `from` may be the last 2n bytes of `to`. `isPlain`: the values themselves, of which -0 stays -0.
 */
export function widenHalves(n: usize, from: usize, isPlain: i32, scale: f64, offset: f64, to: usize): void {
  const factor = f64x2.splat(scale), shift = f64x2.splat(offset);
  let i: usize = 0;
  for (; i + HALVES <= n; i += HALVES, to += 4 * HALVES) {
    const v = v128.load(from + 2 * i);
    const low = halvesToFloats(i32x4.extend_low_i16x8_u(v)), high = halvesToFloats(i32x4.extend_high_i16x8_u(v));
    v128.store(to, isPlain ? low : scaleFloats(low, factor, shift));
    v128.store(to, isPlain ? high : scaleFloats(high, factor, shift), 16);
  }
  for (; i < n; i++, to += 4) {
    const value = f32x4.extract_lane(halvesToFloats(i32x4.splat(load<u16>(from + 2 * i))), 0);
    store<f32>(to, isPlain ? value : <f32>(<f64>value * scale + offset));
  }
}
