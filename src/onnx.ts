// "relumine/onnx": any ONNX graph, run by the caller's ONNX Runtime and diagnosed and treated.
export { diagnoseGraph } from "./graph/diagnose-graph.js";
export { describeGraph } from "./graph/describe-graph.js";
export { treatGraph } from "./graph/treat-graph.js";
export { RelumineError } from "./core/errors.js";

export type { JudgedActivationName, LayerActivationName, ObservedActivationName } from "./activations/activations.js";
export type { ErrorCode } from "./core/errors.js";
export type { Matrix } from "./core/matrix.js";
export type { PaceOptions } from "./core/pace.js";
export type * from "./diagnosis/types.js";
export type { DiagnoseGraphOptions, GraphDiagnosis } from "./graph/diagnose-graph.js";
export type { GraphDescription } from "./graph/describe-graph.js";
export type { GraphAxis, GraphInput } from "./graph/graph.js";
export type { GraphArray, GraphRows } from "./graph/feeds.js";
export type { OnnxRuntime, OnnxSession, OnnxTensor, OnnxTensorConstructor } from "./graph/runtime.js";
export type { GraphTreatment, LiftedUnit, OutputChange, UntreatedUnit } from "./graph/treat-graph.js";
export type { ModelFiles } from "./models/files.js";
