// Public names only.
export { diagnose, toNetwork, traceDeaths, treat } from "./tfjs/peers.js";
export { bind, type ModelTools } from "./tfjs/bind.js";
export type { DiagnoseModelOptions } from "./tfjs/diagnose-options.js";
export type { ModelRows, ModelTargets } from "./tfjs/rows.js";
export type { Model, TensorFlow } from "./tfjs/tensorflow.js";
export type { ToNetworkOptions } from "./tfjs/to-network.js";
export type { ModelDeath, ModelRevival, ModelTrace, ModelTraceOptions, ModelTraceResults } from "./tfjs/trace-types.js";
export type { ModelRemedy, ModelTreatment, TreatModelOptions } from "./tfjs/treat-types.js";
