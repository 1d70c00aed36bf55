// The network as the page meets it: the same methods, each with a promise.
import { startWorker } from "#worker";
import { Connection } from "./connection.js";
import { checkWorker, type WorkerLike } from "../port.js";
import type { Described } from "../protocol.js";
import { RemoteFit, type RemoteFitOptions, type RemoteHistory } from "./remote-fit.js";
import { sendable, sendableData } from "./sendable.js";
import type { Snapshot, SnapshotOptions } from "../thread/snapshot.js";
import { checkOptions, describe } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import type { Matrix, Samples } from "../../core/matrix.js";
import type { Diagnosis, DiagnoseOptions } from "../../diagnosis/types.js";
import type { ExportOptions, ImportOptions, ModelFormat } from "../../formats/model.js";
import type { Metrics, Weights } from "../../network/types.js";
import type { DataSet } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import type { ResolvedActivation } from "../../activations/activations.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";

export interface WorkerOptions extends RuntimeOptions {
  /**
   * The worker to start instead of the package's own, which travels inside the JavaScript and starts from a blob: URL. Where a content security
   * policy forbids that: the URL of the exported file, relumine/worker-thread.js. Or a function that starts a worker whose program calls serve().
   */
  readonly worker?: string | URL | (() => WorkerLike);
}

export interface RemoteLayer {
  readonly inputs: number;
  readonly units: number;
  readonly activation: ResolvedActivation;
  /** Copies, as DenseLayer.getWeights. */
  getWeights(): Promise<Weights>;
  /** As DenseLayer.setWeights. */
  setWeights(weights: Partial<Weights>): Promise<void>;
}

const dropped = new FinalizationRegistry<() => void>((release) => release());

/**
 * A network in a worker. Calls are answered in turn, while a fit runs between two of its steps. Every method rejects with RelumineError "disposed"
 * after dispose(), and when the worker has died. Errors are the worker's: a RelumineError with its code.
 */
export class RemoteNetwork implements AsyncDisposable {
  /** Defaults filled in. */
  readonly spec: NetworkSpec;
  readonly runtime: { readonly simd: "strict" | "relaxed"; readonly threads: number };
  readonly layers: readonly RemoteLayer[];
  readonly parameterCount: number;
  readonly #id: number;
  readonly #connection: Connection;
  #isDisposed = false;

  /** @internal */
  constructor(connection: Connection, { network, spec, runtime, parameterCount, layers }: Described) {
    this.#connection = connection;
    this.#id = network;
    this.spec = spec;
    this.runtime = runtime;
    this.parameterCount = parameterCount;
    this.layers = layers.map((layer, index) => ({
      ...layer,
      getWeights: () => this.#call<Weights>("getWeights", index),
      setWeights: (weights) => this.#call<void>("setWeights", index, weights),
    }));
    connection.networks++;
    dropped.register(this, () => connection.release(network), this);
  }

  /**
   * Trains, as Network.fit does, bit for bit. Differences: callbacks see it from outside, in batches of logs; those of the package run inside
   * the worker by name; a schedule is asked for the steps of whole epochs ahead.
   * @throws RelumineError as Network.fit, and what a callback or the schedule threw (as rejections)
   * @example
   * const { inWorker } = await network.fit(data, { epochs: 50, inWorker: { traceDeaths: {} }, callbacks: [{ onEpochEnd: ({ loss }) => show(loss) }] });
   * for (const { explanation } of inWorker.traceDeaths.deaths) console.log(explanation);
   */
  async fit(data: DataSet, options?: RemoteFitOptions): Promise<RemoteHistory> {
    this.#check();
    return new RemoteFit(this.#connection, this, options).run(this.#id, data);
  }

  /** As Network.evaluate. */
  async evaluate(data: DataSet): Promise<Metrics> {
    return this.#call("evaluate", sendableData("data", data));
  }

  /** As Network.predict. */
  async predict(x: Samples, options?: { logits?: boolean }): Promise<Matrix> {
    return this.#call("predict", sendable("x", x), options);
  }

  /** As diagnose(network, x, options). */
  async diagnose(x: Samples, options?: DiagnoseOptions): Promise<Diagnosis> {
    const given =
      options?.targets === undefined ? options : { ...options, targets: sendable("targets", options.targets) };
    const { diagnosis, text } = await this.#call<{ diagnosis: Diagnosis; text: string }>(
      "diagnose",
      sendable("x", x),
      given,
    );
    return Object.defineProperty(diagnosis, "toString", { value: () => text });
  }

  /** As exportNetwork(network, format, options). */
  async exportNetwork(format: ModelFormat, options?: ExportOptions): Promise<Uint8Array> {
    return this.#call("exportNetwork", format, options);
  }

  /**
   * One look at the network, all of the same step: for a page that draws it while it trains. Ask for the next one when this one is there.
   * @param options weights (true); x: rows x inputs, to see each layer's activations (true) and preactivations (false)
   * @throws RelumineError "value", "shape" or "disposed" (as a rejection)
   * @example const { step, layers } = await network.snapshot({ x: grid });
   */
  async snapshot(options?: SnapshotOptions): Promise<Snapshot> {
    return this.#call("snapshot", options?.x === undefined ? options : { ...options, x: sendable("x", options.x) });
  }

  /** Another network in the same worker: see Network.clone. */
  async clone(): Promise<RemoteNetwork> {
    return new RemoteNetwork(this.#connection, await this.#call("clone"));
  }

  /** As Network.summary. */
  async summary(): Promise<string> {
    return this.#call("summary");
  }

  /**
   * Runs an operation of a worker of one's own (see serve) on this network.
   * @example const largest = await network.call("largestBias");
   */
  async call(operation: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#call(operation, ...args);
  }

  /** Ends the network, whatever it is doing: what is pending is rejected. With the last network the worker ends. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    dropped.unregister(this);
    this.#connection.release(this.#id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #check(): void {
    if (this.#isDisposed) throw disposed();
  }

  async #call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    this.#check();
    return (await this.#connection.call(this.#id, name, args, { owner: this })) as T;
  }
}

function disposed(): RelumineError {
  return disposedError();
}

/** Addresses are the page's, not those of a worker that started from a blob. */
function absolute(name: string, url: string | URL | undefined): string | undefined {
  if (url === undefined) return undefined;
  const base = globalThis.document?.baseURI ?? (globalThis.location as Location | undefined)?.href;
  if (typeof url !== "string" && !(url instanceof URL))
    throw new RelumineError("value", name, "to be a URL", describe(url));
  try {
    return base === undefined ? String(url) : String(new URL(url, base));
  } catch {
    throw new RelumineError("value", name, "to be a URL", describe(url));
  }
}

async function startGiven(worker: WorkerOptions["worker"]): Promise<WorkerLike> {
  if (typeof worker === "function") return checkWorker(worker());
  const url = absolute("options.worker", worker);
  try {
    return await startWorker(url);
  } catch (error) {
    throw new RelumineError(
      "unsupported",
      "options.worker",
      "to be a file from the page's own origin, or none",
      `one that does not start here (${(error as Error).message})`,
    );
  }
}

/** In a worker of its own, the network that `what` makes of `args`. */
async function start(
  what: "create" | "import",
  first: unknown,
  options: WorkerOptions | undefined,
  known: readonly string[],
): Promise<RemoteNetwork> {
  const { worker, ...given } = checkOptions<WorkerOptions>("options", options, [
    "arithmetic",
    "threads",
    "files",
    "worker",
    ...known,
  ]);
  const named = Object.entries(checkOptions("files", given.files, ["strict", "relaxed", "helper"]));
  const files = Object.fromEntries(
    named.map(([name, url]) => [name, absolute(`files.${name}`, url as string | URL | undefined)]),
  );
  const connection = new Connection(await startGiven(worker));
  try {
    const described = await connection.call(0, what, [first, { ...given, files }]);
    return new RemoteNetwork(connection, described as Described);
  } catch (error) {
    connection.close(disposed());
    throw error;
  }
}

/**
 * A network in a worker of its own (a Web Worker, or one of worker_threads), with initial weights drawn from its seed: see createNetwork of "relumine".
 * The page, or the server's event loop, stays free while it trains.
 * @param options as for "relumine", and worker: the URL of a worker's file, or a function that starts a worker
 * @throws RelumineError "value" or "memory" as createNetwork does, "unsupported" where the worker does not start (as rejections)
 * @example
 * const network = await createNetwork({ inputs: 2, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError" });
 * await network.fit({ x, y });
 */
export function createNetwork(spec: NetworkSpec, options?: WorkerOptions): Promise<RemoteNetwork> {
  return start("create", spec, options, []);
}

/**
 * The network in a file that exportNetwork wrote, in a worker of its own: see importNetwork of "relumine".
 * @throws RelumineError as importNetwork, and "unsupported" where the worker does not start (as rejections)
 * @example const network = await importNetwork(new Uint8Array(await response.arrayBuffer()));
 */
export function importNetwork(bytes: Uint8Array, options?: ImportOptions & WorkerOptions): Promise<RemoteNetwork> {
  return start("import", bytes, options, ["format", "loss"]);
}
