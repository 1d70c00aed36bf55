// A source of batches for a fit in a worker: asked on this side for one batch after the other, as the worker asks,
// which it does once it has copied the last one. What it says of itself is judged there.
import { sendableData } from "./sendable.js";
import { packNext } from "./sent-blocks.js";
import { type BatchesInside, type FromWorker, packError, type ToWorker } from "../protocol.js";
import { openBlocks } from "../../core/blocks.js";
import { checkFunction } from "../../core/checks.js";
import type { BatchSource } from "../../network/batches.js";

type Post = (message: ToWorker, transfer: ArrayBuffer[]) => void;
type Wanted = Extract<FromWorker, { kind: "wantBlock" }>;

export class SentBatches {
  /** What stands for it in the call: its fields, read once. */
  readonly inside: BatchesInside;
  /** What the source threw: the caller's own error. */
  thrown: { readonly error: unknown } | undefined;
  private pass = -1;
  private asked = 0;
  /** Of the epoch under way. */
  private iterator: ReturnType<typeof openBlocks> | undefined;
  private isPending = false;
  private readonly open: BatchSource["batches"];

  /**
   * @param move the batches' arrays are handed over, where they fill their buffers
   * @throws RelumineError "value"
   */
  constructor(
    source: BatchSource,
    private readonly post: Post,
    private readonly signal: AbortSignal | undefined,
    private readonly move: boolean,
  ) {
    const { rows, batchSize, id, batches } = source;
    checkFunction("data.batches", batches);
    this.inside = { areBatches: true, rows, batchSize, id };
    this.open = (...given) => batches.apply(source, given);
  }

  /** Sends the next batch of an epoch; a first one begins it. */
  async send({ id, pass, epoch }: Wanted): Promise<void> {
    const transfer: ArrayBuffer[] = [];
    let result: unknown;
    this.isPending = true;
    try {
      if (pass !== this.pass) this.begin(pass, epoch!);
      const name = `data.batches[${this.asked++}]`;
      const next = await packNext(name, this.iterator!, sendableData, transfer, this.move);
      if (next?.done) this.iterator = undefined;
      result = next;
    } catch (error) {
      this.thrown ??= { error };
      result = { failed: packError(error) };
    }
    this.isPending = false;
    this.post({ kind: "block", id, pass, result }, transfer);
  }

  private begin(pass: number, [epoch, seed, begun]: readonly [number, number, number]): void {
    const { signal } = this;
    this.pass = pass;
    this.asked = 0;
    const blocks = () => this.open(epoch, { seed, begun, ...(signal && { signal }) }) as Iterable<never>;
    this.iterator = openBlocks("data", { blocks }, "batches");
  }

  /** To be called in the end: lets the source close what it holds. */
  async close(): Promise<void> {
    const { iterator, isPending } = this;
    this.iterator = undefined;
    const closed = (async () => iterator?.return?.())().catch(() => {}); // what went wrong before is what is told
    if (!isPending) await closed; // one that was asked for a batch may never answer
  }
}
