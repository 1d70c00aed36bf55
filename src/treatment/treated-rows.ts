// What a treatment is made on: rows in memory, or blocks that are read anew for each pass. Of rows in memory the
// outputs are kept, before and after; those of blocks are compared as they come.
import type { SampleSource } from "../core/blocks.js";
import type { SampleRows } from "../core/matrix.js";
import type { Pace } from "../core/pace.js";
import { observeBlocks } from "../diagnosis/observe-blocks.js";
import { type Chunk, type InspectedChunk, Inspector } from "../inspect/inspector.js";
import { type Observation, observeSteps } from "../inspect/observation.js";
import { RereadRows } from "../inspect/row-stream.js";
import type { NetworkState } from "../network/state/state.js";

/** What is seen of the outputs beside a pass. */
export interface OutputWatch {
  visit(chunk: Chunk): void;
  /** The first that is no finite number. */
  readonly notFinite: number | undefined;
  /** The largest |difference| to those before the treatment. */
  changeFrom(before: OutputWatch): number;
  dispose(): void;
}

export interface TreatedRows {
  /** How many; of blocks it is known once they were observed. */
  readonly rows: number;
  /** What a sweep goes through. */
  readonly forSweep: SampleRows | RereadRows;
  /** Where rows are in memory what a sweep sees need not be looked for again. */
  readonly matrix: SampleRows | undefined;
  observe(inspector: Inspector, visit: (chunk: InspectedChunk) => void, keepsOutputs: boolean): Promise<Observation>;
  /** @param before the state before the treatment, of the state after it */
  watchOutputs(state: NetworkState, before?: NetworkState): OutputWatch;
}

const isNotFinite = (value: number): boolean => !Number.isFinite(value);

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

export class KeptOutputs implements OutputWatch {
  /** @param values rows x outputs, of layer `last` */
  constructor(
    private readonly values: Float32Array,
    private readonly last = 0,
    private readonly units = 0,
  ) {}

  visit(chunk: Chunk): void {
    this.values.set(chunk.activations(this.last), chunk.start * this.units);
  }

  get notFinite(): number | undefined {
    return this.values.find(isNotFinite);
  }

  changeFrom(before: KeptOutputs): number {
    return largestDifference(before.values, this.values);
  }

  dispose(): void {}
}

/** Runs the state before beside the pass, on the same rows. */
class ComparedOutputs implements OutputWatch {
  notFinite: number | undefined;
  private change = 0;
  private readonly before: Inspector | undefined;

  constructor(
    private readonly state: NetworkState,
    before: NetworkState | undefined,
  ) {
    this.before = before && new Inspector(before);
  }

  visit(chunk: Chunk): void {
    const lastOf = ({ spec }: NetworkState) => spec.layers.length - 1;
    const last = lastOf(this.state);
    this.notFinite ??= chunk.activations(last).find(isNotFinite);
    if (!this.before) return;
    const { inputs: columns, layers } = this.state.spec;
    const { units } = layers[last];
    const x = { rows: chunk.rows, columns, data: chunk.inputs(0).slice() };
    this.before.run(x, {}, (other) => {
      const was = other.activations(lastOf(this.before!.state));
      const is = chunk.activations(last).subarray(other.start * units, (other.start + other.rows) * units);
      this.change = Math.max(this.change, largestDifference(was, is));
    });
  }

  changeFrom(): number {
    return this.change;
  }

  dispose(): void {
    this.before?.dispose();
  }
}

export class RowsInMemory implements TreatedRows {
  readonly forSweep: SampleRows;
  readonly rows: number;

  constructor(
    readonly matrix: SampleRows,
    private readonly pace: Pace,
  ) {
    this.forSweep = matrix;
    this.rows = matrix.rows;
  }

  observe(inspector: Inspector, visit: (chunk: InspectedChunk) => void, keepsOutputs: boolean): Promise<Observation> {
    return this.pace.run(observeSteps(inspector, this.matrix, visit, keepsOutputs));
  }

  watchOutputs({ spec }: NetworkState): OutputWatch {
    const last = spec.layers.length - 1;
    const { units } = spec.layers[last];
    return new KeptOutputs(new Float32Array(this.rows * units), last, units);
  }
}

export class RowsInBlocks implements TreatedRows {
  readonly matrix = undefined;
  rows = 0;

  /** @param source opens its blocks anew for each pass */
  constructor(
    private readonly source: SampleSource,
    private readonly inputs: number,
    private readonly pace: Pace,
    private readonly signal: AbortSignal | undefined,
  ) {}

  get forSweep(): RereadRows {
    return new RereadRows(this.source, this.inputs, this.rows, this.signal);
  }

  async observe(inspector: Inspector, visit: (chunk: InspectedChunk) => void): Promise<Observation> {
    const { source, pace, signal, rows } = this;
    const observation = await observeBlocks(inspector, source, pace, { rows: rows || undefined, signal, visit });
    this.rows = observation.rows;
    return observation;
  }

  watchOutputs(state: NetworkState, before?: NetworkState): OutputWatch {
    return new ComparedOutputs(state, before);
  }
}
