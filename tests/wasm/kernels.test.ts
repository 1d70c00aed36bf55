import { describe, expect, it } from "vitest";
import { createKernels, RelumineError, type Kernels } from "../../src/kernels.js";
import type { Matrix } from "../../src/core/matrix.js";

function filled(kernels: Kernels, rows: number, columns: number, values: readonly number[]): Matrix {
  const matrix = kernels.allocate(rows, columns);
  matrix.data.set(values);
  return matrix;
}

function errorOf(run: () => unknown): RelumineError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(RelumineError);
    return error as RelumineError;
  }
  throw new Error("nothing was thrown");
}

describe.each(["fast", "reproducible"] as const)("relumine/kernels, %s", (arithmetic) => {
  it("multiplies in all four forms, and adds to what is there", async () => {
    using kernels = await createKernels({ arithmetic });
    const a = filled(kernels, 2, 3, [1, 2, 3, 4, 5, 6]);
    const b = filled(kernels, 3, 2, [7, 8, 9, 10, 11, 12]);
    const aT = filled(kernels, 3, 2, [1, 4, 2, 5, 3, 6]);
    const bT = filled(kernels, 2, 3, [7, 9, 11, 8, 10, 12]);
    const out = filled(kernels, 2, 2, [NaN, NaN, NaN, NaN]);
    const expected = [58, 64, 139, 154];
    kernels.matmul(out, a, b);
    expect([...out.data]).toEqual(expected);
    kernels.matmul(out, aT, b, { transposeA: true });
    expect([...out.data]).toEqual(expected);
    kernels.matmul(out, a, bT, { transposeB: true });
    expect([...out.data]).toEqual(expected);
    kernels.matmul(out, aT, bT, { transposeA: true, transposeB: true, accumulate: true });
    expect([...out.data]).toEqual(expected.map((value) => 2 * value));
  });

  it("activates, and gives the gradient", async () => {
    using kernels = await createKernels({ arithmetic });
    const z = filled(kernels, 1, 5, [-2, -0, 0, 0.5, 3]);
    const out = kernels.allocate(1, 5);
    const upstream = filled(kernels, 1, 5, [1, 2, 3, 4, 5]);
    kernels.activate(out, z, { name: "leakyRelu", alpha: 0.25 });
    expect([...out.data].map((value) => value + 0)).toEqual([-0.5, 0, 0, 0.5, 3]);
    kernels.activationGradient(out, z, upstream, { name: "leakyRelu", alpha: 0.25 });
    expect([...out.data]).toEqual([0.25, 0.5, 0.75, 4, 5]);
    kernels.activationGradient(upstream, z, upstream, "relu");
    expect([...upstream.data]).toEqual([0, 0, 0, 4, 5]);
    kernels.activate(z, z, { name: "prelu", alpha: -1 });
    expect([...z.data].map((value) => value + 0)).toEqual([2, 0, 0, 0.5, 3]);
  });

  it("keeps a matrix when the memory grows", async () => {
    using kernels = await createKernels({ arithmetic });
    const small = filled(kernels, 1, 3, [1, 2, 3]);
    kernels.allocate(3000, 3000);
    expect([...small.data]).toEqual([1, 2, 3]);
  });

  it("takes empty matrices", async () => {
    using kernels = await createKernels({ arithmetic });
    const out = filled(kernels, 2, 2, [1, 2, 3, 4]);
    kernels.matmul(out, kernels.allocate(2, 0), kernels.allocate(0, 2));
    expect([...out.data]).toEqual([0, 0, 0, 0]);
    kernels.activate(kernels.allocate(0, 5), kernels.allocate(0, 5), "tanh");
  });

  it("names what it refuses, and changes nothing", async () => {
    using kernels = await createKernels({ arithmetic });
    const out = filled(kernels, 2, 2, [1, 2, 3, 4]);
    const a = kernels.allocate(2, 3),
      b = kernels.allocate(2, 2);
    expect(errorOf(() => kernels.matmul(out, a, b))).toMatchObject({
      code: "shape",
      path: "B",
    });
    expect(errorOf(() => kernels.matmul(b, a, kernels.allocate(3, 3)))).toMatchObject({ code: "shape", path: "out" });
    expect(errorOf(() => kernels.matmul(out, out, b))).toMatchObject({ code: "value", path: "out" });
    expect(errorOf(() => kernels.matmul(out, { rows: 2, columns: 2, data: new Float32Array(4) }, b)).code).toBe(
      "value",
    );
    expect(errorOf(() => kernels.activate(out, a, "relu")).code).toBe("shape");
    expect(errorOf(() => kernels.activate(out, out, "rleu" as "relu")).hint).toContain('"relu"');
    expect(errorOf(() => kernels.matmul(out, b, b, { transpose: true } as object)).path).toBe("matmul.transpose");
    expect(errorOf(() => kernels.allocate(-1, 2)).code).toBe("value");
    expect(errorOf(() => kernels.allocate(2 ** 20, 2 ** 20)).code).toBe("memory");
    kernels.free(b);
    expect(errorOf(() => kernels.activate(out, b, "relu"))).toMatchObject({ code: "value", path: "z" });
    expect([...out.data]).toEqual([1, 2, 3, 4]);
    kernels.dispose();
    expect(errorOf(() => kernels.allocate(1, 1)).code).toBe("disposed");
  });
});

it("reproducible is the strict build; other words are refused", async () => {
  using kernels = await createKernels({ arithmetic: "reproducible" });
  expect(kernels.simd).toBe("strict");
  await expect(createKernels({ arithmetic: "exact" as "fast" })).rejects.toMatchObject({
    code: "value",
    path: "arithmetic",
  });
  await expect(createKernels({ threads: 0 })).rejects.toMatchObject({ code: "value" });
});
