/** The optimizers, in the order in which they are listed. */
export const OPTIMIZER_NAMES = ["sgd", "adam", "adamW", "nadam", "adamax", "rmsprop", "adagrad", "lion"] as const;
