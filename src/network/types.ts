// A network, its layers and its trainings as their users meet them: types alone.
import type { Schedule } from "./training/schedules/schedules.js";
import type { BatchSource } from "./batches.js";
import type { DataSet } from "./data.js";
import type { NetworkSpec } from "./spec.js";
import type { ClassWeights } from "./training/class-weights.js";
import type { Optimizer } from "./training/optimizers.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { Matrix, Samples } from "../core/matrix.js";

/** The weights of one layer, or numbers in their shapes. */
export interface Weights {
  /** inputs x units, row-major: element (i, j) weighs input i in unit j. */
  kernel: Float32Array;
  /** One number a unit; 0 where the layer has none (useBias: false). */
  bias: Float32Array;
  /** PReLU alone: the slope on the negative side, one number a unit. */
  alpha?: Float32Array;
  /** Where the layer is normalized: what the normalized preactivation is multiplied by, one number a unit. */
  gamma?: Float32Array;
  /** There too: what is added to it then. */
  beta?: Float32Array;
  /** Batch normalization alone: the mean that stands for a batch's outside of training. No parameter, no gradient. */
  runningMean?: Float32Array;
  /** The same of the variance; at least 0. */
  runningVariance?: Float32Array;
}

/** A dense layer: shapes, and copies of its weights in and out. */
export interface DenseLayer {
  /** Numbers that each unit is fed. */
  readonly inputs: number;
  /** How many it has. */
  readonly units: number;
  /** With its alpha filled in. */
  readonly activation: ResolvedActivation;
  /**
   * Copies of the layer's weights.
   * @throws RelumineError "disposed"
   * @example const { kernel, bias } = network.layers[0].getWeights();
   */
  getWeights(): Weights;
  /**
   * Replaces the weights that are given; all or, on an error, none.
   * @throws RelumineError "shape", "value" or "disposed"
   * @example network.layers[0].setWeights({ bias: new Float32Array(64).fill(0.1) });
   */
  setWeights(weights: Partial<Weights>): void;
}

/** How well a network does on some rows. */
export interface Metrics {
  /** The mean loss, by the rows' weights where they have some: see Loss. */
  readonly loss: number;
  /** Share of right answers; absent where the loss is one of regression. */
  readonly accuracy?: number;
}

/** What an evaluation says of one class, each row counted once. */
export interface ClassFigures {
  /** Rows that are of it. */
  readonly rows: number;
  /** Share of them that are said to be; absent where there are none. */
  readonly recall?: number;
  /** Share of the rows that are said to be of it which are; absent where none is. */
  readonly precision?: number;
  /** Harmonic mean of the two; absent where no row is of it nor said to be. */
  readonly f1?: number;
}

/** How well a network does; the figures by class and of numbers count each row once, whatever its weight. */
export interface Evaluation extends Metrics {
  /**
   * Of classes: how many rows of class i are said to be of class j, confusion[i][j]. One output of binaryCrossEntropy
   * has the classes 0 and 1; absent where it has several, and for regressions.
   */
  readonly confusion?: readonly (readonly number[])[];
  /** By class; by output where binaryCrossEntropy has several. */
  readonly classes?: readonly ClassFigures[];
  /** That of class 1 where there are two classes, else the mean over those that have one. */
  readonly f1?: number;
  /**
   * Area under the ROC curve: of all pairs of a row of the class and one that is not, the share in which the first has
   * the higher odds, and half of the ties. Of class 1 where there are two, else the mean over the classes, each against
   * the rest, or over the outputs of binaryCrossEntropy: scikit-learn's "macro". Absent where a class has no row or all
   * of them, where an output is no number, for regressions, and from 2^25 rows x outputs on.
   */
  readonly auc?: number;
  /**
   * Of numbers: 1 - squared error / squared distance of the targets from their means, over all outputs; absent where
   * the targets are all the same.
   */
  readonly r2?: number;
  /** Of numbers: over rows and outputs. */
  readonly meanAbsoluteError?: number;
}

/** step counts updates from 1 and goes on from one epoch to the next; loss is the batch's mean, before that update. */
export interface BatchLog {
  /** Updates so far, this one included. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of the batch before its update. */
  readonly loss: number;
  /**
   * What regularizers add to it, which the update goes down as well; absent where no layer that learns has one.
   */
  readonly penalty?: number;
}

/** loss and accuracy are means over the epoch's batches, each before its update. */
export interface EpochLog extends Metrics {
  /** Counted from 1. */
  readonly epoch: number;
  /** What regularizers add to the loss: the mean over the batches; absent where no layer that learns has one. */
  readonly penalty?: number;
  /** Of the epoch's last update. */
  readonly learningRate: number;
  /** Wall-clock time that it took. */
  readonly seconds: number;
  /** On the validation rows after the epoch; absent where there are none. */
  readonly validation?: Metrics;
  /**
   * Hidden units that fired on no sample of this epoch, one count per hidden layer; counted inside the forward
   * kernels.
   */
  readonly silentUnits: readonly number[];
}

/** Weights that a fit which diverged has kept. */
export interface KeptWeights {
  /** Updates made before. */
  readonly step: number;
  /** The mean loss on the training rows with them; absent where it is no finite number. */
  readonly loss?: number;
}

/** How a training left the finite numbers, and what is left to go on from. */
export interface DivergedFit {
  /** What was not finite first: the loss of a batch, its gradient, or weights that its update would have made. */
  readonly what: "loss" | "gradient" | "update";
  /** In which epoch, counted from 1. */
  readonly epoch: number;
  /** Which update was refused, counted from 1. */
  readonly step: number;
  /** At which rate. */
  readonly learningRate: number;
  /** The network's weights: the last finite ones. */
  readonly last: KeptWeights;
  /**
   * Those of an epoch's start before the loss ran away, which `restoreEpochStart` puts back: of the last epoch, or an
   * earlier one where that had seen a loss a hundred times the lowest, or was fewer than 16 updates ago. Absent where
   * there was no memory to keep them.
   */
  readonly epochStart?: KeptWeights & {
    /** Counted from 1. */
    readonly epoch: number;
  };
  /** The better of the two. */
  readonly goOnFrom: "epochStart" | "last";
}

/** What a fit tells in the end. */
export interface History {
  /** The whole epochs, in order. */
  readonly epochs: readonly EpochLog[];
  /** diverged: the loss left the finite numbers; the last finite weights are kept. */
  readonly stopped?: "aborted" | "callback" | "diverged";
  /** Where it diverged: how, and from which weights to go on. */
  readonly diverged?: DivergedFit;
  /**
   * With a source of batches: at most 1024 rows of the fit's first epoch, each as likely as any other, to be shown to
   * `diagnose` and `evaluate`; the seed decides which.
   */
  readonly sample?: RowSample;
}

/** Rows and their targets, in the order in which they came. */
export interface RowSample {
  /** Rows x inputs. */
  readonly x: Matrix;
  /** Labels, or a row of numbers a row. */
  readonly y: Int32Array | Matrix;
}

/** By layer, in the shapes of the weights. */
export interface Gradients {
  /** The mean loss. */
  readonly loss: number;
  /** The gradient by each layer's weights, in order. */
  readonly layers: readonly Weights[];
}

/** What a callback may do with the training that it watches. */
export interface TrainingContext {
  /** The network in training: read it, or treat it between two steps. */
  readonly network: Network;
  /** Ends the training after the running batch. */
  stop(): void;
}

/** Each method may return a promise: training goes on when it is fulfilled. An error that it throws rejects `fit`. */
export interface Callback {
  /** Before the first step. */
  onTrainBegin?(context: TrainingContext): void | Promise<void>;
  /** After each update. */
  onBatchEnd?(log: BatchLog, context: TrainingContext): void | Promise<void>;
  /** After each epoch and its validation. */
  onEpochEnd?(log: EpochLog, context: TrainingContext): void | Promise<void>;
  /** At the end, unless an error ended it. */
  onTrainEnd?(history: History, context: TrainingContext): void | Promise<void>;
}

declare const isOfPackage: unique symbol;

/**
 * A callback of this package, as traceDeaths() and the like return it: plain data, which can be stored and sent to a
 * worker. What it found in the fit that is running or ran last are properties of the same object.
 */
export interface PackageCallback<Options extends object = object> {
  /** The name of the function that made it. */
  readonly name: string;
  /** What it was made with, defaults filled in. */
  readonly options: Options;
  /** @internal Marks the package's own for the type checker. */
  readonly [isOfPackage]: true;
}

/** Options of `Network.fit`. */
export interface FitOptions {
  /** Passes over the data. Default 10. */
  readonly epochs?: number;
  /** Default 32; the last batch of an epoch may be smaller. */
  readonly batchSize?: number;
  /**
   * So many batches' gradients are averaged, by rows or their weights, before one update: a step of as many rows in the
   * memory of one batch; of a source so many of its own. The last group of an epoch may be smaller. Logs, steps and
   * callbacks count updates; batch normalization takes each batch's own statistics. Default 1.
   */
  readonly accumulate?: number;
  /** Default adam(). The same optimizer object goes on with its moments in a later fit. */
  readonly optimizer?: Optimizer;
  /**
   * A rate instead of the optimizer's; or a schedule, which changes that: what cosine(), warmup() and their like
   * return, also from JSON, or a function of step and epoch, both counted from 1.
   */
  readonly learningRate?: number | Schedule | ((step: number, epoch: number) => number);
  /** Scales the gradient down to this global norm. */
  readonly clipNorm?: number;
  /** Default true, from the network's seed. */
  readonly shuffle?: boolean;
  /** A set, or the fraction of rows held out, drawn from the network's seed (0: none). */
  readonly validation?: DataSet | number;
  /**
   * How much the rows of each class count in the training, not in what is validated: numbers by class (of
   * binaryCrossEntropy with one output: those of 0 and of 1), or "balanced". A row with shares of classes counts by
   * them; data.weights multiply. Default: all the same.
   */
  readonly classWeights?: ClassWeights;
  /** Called in this order. */
  readonly callbacks?: readonly (Callback | PackageCallback)[];
  /** Stops after the running batch and resolves with what was learnt. */
  readonly signal?: AbortSignal;
  /**
   * Goes on with the network's last fit where it stopped, by a signal, a callback or its end, here or in the file that
   * the network was imported from (see exportNetwork): to the bit as if it had not stopped. `data`, a validation set, a
   * schedule that is a function and callbacks are passed again; options that are not given are those of that fit,
   * others have to be equal, but for `epochs`, all of them in all. History and callbacks tell of the whole training.
   * Default false.
   */
  readonly resume?: boolean;
}

/** A network of dense layers. Every method throws RelumineError "disposed" after dispose(). */
export interface Network extends Disposable {
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
  readonly layers: readonly DenseLayer[];
  /** All weights, biases where layers have them, PReLU slopes, gammas and betas. */
  readonly parameterCount: number;
  /**
   * Trains on `data.rows` samples, or on the batches of a source (see BatchSource); yields to the event loop every few
   * milliseconds. An error in the arguments leaves the network as it was; one thrown by a callback, a schedule or a
   * source ends the training with what was learnt so far.
   * @throws RelumineError "value", "shape", "memory" or "disposed" (as a rejection)
   * @example const history = await network.fit({ x, y }, { epochs: 20, optimizer: adam() });
   */
  fit(data: DataSet | BatchSource, options?: FitOptions): Promise<History>;
  /**
   * After a fit that diverged: goes back to the weights that `history.diverged.epochStart` tells of, and to its place
   * in the sequence of epochs; the optimizer's moments start anew. They are kept until the next fit begins. Go on with
   * smaller steps, as the same ones would diverge again.
   * @throws RelumineError "value" (no fit diverged, or one runs) or "disposed"
   * @example if (history.diverged?.goOnFrom === "epochStart") network.restoreEpochStart();
   */
  restoreEpochStart(): void;
  /**
   * Mean loss; accuracy, confusion, figures by class and area under the ROC curve for the cross-entropies; R² and mean
   * absolute error for the others. One forward pass, and a sort of each class's odds.
   * @throws RelumineError "value", "shape" or "disposed"
   * @example const { loss, accuracy } = network.evaluate({ x, y });
   */
  evaluate(data: DataSet): Evaluation;
  /**
   * The gradient of the mean loss over all rows by every weight, at the weights as they are; costs a forward and a
   * backward pass. Batch normalization takes its running statistics, as `evaluate` does. Where numbers leave float32's
   * range it holds infinities or NaN.
   * @returns loss, and by layer { kernel (inputs x units), bias (units), alpha?, gamma?, beta? (units) }
   * @throws RelumineError "value", "shape", "memory" or "disposed"
   * @example const { layers } = network.gradients({ x, y });
   */
  gradients(data: DataSet): Gradients;
  /**
   * Probabilities for the cross-entropies, plain outputs otherwise; { logits: true } for the last layer as it is, but
   * what goes into a softmax, or into a sigmoid that a cross-entropy does not take for logits.
   * @param x rows x inputs
   * @returns rows x outputs
   * @throws RelumineError "value", "shape" or "disposed"
   * @example const { data } = network.predict([[0.5, 1]]);
   */
  predict(x: Samples, options?: { logits?: boolean }): Matrix;
  /**
   * A network of its own with the weights, moments and place in the sequence of epochs that this one has at the call,
   * whatever becomes of it before the promise is settled.
   * @throws RelumineError "memory" or "disposed" (as a rejection)
   * @example const twin = await network.clone();
   */
  clone(): Promise<Network>;
  /**
   * A table of the layers, as text.
   * @example console.log(network.summary());
   */
  summary(): string;
  /**
   * Gives the memory back; a network that is training stops with an error.
   * @example using network = await createNetwork(spec); // disposed of at the end of the block
   */
  dispose(): void;
}
