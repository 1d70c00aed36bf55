// The kernels by themselves, on matrices that live in WASM memory.
import { type Activation, learnsAlpha, resolveActivation } from "../activations/activations.js";
import { activationCode } from "../wasm/abi.js";
import { Arena } from "../wasm/heap.js";
import { getRuntime, type Runtime, type RuntimeOptions } from "../wasm/runtime.js";
import { checkBoolean, checkInteger, checkOptions, describe } from "../core/checks.js";
import { disposedError, RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";

/** Options of `Kernels.matmul`. */
export interface MatmulOptions {
  /** Takes a for its transpose: it is K x M. Default false. */
  readonly transposeA?: boolean;
  /** Takes b for its transpose: it is N x K. Default false. */
  readonly transposeB?: boolean;
  /** Adds to what `out` holds. Default false: `out` is overwritten. */
  readonly accumulate?: boolean;
}

/** WASM kernels on matrices of their own memory: no copies in or out. Every method throws RelumineError "disposed" after dispose(). */
export interface Kernels extends Disposable {
  /** The binary that runs: "relaxed" fuses multiply and add where the machine can. */
  readonly simd: "strict" | "relaxed";
  /**
   * A zeroed matrix in WASM memory. Read `data` anew after each allocation: the memory may have moved.
   * @throws RelumineError "value" or "memory"
   * @example const a = kernels.allocate(64, 32); a.data.fill(1);
   */
  allocate(rows: number, columns: number): Matrix;
  /**
   * Gives a matrix back; it can't be used afterwards.
   * @throws RelumineError "value" where it is not one that these kernels allocated
   * @example kernels.free(a);
   */
  free(matrix: Matrix): void;
  /**
   * out = A·B, where A and B are a and b or their transposes; out is another matrix than both.
   * @param out M x N
   * @param a M x K, or K x M with transposeA
   * @param b K x N, or N x K with transposeB
   * @throws RelumineError "shape" or "value"
   * @example kernels.matmul(out, a, b, { transposeB: true });
   */
  matmul(out: Matrix, a: Matrix, b: Matrix, options?: MatmulOptions): void;
  /**
   * out = f(z), element by element; out may be z. PReLU uses one slope for all.
   * @throws RelumineError "shape" or "value"
   * @example kernels.activate(out, z, "relu");
   */
  activate(out: Matrix, z: Matrix, activation: Activation): void;
  /**
   * out = upstream · f'(z), element by element; out may be upstream.
   * @throws RelumineError "shape" or "value"
   * @example kernels.activationGradient(dz, z, da, { name: "leakyRelu", alpha: 0.1 });
   */
  activationGradient(out: Matrix, z: Matrix, upstream: Matrix, activation: Activation): void;
  /**
   * Gives all of its memory back; its matrices can't be used afterwards.
   * @example kernels.dispose();
   */
  dispose(): void;
}

/** A matrix in WASM memory: `data` is a view, made anew when the memory has grown. */
class WasmMatrix implements Matrix {
  constructor(
    private readonly runtime: Runtime,
    readonly address: number,
    readonly rows: number,
    readonly columns: number,
  ) {}

  get data(): Float32Array {
    const start = this.address >>> 2;
    return this.runtime.heap.f32.subarray(start, start + this.rows * this.columns);
  }
}

/** `2 x 3` */
function sizeOf({ rows, columns }: Matrix): string {
  return `${rows} x ${columns}`;
}

function checkSameShape(name: string, matrix: Matrix, otherName: string, other: Matrix): void {
  if (matrix.rows !== other.rows || matrix.columns !== other.columns) {
    throw new RelumineError("shape", otherName, `to have the shape of ${name}, ${sizeOf(matrix)}`, sizeOf(other));
  }
}

/** A single slope for PReLU is a leaky ReLU's. */
function resolveSingle(activation: Activation): { code: number; alpha: number } {
  const { name, alpha } = resolveActivation("activation", activation);
  return { code: activationCode(learnsAlpha(name) ? "leakyRelu" : name), alpha: alpha ?? 0 };
}

class WasmKernels implements Kernels {
  readonly simd: "strict" | "relaxed";
  readonly #runtime: Runtime;
  readonly #arena: Arena;
  readonly #matrices = new WeakSet<Matrix>();
  #isDisposed = false;

  constructor(runtime: Runtime) {
    this.simd = runtime.build;
    this.#runtime = runtime;
    this.#arena = new Arena(runtime.heap, this);
  }

  allocate(rows: number, columns: number): Matrix {
    this.#checkAlive();
    checkInteger("rows", rows, { low: 0 });
    checkInteger("columns", columns, { low: 0 });
    const matrix = new WasmMatrix(
      this.#runtime,
      this.#arena.allocate(rows * columns * 4, `a matrix of ${rows} x ${columns}`),
      rows,
      columns,
    );
    this.#matrices.add(matrix);
    return matrix;
  }

  free(matrix: Matrix): void {
    this.#arena.free(this.#check("matrix", matrix).address);
    this.#matrices.delete(matrix);
  }

  matmul(out: Matrix, a: Matrix, b: Matrix, options?: MatmulOptions): void {
    const c = this.#check("out", out),
      x = this.#check("a", a),
      y = this.#check("b", b);
    const {
      transposeA = false,
      transposeB = false,
      accumulate = false,
    } = checkOptions("matmul", options, ["transposeA", "transposeB", "accumulate"]);
    const [m, k] = checkBoolean("transposeA", transposeA) ? [x.columns, x.rows] : [x.rows, x.columns];
    const [depth, n] = checkBoolean("transposeB", transposeB) ? [y.columns, y.rows] : [y.rows, y.columns];
    checkBoolean("accumulate", accumulate);
    if (k !== depth) throw new RelumineError("shape", "B", `to have ${k} rows, as many as A has columns`, `${depth}`);
    if (c.rows !== m || c.columns !== n)
      throw new RelumineError("shape", "out", `to be ${m} x ${n}, as A·B is`, sizeOf(c));
    if (c === x || c === y)
      throw new RelumineError("value", "out", "to be another matrix than the operands", "one of them");
    const [rowStrideA, colStrideA] = transposeA ? [1, x.columns] : [x.columns, 1];
    const [rowStrideB, colStrideB] = transposeB ? [1, y.columns] : [y.columns, 1];
    const { kernels, workspace } = this.#runtime;
    kernels.gemm(
      m,
      n,
      k,
      x.address,
      rowStrideA,
      colStrideA,
      y.address,
      rowStrideB,
      colStrideB,
      Number(accumulate),
      c.address,
      n,
      workspace,
    );
  }

  activate(out: Matrix, z: Matrix, activation: Activation): void {
    const a = this.#check("out", out),
      input = this.#check("z", z);
    checkSameShape("out", out, "z", z);
    const { code, alpha } = resolveSingle(activation);
    this.#runtime.kernels.activationForward(code, alpha, 0, 1, z.rows * z.columns, input.address, 0, a.address, 0, 0);
  }

  activationGradient(out: Matrix, z: Matrix, upstream: Matrix, activation: Activation): void {
    const dz = this.#check("out", out),
      input = this.#check("z", z),
      da = this.#check("upstream", upstream);
    checkSameShape("out", out, "z", z);
    checkSameShape("upstream", upstream, "z", z);
    const { code, alpha } = resolveSingle(activation);
    this.#runtime.kernels.activationBackward(
      code,
      alpha,
      0,
      1,
      z.rows * z.columns,
      input.address,
      da.address,
      dz.address,
      0,
      0,
    );
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#arena.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #check(name: string, matrix: Matrix): WasmMatrix {
    this.#checkAlive();
    if (!(matrix instanceof WasmMatrix) || !this.#matrices.has(matrix)) {
      throw new RelumineError("value", name, "to be a matrix from allocate() that was not freed", describe(matrix));
    }
    return matrix;
  }

  #checkAlive(): void {
    if (this.#isDisposed) throw disposedError("kernels");
  }
}

/**
 * The kernels by themselves.
 * @param options arithmetic, as for createNetwork
 * @cost the first call compiles the kernels, some tens of milliseconds; networks with the same options share them
 * @throws RelumineError "value" (as a rejection)
 * @example
 * const kernels = await createKernels();
 * const a = kernels.allocate(2, 3), b = kernels.allocate(3, 2), out = kernels.allocate(2, 2);
 * kernels.matmul(out, a, b);
 */
export async function createKernels(options?: RuntimeOptions): Promise<Kernels> {
  return new WasmKernels(await getRuntime(options));
}
