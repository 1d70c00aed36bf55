// Public names of relumine.min.js, the one file for pages without a bundler: training and diagnosis, on the page and in
// workers. scripts/cdn.mjs names what is left out.
export { RelumineError } from "./core/errors.js";
export { diagnose } from "./diagnosis/diagnose.js";
export { traceDeaths } from "./diagnosis/trace/trace-deaths.js";
export { recordActivity } from "./diagnosis/units/record-activity.js";
export { createNetwork } from "./network/network.js";
export { earlyStopping } from "./network/training/early-stopping.js";
export { cosine, oneCycle, reduceOnPlateau, stepDecay, warmup } from "./network/training/schedules/schedules.js";
export { adagrad, adam, adamax, adamW, lion, nadam, rmsprop, sgd } from "./network/training/optimizers.js";
export { serve } from "./worker/thread/serve.js";
export * as worker from "./cdn-worker.js";
