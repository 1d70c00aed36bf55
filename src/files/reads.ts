// Reads of files at places, and what the system says where they fail.
import type { FileHandle } from "node:fs/promises";
import { RelumineError } from "../core/errors.js";

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
  ELOOP: "links that lead in a circle",
  EIO: "the device failed",
};

/** What the system says went wrong, in plain words. */
export function reasonOf(error: unknown): string {
  const { code = "", message } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? message;
}

/**
 * Fills an array with the bytes that lie from a place on.
 * @param name the file's, for messages
 * @throws RelumineError "format" where it ends before, or the system says that it can't be read
 */
export async function fillFrom(handle: FileHandle, name: string, bytes: Uint8Array, begin: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, begin + at).catch((error: unknown) => {
      throw new RelumineError("format", name, "to be read", reasonOf(error));
    });
    if (bytesRead === 0) throw new RelumineError("format", name, "to stay as long as it was", "a shorter one");
    at += bytesRead;
  }
}
