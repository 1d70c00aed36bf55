// Closed units and closed rows, seen beside a pass over the rows that counts: their preactivations are read while the
// chunk is in the buffers.
import { type InspectedChunk, isStream } from "./inspector.js";
import { KthLargest } from "./kth-largest.js";
import type { RowStream } from "./row-stream.js";
import { canDie } from "../activations/analysis.js";
import type { SampleRows } from "../core/matrix.js";
import type { NetworkState } from "../network/state/state.js";
import { BatchCounter } from "../wasm/abi.js";
import { type Arena, GrowingBlock, Layout } from "../wasm/heap.js";

/** Preactivations of closed units that are kept of a stream, 256 MB: of how many rows is not always known. */
const MOST_KEPT = 2 ** 26;
/** Units that are read together: what is found of them in a chunk stays in L1 or L2. */
const TOGETHER = 64;

/** Of a layer, the units that have not fired so far, and the highest preactivations of each. */
interface ClosedUnits {
  units: number[];
  largest: KthLargest[];
}

/** How many of each unit that did not fire on the first chunk; KthLargest keeps twice as many, or a few. */
function mostKept({ total }: RowStream, closed: number): number {
  const fitting = Math.max(1, Math.floor(MOST_KEPT / (2 * Math.max(1, closed))));
  return total === undefined ? fitting : Math.min(fitting, Math.ceil(total / 100));
}

/** Reads what is above all that is kept of each unit: few values, after the first rows. */
function makeReader({ runtime: { heap, kernels }, spec }: NetworkState, scratch: Arena) {
  const block = new GrowingBlock(scratch, "preactivations of closed units");
  return (chunk: InspectedChunk, layer: number, { units, largest }: ClosedUnits): void => {
    const { rows } = chunk;
    const width = spec.layers[layer].units;
    const parts = new Layout();
    const offsets = [TOGETHER, TOGETHER, TOGETHER, TOGETHER * rows].map((count) => parts.floats(count));
    const start = block.reserve(parts.bytes);
    const [places, thresholds, lengths, found] = offsets.map((offset) => start + offset);
    const z = chunk.preactivations(layer).byteOffset;
    for (let first = 0; first < units.length; first += TOGETHER) {
      const group = largest.slice(first, first + TOGETHER);
      heap.u32.set(units.slice(first, first + TOGETHER), places >>> 2);
      group.forEach(({ threshold }, i) => (heap.f32[(thresholds >>> 2) + i] = threshold));
      kernels.collectAbove(rows, width, z, group.length, places, thresholds, found, lengths);
      group.forEach((each, i) => {
        const from = (found >>> 2) + i * rows;
        each.addAll(heap.f32, from, from + heap.u32[(lengths >>> 2) + i]);
      });
    }
  };
}

/**
 * The highest preactivations of the units that have not fired so far: few, after the first chunk.
 * @param layers the first so many are watched
 */
export function watchClosedUnits(state: NetworkState, rows: SampleRows | RowStream, layers: number, scratch: Arena) {
  const wanted = () => Math.ceil(rows.rows / 100);
  const read = makeReader(state, scratch);
  let most: number | undefined;
  let byLayer: ClosedUnits[] = [];
  const begin = (chunk: InspectedChunk) => {
    const closed = Array.from({ length: layers }, (_, layer) => unfired(chunk, layer));
    const count = closed.reduce((sum, { length }) => sum + length, 0);
    const place = isStream(rows) ? mostKept(rows, count) : wanted();
    most = place;
    byLayer = closed.map((units) => ({ units, largest: units.map(() => new KthLargest(place)) }));
  };
  return {
    visit(chunk: InspectedChunk): void {
      if (most === undefined) begin(chunk);
      byLayer.forEach((closed, layer) => {
        dropFired(closed, chunk.counter(layer, BatchCounter.fired));
        if (closed.units.length > 0) read(chunk, layer, closed);
      });
    },
    read: (layer: number): ReadonlyMap<number, number> => {
      const place = wanted();
      const closed = byLayer[layer];
      if (!closed || place > most!) return new Map();
      return new Map(closed.units.map((unit, i) => [unit, closed.largest[i].at(place)]));
    },
  };
}

function unfired(chunk: InspectedChunk, layer: number): number[] {
  const units: number[] = [];
  chunk.counter(layer, BatchCounter.fired).forEach((count, unit) => {
    if (count === 0) units.push(unit);
  });
  return units;
}

function dropFired(closed: ClosedUnits, fired: Float32Array): void {
  const { units, largest } = closed;
  if (units.every((unit) => fired[unit] === 0)) return;
  closed.largest = largest.filter((_, i) => fired[units[i]] === 0);
  closed.units = units.filter((unit) => fired[unit] === 0);
}

/** The rows on which every unit of a hidden layer is closed. */
export function watchClosedRows(state: NetworkState) {
  const hidden = state.layers.slice(0, -1);
  const { layers } = state.spec; // what is closed as a whole still hands on what passes it by
  const isWatched = (layer: number) => canDie(hidden[layer].activation) && !layers[layer].residual;
  const rowsByLayer = hidden.map((_, layer) => (isWatched(layer) ? ([] as number[]) : undefined));
  return {
    visit(chunk: InspectedChunk): void {
      rowsByLayer.forEach((closed, layer) => {
        if (!closed) return;
        const { units } = hidden[layer];
        if (chunk.counter(layer, BatchCounter.fired).includes(chunk.rows)) return;
        const z = chunk.preactivations(layer);
        for (let row = 0, at = 0; row < chunk.rows; row++, at += units) {
          let unit = 0;
          while (unit < units && z[at + unit] <= 0) unit++;
          if (unit === units) closed.push(chunk.start + row);
        }
      });
    },
    read: (layer: number): { readonly closedRows?: Uint32Array } => {
      const closed = rowsByLayer[layer];
      return closed ? { closedRows: Uint32Array.from(closed) } : {};
    },
  };
}
