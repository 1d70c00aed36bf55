// Files of rows, each named by its content: what a folder that machines share holds, and what a worker keeps.
import { createHash } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir, totalmem, userInfo } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { constrainedMemory } from "node:process";
import { checkBytes } from "./store.js";
import { RelumineError } from "../../core/errors.js";

export const hostName = (): string => hostname();

/** Bytes of this machine, or of the container. */
export const memoryOf = (): number => Math.min(totalmem(), constrainedMemory() || Infinity);

export const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const fileOf = (folder: string, name: string): string => join(folder, `${name}.safetensors`);

/** What others may not have changed, or read half of. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${hostname()}-${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await writeFile(beside, bytes, { flag: "wx" });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The file of that name, if it is there and no larger. */
export async function readNamed(folder: string, name: string, mostBytes: number): Promise<Uint8Array | undefined> {
  const path = fileOf(folder, name);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new RelumineError("format", path, "to be a file", "another thing"); // a pipe never ends
    checkBytes(name, found.size, mostBytes);
    return await readFile(path);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function hasNamed(folder: string, name: string): Promise<boolean> {
  return stat(fileOf(folder, name)).then(
    () => true,
    () => false,
  );
}

export async function writeNamed(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWhole(fileOf(folder, name), bytes);
}

export const resolveFolder = (folder: string): string => resolve(folder);

/** Whether the folder is that one, or within it. */
export function isWithin(folder: string, allowed: string): boolean {
  const way = relative(resolve(allowed), resolve(folder));
  return isAbsolute(folder) && !way.startsWith("..") && !isAbsolute(way);
}

const LEFT_MILLISECONDS = 3_600_000;

/** Rows that a worker has seen, so that it fetches them once, whoever starts it again. */
export class FileCache {
  constructor(
    private readonly folder: string,
    /** Of one file; four times as many of all. */
    private readonly mostBytes: number,
  ) {}

  /** What is not what its name says is not there. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const path = fileOf(this.folder, name);
    const bytes = await readNamed(this.folder, name, this.mostBytes).catch(() => undefined);
    if (!bytes) return undefined;
    if (hashOf(bytes) === name) {
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return bytes;
    }
    await rm(path, { force: true });
    return undefined;
  }

  /** A cache that cannot be written to is none: the rows are fetched again. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await chmod(this.folder, 0o700); // fails where it is somebody else's
      await writeWhole(fileOf(this.folder, name), bytes);
      await this.shrink();
    } catch {
      return;
    }
  }

  /** Those that were not used for the longest go first. */
  private async shrink(): Promise<void> {
    const names = (await readdir(this.folder)).filter((name) => /^[\da-f]{64}\.safetensors(\.|$)/.test(name));
    const all = await Promise.all(
      names.map(async (name) => ({ path: join(this.folder, name), ...(await stat(join(this.folder, name))) })),
    );
    const files = all.filter(({ path }) => path.endsWith(".safetensors"));
    const isLeft = ({ path, mtimeMs }: (typeof all)[number]) =>
      path.endsWith(".tmp") && Math.abs(Date.now() - mtimeMs) > LEFT_MILLISECONDS;
    for (const { path } of all.filter(isLeft)) await rm(path, { force: true }); // of one that was killed
    let sum = files.reduce((total, { size }) => total + size, 0);
    for (const { path, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs).slice(0, -1)) {
      if (sum <= 4 * this.mostBytes) return;
      await rm(path, { force: true });
      sum -= size;
    }
  }
}

export const defaultCache = (): string => join(tmpdir(), `relumine-${userInfo().uid}`);
