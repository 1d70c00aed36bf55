// The elementary functions by themselves, as a second entry: for tests that measure their errors. The package ships without it.
import { exp, expm1, log1p, normalCdf, sigmoid, softplus, tanh } from "./math";
import { LANES, loadPartial, storePartial } from "./simd";

/** What `elementary` computes; the numbers are the ABI. */
const enum Elementary { Exp, Expm1, Log1p, Softplus, Sigmoid, Tanh, NormalCdf }

// @ts-ignore: decorator
@inline
function evaluate(f: Elementary, x: v128): v128 {
  if (f == Elementary.Exp) return exp(x);
  if (f == Elementary.Expm1) return expm1(x);
  if (f == Elementary.Log1p) return log1p(x);
  if (f == Elementary.Softplus) return softplus(x);
  if (f == Elementary.Sigmoid) return sigmoid(x);
  if (f == Elementary.Tanh) return tanh(x);
  return normalCdf(x);
}

/** y[i] = f(x[i]): x: n floats. y: n floats, may be x. */
export function elementary(f: Elementary, n: usize, x: usize, y: usize): void {
  let i: usize = 0;
  for (; i + LANES <= n; i += LANES) v128.store(y + (i << 2), evaluate(f, v128.load(x + (i << 2))));
  if (i < n) storePartial(y + (i << 2), evaluate(f, loadPartial(x + (i << 2), n - i)), n - i);
}
