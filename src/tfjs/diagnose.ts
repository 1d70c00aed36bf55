// The diagnosis of a model of TensorFlow.js: of the network that is made of it.
import type { DiagnoseModelOptions } from "./diagnose-options.js";
import { diagnoseLayers } from "./diagnose-layers.js";
import { checkModel } from "./live-chain.js";
import { compiledLoss } from "./loss.js";
import { type ModelRows, type ModelTargets, toSamples, toTargets } from "./rows.js";
import type { Model, TensorFlow } from "./tensorflow.js";
import { readTwin, type ReadTwin, type Twin, twinOf } from "./to-network.js";
import { RelumineError } from "../core/errors.js";
import { diagnoseNaming } from "../diagnosis/diagnose.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { Loss, LossSpec } from "../network/losses.js";
import { BY_INDEX, type Naming } from "../text/naming.js";

/** Layers by the names that they have in the model. */
export function namingOf({ chain: { layers } }: Twin): Naming {
  return { ...BY_INDEX, layer: (index) => layers[index]?.name ?? String(index) };
}

/** Its layers carry the names that they have in the model. */
export function withNames(diagnosis: Diagnosis, { chain: { layers } }: Twin): Diagnosis {
  for (const layer of diagnosis.layers) {
    const { name } = layers[layer.layer];
    if (name !== undefined) Object.assign(layer, { name });
  }
  return diagnosis;
}

/** @throws RelumineError "value" for targets that nothing says how to read */
export function checkLoss(
  model: Model,
  { targets, loss }: { targets?: ModelTargets | undefined; loss?: Loss | LossSpec | undefined },
): void {
  if (targets === undefined || loss !== undefined || compiledLoss(model) !== undefined) return;
  throw new RelumineError(
    "value",
    "loss",
    "to be given with targets, where the model was compiled with none of the package's by its name",
    "none",
  );
}

/** See relumine/tfjs. */
export async function diagnoseModel(
  tf: TensorFlow,
  given: Model,
  x: ModelRows,
  options: DiagnoseModelOptions = {},
): Promise<Diagnosis> {
  const { targets, loss, ...rest } = options;
  const model = checkModel(tf, given);
  let read: ReadTwin;
  try {
    read = await readTwin(tf, model);
  } catch (error) {
    if (error instanceof RelumineError && error.code === "unsupported")
      return diagnoseLayers(tf, model, x, options, error);
    throw error;
  }
  // a model that computes something else than its layers say is not judged by them either
  const twin = await twinOf(tf, read, loss === undefined ? {} : { loss }, x);
  using network = twin.network;
  checkLoss(model, options);
  const samples = await toSamples("x", x, network.spec.inputs);
  const prepared = targets === undefined ? rest : { ...rest, targets: await toTargets("targets", targets) };
  return withNames(diagnoseNaming(network, samples, prepared, namingOf(twin)), twin);
}
