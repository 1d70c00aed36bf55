// Files out. A file is written beside its place under a temporary name and moved there when it is whole: who reads it
// sees the old one or the new one, never half of it. What a killed run left under a temporary name, the next run that
// writes the same file removes.
//   .NAME.MACHINE-PID.RANDOM.tmp    MACHINE: hash of the host and its space of process numbers. In 0.1: .NAME.PID.tmp
import { createHash, randomBytes } from "node:crypto";
import { readlinkSync, type Stats } from "node:fs";
import { type FileHandle, open, readdir, rename, stat, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { followLinks, statIfThere } from "./files.js";
import { atEnd } from "./run/under-way.js";
import { reasonOf } from "../files/reads.js";
import { RelumineError } from "../core/errors.js";

const ABANDONED_AFTER = 15 * 60_000; // milliseconds since the last write, where nobody can say whether its writer lives
const MOST_TRIES = 5;
const LONGEST_NAME = 40; // characters of the file's own name in a temporary one: at most 160 bytes of 255

/** Processes of one machine number themselves alike; those of two containers with one host's name do not. */
function nameMachine(): string {
  let numbers = "";
  try {
    numbers = readlinkSync("/proc/self/ns/pid");
  } catch {
    // not Linux
  }
  return createHash("sha256").update(`${hostname()} ${numbers}`).digest("hex").slice(0, 8);
}

const machine = nameMachine();
const underWay = new Set<string>();
const swept = new Set<string>();

function prefixOf(place: string): string {
  return `.${basename(place).slice(0, LONGEST_NAME)}.`;
}

/** A new temporary name for a file of that place, as the process of that number makes it. */
export function temporaryFor(place: string, id = process.pid): string {
  const own = `${machine}-${id}.${randomBytes(8).toString("hex")}.tmp`;
  return join(dirname(place), prefixOf(place) + own);
}

function isRunning(id: number): boolean {
  try {
    process.kill(id, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Of a file that is not under way here: its writer is dead, or it has not been written to for long. */
async function isAbandoned(path: string, writer: { readonly machine?: string; readonly id: number }): Promise<boolean> {
  if (writer.machine === machine && (writer.id === process.pid || !isRunning(writer.id))) return true;
  return Date.now() - (await stat(path)).mtimeMs > ABANDONED_AFTER;
}

async function removeAbandoned(path: string, ending: string): Promise<void> {
  const [, name, id] = /^(?:([\da-f]{8})-)?(\d{1,10})(?:\.[\da-f]{16})?\.tmp$/.exec(ending) ?? [];
  if (id === undefined || underWay.has(path)) return;
  if (await isAbandoned(path, { machine: name, id: Number(id) })) await unlink(path);
}

/** Once for each place in a run; what can't be removed stays. */
async function sweep(place: string): Promise<void> {
  if (swept.has(place)) return;
  atEnd(() => swept.delete(place));
  swept.add(place);
  const folder = dirname(place);
  const prefix = prefixOf(place);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(prefix)))
    await removeAbandoned(join(folder, name), name.slice(prefix.length)).catch(() => undefined);
}

/** Mode and owner of the file that is replaced, as far as they can be given; never more than it allowed. */
async function takeOver(handle: FileHandle, { mode, uid, gid }: Stats): Promise<void> {
  const own = await handle.stat();
  const change = (user: number, group: number): Promise<boolean> =>
    handle.chown(user, group).then(
      () => true,
      () => false,
    );
  const isOfGroup = (own.uid === uid && own.gid === gid) || (await change(uid, gid)) || (await change(-1, gid));
  await handle.chmod(mode & (isOfGroup ? 0o777 : 0o707)).catch(() => undefined);
}

async function writeTemporary(path: string, bytes: Uint8Array, old: Stats | undefined): Promise<void> {
  const handle = await open(path, "wx", old ? 0o600 : 0o666);
  try {
    if (old) await takeOver(handle, old);
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeOnce(place: string, bytes: Uint8Array, old: Stats | undefined): Promise<void> {
  const temporary = temporaryFor(place);
  underWay.add(temporary);
  try {
    await writeTemporary(temporary, bytes, old);
    await rename(temporary, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") await unlink(temporary).catch(() => undefined);
    throw error;
  } finally {
    underWay.delete(temporary);
  }
}

/** Again where the name was taken, or another run took this one, stopped for long, for dead. */
async function writeAndMove(place: string, bytes: Uint8Array, old: Stats | undefined): Promise<void> {
  for (let left = MOST_TRIES; ; left--) {
    try {
      return await writeOnce(place, bytes, old);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (left === 1 || (code !== "EEXIST" && code !== "ENOENT")) throw error;
    }
  }
}

/** The new name is on the disk when its folder is; not every system lets a folder be synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}

/**
 * Writes the file, wholly or not at all. One that was there gives its permissions and, where that is allowed, its
 * owner; a link stays, and what it points to is written.
 * @throws RelumineError "value" that says why; what was there before is still there
 */
export async function saveFile(path: string, bytes: Uint8Array): Promise<void> {
  const place = await followLinks(path);
  await sweep(place);
  let old: Stats | undefined;
  try {
    old = await statIfThere(place);
    await writeAndMove(place, bytes, old);
  } catch (error) {
    const kept = old && "The file that was there is as it was.";
    throw new RelumineError("value", path, "to be written", reasonOf(error), kept);
  }
  await syncFolder(dirname(place));
}
