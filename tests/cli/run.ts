// Runs the command line: `relumine` in this process, from src/, which costs no start; `start` and `finish` as its users
// do, the built one in a process of its own, for all that is about processes (signals, streams, Node's options, kills).
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../src/cli/run/run.js";
import { newFolder } from "../support/folder.js";

export const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
if (!existsSync(MAIN)) throw new Error(`${MAIN} is not there; run "npm run build" first`);

export const PENGUINS = fileURLToPath(new URL("../data/penguins.csv", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param more of spawn's options: variables beside the environment's, who it is run as */
export function start(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  { env: variables, ...more }: SpawnOptions = {},
): ChildProcess {
  const { FORCE_COLOR: _, ...env } = { ...process.env, ...variables };
  return spawn(process.execPath, [...nodeOptions, MAIN, ...args], { ...more, env, stdio: ["ignore", "pipe", "pipe"] });
}

export function finish(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk: Buffer) => (stdout += String(chunk)));
  child.stderr!.on("data", (chunk: Buffer) => (stderr += String(chunk)));
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Sets members of an object. @returns what puts back what was there */
function replace<T extends object>(target: T, members: { readonly [K in keyof T]?: T[K] }): () => void {
  const before = Object.keys(members).map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  return () => {
    for (const [name, descriptor] of before)
      if (descriptor) Object.defineProperty(target, name, descriptor);
      else Reflect.deleteProperty(target, name);
  };
}

/** What is written to a stream goes here, as into a pipe: it is no terminal. */
function capture(stream: NodeJS.WriteStream): { text(): string; release(): void } {
  let text = "";
  const write = (chunk: string | Uint8Array): boolean => {
    text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    return true;
  };
  const release = replace(stream, { write, isTTY: undefined, columns: undefined, rows: undefined });
  return { text: () => text, release };
}

async function runHere(args: readonly string[]): Promise<Finished> {
  const { FORCE_COLOR: color } = process.env;
  delete process.env.FORCE_COLOR;
  const [stdout, stderr] = [process.stdout, process.stderr].map(capture);
  try {
    return { code: await run(args), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    stdout.release();
    stderr.release();
    if (color !== undefined) process.env.FORCE_COLOR = color;
  }
}

let last: Promise<unknown> = Promise.resolve();

/** Runs it in this process; one at a time, as they have one stdout. */
export function relumine(...args: readonly string[]): Promise<Finished> {
  const mine = last.then(() => runHere(args));
  last = mine.catch(() => undefined);
  return mine;
}

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];

/**
 * Runs with a journal until so many trainings are kept, kills it, and runs it again to its end; no training is kept
 * twice.
 * @returns what it says then, and how many trainings were kept when it was killed
 */
export async function killAndGoOn(args: readonly string[], journal: string, count: number) {
  const child = start([...args, "--journal", journal, "--threads", "2"]);
  const polling = setInterval(() => linesOf(journal).length >= count && child.kill("SIGKILL"), 2);
  const { code } = await finish(child);
  clearInterval(polling);
  const kept = linesOf(journal).length;
  const finished = await relumine(...args, "--journal", journal, "--threads", "1");
  const ids = linesOf(journal).flatMap((line) => /"id":"(\w+)"/.exec(line)?.[1] ?? []);
  return { ...finished, wasKilled: code === null, kept, areTwice: new Set(ids).size < ids.length, all: ids.length };
}

/** A preloaded module that lets the disk run full once the file is begun. */
export const FULL_DISK = [
  "--import",
  `data:text/javascript,${encodeURIComponent(`
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  const open = fs.promises.open;
  fs.promises.open = async (...args) => {
    const handle = await open(...args);
    if (String(args[0]).endsWith(".tmp")) handle.writeFile = async (bytes) => {
      await handle.write(bytes.subarray(0, 10));
      throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    };
    return handle;
  };
  syncBuiltinESMExports();`)}`,
];

/** A folder for the files of one test suite. */
export class Folder {
  readonly path = newFolder("cli");

  /** The words of a command of the documentation, whose files lie here. */
  wordsOf(command: string): string[] {
    const inHere = (name: string): string => join(this.path, name);
    return command.split(" ").map((word) => word.replaceAll(/[\w-]+\.(?:jsonl?|safetensors|html|svg)\b/g, inHere));
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }
}
