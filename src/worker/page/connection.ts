// The page's side of one worker: calls and their answers, messages about fits, and the worker's end.
import { awaitRelease, nameLock } from "../alive.js";
import { attach, setBusy, type WorkerLike } from "../port.js";
import { type FromWorker, pack, type ToWorker, unpackError } from "../protocol.js";
import { disposedError, RelumineError } from "../../core/errors.js";

interface Pending {
  /** Kept from being collected until the answer is there. */
  readonly owner: object | undefined;
  readonly network: number;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** What comes about a call while it runs. */
export type Meanwhile = Extract<
  FromWorker,
  { kind: "report" | "wantRates" | "wantBlock" | "trial" | "progress" | "proof" }
>;
/** Called when a call was posted; returns what hears of it meanwhile. */
export type Follow = (id: number) => (message: Meanwhile) => void;

interface CallOptions {
  readonly owner?: object;
  /** Arrays are handed over, not copied. */
  readonly move?: boolean;
  readonly follow?: Follow;
}

export class Connection {
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Map<number, (message: Meanwhile) => void>();
  private readonly lock = nameLock();
  private calls = 0;
  private end: RelumineError | undefined;
  /** Networks in use; after the last one the worker ends. */
  networks = 0;

  constructor(private readonly worker: WorkerLike) {
    attach(
      worker,
      (message) => this.hear(message),
      (why) => this.die(why),
    );
    this.post({ kind: "hello", lock: this.lock });
  }

  /** One call and its answer. */
  async call(
    network: number,
    name: string,
    args: readonly unknown[],
    { owner, move = false, follow }: CallOptions = {},
  ): Promise<unknown> {
    this.check();
    const transfer: ArrayBuffer[] = [];
    const packed = args.map((arg, index) =>
      pack(index === 0 ? name : `${name}'s argument ${index}`, arg, transfer, move),
    );
    const id = ++this.calls;
    try {
      return await new Promise((resolve, reject) => {
        this.pending.set(id, { owner, network, resolve, reject });
        setBusy(this.worker, true);
        this.post({ kind: "call", id, network, name, args: packed }, transfer);
        if (follow) this.listeners.set(id, follow(id));
      });
    } finally {
      this.pending.delete(id);
      this.listeners.delete(id);
      if (this.pending.size === 0) setBusy(this.worker, false);
    }
  }

  post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    if (this.end) return;
    try {
      this.worker.postMessage(message, transfer);
    } catch (error) {
      throw new RelumineError("value", "", "what a worker can be sent", (error as Error).message);
    }
  }

  /** Ends the worker: what is pending is rejected, and later calls are. */
  close(end: RelumineError): void {
    if (this.end) return;
    this.end = end;
    void this.worker.terminate();
    for (const { reject } of this.pending.values()) reject(end);
  }

  /** Ends one network, and with the last one the worker: at once, in the midst of whatever it does. */
  release(network: number): void {
    const end = disposedError();
    if (--this.networks === 0) return this.close(end);
    for (const call of this.pending.values()) if (call.network === network) call.reject(end);
    this.post({ kind: "call", id: ++this.calls, network, name: "dispose", args: [] });
  }

  private check(): void {
    if (!this.end) return;
    const { code, path, expected, given, hint } = this.end;
    throw new RelumineError(code, path, expected, given, hint);
  }

  private die(why: string): void {
    if (this.hasAnswered)
      return this.close(
        new RelumineError(
          "disposed",
          "the worker",
          "to be alive",
          `one that has died (${why})`,
          "Call createNetwork again",
        ),
      );
    const hint = "Where a content security policy forbids blob:, name a file in options.worker";
    this.close(new RelumineError("unsupported", "the worker", "to start here", `none that does (${why})`, hint));
  }

  private hasAnswered = false;

  private hear(message: FromWorker | null): void {
    if (typeof message !== "object" || message === null) return; // a stray one, of a custom worker's own
    this.hasAnswered = true;
    if (message.kind === "alive") awaitRelease(this.lock, () => this.die("it was ended"));
    else if (message.kind === "result") this.pending.get(message.id)?.resolve(message.value);
    else if (message.kind === "error") this.pending.get(message.id)?.reject(unpackError(message.error));
    else this.listeners.get(message.id)?.(message);
  }
}
