// Public names of "relumine/kernels".
export { RelumineError, type ErrorCode } from "./core/errors.js";
export type { Matrix } from "./core/matrix.js";
export type { Activation, ActivationName } from "./activations/activations.js";
export { createKernels, type Kernels, type MatmulOptions } from "./kernels/kernels.js";
export type { RuntimeOptions } from "./wasm/runtime.js";
