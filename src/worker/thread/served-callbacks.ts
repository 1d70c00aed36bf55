// The callbacks that run beside a network inside the worker: those of the package, and those that a worker of one's
// own knows.
import type { PackedCallback } from "../protocol.js";
import { checkName } from "../../core/checks.js";
import { actOn, resultsOf } from "../../network/training/callbacks.js";
import type { DataSet } from "../../network/data.js";
import type { Callback, Network, PackageCallback } from "../../network/types.js";
import { callbackNames, callbackOf } from "../../treatment/callbacks.js";

/** A callback of a custom worker. */
export interface WorkerCallback extends Callback {
  /** What it has found so far, copied to the page as `results`: plain objects, arrays and typed arrays. */
  read?(): unknown;
}

/** Makes a callback of one fit from the options that the page gave. */
export type CallbackMaker = (options: never, data: DataSet) => WorkerCallback;

export interface ServedCallback {
  readonly callback: Callback | PackageCallback;
  readonly read: () => object;
}

export class ServedCallbacks {
  /** Of each network, by the page's numbers: the same object of the page is the same callback. */
  private readonly known = new WeakMap<Network, Map<number, PackageCallback>>();

  constructor(private readonly own: Readonly<Record<string, CallbackMaker>>) {}

  /** @throws RelumineError "value" for a name or options that are wrong */
  serve(network: Network, packed: readonly PackedCallback[], data: DataSet): ServedCallback[] {
    return packed.map((each) => this.serveOne(network, each, data));
  }

  private serveOne(network: Network, packed: PackedCallback, data: DataSet): ServedCallback {
    const name = checkName("callback", packed.name, [...Object.keys(this.own), ...callbackNames()]);
    if (Object.hasOwn(this.own, name)) {
      const callback = this.own[name](packed.options as never, data);
      return { callback, read: () => ({ results: callback.read?.() }) };
    }
    const callback = this.ofPackage(network, packed);
    return { callback, read: () => resultsOf(callback) };
  }

  /** What a method of one that was served asks for; returns all that it has found then. */
  async act(network: Network, id: number, name: string, argument: unknown): Promise<object | undefined> {
    const callback = this.known.get(network)?.get(id);
    if (!callback) return undefined;
    await actOn(callback, name, argument);
    return resultsOf(callback);
  }

  private ofPackage(network: Network, packed: PackedCallback): PackageCallback {
    const known = this.known.get(network) ?? new Map<number, PackageCallback>();
    this.known.set(network, known);
    const callback = known.get(packed.id) ?? callbackOf(packed);
    known.set(packed.id, callback);
    return callback;
  }
}
