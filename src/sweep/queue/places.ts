// Where rows are for workers: in the queue, in a folder that all see, or below an URL. The last two are the operator's,
// and a worker goes nowhere that it was not allowed.
import { hasNamed, hashOf, isWithin, readNamed, resolveFolder, writeNamed } from "./files.js";
import { IN_QUEUE } from "./job.js";
import { checkBytes, type QueueStore } from "./store.js";
import { RelumineError } from "../../core/errors.js";

/** Rows stay in the queue for so long after the last sweep that used them. */
export const KEEP_SECONDS = 3600;

const isUrl = (place: string): boolean => /^https?:\/\//.test(place);
const below = (place: string, name: string): URL =>
  new URL(`${name}.safetensors`, place.endsWith("/") ? place : `${place}/`);

/** Nothing that workers would have to be told in secret, and nothing behind which no name of a file can stand. */
const isPlain = ({ username, password, search, hash }: URL): boolean =>
  username === "" && password === "" && search === "" && hash === "";

/** A place as it goes into jobs. @throws RelumineError "value" */
export function checkPlace(place: string | undefined): string {
  if (place === undefined || place === IN_QUEUE) return IN_QUEUE;
  if (!isUrl(place)) return resolveFolder(place);
  if (!URL.canParse(place)) throw new RelumineError("value", "share", "to be a folder, or an URL", "what is no URL");
  if (isPlain(new URL(place))) return new URL(place).href;
  const expected = "to be an URL without user, password, query and fragment";
  throw new RelumineError("value", "share", expected, `one with them, of ${new URL(place).origin}`);
}

async function head(url: URL, signal: AbortSignal): Promise<boolean> {
  const { ok } = await fetch(url, { method: "HEAD", redirect: "error", signal });
  return ok;
}

async function upload(url: URL, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const { ok, status } = await fetch(url, { method: "PUT", body: bytes as BodyInit, redirect: "error", signal });
  if (!ok) throw new RelumineError("value", "share", "to take the rows (PUT)", `${url.origin}: status ${status}`);
}

export interface ShareOptions {
  readonly pack: () => Uint8Array;
  readonly signal: AbortSignal;
  /** What is in the queue under that name is not it, or not whole. */
  readonly isLost?: boolean;
}

/** Puts rows where they are not yet; tells what is in the queue to stay. */
export async function shareFile(
  store: QueueStore,
  place: string,
  name: string,
  { pack, signal, isLost = false }: ShareOptions,
): Promise<void> {
  if (place === IN_QUEUE) {
    if (isLost || !(await store.renew(name, KEEP_SECONDS))) await store.put(name, pack(), KEEP_SECONDS);
  } else if (isUrl(place)) {
    const url = below(place, name);
    if (!(await head(url, signal))) await upload(url, pack(), signal);
  } else if (!(await hasNamed(place, name))) await writeNamed(place, name, pack());
}

function isAllowed(place: string, allowed: readonly string[]): boolean {
  if (!isUrl(place)) return allowed.some((each) => !isUrl(each) && isWithin(place, each));
  if (!URL.canParse(place)) return false;
  const { href } = new URL(place);
  const under = (each: string) => `${href}/`.startsWith(new URL(each).href.replace(/\/*$/, "/"));
  return isPlain(new URL(place)) && allowed.some((each) => isUrl(each) && URL.canParse(each) && under(each));
}

async function download(
  place: string,
  name: string,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const response = await fetch(below(place, name), { redirect: "error", signal });
  if (!response.ok || !response.body) return undefined;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += part.length;
    checkBytes(name, size, mostBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

export interface FetchOptions {
  readonly allowed: readonly string[];
  readonly mostBytes: number;
  readonly signal: AbortSignal;
}

/**
 * The file of rows, whole.
 * @throws RelumineError "unsupported" for a place that is not allowed; "value" where it is not there; "format" where it
 *   is another; "memory" for one that is too large
 */
export async function fetchFile(
  store: QueueStore,
  place: string,
  name: string,
  { allowed, mostBytes, signal }: FetchOptions,
): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  if (place === IN_QUEUE) bytes = await store.get(name, mostBytes);
  else if (!isAllowed(place, allowed))
    throw new RelumineError("unsupported", "the place of the rows", "to be one that --allow names", place);
  else if (isUrl(place)) bytes = await download(place, name, mostBytes, signal);
  else bytes = await readNamed(place, name, mostBytes);
  if (!bytes) throw new RelumineError("value", "the rows", `to be there (${place})`, "none");
  if (hashOf(bytes) !== name) throw new RelumineError("format", "the rows", "to be what their name says", "others");
  return bytes;
}
