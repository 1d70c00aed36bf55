// Rows in blocks that the page reads: asked for one by one.
import type { BlocksInside, FromWorker } from "../protocol.js";
import type { SampleBlocks } from "../../core/blocks.js";
import type { Samples } from "../../core/matrix.js";

export class ReceivedBlocks {
  private passes = 0;
  /** By pass, what waits for its next block. */
  private readonly waiting = new Map<number, (result: IteratorResult<Samples>) => void>();

  /** @param id of the call */
  constructor(
    private readonly id: number,
    private readonly post: (message: FromWorker) => void,
  ) {}

  /** As the page was given them. */
  as({ rows, isOnce }: BlocksInside): SampleBlocks {
    const blocks = () => ({ [Symbol.asyncIterator]: () => this.begin() });
    return isOnce ? blocks() : { blocks, ...(rows !== undefined && { rows }) };
  }

  take(pass: number, result: unknown): void {
    const resolve = this.waiting.get(pass);
    this.waiting.delete(pass);
    resolve?.(result as IteratorResult<Samples>);
  }

  private begin(): AsyncIterator<Samples> {
    const pass = this.passes++;
    const next = () =>
      new Promise<IteratorResult<Samples>>((resolve) => {
        this.waiting.set(pass, resolve);
        this.post({ kind: "wantBlock", id: this.id, pass });
      });
    return { next };
  }
}
