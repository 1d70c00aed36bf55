// The seed of a run's random properties: RELUMINE_SEED, or another each time.

const LARGEST = 2 ** 31 - 1;

/** Throws an Error on what is no whole number from 0 to 2^31 - 1. */
export function seedOfRun(wanted = process.env["RELUMINE_SEED"]): number {
  if (wanted === undefined || wanted === "") return Math.floor(Math.random() * (LARGEST + 1));
  const seed = Number(wanted);
  if (!Number.isInteger(seed) || seed < 0 || seed > LARGEST)
    throw new Error(`RELUMINE_SEED has to be a whole number from 0 to ${LARGEST}, got "${wanted}"`);
  return seed;
}
