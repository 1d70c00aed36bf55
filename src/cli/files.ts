// Files in, and the places of files out.
import { createReadStream, type Stats } from "node:fs";
import { access, constants, open, readFile, readlink, realpath, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { ByteSource } from "../arrays/byte-source.js";
import { describe } from "../core/checks.js";
import { errorIn, RelumineError } from "../core/errors.js";
import { fillFrom, reasonOf } from "../files/reads.js";

export const MAX_MODEL_BYTES = 2 ** 31 - 1; // what Node reads at once

const MOST_LINKS = 40; // as Linux

/** Errors that begin with the name of the file they are about. */
export async function about<T>(file: string, task: () => T | Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof RelumineError && error.path !== file) throw errorIn(file, error);
    throw error;
  }
}

/** Undefined where there is no such file; who cannot tell is not to replace it. */
export function statIfThere(place: string | URL): Promise<Stats | undefined> {
  return stat(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
}

/** The place that a link leads to, also where nothing is there yet; else the path itself. */
export async function followLinks(path: string): Promise<string> {
  let place = resolve(path);
  for (let i = 0; i < MOST_LINKS; i++) {
    const real = await realpath(place).catch(() => undefined);
    if (real !== undefined) return real;
    const folder = await realpath(dirname(place)).catch(() => dirname(place));
    const target = await readlink(place).catch(() => undefined);
    if (target === undefined) return place;
    place = resolve(folder, target);
  }
  return resolve(path);
}

const IN_A_FOLDER = "to be a file in a folder that is there and may be written";

/** Can something be written in it? */
export async function checkFolder(folder: string, refuse: (reason: string) => never): Promise<void> {
  const because = (error: unknown) => refuse(`the folder ${folder}: ${reasonOf(error)}`);
  const found = await stat(folder).catch(because);
  if (!found.isDirectory()) refuse(`the folder ${folder}: a file`);
  await access(folder, constants.W_OK).catch(because);
}

/**
 * Can a file be written there? Asked before the training, which may take hours.
 * @param source the table, if there is one: it is not to be overwritten
 * @param option that named the path
 * @returns the file that is to be written, links followed; undefined where none is asked for
 * @throws RelumineError "value"
 */
export async function checkPlace(path: string, source: string | undefined, option?: string): Promise<string>;
export async function checkPlace(
  path: string | undefined,
  source: string | undefined,
  option?: string,
): Promise<string | undefined>;
export async function checkPlace(path: string | undefined, source: string | undefined, option = "--out") {
  if (path === undefined) return undefined;
  const place = await followLinks(path);
  const folder = place === resolve(path) ? dirname(path) : dirname(place);
  const refuse = (reason: string): never => {
    throw new RelumineError("value", `${option} ${path}`, IN_A_FOLDER, reason);
  };
  await checkFolder(folder, refuse);
  if (source !== undefined && place === (await followLinks(source))) refuse("the table itself");
  const status = await statIfThere(place).catch((error: unknown) => refuse(reasonOf(error)));
  if (status && !status.isFile()) refuse(status.isDirectory() ? "a folder" : "a device");
  if (/[/\\]$/.test(path)) refuse("the name of a folder");
  return place;
}

/** @throws RelumineError "value" where two of the files would be one */
export function checkDistinct(places: readonly (readonly [option: string, place: string | undefined])[]): void {
  const given = new Map<string, string>();
  for (const [option, place] of places) {
    if (place === undefined) continue;
    const other = given.get(place);
    if (other !== undefined)
      throw new RelumineError("value", other, `to be another file than ${option}`, describe(place));
    given.set(place, option);
  }
}

/** What a file has to be, for `readBytes` and `readPieces`. */
export interface ExpectedFile {
  /** "to be a CSV file" */
  readonly expected: string;
  /** A hint for a file that is not there. */
  readonly hint?: string;
}

/** The bytes in a file, or 0 for what comes through a pipe. */
async function checkFile(path: string | URL, name: string, expected: string): Promise<number> {
  const status = await stat(path);
  if (status.isDirectory()) throw new RelumineError("format", name, expected, "a directory");
  if (!status.isFile() && !status.isFIFO()) throw new RelumineError("format", name, expected, "a device");
  return status.size;
}

function readError(error: unknown, name: string, { expected, hint }: ExpectedFile): Error {
  if (error instanceof RelumineError) return error;
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return new RelumineError("format", name, expected, reasonOf(error), isMissing ? hint : undefined);
}

/**
 * The place of a file that is to be read, links followed.
 * @param name as messages call it
 * @throws RelumineError "format" where there is none
 */
export async function findFile(path: string, name: string, expected: string): Promise<string> {
  try {
    await checkFile(path, name, expected);
    return await followLinks(path);
  } catch (error) {
    throw readError(error, name, { expected });
  }
}

/**
 * The bytes of a file, or of what comes through a pipe.
 * @param name as messages call it
 * @throws RelumineError "format" or "memory", about the file
 */
export async function readBytes(
  path: string | URL,
  name: string,
  { maxBytes, ...file }: ExpectedFile & { readonly maxBytes: number },
): Promise<Uint8Array> {
  try {
    const size = await checkFile(path, name, file.expected);
    if (size > maxBytes) throw new RelumineError("memory", name, `to have at most ${maxBytes} bytes`, `${size}`);
    return await readFile(path);
  } catch (error) {
    throw readError(error, name, file);
  }
}

/** The same; undefined where there is no such file. */
export async function readBytesIfThere(...given: Parameters<typeof readBytes>): Promise<Uint8Array | undefined> {
  const [path, name, file] = given;
  try {
    if (!(await statIfThere(path))) return undefined;
  } catch (error) {
    throw readError(error, name, file);
  }
  return readBytes(...given);
}

/**
 * The same, piece by piece; who stops reading closes the file.
 * @throws RelumineError "format", about the file
 */
export async function* readPieces(path: string | URL, name: string, file: ExpectedFile): AsyncGenerator<Uint8Array> {
  try {
    await checkFile(path, name, file.expected);
    for await (const piece of createReadStream(path)) yield piece as Uint8Array;
  } catch (error) {
    throw readError(error, name, file);
  }
}

/** A file whose ranges are read, until it is closed. */
export interface OpenFile extends ByteSource {
  close(): Promise<void>;
}

/**
 * A file of which ranges are read; undefined for what comes through a pipe.
 * @throws RelumineError "format", about the file
 */
export async function openFile(path: string | URL, name: string, file: ExpectedFile): Promise<OpenFile | undefined> {
  try {
    await checkFile(path, name, file.expected);
    if (!(await stat(path)).isFile()) return undefined;
    const handle = await open(path);
    const { size } = await handle.stat();
    const read = async (begin: number, end: number): Promise<Uint8Array> => {
      const bytes = new Uint8Array(end - begin);
      await fillFrom(handle, name, bytes, begin);
      return bytes;
    };
    return { size, read, close: () => handle.close() };
  } catch (error) {
    throw readError(error, name, file);
  }
}

/**
 * A model file's bytes.
 * @param writer what it comes from, for messages
 * @throws RelumineError "format" or "memory", about the file
 */
export function readModel(path: string, writer = "relumine train --out"): Promise<Uint8Array> {
  const expected = `to be a .safetensors file that "${writer}" wrote`;
  return readBytes(path, path, { expected, maxBytes: MAX_MODEL_BYTES });
}
