// How far a dead unit's bias has to be lifted.

/** What to add to a bias to lift z above 0, though bias and preactivation are rounded to float32. */
export function liftAbove(z: number, bias: number): number {
  return -z + 2 ** -20 * (Math.abs(z) + Math.abs(bias)) + 1e-30;
}
