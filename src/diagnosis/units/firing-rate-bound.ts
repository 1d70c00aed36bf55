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

const TINY = 1e-300;
const PRECISION = 1e-12;

/** The continued fraction of the incomplete beta function (Lentz's method; DLMF 8.17.22). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1) || TINY);
  let fraction = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || TINY);
    c = 1 + even / c || TINY;
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || TINY);
    c = 1 + odd / c || TINY;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < PRECISION) break;
  }
  return fraction;
}

/**
 * The rate at which the largest of the bounds is looked for first: two deviations above what was seen (Wilson 1927).
 */
function wilsonBound(fired: number, samples: number): number {
  const share = fired / samples;
  const spread = Math.sqrt((share * (1 - share)) / samples + 1 / samples ** 2);
  return (share + 2 / samples + 2 * spread) / (1 + 4 / samples);
}

const MOST_STEPS = 60;
/** A step this small in size leaves an error of its third power. */
const LAST_STEP = 1e-8;

/**
 * The largest rate at which `fired` or fewer of `samples` would still be seen in a share 1 - `confidence` of all runs:
 * where the regularized incomplete beta function is `confidence`, found by Halley's steps (as AS 109), with halvings
 * where they lead out of the interval that is left.
 */
function upperBound(fired: number, samples: number, confidence: number): number {
  if (fired === 0) return 1 - (1 - confidence) ** (1 / samples);
  if (fired === samples) return 1;
  const [a, b] = [fired + 1, samples - fired];
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  let [low, high] = [fired / samples, 1];
  let x = wilsonBound(fired, samples);
  for (let i = 0; i < MOST_STEPS; i++) {
    const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta);
    const value =
      x < (a + 1) / (a + b + 2) ? (front * betaFraction(x, a, b)) / a : 1 - (front * betaFraction(1 - x, b, a)) / b;
    if (value < confidence) low = x;
    else high = x;
    const density = front / (x * (1 - x));
    const newton = (value - confidence) / density;
    const bend = newton * ((a - 1) / x - (b - 1) / (1 - x));
    const step = newton / (1 - Math.min(1, bend) / 2);
    const next = x - step;
    if (Math.abs(step) <= LAST_STEP * x && next > 0 && next < 1) return next;
    x = next > low && next < high ? next : (low + high) / 2;
  }
  return x;
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
