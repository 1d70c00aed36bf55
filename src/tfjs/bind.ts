// The functions for one copy of TensorFlow.js.
import { diagnoseModel } from "./diagnose.js";
import type { DiagnoseModelOptions } from "./diagnose-options.js";
import type { ModelRows } from "./rows.js";
import { type Model, NEEDED, type TensorFlow } from "./tensorflow.js";
import { makeTwin, type ToNetworkOptions } from "./to-network.js";
import { traceModel } from "./trace-deaths.js";
import type { ModelTrace, ModelTraceOptions } from "./trace-types.js";
import { treatModel } from "./treat.js";
import type { ModelTreatment, ModelRemedy, TreatModelOptions } from "./treat-types.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { Network } from "../network/types.js";

/** The functions of relumine/tfjs, for the models of one TensorFlow.js. */
export interface ModelTools {
  /**
   * See the function of this name.
   * @example const diagnosis = await tools.diagnose(model, xs);
   */
  diagnose(model: Model, x: ModelRows, options?: DiagnoseModelOptions): Promise<Diagnosis>;
  /**
   * See the function of this name.
   * @example const trace = tools.traceDeaths(xs);
   */
  traceDeaths(x: ModelRows, options?: ModelTraceOptions): ModelTrace;
  /**
   * See the function of this name.
   * @example const treatment = await tools.treat(model, xs, { kind: "liftBias" });
   */
  treat(model: Model, x: ModelRows, remedy: ModelRemedy, options?: TreatModelOptions): Promise<ModelTreatment>;
  /**
   * See the function of this name.
   * @example const network = await tools.toNetwork(model);
   */
  toNetwork(model: Model, options?: ToNetworkOptions): Promise<Network>;
}

/**
 * The functions of relumine/tfjs for a TensorFlow.js that a page has loaded by a script tag, or that is another copy
 * than the one that "@tensorflow/tfjs-layers" means.
 * @param tf the global `tf`, or a module that exports what it does
 * @cost none
 * @throws RelumineError "value" for what is no TensorFlow.js of layers
 * @example const { diagnose, traceDeaths, treat, toNetwork } = bind(tf);
 */
export function bind(tf: TensorFlow): ModelTools {
  const given = (typeof tf === "object" || typeof tf === "function") && tf !== null ? tf : undefined;
  const missing = NEEDED.find((name) => given?.[name] === undefined);
  if (missing !== undefined)
    throw new RelumineError("value", "tf", `to be TensorFlow.js with its layers, and ${missing}`, describe(tf));
  return {
    diagnose: (model, x, options) => diagnoseModel(tf, model, x, options),
    traceDeaths: (x, options) => traceModel(tf, x, options),
    treat: (model, x, remedy, options) => treatModel(tf, model, x, remedy, options),
    toNetwork: async (model, options) => (await makeTwin(tf, model, options)).network,
  };
}
