// The hump: a smoothed histogram of numbers, one height a pixel column.

const PASSES = 3; // of a moving mean: close to a normal curve

/** A moving mean over 2 radius + 1 columns. */
function smooth(values: Float64Array, radius: number): Float64Array {
  const result = new Float64Array(values.length);
  let sum = 0;
  for (let i = -radius; i < values.length; i++) {
    sum += values[i + radius] ?? 0;
    sum -= values[i - radius - 1] ?? 0;
    if (i >= 0) result[i] = sum / (2 * radius + 1);
  }
  return result;
}

/** Heights from 0 to 1 by column; all 0 where no number lies in the columns. */
export function humpOf(columns: ArrayLike<number>, width: number): Float64Array {
  let heights: Float64Array = new Float64Array(width);
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < columns.length; i++) {
    const column = Math.round(columns[i]);
    if (column >= 0 && column < width) heights[column]++;
    low = Math.min(low, columns[i]);
    high = Math.max(high, columns[i]);
  }
  const radius = Math.max(1, Math.round((high - low) / 24));
  for (let pass = 0; pass < PASSES; pass++) heights = smooth(heights, radius);
  const top = heights.reduce((most, height) => Math.max(most, height), 0);
  return top === 0 ? heights : heights.map((height) => height / top);
}
