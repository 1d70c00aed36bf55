// Bytes -> text. UTF-8, or UTF-16 where a byte order mark says so; bytes that are not UTF-8 are Windows-1252, the
// superset of Latin-1 that spreadsheets write.
import { joinBytes } from "../../core/bytes.js";
import { RelumineError } from "../../core/errors.js";

/** How many bytes at the end begin a character of UTF-8 that goes on in the next chunk. */
function unfinished(bytes: Uint8Array): number {
  let back = 1;
  while (back < 4 && back < bytes.length && (bytes[bytes.length - back] & 0xc0) === 0x80) back++;
  const lead = bytes[bytes.length - back];
  const length = [0xf0, 0xe0, 0xc0].findIndex((mark) => lead >= mark);
  return length >= 0 && 4 - length > back ? back : 0;
}

/** Windows-1252 of the bytes 0x80 to 0x9f; Node 20's own decoder takes these for control characters. */
const WINDOWS = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

function decodeWindows(bytes: Uint8Array): string {
  const text = new TextDecoder("windows-1252").decode(bytes);
  return text.replaceAll(/[\x80-\x9f]/g, (character) => WINDOWS[character.charCodeAt(0) - 0x80]);
}

/** Has it characters beyond ASCII that can only be UTF-8? */
function hasUtf8(bytes: Uint8Array): boolean {
  return /[^\0-\x7f\ufffd]/.test(new TextDecoder().decode(bytes));
}

/** UTF-8 until bytes are none; then, if all before was ASCII, Windows-1252. */
class GuessingDecoder {
  readonly #notes: string[];
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #isWindows = false;
  #isAscii = true;
  #rest = new Uint8Array();

  constructor(notes: string[]) {
    this.#notes = notes;
  }

  decode(chunk: Uint8Array, isLast: boolean): string {
    const bytes = joinBytes(this.#rest, chunk);
    const whole = bytes.subarray(0, bytes.length - (isLast ? 0 : unfinished(bytes)));
    this.#rest = bytes.slice(whole.length);
    if (this.#isWindows) return decodeWindows(whole);
    try {
      const text = this.#decoder.decode(whole);
      this.#isAscii &&= text.length === whole.length;
      return text;
    } catch {
      return this.#guess(whole);
    }
  }

  #guess(bytes: Uint8Array): string {
    if (!this.#isAscii || hasUtf8(bytes)) {
      const given = "bytes that are not UTF-8 beside some that are";
      throw new RelumineError("format", "the table", "to be text in one encoding, UTF-8 at best", given);
    }
    this.#notes.push("the text is not UTF-8 and was read as Windows-1252 (Latin-1)");
    this.#isWindows = true;
    return decodeWindows(bytes);
  }
}

type Decode = (chunk: Uint8Array, isLast: boolean) => string;

function decoderFor(first: Uint8Array, notes: string[]): Decode {
  const mark = (first[0] << 8) | first[1];
  if (mark === 0xfffe || mark === 0xfeff) {
    const decoder = new TextDecoder(mark === 0xfffe ? "utf-16le" : "utf-16be", { ignoreBOM: true });
    return (chunk, isLast) => decoder.decode(chunk, { stream: !isLast });
  }
  const decoder = new GuessingDecoder(notes);
  return (chunk, isLast) => decoder.decode(chunk, isLast);
}

async function* decode(chunks: AsyncIterable<string | Uint8Array>, notes: string[]): AsyncGenerator<string> {
  let decoder: Decode | undefined;
  for await (const chunk of chunks) {
    if (typeof chunk === "string") yield chunk;
    else yield (decoder ??= decoderFor(chunk, notes))(chunk, false);
  }
  if (decoder) yield decoder(new Uint8Array(), true);
}

/**
 * The text of the chunks, without its byte order mark, and never an empty one.
 * @param chunks the first has two bytes at least, if there are so many
 * @param notes how it was read where that may surprise
 * @throws RelumineError "format" for bytes that are neither
 */
export async function* decodeChunks(
  chunks: AsyncIterable<string | Uint8Array>,
  notes: string[],
): AsyncGenerator<string> {
  let isFirst = true;
  for await (const text of decode(chunks, notes)) {
    const own = isFirst && text.startsWith("\ufeff") ? text.slice(1) : text;
    if (text !== "") isFirst = false;
    if (own !== "") yield own;
  }
}
