// ONNX Runtime as far as it is used here: the caller's own, onnxruntime-web or onnxruntime-node.
import { checkFunction, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { productOf } from "../arrays/numbers.js";
import { halfToNumber } from "../core/rows/compact.js";

/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  /** "float32", "int64" and so on. */
  readonly type: string;
  /** Its numbers, row-major. */
  readonly data: unknown;
  /** Its shape. */
  readonly dims: readonly number[];
  /** Gives its memory back. */
  dispose?(): void;
}

/** A session of ONNX Runtime. */
export interface OnnxSession {
  /** As InferenceSession.run of ONNX Runtime. */
  run(feeds: Record<string, never>, fetches: string[]): Promise<Readonly<Record<string, OnnxTensor>>>;
  /** Gives its memory back. */
  release?(): Promise<void>;
}

/** Makes a tensor of a type's name, numbers and a shape. */
export interface OnnxTensorConstructor {
  /** As Tensor.constructor of ONNX Runtime. */
  new (type: never, data: never, dims: readonly number[]): OnnxTensor;
}

/** ONNX Runtime: what `import * as ort from "onnxruntime-web"` (or onnxruntime-node) gives. */
export interface OnnxRuntime {
  /** Makes sessions. */
  readonly InferenceSession: {
    /** As InferenceSession.create of ONNX Runtime, of bytes. */
    create(model: Uint8Array, options?: Record<string, never>): Promise<OnnxSession>;
  };
  /** Makes tensors. */
  readonly Tensor: OnnxTensorConstructor;
}

/** @throws RelumineError "value" */
export function checkRuntime(ort: unknown): OnnxRuntime {
  const { InferenceSession, Tensor } = ((typeof ort === "object" || typeof ort === "function" ? ort : undefined) ??
    {}) as Partial<OnnxRuntime>;
  if (typeof InferenceSession?.create === "function" && typeof Tensor === "function") return ort as OnnxRuntime;
  const hint = 'Give what import * as ort from "onnxruntime-web" (or "onnxruntime-node") gives';
  throw new RelumineError("value", "ort", "to be ONNX Runtime, with InferenceSession and Tensor", describe(ort), hint);
}

/** What the runtime itself says is a stranger's text. */
function failed(what: string, error: unknown): RelumineError {
  if (error instanceof RelumineError) return error;
  const message = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
  const given = `an error of ONNX Runtime: ${message.slice(0, 400)}`;
  return new RelumineError("unsupported", what, "to run in this ONNX Runtime", given);
}

/** Runs a graph for as long as `use` needs it. */
export async function withSession<T>(
  ort: OnnxRuntime,
  model: Uint8Array,
  options: object | undefined,
  use: (run: RunGraph) => Promise<T>,
): Promise<T> {
  let session: OnnxSession;
  try {
    session = await ort.InferenceSession.create(model, { logSeverityLevel: 3, ...options } as never);
    checkFunction("ort.InferenceSession.create(...).run", session.run);
  } catch (error) {
    throw failed("the model", error);
  }
  try {
    return await use((feeds, fetches) => runSession(session, feeds, fetches));
  } finally {
    await session.release?.();
  }
}

export type Feeds = Readonly<Record<string, OnnxTensor>>;

/** An output: its numbers, which are the caller's to keep, and its shape. */
export interface Fetched {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Runs a graph; the tensors that are fed are disposed of. */
export type RunGraph = (feeds: Feeds, fetches: readonly string[]) => Promise<ReadonlyMap<string, Fetched>>;

async function runSession(session: OnnxSession, feeds: Feeds, fetches: readonly string[]) {
  let results: Readonly<Record<string, OnnxTensor>> = {};
  try {
    results = (await session.run(feeds as never, [...fetches])) ?? {};
    return new Map(fetches.map((name) => [name, read(name, results[name])]));
  } catch (error) {
    throw failed("the model", error);
  } finally {
    for (const tensor of [...Object.values(feeds), ...Object.values(results)]) tensor.dispose?.();
  }
}

function read(name: string, tensor: OnnxTensor | undefined): Fetched {
  const { data, dims, type } = tensor ?? {};
  const size = dims && productOf(dims);
  const isArray = ArrayBuffer.isView(data) && "length" in data && data.length === size;
  if (!isArray || !dims)
    throw new RelumineError("value", `ort's output ${describe(name)}`, "to be a tensor in memory", describe(tensor));
  return { data: toFloats(data as unknown as ArrayLike<number>, type!), shape: [...dims] };
}

function toFloats(data: ArrayLike<number | bigint>, type: string): Float32Array {
  if (data instanceof Float32Array) return data;
  const isHalf = type === "float16" && data instanceof Uint16Array;
  return Float32Array.from(data as ArrayLike<number>, isHalf ? halfToNumber : Number);
}
