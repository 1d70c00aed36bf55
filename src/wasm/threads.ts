// A pool of helper threads over one shared memory, which share the large products (assembly/threads.ts).
import { countCores, maySleep, startHelper } from "#helpers";
import { CONTROL_BYTES, ControlWord } from "./abi.js";
import { Benefit } from "./sharing-benefit.js";
import type { KernelExports } from "./exports.js";
import type { Heap } from "./heap.js";
import { RelumineError } from "../core/errors.js";

export { countCores };

export interface HelperStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly index: number;
}
export interface Helper {
  stop(): void;
}

const MAX_THREADS = 64;
const AUTO_THREADS = 8;
/** Multiply-adds from which waking helpers pays (measured). */
const SHARED_FROM = 1_000_000;
const PATIENCE_MS = 5000;

/** Shared memory is there, and in a browser allowed: the page must be cross-origin isolated. */
export function canShare(): boolean {
  return typeof SharedArrayBuffer === "function" && globalThis.crossOriginIsolated !== false;
}

/** How many threads a caller gets who asks for this many. */
export function resolveThreads(threads: number | "auto"): number {
  if (!canShare()) return 1;
  return threads === "auto" ? Math.min(countCores(), AUTO_THREADS) : Math.min(threads, MAX_THREADS);
}

export class ThreadPool {
  private readonly helpers: Helper[] = [];
  private death: string | undefined;
  private readonly benefit = new Benefit();

  private constructor(
    private readonly kernels: KernelExports,
    private readonly heap: Heap,
    private readonly control: number,
    private readonly onDeath: () => void,
  ) {}

  /** Starts threads - 1 helpers; `onDeath` is called once if one of them ends. */
  static async start(
    threads: number,
    module: WebAssembly.Module,
    kernels: KernelExports,
    heap: Heap,
    onDeath: () => void,
    file?: string | URL,
  ): Promise<ThreadPool> {
    const control = heap.allocate(CONTROL_BYTES, "the threads' control block");
    const pool = new ThreadPool(kernels, heap, control, onDeath);
    const ready = Array.from({ length: threads - 1 }, (_, i) =>
      pool.startHelper({ module, memory: heap.memory, control, index: i + 1 }, file),
    );
    await Promise.all(ready);
    return pool;
  }

  private startHelper(start: HelperStart, file: string | URL | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        this.fail(why);
        reject(new RelumineError("unsupported", "threads", "to start here", why));
      };
      this.helpers.push(startHelper(start, resolve, fail, file));
    });
  }

  private fail(why: string): void {
    if (this.death !== undefined) return;
    this.death = why;
    for (const helper of this.helpers) helper.stop();
    this.onDeath();
  }

  /** The same kernels; large products are shared. Arguments one by one: spread, they cost small products (measured). */
  wrap(): KernelExports {
    const { kernels } = this;
    return {
      ...kernels,
      gemm: (m, n, k, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, beta, c, ldc, workspace) => {
        if (this.isShared(m, n, k, false))
          this.share(m, n, k, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, beta, c, ldc, workspace, 0, 0, 0);
        else kernels.gemm(m, n, k, a, rowStrideA, colStrideA, b, rowStrideB, colStrideB, beta, c, ldc, workspace);
      },
      gemmSkippingZeros: (
        m,
        n,
        k,
        a,
        rowStrideA,
        colStrideA,
        b,
        rowStrideB,
        colStrideB,
        accumulate,
        c,
        ldc,
        workspace,
        columnIndex,
        kIndex,
      ) => {
        const isSelected = columnIndex !== 0 || kIndex !== 0;
        const run = this.isShared(m, n, k, isSelected) ? this.share : kernels.gemmSkippingZeros;
        run.call(
          this,
          m,
          n,
          k,
          a,
          rowStrideA,
          colStrideA,
          b,
          rowStrideB,
          colStrideB,
          accumulate,
          c,
          ldc,
          workspace,
          columnIndex,
          kIndex,
          1,
        );
      },
    };
  }

  /** Whether a product is worth waking helpers for. One of selected rows or columns is packed, whatever its shape. */
  private isShared(m: number, n: number, k: number, isSelected: boolean): boolean {
    return m * n * k >= SHARED_FROM && (isSelected || this.kernels.isPacked(m, n, k) !== 0) && !this.isAlone();
  }

  private isAlone(): boolean {
    return this.death === undefined && this.benefit.isMissing();
  }

  private share(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    colStrideA: number,
    b: number,
    rowStrideB: number,
    colStrideB: number,
    accumulate: number,
    c: number,
    ldc: number,
    workspace: number,
    columnIndex: number,
    kIndex: number,
    skipsZeros: number,
  ): void {
    if (this.death !== undefined) throw this.deathError();
    const words = this.heap.i32;
    const to = (this.control >>> 2) + ControlWord.arguments;
    words[to] = m;
    words[to + 1] = n;
    words[to + 2] = k;
    words[to + 3] = a;
    words[to + 4] = rowStrideA;
    words[to + 5] = colStrideA;
    words[to + 6] = b;
    words[to + 7] = rowStrideB;
    words[to + 8] = colStrideB;
    words[to + 9] = accumulate;
    words[to + 10] = c;
    words[to + 11] = ldc;
    words[to + 12] = workspace;
    words[to + 13] = columnIndex;
    words[to + 14] = kIndex;
    words[to + 15] = skipsZeros;
    const started = performance.now();
    const turns = this.kernels.runShared(this.control);
    const parted = performance.now();
    if (this.kernels.awaitHelpers(this.control) !== 0) this.awaitLate();
    this.benefit.note(
      m * n * k,
      performance.now() - started,
      turns / words[(this.control >>> 2) + ControlWord.turns],
      parted - started,
    );
  }

  /** Helpers that share a core with others take longer; one that died never finishes. */
  private awaitLate(): void {
    const words = this.heap.i32;
    const base = this.control >>> 2;
    const deadline = performance.now() + PATIENCE_MS;
    Atomics.store(words, base + ControlWord.callerSleeps, 1);
    while (this.kernels.awaitHelpers(this.control) !== 0) {
      if (maySleep())
        Atomics.wait(words, base + ControlWord.finished, Atomics.load(words, base + ControlWord.finished), 10);
      if (performance.now() > deadline) {
        this.fail(`it did not answer for ${PATIENCE_MS / 1000} seconds`);
        throw this.deathError();
      }
    }
    Atomics.store(words, base + ControlWord.callerSleeps, 0);
  }

  private deathError(): RelumineError {
    return new RelumineError(
      "disposed",
      "threads",
      "to be alive",
      `a helper that died (${this.death})`,
      "The weights are those of the last whole step; clone() gives a network that can go on.",
    );
  }
}
