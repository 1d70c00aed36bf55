/** The worker's whole program, which embed.mjs writes. */
export const SOURCE: string;
