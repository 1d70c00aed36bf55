// The worker's side: answers calls from the page on networks that live here.
import { ownPort } from "#worker-port";
import { holdLock } from "../alive.js";
import { type Operation, OPERATIONS } from "./operations.js";
import { serveLearningRate } from "./serve-learning-rate.js";
import { serveProof } from "./serve-proof.js";
import { servePrescription } from "./serve-prescribe.js";
import { type CallbackMaker, ServedCallbacks } from "./served-callbacks.js";
import type { OwnPort } from "../port.js";
import {
  areBatches,
  areInBlocks,
  type BatchesInside,
  type Described,
  type FromWorker,
  pack,
  type PackedFit,
  type PackedOptimizer,
  type PackedPrescribe,
  type PackedPrescription,
  type PackedProve,
  type PackedRates,
  type PackedTreatment,
  type PackedTrial,
  packError,
  type ToWorker,
} from "../protocol.js";
import { ReceivedBlocks } from "./received-blocks.js";
import { sendText, type WithText } from "../text.js";
import type { SnapshotOptions } from "../types.js";
import { ServedFit } from "./serve-fit.js";
import { takeSnapshot } from "./snapshot.js";
import { checkName } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import type { SampleSource } from "../../core/blocks.js";
import type { Samples } from "../../core/matrix.js";
import type { PaceOptions } from "../../core/pace.js";
import { diagnose } from "../../diagnosis/diagnose.js";
import type { DiagnoseBlocksOptions, Diagnosis } from "../../diagnosis/types.js";
import { forecast } from "../../diagnosis/forecast/forecast.js";
import {
  forecastTraining,
  type RateForecast,
  type TrainingForecastOptions,
} from "../../diagnosis/forecast/training.js";
import { type ProofJob, type ProofSetup, ProofWorker } from "../../diagnosis/proof/proof-job.js";
import type { NetworkProof, ProofProgress, ProofQuestion } from "../../diagnosis/proof/proof-types.js";
import type { ForecastOptions } from "../../diagnosis/forecast/types.js";
import type { LearningRateTest } from "../../diagnosis/rates/types.js";
import { type ImportOptions, importNetwork } from "../../formats/model.js";
import type { DataSet } from "../../network/data.js";
import { createNetwork } from "../../network/network.js";
import type { Network } from "../../network/types.js";
import { type Optimizer, rebuildOptimizer } from "../../network/training/optimizers.js";
import type { NetworkSpec } from "../../network/spec.js";
import { runJobs } from "../../treatment/trial/run-trial.js";
import type { TrialJob, TrialSetup } from "../../treatment/trial/trial.js";
import type { Remedy } from "../../treatment/remedies/remedy.js";
import { treat } from "../../treatment/treat.js";
import { calibrate, type CalibrationOptions } from "../../treatment/start/calibrate.js";
import type { Treatment, TreatKnowledge, TreatOptions } from "../../treatment/types.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";
import { limitMemory } from "../../wasm/heap.js";

/** Options of `serve`: what a worker of one's own knows beside the package. */
export interface ServeOptions {
  /** By name, for `network.call(name, ...args)`. */
  readonly operations?: Readonly<Record<string, Operation>>;
  /** By name, for `fit(data, { callbacks: [{ name, options }] })`; what `read` returns is `results` there. */
  readonly callbacks?: Readonly<Record<string, CallbackMaker>>;
}

type Call = Extract<ToWorker, { kind: "call" }>;

class Server {
  private readonly networks = new Map<number, Network>();
  private readonly optimizers = new Map<number, Optimizer>();
  private readonly callbacks: ServedCallbacks;
  /** The fits under way, by their calls. */
  private readonly fits = new Map<number, ServedFit>();
  /** What ends other long work under way, by its call; the network that it is about, 0: none. */
  private readonly aborts = new Map<number, { readonly network: number; readonly controller: AbortController }>();
  /** What goes on when the page has heard that a call is all but done. */
  private readonly acknowledged = new Map<number, () => void>();
  /** By call, rows that the page reads block by block. */
  private readonly blocks = new Map<number, ReceivedBlocks>();
  /** The last fit of each network. */
  private readonly lastFits = new WeakMap<Network, ServedFit>();
  /** By handle: what the page may still undo. */
  private readonly treatments = new Map<number, { readonly network: number; readonly treatment: Treatment }>();
  /** What came before the lock was held. */
  private early: ToWorker[] | undefined;
  private setup: TrialSetup | undefined;
  private prover: ProofWorker | undefined;
  private made = 0;

  constructor(
    private readonly port: OwnPort,
    private readonly own: ServeOptions,
  ) {
    this.callbacks = new ServedCallbacks(own.callbacks ?? {});
  }

  /** What is not of this package may come by the same port. */
  readonly hear = (message: ToWorker | null): void => {
    if (typeof message !== "object" || message === null) return;
    if (this.early) return void this.early.push(message);
    switch (message.kind) {
      case "hello":
        return void this.start(message.lock);
      case "call":
        return void this.answer(message);
      case "stop":
        this.aborts.get(message.id)?.controller.abort();
        return this.fits.get(message.id)?.stop(message.reason);
      case "read":
        this.acknowledged.get(message.id)?.();
        return this.fits.get(message.id)?.reportWasRead();
      case "block":
        return this.blocks.get(message.id)?.take(message.pass, message.result);
      case "rates":
        return this.fits.get(message.id)?.takeRates(message.first, message.rates as Float64Array<ArrayBuffer>);
    }
  };

  /** No answer comes before "alive": of a worker that was ended between the two, nothing would ever tell. */
  private async start(lock: string): Promise<void> {
    const early: ToWorker[] = (this.early = []);
    if (await holdLock(lock)) this.post({ kind: "alive" });
    this.early = undefined;
    early.forEach(this.hear);
  }

  private readonly post = (message: FromWorker, transfer: ArrayBuffer[] = []): void =>
    this.port.post(message, transfer);

  private async answer(call: Call): Promise<void> {
    const { id } = call;
    try {
      const transfer: ArrayBuffer[] = [];
      const value = pack("the result", await this.run(call), transfer);
      this.post({ kind: "result", id, value }, transfer);
    } catch (error) {
      this.post({ kind: "error", id, error: packError(error) });
    }
  }

  private run(call: Call): unknown {
    if (call.network === 0) return this.runWithout(call);
    const { name, args } = call;
    const network = this.networks.get(call.network);
    if (!network) throw disposedError();
    switch (name) {
      case "clone":
        return this.adoptFrom(network.clone());
      case "fit":
        return this.fit(network, call);
      case "snapshot":
        return this.snapshot(network, args[0] as SnapshotOptions);
      case "diagnose":
        if (areInBlocks(args[0])) return this.diagnoseBlocks(network, call);
        break;
      case "treat":
        return this.withRows(call, (rows, pace) =>
          this.treat(call.network, network, rows, args[1] as Remedy, {
            ...(args[2] as TreatKnowledge | undefined),
            ...pace,
          }),
        );
      case "calibrate":
        return this.withRows(call, (rows, pace) =>
          calibrate(network, rows, { ...(args[1] as CalibrationOptions | undefined), ...pace }),
        );
      case "prove":
        return this.prove(network, call);
      case "findLearningRate":
        return this.findLearningRate(network, call);
      case "undo":
        this.treatments.get(args[0] as number)?.treatment.undo();
        return this.describe(call.network, network);
      case "act":
        return this.callbacks.act(network, args[0] as number, args[1] as string, args[2]);
      case "forget":
        return void this.treatments.delete(args[0] as number);
      case "dispose":
        return this.dispose(call.network, network);
    }
    const operations = { ...OPERATIONS, ...this.own.operations };
    return operations[checkName("the operation", name, Object.keys(operations))](network, ...(args as never[]));
  }

  /** What needs no network that is there. */
  private runWithout(call: Call): unknown {
    const { id, name, args } = call;
    switch (name) {
      case "create":
        return this.adoptFrom(createNetwork(args[0] as NetworkSpec, args[1] as RuntimeOptions));
      case "import":
        return this.adoptFrom(importNetwork(args[0] as Uint8Array, args[1] as ImportOptions));
      case "forecast":
        return sendText(forecast(args[0] as NetworkSpec, args[1] as Samples, args[2] as ForecastOptions));
      case "forecastTraining":
        return this.forecastTraining(id, args as unknown[]);
      case "prescribe":
        return this.prescribe(call);
      case "setUpTrials":
        this.setup = args[0] as TrialSetup;
        limitMemory((args[1] as { mostMemory?: number } | undefined)?.mostMemory ?? Infinity);
        return undefined;
      case "trials":
        return runJobs(this.setup!, args[0] as TrialJob[]);
      case "setUpProof":
        this.prover = new ProofWorker(args[0] as ProofSetup);
        return undefined;
      case "proveJobs":
        return (args[0] as ProofJob[]).map((job) => this.prover!.run(job));
    }
    const known = [
      "create",
      "import",
      "forecast",
      "forecastTraining",
      "prescribe",
      "setUpTrials",
      "trials",
      "setUpProof",
      "proveJobs",
    ];
    return checkName("the operation", name, known);
  }

  private async adoptFrom(making: Promise<Network>): Promise<Described> {
    return this.adopt(await making);
  }

  private adopt(network: Network): Described {
    const id = ++this.made;
    this.networks.set(id, network);
    return this.describe(id, network);
  }

  private describe(id: number, network: Network): Described {
    const { spec, runtime, parameterCount } = network;
    const layers = network.layers.map(({ inputs, units, activation }) => ({ inputs, units, activation }));
    return { network: id, spec, runtime: { ...runtime }, parameterCount, layers };
  }

  private async forecastTraining(id: number, [spec, data, given]: unknown[]): Promise<unknown> {
    const { optimizer, ...rest } = given as TrainingForecastOptions;
    const onRate = (rate: RateForecast) => this.post({ kind: "trial", id, trial: rate });
    const options = { ...rest, onRate, ...(optimizer && { optimizer: rebuildOptimizer(optimizer) }) };
    return sendText(await forecastTraining(spec as NetworkSpec, data as DataSet, options));
  }

  /** Work that a message ends, and the end of its network. */
  private async stoppable<T>({ id, network }: Call, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.aborts.set(id, { network, controller });
    try {
      const result = await run(controller.signal);
      if (network !== 0 && !this.networks.has(network)) throw disposedError();
      return result;
    } finally {
      this.aborts.delete(id);
    }
  }

  /** Work that a message ends, and that tells how far it is: the page may refuse what is all but done. */
  private async pace<T>(call: Call, run: (options: PaceOptions) => Promise<T>): Promise<T> {
    const { id } = call;
    const onProgress = (progress: number) => {
      this.post({ kind: "progress", id, progress });
      return progress < 1 ? undefined : new Promise<void>((resolve) => this.acknowledged.set(id, resolve));
    };
    try {
      return await this.stoppable(call, (signal) => run({ signal, onProgress }));
    } finally {
      this.acknowledged.delete(id);
    }
  }

  /** Paced work on rows, which may come block by block. */
  private async withRows<T>(
    call: Call,
    run: (rows: Samples | SampleSource, options: PaceOptions) => Promise<T>,
  ): Promise<T> {
    const { id, args } = call;
    const [x] = args;
    if (!areInBlocks(x)) return this.pace(call, (options) => run(x as Samples, options));
    const received = new ReceivedBlocks(id, this.post);
    this.blocks.set(id, received);
    try {
      return await this.pace(call, (options) => run(received.as(x) as SampleSource, options));
    } finally {
      this.blocks.delete(id);
    }
  }

  private async diagnoseBlocks(network: Network, call: Call): Promise<WithText<Diagnosis>> {
    const given = call.args[1] as DiagnoseBlocksOptions | undefined;
    return sendText(
      await this.withRows(call, (rows, pace) => diagnose(network, rows as SampleSource, { ...given, ...pace })),
    );
  }

  private async treat(
    id: number,
    network: Network,
    x: Samples | SampleSource,
    remedy: Remedy,
    options: TreatOptions,
  ): Promise<PackedTreatment> {
    const treatment = await treat(network, x as Samples, remedy, options);
    const { before, after, outputChange, treated, findings, besides } = treatment;
    const handle = ++this.made;
    this.treatments.set(handle, { network: id, treatment });
    const isNew = treatment.network !== network;
    return {
      handle,
      isNew,
      described: isNew ? this.adopt(treatment.network) : this.describe(id, network),
      text: String(treatment),
      remedy: treatment.remedy,
      before: sendText(before),
      after: sendText(after),
      outputChange,
      treated,
      findings,
      besides,
    };
  }

  private prescribe(call: Call): Promise<PackedPrescription> {
    const [spec, data, packed] = call.args;
    const onTrial = (trial: PackedTrial) => this.post({ kind: "trial", id: call.id, trial });
    return this.stoppable(call, (signal) =>
      servePrescription(spec as NetworkSpec, data as DataSet, packed as PackedPrescribe, signal, onTrial),
    );
  }

  private prove(network: Network, call: Call): Promise<NetworkProof> {
    const { id, args } = call;
    const [question, packed] = args as [Samples | ProofQuestion, PackedProve];
    const onProgress = (progress: ProofProgress) => this.post({ kind: "proof", id, progress });
    return this.stoppable(call, (signal) => serveProof(network, question, packed, signal, onProgress));
  }

  private findLearningRate(network: Network, call: Call): Promise<WithText<LearningRateTest>> {
    const { id, args } = call;
    const [data, packed] = args as [DataSet, PackedRates];
    const onProgress = (progress: number) => this.post({ kind: "progress", id, progress });
    return this.stoppable(call, (signal) => serveLearningRate(network, data, packed, signal, onProgress));
  }

  private async fit(network: Network, { id, args }: Call): Promise<unknown> {
    const [given, packed] = args as [DataSet | BatchesInside, PackedFit];
    const received = areBatches(given) ? new ReceivedBlocks(id, this.post) : undefined;
    const data = areBatches(given) ? received!.asBatches(given) : given;
    const callbacks = this.callbacks.serve(network, packed.callbacks, data as DataSet);
    const fit = new ServedFit(id, this.post, data, packed, callbacks);
    this.fits.set(id, fit);
    if (received) this.blocks.set(id, received);
    try {
      const optimizer = packed.optimizer && this.optimizer(packed.optimizer);
      return await fit.run(network, optimizer, () => this.lastFits.set(network, fit));
    } finally {
      this.fits.delete(id);
      this.blocks.delete(id);
    }
  }

  private optimizer({ id, name, options }: PackedOptimizer): Optimizer {
    const optimizer = this.optimizers.get(id) ?? rebuildOptimizer({ name, options });
    this.optimizers.set(id, optimizer);
    return optimizer;
  }

  private snapshot(network: Network, options: SnapshotOptions): unknown {
    const layers = takeSnapshot(network, options);
    return { step: 0, epoch: 0, ...this.lastFits.get(network)?.progress, layers };
  }

  private dispose(id: number, network: Network): void {
    this.networks.delete(id);
    for (const each of this.aborts.values()) if (each.network === id) each.controller.abort();
    for (const [handle, kept] of this.treatments) if (kept.network === id) this.treatments.delete(handle);
    network.dispose();
  }
}

/**
 * Makes a worker's own program one that holds networks: for a custom worker, which knows more than the
 * package's. Call it once, at the start.
 * @param options operations: by name, for `network.call(name, ...args)`; callbacks: by name, for `fit(data, {
 *   callbacks: [{ name, options }] })`
 * @cost none until the page calls
 * @throws RelumineError "unsupported" outside of a worker
 * @example
 * // my-worker.js, started by createNetwork(spec, { worker: () => new Worker(new URL("./my-worker.js",
 * import.meta.url), { type: "module" }) }) import { serve } from "relumine/worker/serve"; serve({ operations: {
 * largestBias: (network) => Math.max(...network.layers[0].getWeights().bias) } });
 */
export function serve(options: ServeOptions = {}): void {
  const port = ownPort();
  if (!port)
    throw new RelumineError(
      "unsupported",
      "serve",
      "to be called in a worker's own program",
      "a call outside of a worker",
    );
  const server = new Server(port, options);
  port.listen(server.hear as (message: never) => void);
}
