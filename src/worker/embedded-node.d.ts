/** The worker's whole program, which scripts/build.mjs writes. */
export const SOURCE: string;
