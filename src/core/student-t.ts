// Student's t distribution, of whole degrees of freedom.

/** The probability that |t| is at most so much (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4): a finite sum. */
function inside(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const isOdd = freedom % 2 === 1;
  let [term, sum] = [isOdd ? cosine : 1, 0];
  for (let k = isOdd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= (cosine * cosine * (k - 1)) / k;
  }
  return isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}

const MOST = 2 ** 10; // 1 degree has 12.7 at 95 %

/**
 * The t that |t| stays below with this probability, to 12 digits or so: 12.706 for 0.95 and 1 degree of freedom.
 * @param probability up to 0.999
 */
export function studentT(probability: number, freedom: number): number {
  let [low, high] = [0, MOST];
  for (let middle = MOST / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (inside(middle, freedom) < probability) low = middle;
    else high = middle;
  }
  return high;
}
