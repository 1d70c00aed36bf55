// The worker's side of one prescription: its trials train in workers of this worker.
import { starterOf } from "./starter.js";
import type { PackedPrescribe, PackedPrescription, PackedTrial } from "../protocol.js";
import { sendText } from "../text.js";
import { startTrialWorkers } from "../job-workers.js";
import type { DataSet } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";
import type { PackageCallback } from "../../network/types.js";
import { callbackOf } from "../../treatment/callbacks.js";
import { prescribeWith, type StartTrialWorkers } from "../../treatment/prescribe/prescribe.js";
import type { PrescribeOptions, Prescription, Trial } from "../../treatment/prescribe/types.js";

const toData = ({ name, options }: PackageCallback) => ({ name, options });

function packTrial({ fit, callbacks, ...trial }: Trial): PackedTrial {
  const { optimizer, callbacks: all, signal: _signal, learningRate, ...rest } = fit;
  return {
    ...trial,
    fit: {
      ...rest,
      ...(typeof learningRate === "object" && { learningRate }),
      ...(optimizer && { optimizer: { name: optimizer.name, options: optimizer.options } }),
      ...(all && { callbacks: (all as readonly PackageCallback[]).map(toData) }),
    },
    ...(callbacks && { callbacks: callbacks.map(toData) }),
  };
}

function packPrescription(prescription: Prescription): PackedPrescription {
  const { trials, best, baseline, diagnosis, ...rest } = prescription;
  return {
    value: {
      ...rest,
      trials: trials.map(packTrial),
      baseline: trials.indexOf(baseline),
      best: trials.indexOf(best),
      ...(diagnosis && { diagnosis: sendText(diagnosis) }),
    },
    text: String(prescription),
  };
}

export async function servePrescription(
  spec: NetworkSpec,
  data: DataSet,
  { fit, options, program, start }: PackedPrescribe,
  signal: AbortSignal,
  onTrial: (trial: PackedTrial) => void,
): Promise<PackedPrescription> {
  const { optimizer, callbacks, ...rest } = fit;
  const given = {
    ...rest,
    ...(optimizer && { optimizer: rebuildOptimizer(optimizer) }),
    ...(callbacks && { callbacks: callbacks.map(callbackOf) }),
  };
  const told: PrescribeOptions = { ...options, signal, onTrial: (trial) => onTrial(packTrial(trial)) };
  const starter = starterOf(program);
  const startWorkers: StartTrialWorkers = starter ? startTrialWorkers(starter) : async () => undefined;
  return packPrescription(await prescribeWith(startWorkers, spec, data, given, told, start));
}
