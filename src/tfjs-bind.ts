// Public names only: for a TensorFlow.js that was loaded by a script tag. Imports no package of it.
export { bind, type ModelTools } from "./tfjs/bind.js";
export type { DiagnoseModelOptions } from "./tfjs/diagnose-options.js";
export type { ModelRows, ModelTargets } from "./tfjs/rows.js";
export type { Model, TensorFlow } from "./tfjs/tensorflow.js";
export type { ToNetworkOptions } from "./tfjs/to-network.js";
export type { ModelDeath, ModelRevival, ModelTrace, ModelTraceOptions, ModelTraceResults } from "./tfjs/trace-types.js";
export type { ModelRemedy, ModelTreatment, TreatModelOptions } from "./tfjs/treat-types.js";
