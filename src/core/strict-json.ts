// JSON from an untrusted file: shallow, of bounded size, and no name twice in one object.
import { describe } from "./checks.js";
import { type ErrorCode, RelumineError } from "./errors.js";

const MOST_PARTS = 2 ** 20; // objects, lists and their members: few enough for any memory

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST, COMMA, COLON] = [..."{}[],:"].map((mark) =>
  mark.charCodeAt(0),
);

function stringEnd(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text.charCodeAt(end) !== QUOTE) end += text.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end + 1;
}

interface Visitor {
  open(): void;
  close?(): void;
  comma?(): void;
  string?(start: number, end: number): void;
}

/** Visits brackets, commas and strings in order; what is between them is left to JSON.parse. */
function scan(text: string, visitor: Visitor): void {
  for (let i = 0; i < text.length; i++) {
    const mark = text.charCodeAt(i);
    if (mark === QUOTE) {
      const end = stringEnd(text, i);
      visitor.string?.(i, end);
      i = end - 1;
    } else if (mark === OPEN_OBJECT || mark === OPEN_LIST) visitor.open();
    else if (mark === CLOSE_OBJECT || mark === CLOSE_LIST) visitor.close?.();
    else if (mark === COMMA) visitor.comma?.();
  }
}

/** Before a single object is made of it, or the text is written where it is to be read again. */
export function checkSize(what: string, text: string, mostDeep: number, code: ErrorCode = "format"): void {
  let depth = 0;
  let parts = 0;
  const count = (): void => {
    if (++parts > MOST_PARTS) throw new RelumineError(code, what, `to have at most ${MOST_PARTS} parts`, "more");
  };
  scan(text, {
    open() {
      count();
      if (++depth > mostDeep)
        throw new RelumineError(code, what, `to be nested at most ${mostDeep} levels deep`, "more");
    },
    close: () => void depth--,
    comma: count,
  });
}

function isName(text: string, end: number): boolean {
  let next = end;
  while (text.charCodeAt(next) <= 0x20) next++;
  return text.charCodeAt(next) === COLON;
}

/** JSON.parse takes the last of two members of one name; another reader might take the first. */
function checkNames(what: string, text: string): void {
  const open: Set<string>[] = [];
  scan(text, {
    open: () => void open.push(new Set()),
    close: () => void open.pop(),
    string(start, end) {
      if (!isName(text, end)) return;
      const name = JSON.parse(text.slice(start, end)) as string;
      const names = open.at(-1)!;
      if (names.has(name))
        throw new RelumineError("format", what, "to have members of different names", `${describe(name)} twice`);
      if (name === "__proto__")
        throw new RelumineError("format", what, "to have members of other names", '"__proto__"');
      names.add(name);
    },
  });
}

/**
 * What a JSON text says.
 * @param what leads the messages
 * @param mostDeep levels of objects and lists
 * @throws RelumineError "format" for what is no JSON, too deep, too large, or names a member twice or "__proto__"
 */
export function parseStrictJson(what: string, text: string, mostDeep: number): unknown {
  checkSize(what, text, mostDeep);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RelumineError("format", what, "to be JSON", `what is none (${(error as Error).message.slice(0, 80)})`);
  }
  checkNames(what, text);
  return value;
}

/**
 * The object that a file of JSON holds.
 * @throws RelumineError "memory" for more than so many bytes, "format" for others than an object and as parseStrictJson
 */
export function parseJsonFile(what: string, bytes: Uint8Array, mostBytes: number, mostDeep: number): JsonObject {
  if (bytes.length > mostBytes)
    throw new RelumineError("memory", what, `to have at most ${mostBytes} bytes`, `${bytes.length}`);
  return checkObject(what, parseStrictJson(what, new TextDecoder().decode(bytes), mostDeep));
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** An object with these members and no others. */
export function checkMembers(what: string, value: unknown, names: readonly string[]): JsonObject {
  const members = checkObject(what, value);
  const missing = names.find((name) => !Object.hasOwn(members, name));
  if (missing !== undefined)
    throw new RelumineError("format", what, `to have the members ${names.join(", ")}`, `one without "${missing}"`);
  const other = Object.keys(members).find((name) => !names.includes(name));
  if (other !== undefined)
    throw new RelumineError(
      "format",
      what,
      `to have the members ${names.join(", ")} alone`,
      `one with ${describe(other)}`,
    );
  return members;
}

/** No list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function checkObject(what: string, value: unknown): JsonObject {
  if (isJsonObject(value)) return value;
  throw new RelumineError("format", what, "to be an object", describe(value));
}
