/**
 * What a test waits for at most, where it must say so; busy machines take their time. Whole tests have twice as long.
 */
export const PATIENCE_MS = 60_000;
