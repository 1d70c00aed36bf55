// Products by form and shape. NN: Z = X·W. NT: dX = dZ·Wᵀ. TN: dW = Xᵀ·dZ. All matrices are row-major and tight.
import { Bench as Arena } from "../tests/support/kernels.js";
import { measure, warmUp, type Case, type Context, type Result } from "./measure.js";
import { filled, filler } from "./numbers.js";
import { WORKLOADS } from "./workloads.js";

type Form = "NN" | "NT" | "TN";

interface Product {
  readonly name: string;
  readonly form: Form;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const FORMS: readonly Form[] = ["NN", "NT", "TN"];
const CUBE = "cube";
const UNIT_ROUNDOFF = 2 ** -24;
const PROBES = 256; // elements of C that are recomputed in float64

/** The three products of every layer, but for the first layer's NT; layers of one shape are measured once. */
function productsOfWorkloads(all: boolean): Product[] {
  return WORKLOADS.filter(({ name }) => all || name !== "W5").flatMap(({ name, widths, batch }) => {
    const shapes = widths.slice(1).map((units, i) => ({ inputs: widths[i]!, units, first: i === 0 }));
    const distinct = shapes.filter(
      ({ inputs, units }, i) => shapes.findLastIndex((other) => other.inputs === inputs && other.units === units) === i,
    );
    return distinct.flatMap(({ inputs, units, first }): Product[] => [
      { name, form: "NN", m: batch, n: units, k: inputs },
      ...(first ? [] : [{ name, form: "NT" as const, m: batch, n: inputs, k: units }]),
      { name, form: "TN", m: inputs, n: units, k: batch },
    ]);
  });
}

function cubes(): Product[] {
  return [256, 512, 1024].flatMap((size) => FORMS.map((form) => ({ name: CUBE, form, m: size, n: size, k: size })));
}

/** Row and column strides of A (m x k) and B (k x n) as they lie in memory. */
function strides({ form, m, n, k }: Product): readonly [number, number, number, number] {
  const [rowA, columnA] = form === "TN" ? [1, m] : [k, 1];
  const [rowB, columnB] = form === "NT" ? [1, k] : [n, 1];
  return [rowA!, columnA!, rowB!, columnB!];
}

/** The largest |error| over K·u·sum|a·b|, the bound on a sum of K products, over PROBES elements spread over C. */
function residual(product: Product, a: Float32Array, b: Float32Array, c: Float32Array): number {
  const { m, n, k } = product;
  const [rowA, columnA, rowB, columnB] = strides(product);
  const probe = (at: number): number => {
    const i = Math.floor(at / n),
      j = at % n;
    let sum = 0,
      size = 0;
    for (let p = 0; p < k; p++) {
      const term = a[i * rowA + p * columnA]! * b[p * rowB + j * columnB]!;
      sum += term;
      size += Math.abs(term);
    }
    return Math.abs(c[at]! - sum) / (k * UNIT_ROUNDOFF * size);
  };
  const probes = Math.min(PROBES, m * n);
  const worst = Array.from({ length: probes }, (_, i) => probe(Math.floor(((i + 0.5) / probes) * m * n)));
  return worst.reduce((max, value) => (value <= max ? max : value), 0); // NaN stays
}

async function run(product: Product, { build, core }: Context): Promise<Result> {
  const { m, n, k } = product;
  const arena = await Arena.create(build);
  const { gemm, gemmWorkspaceBytes } = arena.kernels;
  const next = filler(2);
  const a = filled(m * k, next),
    b = filled(k * n, next);
  const atA = arena.place(a),
    atB = arena.place(b),
    atC = arena.allocate(m * n);
  const workspace = Math.ceil(arena.allocate(gemmWorkspaceBytes() / 4 + 4) / 16) * 16;
  const [rowA, columnA, rowB, columnB] = strides(product);
  const multiply = (limit: number) =>
    gemm(
      Math.min(m, limit),
      Math.min(n, limit),
      Math.min(k, limit),
      atA,
      rowA,
      columnA,
      atB,
      rowB,
      columnB,
      0,
      atC,
      n,
      workspace,
    );
  await warmUp(() => multiply(96));
  const operations = 2 * m * n * k;
  const timing = await measure(() => multiply(Infinity), { core, operations });
  return {
    ...timing,
    rate: operations / timing.seconds / 1e9,
    unit: "GFLOP/s",
    ...(product.name === CUBE && { wanted: { atLeast: 90 } }),
    residual: residual(product, a, b, arena.floats(atC, m * n)),
    tolerance: "K·2^-24·sum|a·b|",
  };
}

export function gemmCases(context: Context): Case[] {
  return [...cubes(), ...productsOfWorkloads(context.all)].map((product) => ({
    name: `gemm ${product.name} ${product.form} ${product.m}x${product.n}x${product.k}`,
    run: () => run(product, context),
  }));
}
