/** The worker's whole program, which scripts/build.mjs writes. */
export const readSource: () => Promise<string>;
