// prescribe in a worker that is started for it, which starts workers of its own for the trials.
import { callbackOf } from "./callbacks.js";
import { checkCallbacks } from "./remote-fit.js";
import { sendableExact, toData } from "./sendable.js";
import { StoppableCall } from "./followed-call.js";
import { whileListening } from "./signals.js";
import { inOwnWorker, programFor } from "./start.js";
import { isNetwork } from "../is-network.js";
import type { PackedPrescribe, PackedPrescription, PackedTrial } from "../protocol.js";
import { receiveText } from "../text.js";
import type { RemoteNetwork, WorkerChoice } from "../types.js";
import { checkFunction, checkOptions, checkSignal, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import type { DataSet } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import { definitionOf } from "../../network/training/callbacks.js";
import { FIT_OPTION_NAMES } from "../../network/training/option-names.js";
import { checkOptimizer, rebuildOptimizer } from "../../network/training/optimizers.js";
import type { FitOptions, PackageCallback } from "../../network/types.js";
import type { PrescribeOptions, Prescription, Trial } from "../../treatment/prescribe/types.js";

const REFUSED = "to be data: prescribe in a worker takes no functions but onTrial";

function packFit(fit: FitOptions): PackedPrescribe["fit"] {
  const given = checkOptions("fit", fit, FIT_OPTION_NAMES);
  const { signal: _signal, callbacks, optimizer, learningRate, validation, ...rest } = given;
  if (typeof learningRate === "function")
    throw new RelumineError("unsupported", "fit.learningRate", REFUSED, describe(learningRate));
  const data = checkCallbacks(callbacks ?? []).map((callback, index) => {
    if (!definitionOf(callback))
      throw new RelumineError("unsupported", `fit.callbacks[${index}]`, REFUSED, "an object with functions");
    return toData(callback as PackageCallback);
  });
  return {
    ...rest,
    ...(learningRate !== undefined && { learningRate }),
    ...(validation !== undefined && { validation: sendableExact("validation", validation) }),
    ...(optimizer !== undefined && { optimizer: toData(checkOptimizer(optimizer)) }),
    ...(callbacks !== undefined && { callbacks: data }),
  };
}

function unpackTrial({ fit, callbacks, ...trial }: PackedTrial): Trial {
  const { optimizer, callbacks: all, ...rest } = fit;
  return {
    ...trial,
    fit: {
      ...rest,
      ...(optimizer && { optimizer: rebuildOptimizer(optimizer) }),
      ...(all && { callbacks: all.map(callbackOf) }),
    },
    ...(callbacks && { callbacks: callbacks.map(callbackOf) }),
  };
}

function unpack({ value, text }: PackedPrescription): Prescription {
  const { trials, baseline, best, diagnosis, ...rest } = value;
  const unpacked = trials.map(unpackTrial);
  const whole = {
    ...rest,
    trials: unpacked,
    baseline: unpacked[baseline],
    best: unpacked[best],
    ...(diagnosis && { diagnosis: receiveText(diagnosis) }),
  };
  return receiveText({ value: whole as Prescription, text });
}

/**
 * As prescribe of "relumine", in a worker that is started for it and ends with it. `fit` is data: a schedule, and
 * callbacks that are not of this package, are refused.
 * @param data rows x inputs, and a target a row; copied to the worker
 * @param spec as for createNetwork, or a network in a worker to go on with: its weights are copied
 * @param options as for "relumine", and worker: see createNetwork
 * @cost as prescribe of "relumine", in workers
 * @throws RelumineError "unsupported" for functions in `fit`, or where the worker does not start; else as prescribe
 *   (as rejections)
 * @example
 * const { best, reason } = await prescribe(spec, { x, y }, { epochs: 20 });
 * console.log(reason, best.name);
 */
export async function prescribe(
  spec: NetworkSpec | RemoteNetwork,
  data: DataSet,
  fit: FitOptions = {},
  options?: Omit<PrescribeOptions, "journal"> & WorkerChoice,
): Promise<Prescription> {
  const { worker, signal, onTrial, ...given } = { ...options };
  if ("journal" in given) throw new RelumineError("unsupported", "journal", REFUSED, "a journal");
  if (onTrial !== undefined) checkFunction("onTrial", onTrial);
  const signals = [signal, fit.signal].map((each) => checkSignal(each));
  const start = isNetwork(spec) ? await Promise.all(spec.layers.map((layer) => layer.getWeights())) : undefined;
  const plain = isNetwork(spec) ? spec.spec : spec;
  const program = given.workers === 1 ? undefined : await programFor(worker);
  const packed: PackedPrescribe = { fit: packFit(fit), options: given, program, ...(start && { start }) };
  return inOwnWorker(worker, async (connection) => {
    const call = new StoppableCall(
      (id) => connection.post({ kind: "stop", id, reason: "aborted" }),
      (message) => {
        if (message.kind === "trial") onTrial?.(unpackTrial(message.trial as PackedTrial));
      },
    );
    const args = [plain, sendableExact("data", data), packed];
    return whileListening(signals, call.stop, async () => {
      const answer = (await connection.call(0, "prescribe", args, { follow: call.follow })) as PackedPrescription;
      if (call.hearing.thrown) throw call.hearing.thrown.error;
      return unpack(answer);
    });
  });
}
