// `worker` of relumine.min.js: the same functions for networks in workers.
export { earlyStopping } from "./network/training/early-stopping.js";
export { cosine, oneCycle, reduceOnPlateau, stepDecay, warmup } from "./network/training/schedules/schedules.js";
export { adagrad, adam, adamax, adamW, lion, nadam, rmsprop, sgd } from "./network/training/optimizers.js";
export { recordActivity, traceDeaths } from "./worker/page/callbacks.js";
export { diagnose } from "./worker/page/functions.js";
export { createNetwork } from "./worker/page/remote-network.js";
