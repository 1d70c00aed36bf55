// The network as the page meets it: the same methods, each with a promise.
import type { Connection, Follow } from "./connection.js";
import { RemoteFit } from "./remote-fit.js";
import { sendable, sendableData } from "./sendable.js";
import { absolute, connect } from "./start.js";
import type { Described, ToWorker } from "../protocol.js";
import type {
  RemoteFitOptions,
  RemoteLayer,
  RemoteNetwork,
  Snapshot,
  SnapshotOptions,
  WorkerOptions,
} from "../types.js";
import { checkOptions, describe } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import type { Matrix, Samples } from "../../core/matrix.js";
import type { ImportOptions } from "../../formats/model.js";
import type { BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import type { Evaluation, Gradients, History, Weights } from "../../network/types.js";

/** What functions of this package see of a remote network. */
export interface RemoteInside {
  call<T>(name: string, ...args: readonly unknown[]): Promise<T>;
  /** A call that tells how far it is, and can be stopped by its id. */
  follow<T>(name: string, args: readonly unknown[], listen: Follow): Promise<T>;
  stop(id: number): void;
  post(message: ToWorker, transfer?: ArrayBuffer[]): void;
  /** Another network in the same worker. */
  adopt(described: Described): RemoteNetwork;
  /** A treatment has changed it. */
  update(described: Described): void;
}

const insides = new WeakMap<object, RemoteInside>();

/** @throws RelumineError "value" */
export function remoteOf(network: unknown): RemoteInside {
  const inside = typeof network === "object" && network !== null ? insides.get(network) : undefined;
  if (inside) return inside;
  const what = 'to be what createNetwork of "relumine/worker" returns';
  throw new RelumineError("value", "network", what, describe(network));
}

const dropped = /* @__PURE__ */ new FinalizationRegistry<() => void>((release) => release());

/** A function by itself, so that it does not hold the network. */
function releaser(connection: Connection, network: number): () => void {
  return () => connection.release(network);
}

class WorkerNetwork implements RemoteNetwork {
  readonly runtime: RemoteNetwork["runtime"];
  readonly #id: number;
  readonly #connection: Connection;
  #described: Described;
  #layers: readonly RemoteLayer[] = [];
  #isDisposed = false;

  constructor(connection: Connection, described: Described) {
    this.#connection = connection;
    this.#id = described.network;
    this.#described = described;
    this.runtime = described.runtime;
    this.#update(described);
    insides.set(this, {
      call: (name, ...args) => this.#call(name, ...args),
      follow: async <T>(name: string, args: readonly unknown[], follow: Follow) => {
        this.#check();
        return (await connection.call(this.#id, name, args, { owner: this, follow })) as T;
      },
      post: (message, transfer) => connection.post(message, transfer),
      stop: (id) => connection.post({ kind: "stop", id, reason: "aborted" }),
      adopt: (other) => new WorkerNetwork(connection, other),
      update: (other) => this.#update(other),
    });
    connection.networks++;
    dropped.register(this, releaser(connection, described.network), this);
  }

  get spec(): NetworkSpec {
    return this.#described.spec;
  }

  get layers(): readonly RemoteLayer[] {
    return this.#layers;
  }

  get parameterCount(): number {
    return this.#described.parameterCount;
  }

  #update(described: Described): void {
    this.#described = described;
    this.#layers = described.layers.map((layer, index) => ({
      ...layer,
      getWeights: () => this.#call<Weights>("getWeights", index),
      setWeights: (weights) => this.#call<void>("setWeights", index, weights),
    }));
  }

  async fit(data: DataSet | BatchSource, options?: RemoteFitOptions): Promise<History> {
    this.#check();
    return new RemoteFit(this.#connection, this, options).run(this.#id, data);
  }

  async restoreEpochStart(): Promise<void> {
    return this.#call("restoreEpochStart");
  }

  async evaluate(data: DataSet): Promise<Evaluation> {
    return this.#call("evaluate", sendableData("data", data));
  }

  async gradients(data: DataSet): Promise<Gradients> {
    return this.#call("gradients", sendableData("data", data));
  }

  async predict(x: Samples, options?: { logits?: boolean }): Promise<Matrix> {
    return this.#call("predict", sendable("x", x), options);
  }

  async snapshot(options?: SnapshotOptions): Promise<Snapshot> {
    return this.#call("snapshot", options?.x === undefined ? options : { ...options, x: sendable("x", options.x) });
  }

  async clone(): Promise<RemoteNetwork> {
    return new WorkerNetwork(this.#connection, await this.#call("clone"));
  }

  async summary(): Promise<string> {
    return this.#call("summary");
  }

  async call(operation: string, ...args: readonly unknown[]): Promise<unknown> {
    return this.#call(operation, ...args);
  }

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
    if (this.#isDisposed) throw disposedError();
  }

  async #call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    this.#check();
    return (await this.#connection.call(this.#id, name, args, { owner: this })) as T;
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
  const connection = await connect(worker);
  try {
    const described = await connection.call(0, what, [first, { ...given, files }]);
    return new WorkerNetwork(connection, described as Described);
  } catch (error) {
    connection.close(disposedError());
    throw error;
  }
}

/**
 * A network in a worker of its own (a Web Worker, or one of worker_threads), with initial weights drawn from its
 * seed: see createNetwork of "relumine". The page, or the server's event loop, stays free while it trains.
 * @param options as for "relumine", and worker: the URL of a worker's file, or a function that starts a worker
 * @cost the start of a worker, some tens of milliseconds; clones share it
 * @throws RelumineError "value" or "memory" as createNetwork does, "unsupported" where the worker does not start (as
 *   rejections)
 * @example
 * const network = await createNetwork({ inputs: 2, layers: [{ units: 16 }, { units: 1 }], loss: "meanSquaredError" });
 * await network.fit({ x, y });
 */
export function createNetwork(spec: NetworkSpec, options?: WorkerOptions): Promise<RemoteNetwork> {
  return start("create", spec, options, []);
}

/**
 * The network in a file that exportNetwork wrote, in a worker of its own: see importNetwork of "relumine".
 * @param bytes the whole file
 * @cost the start of a worker, and a copy of the bytes
 * @throws RelumineError as importNetwork, and "unsupported" where the worker does not start (as rejections)
 * @example const network = await importNetwork(new Uint8Array(await response.arrayBuffer()));
 */
export function importNetwork(bytes: Uint8Array, options?: ImportOptions & WorkerOptions): Promise<RemoteNetwork> {
  return start("import", bytes, options, ["format", "loss"]);
}
