// How often a unit may fire on samples nobody has seen: the one-sided 95 % bound of Clopper and Pearson (1934), and
// their two-sided interval.

const CONFIDENCE = 0.95;
const COEFFICIENTS = [
  76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 1.208650973866179e-3,
  -5.395239384953e-6,
];

/** log Gamma(x), x > 0 (Lanczos 1964). */
function logGamma(x: number): number {
  const t = x + 5.5;
  const series = COEFFICIENTS.reduce((sum, coefficient, i) => sum + coefficient / (x + 1 + i), 1.000000000190015);
  return (x + 0.5) * Math.log(t) - t + Math.log((2.5066282746310005 * series) / x);
}

/** The continued fraction of the incomplete beta function (Lentz's method; DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || tiny);
  let fraction = d;
  for (let m = 1; m <= 1000; m++) {
    for (const term of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / (1 + term * d || tiny);
      c = 1 + term / c || tiny;
      fraction *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-12) break;
  }
  return fraction;
}

/** The regularized incomplete beta function I_x(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/**
 * The largest rate at which `fired` or fewer of `samples` would still be seen in a share 1 - `confidence` of all runs.
 */
function upperBound(fired: number, samples: number, confidence: number): number {
  if (fired === 0) return 1 - (1 - confidence) ** (1 / samples);
  if (fired === samples) return 1;
  let low = fired / samples;
  let high = 1;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, fired + 1, samples - fired) < confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** The bounds of units seen on the same samples: units that fired as often have the same one. */
export function activityBounds(samples: number): (fired: number) => number {
  const known = new Map<number, number>();
  return (fired) => {
    const bound = known.get(fired) ?? upperBound(fired, samples, CONFIDENCE);
    known.set(fired, bound);
    return bound;
  };
}

/** Ends between which a rate lies with at least `confidence`, when it was met `count` times in `trials`. */
export function rateInterval(count: number, trials: number, confidence: number): { low: number; high: number } {
  const side = (1 + confidence) / 2;
  return { low: 1 - upperBound(trials - count, trials, side), high: upperBound(count, trials, side) };
}
