// What goes between a page and the worker that holds its networks: the messages, how values and errors are packed
// into them.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Change } from "./change.js";
import type { WithText } from "./text.js";
import type { ProofProgress, ProveOptions } from "../diagnosis/proof/proof-types.js";
import type { LearningRateOptions } from "../diagnosis/rates/types.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { BatchSource } from "../network/batches.js";
import type { EpochLog, FitOptions, Weights } from "../network/types.js";
import type { CallbackData } from "../network/training/callbacks.js";
import type { PrescribeOptions, Prescription, Trial } from "../treatment/prescribe/types.js";
import type { Treatment } from "../treatment/types.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { Schedule } from "../network/training/schedules/schedules.js";
import type { Optimizer, OptimizerOptions } from "../network/training/optimizers.js";
import type { NetworkSpec } from "../network/spec.js";

/** From the page. `id` counts the calls; that of a fit stands for it in all messages about it. */
export type ToWorker =
  | { readonly kind: "hello"; readonly lock: string }
  | {
      readonly kind: "call";
      readonly id: number;
      readonly network: number;
      readonly name: string;
      readonly args: readonly unknown[];
    }
  | { readonly kind: "stop"; readonly id: number; readonly reason: "aborted" | "callback" }
  /** The report that came last was read: the next one may come. Or the share of 1: the work may be put in place. */
  | { readonly kind: "read"; readonly id: number }
  /** The next block of rows, or batch, of a pass, or their end: what an iterator gives; or why there is none. */
  | { readonly kind: "block"; readonly id: number; readonly pass: number; readonly result: unknown }
  /** The rates of a schedule for the steps from `first` on, or that it threw. */
  | { readonly kind: "rates"; readonly id: number; readonly first: number; readonly rates: Float64Array };

export type FromWorker =
  /** The worker holds its lock (see alive.ts). */
  | { readonly kind: "alive" }
  | { readonly kind: "result"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: PackedError }
  | { readonly kind: "report"; readonly id: number; readonly report: Report }
  /** A fit with a schedule wants the rates of `count` steps from `first` on. */
  | {
      readonly kind: "wantRates";
      readonly id: number;
      readonly first: number;
      readonly count: number;
      readonly stepsPerEpoch: number;
    }
  /** More is known of a trial of a prescription, or of a rate of a forecast. */
  | { readonly kind: "trial"; readonly id: number; readonly trial: unknown }
  /**
   * A call whose rows come in blocks, or a fit's in batches, wants the next one of a pass over them, which a first one
   * begins; of batches: [epoch, seed, epochs begun].
   */
  | {
      readonly kind: "wantBlock";
      readonly id: number;
      readonly pass: number;
      readonly epoch?: readonly [number, number, number];
    }
  /** Which share of a treatment, a calibration or a range test is done. */
  | { readonly kind: "progress"; readonly id: number; readonly progress: number }
  /** How far a proof is. */
  | { readonly kind: "proof"; readonly id: number; readonly progress: ProofProgress };

/** Stands for rows that the page reads block by block. */
export interface BlocksInside {
  readonly areInBlocks: true;
  /** They are for one pass. */
  readonly isOnce: boolean;
  readonly rows?: number;
}

export function areInBlocks(x: unknown): x is BlocksInside {
  return typeof x === "object" && x !== null && "areInBlocks" in x;
}

/** Stands for a source of batches, of which the page asks for each. */
export interface BatchesInside extends Omit<BatchSource, "batches"> {
  readonly areBatches: true;
}

export function areBatches(data: unknown): data is BatchesInside {
  return typeof data === "object" && data !== null && "areBatches" in data;
}

/** What happened in a fit since the last report. */
export interface Report {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** [step, epoch, loss] of each batch; empty where nobody asked. */
  readonly batches: Float64Array;
  readonly epochs: readonly EpochLog[];
  /** By place among the callbacks inside the worker: what they have found since. */
  readonly found: readonly (Change | undefined)[];
}
export const BATCH_NUMBERS = 3;

/** What the page knows of a network. */
export interface Described {
  readonly network: number;
  readonly spec: NetworkSpec;
  readonly runtime: { readonly simd: "strict" | "relaxed"; readonly threads: number };
  readonly parameterCount: number;
  readonly layers: readonly {
    readonly inputs: number;
    readonly units: number;
    readonly activation: ResolvedActivation;
  }[];
}

/** An optimizer as a name and its options; the same id is the same recipe, which goes on with its moments. */
export interface PackedOptimizer {
  readonly id: number;
  readonly name: string;
  readonly options: OptimizerOptions;
}

/** What a worker starts workers of its own with. */
export type Program = { readonly source: string } | { readonly file: string };

/**
 * A callback as a name and its options; the same id is the same callback, which goes on with what it keeps of a
 * network.
 */
export interface PackedCallback {
  readonly id: number;
  readonly name: string;
  readonly options: object | undefined;
}

/** The options of a fit, as far as they can cross. */
export interface PackedFit {
  readonly options: Readonly<Record<string, unknown>>;
  readonly optimizer: PackedOptimizer | undefined;
  readonly hasSchedule: boolean;
  readonly wantsBatches: boolean;
  readonly wantsReports: boolean;
  /** Those that run inside, in their order. */
  readonly callbacks: readonly PackedCallback[];
  /** It is to stop before its first step. */
  readonly stop: "aborted" | "callback" | undefined;
}

/** A treatment: what it put aside stays in the worker, under its handle. */
export interface PackedTreatment extends Pick<
  Treatment,
  "remedy" | "outputChange" | "treated" | "findings" | "besides"
> {
  readonly handle: number;
  /** The network as it is now; a new one where it is another. */
  readonly described: Described;
  readonly isNew: boolean;
  readonly text: string;
  readonly before: WithText<Diagnosis>;
  readonly after: WithText<Diagnosis>;
}

/** Options of fit as data. */
type FitData = Omit<FitOptions, "optimizer" | "callbacks" | "learningRate" | "signal"> & {
  readonly learningRate?: number | Schedule;
  readonly optimizer?: Pick<Optimizer, "name" | "options">;
  readonly callbacks?: readonly CallbackData[];
};

export interface PackedPrescribe {
  readonly fit: FitData;
  readonly options: Omit<PrescribeOptions, "signal" | "onTrial" | "journal">;
  readonly program: Program | undefined;
  /** Of a network that is to go on, by layer. */
  readonly start?: readonly Weights[] | undefined;
}

export interface PackedProve {
  readonly options: Omit<ProveOptions, "signal" | "onProgress">;
  readonly program: Program | undefined;
}

export interface PackedRates extends Omit<LearningRateOptions, "signal" | "onProgress" | "optimizer"> {
  /** It is to stop before its first update. */
  readonly isAborted?: boolean;
  readonly optimizer?: Pick<Optimizer, "name" | "options">;
}

export interface PackedTrial extends Omit<Trial, "fit" | "callbacks"> {
  readonly fit: FitData;
  readonly callbacks?: readonly CallbackData[];
}

/** A prescription: the best and the baseline are trials, by their places. */
export type PackedPrescription = WithText<
  Omit<Prescription, "trials" | "best" | "baseline" | "diagnosis" | "toString"> & {
    readonly trials: readonly PackedTrial[];
    readonly baseline: number;
    readonly best: number;
    readonly diagnosis?: WithText<Diagnosis>;
  }
>;

export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Of a RelumineError. */
  readonly refusal?: Refusal;
}

type Refusal = Pick<RelumineError, "code" | "path" | "expected" | "given" | "hint">;

/** A RelumineError is told by its name: a program of bundles may hold the class twice. */
function refusalOf(error: Error): Refusal | undefined {
  if (error.name !== "RelumineError") return undefined;
  const { code, path, expected, given, hint } = error as RelumineError;
  return { code, path, expected, given, hint };
}

export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof Error)) return { name: "Error", message: describe(thrown) };
  const { name, message, stack } = thrown;
  const refusal = refusalOf(thrown);
  return { name, message, ...(stack !== undefined && { stack }), ...(refusal && { refusal }) };
}

/** The same error on this side: a RelumineError with its code, or an Error with the other one's name. */
export function unpackError({ name, message, stack, refusal }: PackedError): Error {
  const error = refusal
    ? new RelumineError(refusal.code, refusal.path, refusal.expected, refusal.given, refusal.hint)
    : Object.assign(new Error(message), { name });
  if (stack !== undefined) error.stack = stack;
  return error;
}

type TypedArray = Float32Array<ArrayBuffer>;

/** A copy of what the view shows and no more: a structured clone would take the whole buffer below it along. */
function copyView(view: ArrayBufferView): TypedArray {
  const bytes = new Uint8Array(view.byteLength);
  if (view.byteLength > 0) bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)); // 0: maybe detached
  const kind = Object.prototype.toString.call(view).slice(8, -1) as "Float32Array"; // a Buffer's too is "Uint8Array"
  return new globalThis[kind](bytes.buffer);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * A value as it can be posted. Typed arrays are copied and the copies listed in `transfer`; with `move` the arrays
 * themselves are, where they fill their buffers.
 * @throws RelumineError "value" that names what can't cross
 */
export function pack(name: string, value: unknown, transfer: ArrayBuffer[], move = false): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new RelumineError("value", name, "to be what a worker can be sent", describe(value));
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteLength } = value;
    const isMoved = move && byteLength > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    const sent = isMoved ? (value as TypedArray) : copyView(value);
    if (!transfer.includes(sent.buffer)) transfer.push(sent.buffer);
    return sent;
  }
  if (Array.isArray(value)) {
    const isFlat = value.every((each) => typeof each === "number" || typeof each === "string");
    return isFlat ? value : value.map((each, index) => pack(`${name}[${index}]`, each, transfer, move));
  }
  if (!isPlain(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, pack(`${name}.${key}`, each, transfer, move)]),
  );
}
