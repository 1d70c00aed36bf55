// What recordActivity takes and what it tells, apart from how it measures: a page that sends a record to its worker
// needs no more.
import { BlockReader, countRows, isBlocks, PIECE, readSource, type SampleBlocks } from "../../core/blocks.js";
import { checkInteger, checkOptions } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { denseRows, type Matrix, type Samples, takeSamples, toSomeSamples } from "../../core/matrix.js";
import { checkPace, Pace, PACE_OPTIONS, type PaceOptions } from "../../core/pace.js";
import type { Description } from "../../network/training/callbacks.js";
import type { PackageCallback } from "../../network/types.js";

/** Options of `recordActivity`. */
export interface ActivityOptions {
  /** Rows to look at, evenly apart. Default 128. */
  readonly samples?: number;
  /** Epochs from one frame to the next. Default 1. */
  readonly everyEpochs?: number;
}

/** Options of `recordActivity` where rows come in blocks. */
export interface ActivityBlocksOptions extends ActivityOptions, PaceOptions {}

/** As data: x holds just the rows that are looked at. */
export interface ActivityData extends Required<ActivityOptions> {
  /** rows x inputs. */
  readonly x: Matrix;
}

/** One look at the network. */
export interface ActivityFrame {
  /** 0: before the training. */
  readonly epoch: number;
  /** For each hidden layer, each unit's share of the samples with a preactivation above 0. */
  readonly layers: readonly Float32Array[];
}

export interface ActivityResults {
  /** In the order of the epochs; a new fit starts a new list. */
  readonly frames: readonly ActivityFrame[];
  /** Of each frame. */
  readonly samples: number;
}

/** The callback that `recordActivity` makes: its options, and its frames. */
export interface ActivityRecord extends PackageCallback<ActivityData>, ActivityResults {}

/** Of so many rows, those that are looked at: evenly apart, as a table is often sorted. */
function spread(rows: number, wanted: number): number[] {
  return rows <= wanted
    ? Array.from({ length: rows }, (_, i) => i)
    : Array.from({ length: wanted }, (_, i) => Math.floor(((i + 0.5) * rows) / wanted));
}

/** As `spread` chooses them of all rows: in one pass where it is known how many there are, else in two. */
async function chooseRows(x: SampleBlocks, wanted: number, pacing: PaceOptions): Promise<Matrix> {
  const source = readSource("x", x);
  const pace = new Pace(pacing);
  if (source.rows === undefined && source.isOnce)
    throw new RelumineError(
      "value",
      "x",
      "to be a source whose rows are known, or that can be opened twice",
      "blocks for one pass",
      "Give { rows, blocks() }, or { blocks() } that begins anew each time.",
    );
  const rows = await countRows("x", source, undefined, pace, pacing.signal);
  const chosen = spread(rows, wanted);
  const reader = new BlockReader("x", source, undefined, pacing.signal, rows);
  const parts: Matrix[] = [];
  try {
    for (let next = 0; ;) {
      const start = reader.rows;
      const piece = await reader.next(PIECE, () => pace.at(reader.rows / rows));
      if (!piece) break;
      const first = next;
      while (next < chosen.length && chosen[next] < start + piece.rows) next++;
      parts.push(
        denseRows(
          takeSamples(
            piece,
            chosen.slice(first, next).map((row) => row - start),
          ),
        ),
      );
    }
  } finally {
    await reader.close();
  }
  const { columns } = parts[0];
  const data = new Float32Array(chosen.length * columns);
  parts.reduce((at, part) => {
    data.set(part.data, at);
    return at + part.data.length;
  }, 0);
  await pace.end();
  return { rows: chosen.length, columns, data };
}

/** A record by `make`: at once of rows, later of rows in blocks. */
export function recordOf(
  make: (x: Samples, options?: ActivityOptions) => ActivityRecord,
  x: Samples | SampleBlocks,
  options: ActivityBlocksOptions | undefined,
): ActivityRecord | Promise<ActivityRecord> {
  return isBlocks(x) ? recordBlocks(make, x, options) : make(x, options);
}

/** A record of rows in blocks: by `make`, from those of them that are looked at. */
async function recordBlocks(
  make: (x: Samples, options: ActivityOptions) => ActivityRecord,
  x: SampleBlocks,
  given: ActivityBlocksOptions | undefined,
): Promise<ActivityRecord> {
  const options = checkOptions("recordActivity", given, [...OWN_OPTIONS, ...PACE_OPTIONS]);
  const { samples, everyEpochs } = readOptions(options);
  return make(await chooseRows(x, samples, checkPace(options)), { samples, everyEpochs });
}

const OWN_OPTIONS = ["samples", "everyEpochs"] as const;

function readOptions({ samples, everyEpochs }: ActivityOptions): Required<ActivityOptions> {
  return {
    samples: checkInteger("samples", samples ?? 128, { low: 1 }),
    everyEpochs: checkInteger("everyEpochs", everyEpochs ?? 1, { low: 1 }),
  };
}

/** A record made of data: by `make`, from what its options hold. */
export function recordFrom(
  make: (x: Samples, options: ActivityOptions) => ActivityRecord,
): (data: ActivityOptions & { readonly x: Samples }) => ActivityRecord {
  return (data) => {
    const { x, ...options } = checkOptions("recordActivity", data, ["x", ...OWN_OPTIONS]);
    return make(x, options);
  };
}

export function describeActivity(
  x: Samples,
  options: ActivityOptions | undefined,
): Description<ActivityData, ActivityResults> {
  const { samples, everyEpochs } = readOptions(checkOptions("recordActivity", options, OWN_OPTIONS));
  const all = toSomeSamples("x", x);
  const chosen = denseRows(takeSamples(all, spread(all.rows, samples)));
  return {
    name: "recordActivity",
    options: { x: chosen, samples: chosen.rows, everyEpochs },
    results: { frames: [], samples: chosen.rows },
  };
}
