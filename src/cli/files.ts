// Files in and out. A file is written beside its place and moved there when it is whole: who reads it sees the old one
// or the new one, never half of it.
import { access, constants, type FileHandle, open, readFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { RelumineError } from "../core/errors.js";

const MAX_MODEL_BYTES = 2 ** 31 - 1; // what Node reads at once

const REASONS: Record<string, string> = {
  ENOENT: "no such file or folder",
  ENOTDIR: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space is left on the device",
  EDQUOT: "the quota is used up",
  EFBIG: "the file is too large for the file system",
  ENAMETOOLONG: "the name is too long",
};

function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/** The place that a link leads to; the path itself where nothing is there yet. */
async function follow(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return resolve(path);
  }
}

/**
 * Can a file be written there? Asked before the training, which may take hours.
 * @param source the table, if there is one: it is not to be overwritten
 * @param option that named the path
 * @throws RelumineError "value"
 */
export async function checkPlace(path: string, source: string | undefined, option = "--out"): Promise<void> {
  const place = await follow(path);
  const refuse = (reason: string): never => {
    throw new RelumineError(
      "value",
      `${option} ${path}`,
      "to be a file in a folder that is there and may be written",
      reason,
    );
  };
  const folder = await stat(dirname(place)).catch((error: unknown) =>
    refuse(`the folder ${dirname(path)}: ${reasonOf(error)}`),
  );
  if (!folder.isDirectory()) refuse(`the folder ${dirname(path)}: a file`);
  await access(dirname(place), constants.W_OK).catch((error: unknown) =>
    refuse(`the folder ${dirname(path)}: ${reasonOf(error)}`),
  );
  if (source !== undefined && place === (await follow(source))) refuse("the table itself");
  const status = await stat(place).catch((error: NodeJS.ErrnoException) =>
    error.code === "ENOENT" ? undefined : refuse(reasonOf(error)),
  );
  if (status && !status.isFile()) refuse(status.isDirectory() ? "a folder" : "a device");
  if (/[/\\]$/.test(path)) refuse("the name of a folder");
}

async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The new name is on the disk when its folder is; not every system lets a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * Writes the file, wholly or not at all.
 * @throws RelumineError "value" that says why; what was there before is still there
 */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const place = await follow(path);
  const temporary = join(dirname(place), `.${basename(place).slice(0, 100)}.${process.pid}.tmp`);
  try {
    await writeWhole(await open(temporary, "wx"), bytes);
    await rename(temporary, place);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    const old = await stat(place).catch(() => undefined);
    throw new RelumineError(
      "value",
      path,
      "to be written",
      reasonOf(error),
      old ? "The file that was there is as it was." : "",
    );
  }
  await syncFolder(dirname(place));
}

/** What a file has to be, for `readBytes`. */
export interface ExpectedFile {
  /** "to be a CSV file" */
  readonly expected: string;
  readonly maxBytes: number;
  /** A hint for a file that is not there. */
  readonly hint?: string;
}

/**
 * The bytes of a file, or of what comes through a pipe.
 * @param name as messages call it
 * @throws RelumineError "format" or "memory", about the file
 */
export async function readBytes(
  path: string | URL,
  name: string,
  { expected, maxBytes, hint }: ExpectedFile,
): Promise<Uint8Array> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) throw new RelumineError("format", name, expected, "a directory");
    if (!status.isFile() && !status.isFIFO()) throw new RelumineError("format", name, expected, "a device");
    if (status.size > maxBytes)
      throw new RelumineError("memory", name, `to have at most ${maxBytes} bytes`, `${status.size}`);
    return await readFile(path);
  } catch (error) {
    if (error instanceof RelumineError) throw error;
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new RelumineError("format", name, expected, reasonOf(error), isMissing ? hint : undefined);
  }
}

/**
 * A model file's bytes.
 * @throws RelumineError "format" or "memory", about the file
 */
export function readModel(path: string): Promise<Uint8Array> {
  const expected = 'to be a .safetensors file that "relumine train --out" wrote';
  return readBytes(path, path, { expected, maxBytes: MAX_MODEL_BYTES });
}
