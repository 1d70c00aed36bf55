// The only importer of the loader: from what scripts/build.mjs wrote to a running instance.
import { instantiate, instantiateSync } from "@assemblyscript/loader";
import { BYTES, RELAXED_DELTA, STRICT } from "./binaries.js";
import type { KernelExports } from "./exports.js";
import { concatBytes } from "../core/bytes.js";
import { RelumineError } from "../core/errors.js";

/** Which of the two binaries runs: "relaxed" fuses multiply and add where the machine can. */
export type Build = "strict" | "relaxed";

/** Whether the engine accepts a module whose one function, () -> v128, has this body. */
function validates(body: readonly number[]): boolean {
  const header = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0];
  return WebAssembly.validate(new Uint8Array([...header, 10, body.length + 4, 1, body.length + 2, 0, ...body, 11]));
}

const SPLAT_ONE = [65, 1, 253, 15];

export function supportsSimd(): boolean {
  return typeof WebAssembly === "object" && validates(SPLAT_ONE);
}

let isRelaxedKnown: boolean | undefined;

/** Asked of the engine once: every network asks, and of a small training it would take a share of the time. */
export function supportsRelaxed(): boolean {
  isRelaxedKnown ??= validates([...SPLAT_ONE, ...SPLAT_ONE, 253, 128, 2]); // i8x16.relaxed_swizzle
  return isRelaxedKnown;
}

/** Printable characters that stand for no byte, and the last that is no prefix: see scripts/wasm-text.mjs. */
const SKIPPED = '"\\`$,}~';
const LAST_ALONE = 124;

type Decode = (text: string) => Uint8Array<ArrayBuffer>;

/** Makes bytes of the texts of scripts/wasm-text.mjs. */
function makeDecoder(): Decode {
  const common = BYTES.match(/../g)!.map((byte) => Number.parseInt(byte, 16));
  const table = [...new Set([...common, ...Array(256).keys()])]; // the others in ascending order
  const places = new Uint8Array(127); // by character code
  let count = 0;
  for (let code = 32; code < 127; code++) if (!SKIPPED.includes(String.fromCharCode(code))) places[code] = count++;
  return (text) => {
    const bytes = new Uint8Array(text.length);
    let length = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code <= LAST_ALONE) bytes[length++] = table[places[code]];
      else bytes[length++] = table[places[text.charCodeAt(++i)] + count * (code - LAST_ALONE)];
    }
    return bytes.slice(0, length);
  };
}

/** What `delta` makes of `base`: bytes of its own and pieces copied from the base, by turns. */
function applyDelta(base: Uint8Array, delta: string, decode: Decode): Uint8Array<ArrayBuffer> {
  const parts = delta.split(",");
  const pieces: Uint8Array[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const [from, count] = [Number.parseInt(parts[i + 1], 36), Number.parseInt(parts[i + 2], 36)];
    pieces.push(decode(parts[i]), base.subarray(from, from + count));
  }
  return concatBytes(pieces);
}

/** The import of a memory "env" "memory" whose limits have a maximum. */
const MEMORY_IMPORT = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 1];

/** The binary as it is, but over a shared memory: one bit of the import. `name`: whose bytes they are. */
function withSharedMemory(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const start = bytes.findIndex((_, at) => MEMORY_IMPORT.every((byte, i) => bytes[at + i] === byte));
  if (start < 0)
    throw new RelumineError("format", name, "to be one of the package's .wasm files", "one that imports no memory");
  bytes[start + MEMORY_IMPORT.length - 1] |= 2;
  return bytes;
}

/** The build that travels inside the JavaScript. */
export function embeddedBinary(build: Build): Uint8Array<ArrayBuffer> {
  const decode = makeDecoder();
  const strict = decode(STRICT);
  return build === "strict" ? strict : applyDelta(strict, RELAXED_DELTA, decode);
}

async function load(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`status ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new RelumineError(
      "unsupported",
      String(url),
      "to be the URL of the package's .wasm file",
      `what can't be loaded (${(error as Error).message})`,
    );
  }
}

async function compileFile(build: Build, shared: boolean, file: string | URL): Promise<WebAssembly.Module> {
  const bytes = await load(file);
  const module = await WebAssembly.compile(shared ? withSharedMemory(bytes, String(file)) : bytes).catch(
    (error: Error) => {
      throw new RelumineError(
        "format",
        String(file),
        `to be the package's ${build}.wasm`,
        `no WebAssembly (${error.message})`,
      );
    },
  );
  if (!WebAssembly.Module.exports(module).some(({ name }) => name === "gemmWorkspaceBytes")) {
    throw new RelumineError("format", String(file), `to be the package's ${build}.wasm`, "another program's");
  }
  return module;
}

/** Compiles one build, the embedded one or that of a file, for a shared memory or one of its own. */
export async function compileKernels(build: Build, shared: boolean, file?: string | URL): Promise<WebAssembly.Module> {
  if (file !== undefined) return compileFile(build, shared, file);
  const bytes = embeddedBinary(build);
  return WebAssembly.compile(shared ? withSharedMemory(bytes, `the ${build} build`) : bytes);
}

/**
 * An instance over `memory`; the calls are the raw exports, without the loader's wrappers. The loader's asynchronous call asks whether it was given a
 * Response, which makes Node load all of fetch (40 ms), so it is left to those browsers that refuse the synchronous one on the main thread.
 */
export async function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<KernelExports> {
  const imports = { env: { memory } };
  let made: { instance: WebAssembly.Instance };
  try {
    made = instantiateSync(module, imports);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    made = await instantiate(module, imports);
  }
  return made.instance.exports as unknown as KernelExports;
}
