// A network in a worker as its users meet it: types alone.
import type { WorkerLike } from "./port.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { Matrix, Samples } from "../core/matrix.js";
import type { BatchSource } from "../network/batches.js";
import type { DataSet } from "../network/data.js";
import type { NetworkSpec } from "../network/spec.js";
import type {
  Gradients,
  BatchLog,
  EpochLog,
  FitOptions,
  History,
  Evaluation,
  PackageCallback,
  Weights,
} from "../network/types.js";
import type { Treatment } from "../treatment/types.js";
import type { RuntimeOptions } from "../wasm/runtime.js";

/** Which worker to start. */
export interface WorkerChoice {
  /**
   * The worker to start instead of the package's own, which travels inside the JavaScript and starts from a blob:
   * URL. Where a content security policy forbids that: the URL of the exported file, relumine/worker-thread.js. Or a
   * function that starts a worker whose program calls serve().
   */
  readonly worker?: string | URL | (() => WorkerLike);
}

/** On what a network in a worker computes, and in which worker. */
export interface WorkerOptions extends RuntimeOptions, WorkerChoice {}

/** A dense layer of a network in a worker: shapes, and copies of its weights in and out. */
export interface RemoteLayer {
  /** Numbers that each unit is fed. */
  readonly inputs: number;
  /** How many it has. */
  readonly units: number;
  /** With its alpha filled in. */
  readonly activation: ResolvedActivation;
  /** Copies, as DenseLayer.getWeights. */
  getWeights(): Promise<Weights>;
  /** As DenseLayer.setWeights. */
  setWeights(weights: Partial<Weights>): Promise<void>;
}

/** What a callback may do with the training that it watches. */
export interface RemoteContext {
  /** The network in training. */
  readonly network: RemoteNetwork;
  /** Ends the training when the message has reached the worker, after the batch that then runs. */
  stop(): void;
}

/** What a report brings, at most once a frame. */
export interface Progress {
  /** Updates made so far. */
  readonly step: number;
  /** The epoch that runs, counted from 1. */
  readonly epoch: number;
  /** Of the last batch, before its update. */
  readonly loss: number;
}

/**
 * Sees the training with a delay of a frame or so, and each log in its order; the training goes on meanwhile. A
 * promise is awaited before the next log is told. An error that it throws ends the training and rejects `fit`.
 */
export interface RemoteCallback {
  /** Before the data are sent. */
  onTrainBegin?(context: RemoteContext): void | Promise<void>;
  /** For each update, in order. */
  onBatchEnd?(log: BatchLog, context: RemoteContext): void | Promise<void>;
  /** For each epoch, in order. */
  onEpochEnd?(log: EpochLog, context: RemoteContext): void | Promise<void>;
  /** After the logs of a report; at most once a frame. */
  onProgress?(progress: Progress, context: RemoteContext): void | Promise<void>;
  /** At the end, unless an error ended it. */
  onTrainEnd?(history: History, context: RemoteContext): void | Promise<void>;
}

/** A callback that a custom worker knows by name (see serve). */
export interface NamedCallback {
  /** As in serve({ callbacks }). */
  readonly name: string;
  /** What it is made from there: data. */
  readonly options?: object;
  /** What it found, written by fit: with each report, and at the end. */
  results?: unknown;
}

/** Options of `Network.fit`: those of "relumine", and what only a worker has. */
export interface RemoteFitOptions extends Omit<FitOptions, "callbacks"> {
  /**
   * Those of the package run inside the worker, in this order; what they find is read from the same objects. Others
   * see the training from outside.
   */
  readonly callbacks?: readonly (RemoteCallback | PackageCallback | NamedCallback)[];
  /**
   * The arrays of the data, or of each batch, are handed over, not copied: the caller can't use them any more. Default
   * false: a source may fill the same arrays again.
   */
  readonly transfer?: boolean;
}

/** Options of `Network.snapshot`. */
export interface SnapshotOptions {
  /** Default true. */
  readonly weights?: boolean;
  /** rows x inputs: what each layer makes of them is computed. */
  readonly x?: Samples;
  /** With x: each layer's activations, logits for the last one. Default true. */
  readonly activations?: boolean;
  /** With x: each layer's preactivations. Default false. */
  readonly preactivations?: boolean;
}

/** A network as it was at one step. */
export interface Snapshot {
  /** Updates that the fit under way, or else the last one, has made; 0 before any. */
  readonly step: number;
  /** Of that fit, from 1; 0 before any. */
  readonly epoch: number;
  /** Each layer, in order. */
  readonly layers: readonly LayerSnapshot[];
}

/** One layer at that step: what was asked for. */
export interface LayerSnapshot {
  /** Copies. */
  readonly weights?: Weights;
  /** rows x units */
  readonly activations?: Matrix;
  /** rows x units */
  readonly preactivations?: Matrix;
}

/**
 * A network in a worker. Calls are answered in turn, while a fit runs between two of its steps. Every method rejects
 * with RelumineError "disposed" after dispose(), and when the worker has died. Errors are the worker's: a
 * RelumineError with its code and path.
 */
export interface RemoteNetwork extends AsyncDisposable {
  /** Defaults filled in. */
  readonly spec: NetworkSpec;
  /** What it runs on. */
  readonly runtime: {
    /** The binary: "relaxed" fuses multiply and add where the machine can. */
    readonly simd: "strict" | "relaxed";
    /** Threads that share its large products; 1 where memory can't be shared. */
    readonly threads: number;
  };
  /** In order; the last one is the output. */
  readonly layers: readonly RemoteLayer[];
  /** All weights, biases and PReLU slopes. */
  readonly parameterCount: number;
  /**
   * Trains, as Network.fit of "relumine" does, bit for bit. Differences: function callbacks see it from outside, in
   * batches of logs; a schedule is asked for the steps of whole epochs ahead, so that one that is a function wants a
   * source that says its batchSize. A source of batches stays on this side: it is asked for the next batch when the
   * worker has copied the last one, and closed at the end, also where the worker is ended meanwhile.
   * @throws RelumineError as Network.fit, and what a callback or the schedule threw (as rejections)
   * @example
   * const trace = traceDeaths();
   * await network.fit(data, { epochs: 50, callbacks: [trace, { onEpochEnd: ({ loss }) => show(loss) }] });
   * for (const { explanation } of trace.deaths) console.log(explanation);
   */
  fit(data: DataSet | BatchSource, options?: RemoteFitOptions): Promise<History>;
  /** As Network.restoreEpochStart. */
  restoreEpochStart(): Promise<void>;
  /** As Network.evaluate. */
  evaluate(data: DataSet): Promise<Evaluation>;
  /** As Network.gradients. */
  gradients(data: DataSet): Promise<Gradients>;
  /** As Network.predict. */
  predict(x: Samples, options?: { logits?: boolean }): Promise<Matrix>;
  /**
   * Weights and what each layer makes of x, all of the same step: for a page that draws.
   * @example const { step, layers } = await network.snapshot({ x: grid });
   */
  snapshot(options?: SnapshotOptions): Promise<Snapshot>;
  /** Another network in the same worker: see Network.clone. */
  clone(): Promise<RemoteNetwork>;
  /** As Network.summary. */
  summary(): Promise<string>;
  /**
   * Runs an operation of a custom worker (see serve) on this network.
   * @example const largest = await network.call("largestBias");
   */
  call(operation: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Ends the network, whatever it is doing: what is pending is rejected. With the last network the worker ends. */
  dispose(): Promise<void>;
}

/** A Treatment of "relumine", whose network is in a worker. */
export interface RemoteTreatment extends Omit<Treatment, "network" | "undo"> {
  /** The same network; after "prune" a new one in the same worker (unless nothing was taken out). */
  readonly network: RemoteNetwork;
  /** As Treatment.undo. */
  undo(): Promise<void>;
  toString(): string;
}
