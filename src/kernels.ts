// Public names of "relumine/kernels".
export { RelumineError, type ErrorCode } from "./core/errors.js";
export type { Matrix } from "./core/matrix.js";
export type { Activation, ActivationName } from "./wasm/activations.js";
export { createKernels, type Kernels, type MatmulOptions } from "./wasm/kernels.js";
export type { RuntimeOptions } from "./wasm/runtime.js";
