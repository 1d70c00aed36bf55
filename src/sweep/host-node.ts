// What only Node knows of its machine: its name, and files.
import { closeSync, fsync, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import type { OpenFile } from "./host.js";

export const hostName = (): string => hostname();

const PIECE = 2 ** 16;

function* readPieces(path: string): Generator<Uint8Array> {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return;
    throw error;
  }
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE);
      const count = readSync(file, piece);
      if (count === 0) return;
      yield piece.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}

/** A file that grows at its end alone; nothing is made of it before it is written to. */
export function openFile(path: string): OpenFile | undefined {
  let file: number | undefined;
  return {
    read: () => readPieces(path),
    append(bytes) {
      file ??= openSync(path, "a");
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    },
    sync: () => file !== undefined && fsync(file, () => undefined),
    close() {
      if (file === undefined) return;
      fsyncSync(file);
      closeSync(file);
      file = undefined;
    },
  };
}
