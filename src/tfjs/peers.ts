// The functions for the TensorFlow.js that the program's own imports mean, umbrella package or parts.
import { clone, gather, nextFrame, slice, tensor, tidy } from "@tensorflow/tfjs-core";
import { Callback, layers, LayersModel } from "@tensorflow/tfjs-layers";
import { diagnoseModel } from "./diagnose.js";
import type { DiagnoseModelOptions } from "./diagnose-options.js";
import type { ModelRows } from "./rows.js";
import type { Model, TensorFlow } from "./tensorflow.js";
import { makeTwin, type ToNetworkOptions } from "./to-network.js";
import { traceModel } from "./trace-deaths.js";
import type { ModelTrace, ModelTraceOptions } from "./trace-types.js";
import { treatModel } from "./treat.js";
import type { ModelTreatment, ModelRemedy, TreatModelOptions } from "./treat-types.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { Network } from "../network/types.js";

const TF: TensorFlow = { Callback, clone, gather, layers, LayersModel, nextFrame, slice, tensor, tidy };

/**
 * Which hidden units of a TensorFlow.js model are dead on these samples, by what mechanism, and what would open them:
 * as `diagnose` of relumine says it of a network of its own. A chain of Dense layers and activations is read as a
 * network; BatchNormalization is folded into it as predict applies it, Dropout is left out. Layers are called by their
 * names in the model, and counted as its dense layers.
 * @param model a tf.Sequential or tf.LayersModel; stays as it is, also between two steps of its training
 * @param x a tensor whose first axis counts rows, a Matrix, or an array of rows; the training rows, as a rule
 * @param options as for `diagnose` of relumine; targets may be a tensor, read by the loss that the model was compiled
 *   with, or by `loss`
 * @cost 16 rows by the model's own predict, and about a forward pass of relumine; no tensor is left
 * @throws RelumineError "unsupported" (by the name of the layer that is none of a chain of dense ones), "value" or
 *   "shape", as rejections
 * @example
 * const diagnosis = await diagnose(model, xs);
 * console.log(String(diagnosis));
 */
export function diagnose(model: Model, x: ModelRows, options?: DiagnoseModelOptions): Promise<Diagnosis> {
  return diagnoseModel(TF, model, x, options);
}

/**
 * A callback of model.fit and model.fitDataset that tells which units die while a TensorFlow.js model trains: after
 * each update it reads the weights and runs some rows. Of a death it knows the step, how far the preactivation fell,
 * which part of that came from weights, bias and inputs, the rate and the optimizer; not its cause, since fit shuffles
 * inside and hands out no batch: relumine's own `fit` replays.
 * @param x the training rows, as `diagnose` takes them; it is read when training begins
 * @param options rows: how many are watched, default 256; everySteps: steps from one look to the next, default 1;
 *   window: steps of silence before a unit is listed, default 20
 * @cost about a seventh of an epoch of a 64-64-32-10 model on TensorFlow.js' CPU backend; no tensor is left
 * @throws RelumineError "value"; when training begins, as a rejection of fit, those of `diagnose`
 * @example
 * const trace = traceDeaths(xs);
 * await model.fit(xs, ys, { epochs: 10, callbacks: [trace, tf.callbacks.earlyStopping({ monitor: "loss" })] });
 * for (const { explanation } of trace.deaths) console.log(explanation);
 */
export function traceDeaths(x: ModelRows, options?: ModelTraceOptions): ModelTrace {
  return traceModel(TF, x, options);
}

/**
 * Treats the units of a TensorFlow.js model that are dead on these samples, as `treat` of relumine does, and writes the
 * weights back into the model. Where normalizations lie between its layers their numbers are divided out again, which
 * rounds. The optimizer's moments of what was treated are set to 0 where the optimizer hands them out (`moments`).
 * @param model changed in place; as it was on any error
 * @param x as for `diagnose`
 * @param remedy as for `treat` of relumine, but for "prune", which makes a smaller model: toNetwork, treat, and
 *   writeModel of relumine/models do that
 * @cost one and a half to three passes over x by relumine
 * @throws RelumineError as `diagnose` does, and "value" where the model is changed meanwhile; as rejections
 * @example
 * const treatment = await treat(model, xs, { kind: "liftBias" });
 * console.log(String(treatment)); // or treatment.undo()
 */
export function treat(
  model: Model,
  x: ModelRows,
  remedy: ModelRemedy,
  options?: TreatModelOptions,
): Promise<ModelTreatment> {
  return treatModel(TF, model, x, remedy, options);
}

/**
 * A network of relumine that predicts what a TensorFlow.js model predicts: for prescribe, forecast, prune, proofs, and
 * trainings that replay.
 * @param options `loss` instead of the one that the model was compiled with; how it runs, as for createNetwork
 * @cost copies all weights, and predicts 16 rows by the model and the network
 * @throws RelumineError as `diagnose` does, as a rejection
 * @example using network = await toNetwork(model);
 */
export async function toNetwork(model: Model, options?: ToNetworkOptions): Promise<Network> {
  return (await makeTwin(TF, model, options)).network;
}
