// What goes between a page and the worker that holds its networks: the messages, how values and errors are packed into them.
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { EpochLog, History } from "../network/types.js";
import type { ResolvedActivation } from "../activations/activations.js";
import type { OptimizerOptions } from "../network/training/optimizers.js";
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
  /** The report that came last was read: the next one may come. */
  | { readonly kind: "read"; readonly id: number }
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
    };

/** What happened in a fit since the last report. */
export interface Report {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  /** [step, epoch, loss] of each batch; empty where nobody asked. */
  readonly batches: Float64Array;
  readonly epochs: readonly EpochLog[];
  /** By name, what callbacks inside the worker have found. */
  readonly inWorker: Readonly<Record<string, unknown>>;
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

/** The options of a fit, as far as they can cross. */
export interface PackedFit {
  readonly options: Readonly<Record<string, unknown>>;
  readonly optimizer: PackedOptimizer | undefined;
  readonly hasSchedule: boolean;
  readonly wantsBatches: boolean;
  readonly wantsReports: boolean;
  readonly inWorker: Readonly<Record<string, unknown>>;
  /** It is to stop before it has begun. */
  readonly stop: "aborted" | "callback" | undefined;
}

/** What a fit comes back with. */
export interface PackedHistory {
  readonly history: History;
  readonly inWorker: Readonly<Record<string, unknown>>;
}

export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Of a RelumineError. */
  readonly refusal?: Pick<RelumineError, "code" | "path" | "expected" | "given" | "hint">;
}

export function packError(thrown: unknown): PackedError {
  if (!(thrown instanceof Error)) return { name: "Error", message: describe(thrown) };
  const { name, message, stack } = thrown;
  const refusal = name === "RelumineError" ? refusalOf(thrown as RelumineError) : undefined;
  return { name, message, ...(stack !== undefined && { stack }), ...(refusal && { refusal }) };
}

function refusalOf({ code, path, expected, given, hint }: RelumineError): PackedError["refusal"] {
  return { code, path, expected, given, hint };
}

/** The same error on this side: a RelumineError with its fields, or an Error with the other one's name. */
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
  bytes.set(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const kind = Object.prototype.toString.call(view).slice(8, -1) as "Float32Array"; // a Buffer's too is "Uint8Array"
  return new globalThis[kind](bytes.buffer);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/**
 * A value as it can be posted. Typed arrays are copied and the copies listed in `transfer`; with `move` the arrays themselves are, where
 * they fill their buffers.
 * @throws RelumineError "value" that names what can't cross
 */
export function pack(name: string, value: unknown, transfer: ArrayBuffer[], move = false): unknown {
  if (typeof value === "function" || typeof value === "symbol")
    throw new RelumineError("value", name, "to be what a worker can be sent", describe(value));
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) {
    const isMoved = move && value.buffer instanceof ArrayBuffer && value.buffer.byteLength === value.byteLength;
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
