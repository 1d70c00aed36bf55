// A program of the exam as data: as it was posted, and mended by its answer.
import type { Data } from "./data.js";
import {
  adam,
  type ActivationName,
  type DenseSpec,
  type History,
  type KernelInitializer,
  type LossSpec,
  type Network,
  type NetworkSpec,
  type Optimizer,
  rmsprop,
  sgd,
} from "../../../src/index.js";

/** What its user trained, on what, and how. */
export interface Training {
  /** Hidden layers, then the output layer; the number of inputs is that of the data. */
  readonly layers: readonly DenseSpec[];
  readonly loss: NetworkSpec["loss"];
  /** By the run's seed, which the network has too. */
  readonly data: (seed: number) => Data;
  readonly optimizer: Optimizer;
  /** Default 1, as in Keras. */
  readonly epochs?: number;
  /** Default 32, as in Keras. */
  readonly batchSize?: number;
  /** Default true, as in Keras. */
  readonly shuffle?: boolean;
  /** In place of fit. */
  readonly train?: (network: Network, data: Data, seed: number) => History;
}

/** The kinds of findings that name the fault, and the layer where one of this kind elsewhere would not. */
export interface Answer {
  readonly kinds: readonly string[];
  /** Index in network.layers; -1 is the last one. */
  readonly layer?: number;
}

export interface Program {
  /** Number of the post on Stack Overflow; the fault's name where it was planted. */
  readonly post: number | string;
  /** What it is, where the exam's words are not followed to the letter, and what was mended. */
  readonly note: string;
  /** One of them is enough. */
  readonly answers: readonly Answer[];
  /** The answer is a reading of the program that is less than certain. */
  readonly isDisputed?: true;
  /** Diagnosed by UMLAUT, AutoTrainer, DeepLocalize, DeepFD, DEFault. */
  readonly A?: string;
  /** Located by DeepDiagnosis, DeepLocalize, NeuraLint, UMLAUT, deepmufl. */
  readonly B?: string;
  readonly faulty: Training;
  /** What differs once it is mended. */
  readonly repair: Partial<Training>;
  /** Accuracy, or R² of a regression, on the training rows from which on the mended program has learned. */
  readonly bar: number;
}

const layer =
  (activation: ActivationName | "softmax") =>
  (units: number, kernelInitializer: KernelInitializer = "glorotUniform"): DenseSpec => ({
    units,
    activation,
    kernelInitializer,
  });

export const relu = layer("relu");
export const sigmoid = layer("sigmoid");
export const tanh = layer("tanh");
export const elu = layer("elu");
export const linear = layer("linear");
export const softmax = layer("softmax");

/** The exam's N and U. */
export const N = { normal: 0.05 } as const;
export const U = { uniform: 0.05 } as const;

export const squared = "meanSquaredError";
export const absolute = "meanAbsoluteError";
/** Of probabilities, as Keras takes the outputs where nothing else is said; any numbers as labels. */
export const entropy: LossSpec = { name: "crossEntropy", from: "probabilities", targets: "any" };
export const binary: LossSpec = { name: "binaryCrossEntropy", from: "probabilities", targets: "any" };

/** Keras's defaults. */
export const plain = (learningRate = 0.01, momentum = 0, nesterov = false) => sgd({ learningRate, momentum, nesterov });
export const byAdam = (learningRate = 0.001) => adam({ learningRate, epsilon: 1e-7 });
export const byRms = (learningRate = 0.001) => rmsprop({ learningRate, rho: 0.9, epsilon: 1e-7 });

export const says = (...kinds: readonly string[]): Answer => ({ kinds });
export const saysOf = (place: number, ...kinds: readonly string[]): Answer => ({ kinds, layer: place });
/** The last layer, its activation or its loss. */
export const lastLayer = says("lossMismatch", "labelsMismatch");
export const oneUnit = says("singleUnitSoftmax", "lossMismatch");
