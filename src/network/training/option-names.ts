/** The names of the options of fit that prescribe takes too. */
export const FIT_OPTION_NAMES = [
  "epochs",
  "batchSize",
  "accumulate",
  "optimizer",
  "learningRate",
  "clipNorm",
  "shuffle",
  "validation",
  "classWeights",
  "callbacks",
  "signal",
] as const;

export const ALL_FIT_OPTION_NAMES = [...FIT_OPTION_NAMES, "resume"] as const;
