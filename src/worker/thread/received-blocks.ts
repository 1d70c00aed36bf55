// Rows in blocks, or batches, that the page reads: asked for one by one.
import { type BatchesInside, type BlocksInside, type FromWorker, type PackedError, unpackError } from "../protocol.js";
import type { BatchSource } from "../../network/batches.js";
import type { DataSet } from "../../network/data.js";
import type { SampleBlocks } from "../../core/blocks.js";
import type { Samples } from "../../core/matrix.js";

export class ReceivedBlocks {
  private passes = 0;
  /** By pass, what waits for its next block. */
  private readonly waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();

  /** @param id of the call */
  constructor(
    private readonly id: number,
    private readonly post: (message: FromWorker) => void,
  ) {}

  /** As the page was given them. */
  as({ rows, isOnce }: BlocksInside): SampleBlocks {
    const blocks = () => ({ [Symbol.asyncIterator]: () => this.begin<Samples>() });
    return isOnce ? blocks() : { blocks, ...(rows !== undefined && { rows }) };
  }

  /** The same of batches. */
  asBatches({ areBatches: _, ...told }: BatchesInside): BatchSource {
    return {
      ...told,
      batches: (epoch, { seed, begun }) => ({
        [Symbol.asyncIterator]: () => this.begin<DataSet>([epoch, seed, begun]),
      }),
    };
  }

  take(pass: number, result: unknown): void {
    const waiting = this.waiting.get(pass);
    this.waiting.delete(pass);
    const failed = (result as { readonly failed?: PackedError } | null)?.failed;
    if (failed) waiting?.reject(unpackError(failed));
    else waiting?.resolve(result);
  }

  private begin<T>(epoch?: readonly [number, number, number]): AsyncIterator<T> {
    const pass = this.passes++;
    const next = () =>
      new Promise<IteratorResult<T>>((resolve, reject) => {
        this.waiting.set(pass, { resolve: resolve as (result: unknown) => void, reject });
        this.post({ kind: "wantBlock", id: this.id, pass, ...(epoch && { epoch }) });
      });
    return { next };
  }
}
