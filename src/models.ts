// "relumine/models": models of other programs in, and networks out to them.
export { readModel } from "./models/read-model.js";
export { writeModel } from "./models/write-model.js";
export { RelumineError } from "./core/errors.js";

export type { Activation, ActivationName, LayerActivationName, ResolvedActivation } from "./activations/activations.js";
export type { ErrorCode } from "./core/errors.js";
export type { Matrix, Samples } from "./core/matrix.js";
export type { Head } from "./models/chain/head.js";
export type { ModelChange } from "./models/chain/training-parts.js";
export type { ModelFiles } from "./models/files.js";
export type { FileFormat } from "./models/format.js";
export type { GraphEnds } from "./models/read/said.js";
export type { ReadModel, ReadModelOptions } from "./models/read-model.js";
export type { WriteModelOptions, WrittenFormat } from "./models/write-model.js";
export type { Loss, LossSource, LossSpec } from "./network/losses.js";
export type { Normalization, NormalizationKind } from "./network/normalization.js";
export type { DenseSpec, NetworkSpec } from "./network/spec.js";
export type { DenseLayer, Network, Weights } from "./network/types.js";
export type { RuntimeOptions } from "./wasm/runtime.js";
