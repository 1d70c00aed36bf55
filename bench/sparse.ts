// Rows that are never dense: 100,000 columns of which a row names 100, beside what reading and changing the weights of
// those columns takes by itself, and a one-hot table beside the same rows with their zeros.
import { sgd, type Network, type SparseMatrix } from "../src/index.js";
import { denseRows, toSamples } from "../src/core/matrix.js";
import { stateOf } from "../src/network/state/state.js";
import type { Case, Context, Figure } from "./measure.js";
import { create } from "./networks.js";
import { filler } from "./numbers.js";
import { byTurns, ratios, summarize } from "./turns.js";
import { classifierOf } from "./workloads.js";

const BATCH = 64;
const HIDDEN = 128;
const CLASSES = 10;
const MILLISECONDS = 5000;
/** So many that checking the data, and what a fit keeps at its end, are no part of a step. */
const EPOCHS = 4;

/** Rows of `entries` ones, one in each of as many ranges of columns: sparse text, or the columns of a one-hot table. */
function rowsOfOnes(rows: number, columns: number, entries: number): SparseMatrix {
  const next = filler(7);
  const range = columns / entries;
  return {
    rows,
    columns,
    rowOffsets: Uint32Array.from({ length: rows + 1 }, (_, row) => row * entries),
    columnIndices: Uint32Array.from(
      { length: rows * entries },
      (_, i) => (i % entries) * range + Math.floor(((next() + 1) / 2) * range),
    ),
  };
}

const workloadOf = ({ columns }: SparseMatrix) => classifierOf([columns, HIDDEN, CLASSES], BATCH);

const labels = (rows: number) => Int32Array.from({ length: rows }, (_, row) => (row * 7) % CLASSES);

/** Reads, and then reads and changes, the rows of the first kernel that batches name, as a step does. */
function weightsAlone(network: Network, x: SparseMatrix): () => void {
  const { parameters, runtime } = stateOf(network);
  const { kernels } = runtime;
  const perBatch = (BATCH * x.columnIndices.length) / x.rows;
  const addresses = Float64Array.from(x.columnIndices, (column) => parameters + column * HIDDEN * 4);
  return () => {
    for (let start = 0; start < addresses.length; start += perBatch) {
      for (let i = start; i < start + perBatch; i++) kernels.allFinite(HIDDEN, addresses[i]!);
      for (let i = start; i < start + perBatch; i++) kernels.scale(HIDDEN, addresses[i]!, 1);
    }
  };
}

async function wideStep(context: Context): Promise<Figure> {
  const rows = 20_000;
  const x = rowsOfOnes(rows, 100_000, 100);
  const network = await create(workloadOf(x), context);
  const data = { x, y: labels(rows) };
  const optimizer = sgd({ learningRate: 0.01 });
  const train = () => network.fit(data, { epochs: EPOCHS, batchSize: BATCH, optimizer });
  const turns = await byTurns([train, weightsAlone(network, x)], MILLISECONDS);
  network.dispose();
  const steps = rows / BATCH;
  const least = Math.min(...turns.map(([, alone]) => alone! / steps)) * 1e3;
  return {
    ...summarize(turns.map(([seconds]) => (seconds! / steps / EPOCHS) * 1e3)),
    unit: "ms",
    wanted: { atMost: 1 },
    note: `the weights of its columns alone, read and changed one by one: ${least.toFixed(2)} ms`,
  };
}

async function oneHotStep(context: Context): Promise<Figure> {
  const rows = 6400;
  const x = rowsOfOnes(rows, 1000, 20);
  const network = await create(workloadOf(x), context);
  const dense = denseRows(toSamples("x", x));
  const optimizer = sgd({ learningRate: 0.01 });
  const train = (samples: typeof x | typeof dense) => () =>
    network.fit({ x: samples, y: labels(rows) }, { epochs: EPOCHS, batchSize: BATCH, optimizer });
  const shares = await ratios(train(dense), train(x), MILLISECONDS);
  network.dispose();
  return {
    ...summarize(shares.map((share) => share * 100)),
    unit: "% of the time",
    wanted: { atMost: 50 },
    note: "beside the same rows with their zeros",
  };
}

export function sparseCases(context: Context): Case[] {
  return [
    { name: `sparse 100,000-${HIDDEN}-${CLASSES}, 100 a row, batch ${BATCH}, step`, run: () => wideStep(context) },
    {
      name: `sparse one-hot 1000-${HIDDEN}-${CLASSES}, 20 a row, batch ${BATCH}, step`,
      run: () => oneHotStep(context),
    },
  ];
}
