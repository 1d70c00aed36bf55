// The observation of rows that come in blocks, in one pass, and what only that pass can see for a diagnosis.
import { watchOpenWithoutBias } from "./units/mechanism.js";
import { BlockReader, type SampleSource } from "../core/blocks.js";
import type { SampleRows } from "../core/matrix.js";
import type { Pace } from "../core/pace.js";
import type { InspectedChunk, Inspector } from "../inspect/inspector.js";
import { type Observation, observeSteps } from "../inspect/observation.js";
import { RowStream } from "../inspect/row-stream.js";

interface BlockOptions {
  /** How many rows there were when they were read before. */
  readonly rows?: number | undefined;
  /** Ends the wait for a block. */
  readonly signal: AbortSignal | undefined;
  /** The first so many alone. */
  readonly layers?: number | undefined;
  /** Sees each chunk of the pass. */
  readonly visit?: ((chunk: InspectedChunk) => void) | undefined;
  /** Sees the rows that feed it, and the first one's place. */
  readonly visitRows?: ((rows: SampleRows, start: number) => void) | undefined;
}

/** The inspector is needed for as long as the observation is. */
export async function observeBlocks(
  inspector: Inspector,
  source: SampleSource,
  pace: Pace,
  { rows, signal, layers, visit, visitRows }: BlockOptions,
): Promise<Observation> {
  const { inputs, layers: all } = inspector.state.spec;
  const reader = new BlockReader("x", source, inputs, signal, rows);
  const stream = new RowStream(reader, inputs, inspector.chunkRows(Infinity), visitRows);
  const open = watchOpenWithoutBias(inspector, layers ?? all.length - 1);
  const see = (chunk: InspectedChunk) => {
    open.visit(chunk);
    visit?.(chunk);
  };
  const observation = await stream.run(observeSteps(inspector, stream, see, false, layers), pace);
  return { ...observation, openWithoutBias: open.read };
}
