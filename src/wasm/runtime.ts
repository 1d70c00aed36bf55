// One running instance for each build and number of threads, shared by all networks: the kernels keep no state, each
// network has its own arena.
import { type Build, compileKernels, instantiateKernels, supportsRelaxed, supportsSimd } from "./binary.js";
import type { KernelExports } from "./exports.js";
import { Heap } from "./heap.js";
import { resolveThreads, ThreadPool } from "./threads.js";
import { checkInteger, checkName, checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

/** On what a network computes: all networks with the same choice share one runtime. */
export interface RuntimeOptions {
  /** "fast" uses fused multiply-add where the engine has it; "reproducible" gives the same bits on every machine. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
  /**
   * Worker threads that share the work, the calling one included; results do not depend on it. Default 1; "auto" takes a thread
   * a core, at most 8. Where memory can't be shared (a page that is not cross-origin isolated) it is 1.
   */
  readonly threads?: number | "auto";
  /** Where the package's exported files lie, for pages that are to load them instead of what travels inside the JavaScript. */
  readonly files?: RuntimeFiles;
}

/** URLs. They count for the first network of its kind, which loads the kernels for those after it. */
export interface RuntimeFiles {
  /** Of relumine/strict.wasm. */
  readonly strict?: string | URL;
  /** Of relumine/relaxed.wasm. */
  readonly relaxed?: string | URL;
  /** Of relumine/helper-thread.js: for `threads` where a content security policy forbids blob:. Browsers only. */
  readonly helper?: string | URL;
}

export interface Runtime {
  readonly build: Build;
  readonly threads: number;
  readonly kernels: KernelExports;
  readonly heap: Heap;
  /** Address of the packing space that every gemm shares, a part for each thread: products run one after another. */
  readonly workspace: number;
}

const runtimes = new Map<string, Promise<Runtime>>();

async function start(build: Build, threads: number, files: RuntimeFiles, onDeath: () => void): Promise<Runtime> {
  if (!supportsSimd())
    throw new RelumineError(
      "unsupported",
      "this engine",
      "to have WebAssembly SIMD, as engines have since 2021",
      "one without",
    );
  const shared = threads > 1;
  const heap = new Heap(shared);
  const module = await compileKernels(build, shared, files[build]);
  const kernels = await instantiateKernels(module, heap.memory);
  const workspace = heap.allocate(kernels.gemmWorkspaceBytes() * threads, "the packing space");
  const pool = shared ? await ThreadPool.start(threads, module, kernels, heap, onDeath, files.helper) : undefined;
  return { build, threads, kernels: pool?.wrap() ?? kernels, heap, workspace };
}

/** The runtime of a build and a number of threads; the first call compiles it. One whose helpers died is forgotten. */
function obtain(build: Build, threads: number, files: RuntimeFiles = {}): Promise<Runtime> {
  const key = `${build} ${threads}`;
  let runtime = runtimes.get(key);
  if (!runtime) {
    const forget = () => void runtimes.delete(key);
    runtime = start(build, threads, files, forget);
    runtime.catch(forget);
    runtimes.set(key, runtime);
  }
  return runtime;
}

/** The runtime that the options ask for. */
export async function getRuntime(options?: RuntimeOptions): Promise<Runtime> {
  const {
    arithmetic = "fast",
    threads = 1,
    files,
  } = checkOptions("options", options, ["arithmetic", "threads", "files"]);
  checkName("arithmetic", arithmetic, ["fast", "reproducible"]);
  if (threads !== "auto") checkInteger("threads", threads, { low: 1 });
  const build = arithmetic === "fast" && supportsRelaxed() ? "relaxed" : "strict";
  return obtain(build, resolveThreads(threads), checkOptions("files", files, ["strict", "relaxed", "helper"]));
}

/** A runtime like this one; this one, unless its helpers have died. */
export function renew({ build, threads }: Runtime): Promise<Runtime> {
  return obtain(build, threads);
}
