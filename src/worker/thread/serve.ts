// The worker's side: answers calls from the page on networks that live here.
import { ownPort } from "#worker-port";
import { holdLock } from "../alive.js";
import type { CallbackMaker } from "../in-worker.js";
import { type Operation, OPERATIONS } from "./operations.js";
import type { OwnPort } from "../port.js";
import {
  type Described,
  type FromWorker,
  pack,
  packError,
  type PackedFit,
  type PackedOptimizer,
  type ToWorker,
} from "../protocol.js";
import { ServedFit } from "./serve-fit.js";
import { type SnapshotOptions, takeSnapshot } from "./snapshot.js";
import { checkName } from "../../core/checks.js";
import { disposedError, RelumineError } from "../../core/errors.js";
import { type ImportOptions, importNetwork } from "../../formats/model.js";
import type { DataSet } from "../../network/data.js";
import { createNetwork } from "../../network/network.js";
import type { Network } from "../../network/types.js";
import { type Optimizer, rebuildOptimizer } from "../../network/training/optimizers.js";
import type { NetworkSpec } from "../../network/spec.js";
import type { RuntimeOptions } from "../../wasm/runtime.js";

export interface ServeOptions {
  /** By name, for `network.call(name, ...args)`. */
  readonly operations?: Readonly<Record<string, Operation>>;
  /** By name, for `fit(data, { inWorker: { [name]: options } })`. */
  readonly callbacks?: Readonly<Record<string, CallbackMaker>>;
}

type Call = Extract<ToWorker, { kind: "call" }>;

class Server {
  private readonly networks = new Map<number, Network>();
  private readonly optimizers = new Map<number, Optimizer>();
  /** The fits under way, by their calls. */
  private readonly fits = new Map<number, ServedFit>();
  /** The last fit of each network. */
  private readonly lastFits = new WeakMap<Network, ServedFit>();
  private made = 0;

  constructor(
    private readonly port: OwnPort,
    private readonly own: ServeOptions,
  ) {}

  readonly hear = (message: ToWorker | null): void => {
    if (typeof message !== "object" || message === null) return; // a stray one, of the caller's own
    if (message.kind === "hello") holdLock(message.lock, () => this.post({ kind: "alive" }));
    else if (message.kind === "call") void this.answer(message);
    else if (message.kind === "stop") this.fits.get(message.id)?.stop(message.reason);
    else if (message.kind === "read") this.fits.get(message.id)?.reportWasRead();
    else this.fits.get(message.id)?.takeRates(message.first, message.rates as Float64Array<ArrayBuffer>);
  };

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
    const { name, args } = call;
    if (name === "create") return this.adopt(createNetwork(args[0] as NetworkSpec, args[1] as RuntimeOptions));
    if (name === "import") return this.adopt(importNetwork(args[0] as Uint8Array, args[1] as ImportOptions));
    const network = this.networks.get(call.network);
    if (!network) throw disposedError();
    if (name === "clone") return this.adopt(network.clone());
    if (name === "fit") return this.fit(network, call);
    if (name === "snapshot") return this.snapshot(network, args[0] as SnapshotOptions);
    if (name === "dispose") return this.dispose(call.network, network);
    const operations = { ...OPERATIONS, ...this.own.operations };
    return operations[checkName("the operation", name, Object.keys(operations))](network, ...(args as never[]));
  }

  private async adopt(making: Promise<Network>): Promise<Described> {
    const network = await making;
    const id = ++this.made;
    this.networks.set(id, network);
    const { spec, runtime, parameterCount } = network;
    const layers = network.layers.map(({ inputs, units, activation }) => ({ inputs, units, activation }));
    return { network: id, spec, runtime: { ...runtime }, parameterCount, layers };
  }

  private async fit(network: Network, { id, args }: Call): Promise<unknown> {
    const [data, packed] = args as [DataSet, PackedFit];
    const fit = new ServedFit(id, this.post, data, packed, this.own.callbacks ?? {});
    this.fits.set(id, fit);
    try {
      const running = fit.run(network, packed.optimizer && this.optimizer(packed.optimizer));
      this.lastFits.set(network, fit);
      return await running;
    } finally {
      this.fits.delete(id);
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
    network.dispose();
  }
}

/**
 * Makes a worker's own program one that holds networks: for a worker of one's own, which knows more than the package's. Call it once, at the start.
 * @param options operations: by name, for `network.call(name, ...args)`; callbacks: by name, for `fit(data, { inWorker: { [name]: options } })`
 * @throws RelumineError "unsupported" outside of a worker
 * @example
 * // my-worker.js, started by createNetwork(spec, { worker: () => new Worker(new URL("./my-worker.js", import.meta.url), { type: "module" }) })
 * import { serve } from "relumine/worker/serve";
 * serve({ operations: { largestBias: (network) => Math.max(...network.layers[0].getWeights().bias) } });
 */
export function serve(options: ServeOptions = {}): void {
  const port = ownPort();
  if (!port)
    throw new RelumineError(
      "unsupported",
      "serve",
      "to be called in the worker's own program",
      "a call outside of a worker",
    );
  const server = new Server(port, options);
  port.listen(server.hear as (message: never) => void);
}
