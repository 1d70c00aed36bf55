// The worker's side of one prescription: trials are told to the page, and train in workers of this worker.
import { starterOf } from "./starter.js";
import type { FromWorker, PackedPrescribe, PackedPrescription, PackedTrial, Program } from "../protocol.js";
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
  const { optimizer, callbacks: all, signal: _signal, learningRate: _rate, ...rest } = fit;
  return {
    ...trial,
    fit: {
      ...rest,
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

export class ServedPrescription {
  private readonly abort = new AbortController();

  constructor(
    private readonly id: number,
    private readonly post: (message: FromWorker) => void,
    private readonly program: Program | undefined,
  ) {}

  stop(): void {
    this.abort.abort();
  }

  private get startWorkers(): StartTrialWorkers {
    const start = starterOf(this.program);
    return start ? startTrialWorkers(start) : async () => undefined;
  }

  async run(spec: NetworkSpec, data: DataSet, { fit, options, start }: PackedPrescribe): Promise<PackedPrescription> {
    const { optimizer, callbacks, ...rest } = fit;
    const given = {
      ...rest,
      ...(optimizer && { optimizer: rebuildOptimizer(optimizer) }),
      ...(callbacks && { callbacks: callbacks.map(callbackOf) }),
    };
    const told: PrescribeOptions = {
      ...options,
      signal: this.abort.signal,
      onTrial: (trial) => this.post({ kind: "trial", id: this.id, trial: packTrial(trial) }),
    };
    const prescription = await prescribeWith(this.startWorkers, spec, data, given, told, start);
    return packPrescription(prescription);
  }
}
