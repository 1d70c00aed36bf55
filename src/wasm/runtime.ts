// One running instance for each build, shared by all networks: the kernels keep no state, each network has its own arena.
import { type Build, instantiateKernels, supportsRelaxed, supportsSimd } from "./binary.js";
import type { KernelExports } from "./exports.js";
import { Heap } from "./heap.js";
import { checkName, checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";

export interface RuntimeOptions {
  /** "fast" uses fused multiply-add where the engine has it; "reproducible" gives the same bits on every machine. Default "fast". */
  readonly arithmetic?: "fast" | "reproducible";
  /** Threads that share the work, the calling one included. Only 1 so far, which is also what "auto" gives. Default 1. */
  readonly threads?: number | "auto";
}

export interface Runtime {
  readonly build: Build;
  readonly kernels: KernelExports;
  readonly heap: Heap;
  /** Address of the packing space that every gemm shares: they run one after another. */
  readonly workspace: number;
}

const runtimes = new Map<Build, Promise<Runtime>>();

async function start(build: Build): Promise<Runtime> {
  if (!supportsSimd()) throw new RelumineError("unsupported", "this engine has no WebAssembly SIMD; wanted is one from 2021 or later");
  const heap = new Heap();
  const kernels = await instantiateKernels(build, heap.memory);
  const workspace = heap.allocate(kernels.gemmWorkspaceBytes(), "the packing space");
  return { build, kernels, heap, workspace };
}

/** The runtime that the options ask for; the first call compiles it. */
export async function getRuntime(options?: RuntimeOptions): Promise<Runtime> {
  const { arithmetic = "fast", threads = 1 } = checkOptions("options", options, ["arithmetic", "threads"]);
  checkName("arithmetic", arithmetic, ["fast", "reproducible"]);
  if (threads !== "auto" && threads !== 1) {
    throw new RelumineError("unsupported", `threads is ${describe(threads)}; this version runs on 1`);
  }
  const build = arithmetic === "fast" && supportsRelaxed() ? "relaxed" : "strict";
  let runtime = runtimes.get(build);
  if (!runtime) {
    runtime = start(build);
    runtimes.set(build, runtime);
    runtime.catch(() => runtimes.delete(build));
  }
  return runtime;
}
