// Where a table's text comes from: whatever yields texts or bytes, plain or gzipped, as chunks of bounded size.
import { joinBytes } from "../../core/bytes.js";
import { RelumineError } from "../../core/errors.js";
import { describe } from "../../core/checks.js";
import { checkUnpacked, isGzip, isZip } from "../../core/packed.js";

type Chunk = string | Uint8Array;

/** What a table is read from: its text, or the bytes of a file, at once or in pieces; bytes may be gzipped. */
export type TableSource =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | ReadableStream<string | Uint8Array>
  | AsyncIterable<string | Uint8Array>
  | Iterable<string | Uint8Array>;

/** Characters, or bytes, that are handled at once: their cells are gone before the garbage collector ages them. */
export const CHUNK = 2 ** 14;
const PACKED_PIECE = 2 ** 14;

async function* read(stream: ReadableStream<unknown>): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  let isDone = false;
  try {
    while (!isDone) {
      const { done, value } = await reader.read();
      isDone = done;
      if (!done) yield value;
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}

function refuse(source: unknown): never {
  throw new RelumineError("value", "source", "to be a text, bytes, or a stream of them", describe(source));
}

function parts(source: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof source === "string" || source instanceof Uint8Array) return [source];
  if (source instanceof ArrayBuffer) return [new Uint8Array(source)];
  if (typeof source !== "object" || source === null || ArrayBuffer.isView(source)) refuse(source);
  if (typeof Blob !== "undefined" && source instanceof Blob) return read(source.stream());
  if (source instanceof ReadableStream) return read(source);
  if (Symbol.asyncIterator in source || Symbol.iterator in source)
    return source as AsyncIterable<unknown> | Iterable<unknown>;
  refuse(source);
}

async function* chunksOf(source: unknown): AsyncGenerator<Chunk> {
  for await (const part of parts(source)) {
    if (typeof part !== "string" && !(part instanceof Uint8Array)) refuse(part);
    for (let start = 0; start < part.length; start += CHUNK)
      yield typeof part === "string" ? part.slice(start, start + CHUNK) : part.subarray(start, start + CHUNK);
  }
}

const damaged = (): RelumineError => new RelumineError("format", "the table", "to be a whole .csv.gz", "a damaged one");

/** When the piece is unpacked and nothing more is to be had of it. */
async function idle(written: Promise<void>): Promise<undefined> {
  await written.catch(() => undefined); // the reader is told too
  await new Promise((resolve) => setTimeout(resolve));
}

/**
 * One piece goes in when all of the one before has come out: left to itself (`pipeThrough`), Node's stream takes in the
 * whole file, and 256 MB may wait on its other side.
 */
async function* gunzip(chunks: AsyncIterable<Chunk>): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new DecompressionStream("gzip");
  const writer = writable.getWriter();
  const reader = readable.getReader();
  const read = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
    try {
      return await reader.read();
    } catch {
      throw damaged();
    }
  };
  let packed = 0;
  let unpacked = 0;
  let next = read();
  const takeWhile = async function* (written: Promise<void>): AsyncGenerator<Uint8Array> {
    const isIdle = idle(written);
    for (
      let result = await Promise.race([next, isIdle]);
      result && !result.done;
      result = await Promise.race([next, isIdle])
    ) {
      unpacked += result.value.length;
      checkUnpacked("the table", unpacked, packed);
      yield result.value;
      next = read();
    }
  };
  try {
    for await (const chunk of chunks) {
      if (typeof chunk === "string") refuse(chunk);
      for (let start = 0; start < chunk.length; start += PACKED_PIECE) {
        const piece = chunk.slice(start, start + PACKED_PIECE);
        packed += piece.length;
        yield* takeWhile(writer.write(piece));
      }
    }
    void writer.close().catch(() => undefined);
    yield* takeWhile(new Promise(() => undefined));
  } finally {
    next.catch(() => undefined);
    void reader.cancel().catch(() => undefined); // not waited for: a write that is under way may never end
    void writer.abort().catch(() => undefined);
  }
}

/** A source of which the first chunk was taken to look at; it is told where it is not read to its end. */
export async function* startingWith(first: Chunk, rest: AsyncGenerator<Chunk>): AsyncGenerator<Chunk> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

const MAGIC_BYTES = 4;

/**
 * The source's texts, or its bytes, unpacked where they are gzipped, of at most 2^14 at once; a source that is not read
 * to its end is told so.
 * @throws RelumineError "value" for what is no source, "format" for damaged and for zip files, "memory" for a gzipped
 * file that holds a hundred times and more what it should
 */
export async function* readChunks(source: TableSource): AsyncGenerator<Chunk> {
  const chunks = chunksOf(source);
  let first: Chunk = new Uint8Array();
  while (typeof first !== "string" && first.length < MAGIC_BYTES) {
    const next: IteratorResult<Chunk> = await chunks.next();
    if (next.done) break;
    if (typeof next.value === "string" && first.length > 0) refuse(next.value);
    first = typeof next.value === "string" ? next.value : joinBytes(first, next.value);
  }
  const all = startingWith(first, chunks);
  if (typeof first !== "string" && isZip(first)) {
    await all.return(undefined);
    const hint = "A spreadsheet is to be saved as CSV.";
    throw new RelumineError("format", "the table", "to be text, comma-separated values", "a zip file", hint);
  }
  yield* typeof first !== "string" && isGzip(first) ? gunzip(all) : all;
}
