/** The names of the options of fit. */
export const FIT_OPTION_NAMES = [
  "epochs",
  "batchSize",
  "optimizer",
  "learningRate",
  "clipNorm",
  "shuffle",
  "validation",
  "callbacks",
  "signal",
] as const;
