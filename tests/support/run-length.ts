// How many times as long a run's long tests are: RELUMINE_LONG, or once.

/** Throws an Error on what is no whole number of at least 1. */
export function lengthOfRun(wanted = process.env["RELUMINE_LONG"]): number {
  const length = Number(wanted || 1);
  if (!Number.isInteger(length) || length < 1)
    throw new Error(`RELUMINE_LONG has to be a whole number of at least 1, got "${wanted}"`);
  return length;
}
