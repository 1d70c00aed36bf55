// Rows in blocks for a call in a worker: read on this side, and sent one by one, as the worker asks for them.
import { sendable } from "./sendable.js";
import { type BlocksInside, pack, type ToWorker } from "../protocol.js";
import { openBlocks, readSource, type SampleBlocks } from "../../core/blocks.js";
import type { Samples } from "../../core/matrix.js";

type Post = (message: ToWorker, transfer: ArrayBuffer[]) => void;

/** What an iterator gives next, as it can be sent; what it should not give is judged in the worker. */
export async function packNext<T>(
  name: string,
  iterator: ReturnType<typeof openBlocks>,
  prepare: (name: string, value: T) => unknown,
  transfer: ArrayBuffer[],
  move = false,
): Promise<{ readonly done?: boolean; readonly value?: unknown } | null | undefined> {
  const given = (await iterator.next()) as IteratorResult<T, unknown> | null | undefined;
  if (typeof given !== "object" || given === null) return given;
  return given.done ? { done: true } : { value: pack(name, prepare(name, given.value), transfer, move) };
}

export class SentBlocks {
  private readonly source;
  /** Passes that are under way, and how many blocks each has had. */
  private readonly passes = new Map<number, { readonly iterator: ReturnType<typeof openBlocks>; read: number }>();

  /** @throws RelumineError "value" */
  constructor(
    private readonly path: string,
    blocks: SampleBlocks,
    private readonly post: Post,
  ) {
    this.source = readSource(path, blocks);
  }

  /** What stands for them in the call. */
  get inside(): BlocksInside {
    const { rows, isOnce } = this.source;
    return { areInBlocks: true, isOnce, ...(rows !== undefined && { rows }) };
  }

  /** Sends the next block of a pass; a first one begins it. What the source throws is the caller's. */
  async send(id: number, pass: number): Promise<void> {
    const { path, passes, source } = this;
    let reading = passes.get(pass);
    if (!reading) passes.set(pass, (reading = { iterator: openBlocks(path, source), read: 0 }));
    const transfer: ArrayBuffer[] = [];
    const name = `${path}.blocks[${reading.read++}]`;
    const result = await packNext(name, reading.iterator, sendable<Samples>, transfer);
    if (result?.done) passes.delete(pass);
    this.post({ kind: "block", id, pass, result }, transfer);
  }

  /** To be called in the end: lets the source close what it holds. */
  close(): void {
    const end = async ({ iterator }: { readonly iterator: ReturnType<typeof openBlocks> }) => iterator.return?.();
    for (const pass of this.passes.values()) void end(pass).catch(() => {}); // what went wrong before is what is told
    this.passes.clear();
  }
}
