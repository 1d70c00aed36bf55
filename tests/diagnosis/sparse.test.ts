// Looks at sparse rows: those that are few with their zeros are looked at as a matrix; wide ones are run as they are,
// their columns counted by their entries, and a sample of them is shown to findings.
import { expect, test } from "vitest";
import {
  createNetwork,
  diagnose,
  forecast,
  forecastTraining,
  prove,
  type Samples,
  sgd,
  type SparseMatrix,
  treat,
  calibrate,
} from "../../src/index.js";
import { recordActivity, standardize } from "../../src/index.js";
import { denseRows, shownRows, takeSamples, toSamples } from "../../src/core/matrix.js";
import { measureSparse, repeatedSparse, type SparseRows } from "../../src/core/sparse.js";
import { expectSameNumbers } from "../support/arrays.js";
import { relumineError } from "../support/errors.js";
import { weightsOf } from "../support/networks.js";
import { drawSparse, withZeros } from "../support/sparse.js";

const COLUMNS = 42_000;
const ROWS = 400;

/** Few entries in many columns: more numbers, zeros included, than are written down. */
function wide(rows = ROWS, seed = 1): SparseMatrix {
  const narrow = drawSparse(rows, 40, 0.3, seed);
  const places = Uint32Array.from({ length: 40 }, (_, c) => c * 1000 + ((c * 37) % 1000));
  return { ...narrow, columns: COLUMNS, columnIndices: Uint32Array.from(narrow.columnIndices, (c) => places[c]!) };
}

const SPEC = {
  inputs: COLUMNS,
  layers: [{ units: 12 }, { units: 8 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 2,
} as const;
const labels = (rows: number) => Array.from({ length: rows }, (_, r) => (r * 5) % 3);

/** With units that are dead on any rows, for reasons of several kinds. */
async function damaged(inputs = COLUMNS) {
  const network = await createNetwork({ ...SPEC, inputs });
  const { bias, kernel } = network.layers[0]!.getWeights();
  bias[3] = -100;
  bias[5] = -50;
  for (let at = 7; at < kernel.length; at += 12) kernel[at] = 0;
  bias[7] = -1;
  network.layers[0]!.setWeights({ bias, kernel });
  return network;
}

test("what is said of units is what the rows with their zeros give", async () => {
  const x = wide();
  expect(shownRows(toSamples("x", x))!.length).toBeLessThan(ROWS);
  using network = await damaged();
  const dense = withZeros(x);
  const [got, wanted] = [diagnose(network, x), diagnose(network, dense)];
  expect(got.dead).toBeGreaterThanOrEqual(3);
  expect(got.layers).toEqual(wanted.layers);
  expect(got.samples).toBe(ROWS);
  const labelled = { targets: labels(ROWS) };
  const [learned, denseLearned] = [diagnose(network, x, labelled), diagnose(network, dense, labelled)];
  expect(learned.learning).toEqual(denseLearned.learning);
  expect(learned.findings.map(({ kind }) => kind)).toEqual(denseLearned.findings.map(({ kind }) => kind));
  const constant = (all: typeof got) => all.findings.find(({ kind }) => kind === "constantInputs")!.message;
  expect(constant(learned)).toBe(constant(denseLearned));
});

test("few rows give the whole diagnosis, to the letter", async () => {
  const x = drawSparse(90, 60, 0.2, 4);
  using network = await createNetwork({ ...SPEC, inputs: 60 });
  const y = labels(90);
  await network.fit({ x, y }, { epochs: 5, optimizer: sgd({ learningRate: 0.3 }) });
  const options = { targets: y, proofs: true, validation: { x: drawSparse(30, 60, 0.2, 5), y: labels(30) } };
  const denseOptions = { ...options, validation: { ...options.validation, x: withZeros(options.validation.x) } };
  expect(JSON.stringify(diagnose(network, x, options))).toBe(
    JSON.stringify(diagnose(network, withZeros(x), denseOptions)),
  );
});

test("columns by their entries, zeros counted", () => {
  const x = drawSparse(50, 30, 0.3, 7);
  const sparse = toSamples("x", x) as SparseRows;
  const { data } = withZeros(x);
  const figures = measureSparse(sparse);
  for (let c = 0; c < 30; c++) {
    const column = Array.from({ length: 50 }, (_, r) => data[r * 30 + c]!);
    const mean = column.reduce((a, b) => a + b) / 50;
    expect(figures.mean[c]).toBeCloseTo(mean, 12);
    expect(figures.variance[c]).toBeCloseTo(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 50, 12);
    expect([figures.min[c], figures.max[c]]).toEqual([Math.min(...column), Math.max(...column)]);
    expect(figures.above[c]).toBe(column.filter((value) => value > 0).length);
    expect(figures.meanSize[c]).toBeCloseTo(column.reduce((sum, value) => sum + Math.abs(value), 0) / 50, 12);
  }
});

test("columns that repeat an earlier one, and others that nearly do", () => {
  const columns = [
    [1, 2, 0, 0, 3],
    [1, 2, 0, 0, 3],
    [1, 2, 0, 3, 0],
    [0, 0, 0, 0, 0],
    [1, 2, 0, 0, 3],
    [1, 2, 0, 0, -3],
    [1, 2, 0, 3, 0],
    [0, 0, 0, 0, 0],
  ];
  const x = { rows: 5, columns: 8, rowOffsets: [0], columnIndices: [] as number[], values: [] as number[] };
  for (let r = 0; r < 5; r++) {
    columns.forEach((column, c) => {
      if (column[r] === 0 && c !== 4) return; // zeros that are written down say the same
      x.columnIndices.push(c);
      x.values.push(column[r]!);
    });
    x.rowOffsets.push(x.columnIndices.length);
  }
  const sparse = toSamples("x", x) as SparseRows;
  expect(repeatedSparse(sparse, [0, 1, 2, 3, 4, 5, 6, 7])).toEqual([1, 4, 6, 7]);
  expect(repeatedSparse(sparse, [1, 2, 5])).toEqual([]);
  const many = 50_000; // columns that are all the same
  const columnIndices = Uint32Array.from({ length: many }, (_, column) => column);
  const alike = { rows: 1, columns: many, rowOffsets: Uint32Array.of(0, many), columnIndices };
  expect(repeatedSparse(alike, [...columnIndices])).toHaveLength(many - 1);
});

test("blocks of sparse rows, mixed with others", async () => {
  const x = wide();
  using network = await damaged();
  const part = (start: number, end: number): SparseMatrix => {
    const [from, to] = [x.rowOffsets[start]!, x.rowOffsets[end]!];
    return {
      rows: end - start,
      columns: COLUMNS,
      rowOffsets: Array.from(x.rowOffsets)
        .slice(start, end + 1)
        .map((offset) => offset - from),
      columnIndices: (x.columnIndices as Uint32Array).slice(from, to),
      values: (x.values as Float32Array).slice(from, to),
    };
  };
  const wanted = diagnose(network, x).layers;
  const blocks = () => [part(0, 150), part(150, 157), withZeros(part(157, 190)), part(190, ROWS)];
  const got = await diagnose(network, { rows: ROWS, blocks });
  expect(got.layers).toEqual(wanted);
  const activity = await recordActivity({ rows: ROWS, blocks }, { samples: 20 });
  expect(activity.options.x).toEqual(recordActivity(x, { samples: 20 }).options.x);
});

test.each(["liftBias", "reinitialize", "prune"] as const)("a treatment: %s", async (kind) => {
  const x = wide();
  const remedy = { kind } as { kind: "liftBias" };
  const run = async (samples: Samples) => {
    using network = await damaged();
    const {
      treated,
      network: result,
      outputChange,
      after,
    } = await treat(network, samples, remedy, { targets: labels(ROWS) });
    const weights = weightsOf(result);
    if (result !== network) result.dispose();
    return { treated, outputChange, dead: after.dead, weights };
  };
  const [got, wanted] = [await run(x), await run(withZeros(x))];
  expectSameNumbers(got.weights, wanted.weights);
  expect(got).toEqual(wanted);
});

test("a calibration", async () => {
  const x = wide();
  using network = await createNetwork(SPEC);
  using other = await createNetwork(SPEC);
  expect(await calibrate(network, x)).toEqual(await calibrate(other, withZeros(x)));
  expectSameNumbers(weightsOf(network), weightsOf(other));
});

test("a forecast: of few rows the same, of many wide ones by those that are shown", () => {
  const few = drawSparse(60, 30, 0.3, 3);
  const spec = { ...SPEC, inputs: 30, layers: [{ units: 4 }, { units: 3 }, { units: 3 }] };
  const targets = labels(60);
  expect(JSON.stringify(forecast(spec, few, { targets }))).toBe(
    JSON.stringify(forecast(spec, withZeros(few), { targets })),
  );
  const x = toSamples("x", wide());
  const shown = shownRows(x)!;
  const some = denseRows(takeSamples(x, shown));
  const wideSpec = { ...SPEC, layers: [{ units: 12 }, { units: 3 }] };
  const many = forecast(wideSpec, x, { targets: labels(ROWS), draws: 2 });
  const y = Array.from(shown, (row) => labels(ROWS)[row]!);
  const wanted = forecast(wideSpec, some, { targets: y, draws: 2 });
  expect(many.inputs).toBe(`${shown.length} of ${ROWS} rows`);
  expect({ ...many, inputs: "" }).toEqual({ ...wanted, inputs: "" });
});

test("a forecast by short trainings", async () => {
  const x = drawSparse(200, 30, 0.3, 3);
  const run = (samples: Samples) =>
    forecastTraining(
      { ...SPEC, inputs: 30 },
      { x: samples, y: labels(200) },
      { rates: [0.1, 10], seeds: 1, seconds: 60, epochs: 2 },
    );
  expect(JSON.stringify(await run(x))).toBe(JSON.stringify(await run(withZeros(x))));
});

test("a proof on the box of the rows", async () => {
  const x = drawSparse(40, 25, 0.3, 8);
  using network = await damaged(25);
  const [got, wanted] = [await prove(network, x), await prove(network, withZeros(x))];
  expect(got.units.length).toBeGreaterThan(0);
  expect(got.units).toEqual(wanted.units);
  expect(got.box).toEqual(wanted.box);
});

test("figures of columns by the entries, and rows without their zeros once they are centred", () => {
  const x = drawSparse(40, 25, 0.3, 8);
  const [got, wanted] = [standardize(x), standardize(withZeros(x))];
  expect([got.mean, got.scale]).toEqual([wanted.mean, wanted.scale]);
  expect(got.apply(x)).toEqual(wanted.apply(withZeros(x)));
  const huge = { rows: 100_000, columns: COLUMNS, rowOffsets: new Uint32Array(100_001), columnIndices: [] };
  const figures = standardize(huge);
  expect([...new Set(figures.scale)]).toEqual([1]);
  expect(() => figures.apply(huge)).toThrow(relumineError("memory", "samples"));
});
