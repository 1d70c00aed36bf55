// Which units of a model still fire on some of a few rows, look by look: what traceDeaths does between the steps of
// model.fit. A network of this package takes the model's weights at each look; the weights of the look before are kept,
// so that a unit that closes can be read as it was and as it is.
import { explainModelDeath } from "./death-text.js";
import type { LiveChain } from "./live-chain.js";
import type { ModelDeath, ModelRevival, ModelTraceResults } from "./trace-types.js";
import type { Twin } from "./to-network.js";
import { type ErrorCode, RelumineError } from "../core/errors.js";
import type { Matrix } from "../core/matrix.js";
import { type Reading, readUnits, splitChange } from "../diagnosis/trace/unit-readings.js";
import { NO_FALL, total } from "../diagnosis/trace/types.js";
import { Inspector, type UnitIndex } from "../inspect/inspector.js";
import { checkWeights } from "../inspect/observation.js";
import { canDie } from "../activations/analysis.js";
import type { ImportedLayer } from "../models/chain/layers.js";
import { type NetworkState, stateOf } from "../network/state/state.js";
import { WEIGHT_NAMES } from "../network/state/weight-names.js";
import { BatchCounter } from "../wasm/abi.js";

/** Where a training stands at a look. */
export interface Moment {
  readonly step: number;
  readonly epoch: number;
  readonly batch: number;
  readonly rate?: number;
  readonly optimizer?: string;
}

/** Of weights that are not finite, or become so as they are folded. */
const NO_NUMBERS: readonly ErrorCode[] = ["value", "format"];
const START: Moment = { step: 0, epoch: 0, batch: 0 };

/** What is known of one unit that can die. */
interface Watched extends UnitIndex {
  /** Of the layer in the model. */
  readonly name: string;
  isOpen: boolean;
  /** Of the last look that found it open. */
  lastOpen?: number;
  /** While it is closed. */
  death?: ModelDeath;
  isListed: boolean;
}

const BORN = { change: NO_FALL, cause: "born" } as const;

/** Rows that are normalized one by one may have closed a unit by what the others of its layer did. */
function whatChanged(before: Reading, after: Reading): Pick<ModelDeath, "change" | "cause"> {
  const change = splitChange(before, after);
  return { change, cause: Number.isNaN(total(change)) ? "unknown" : "not replayed" };
}

const byPlace = (a: ModelDeath, b: ModelDeath): number => a.step - b.step || a.layer - b.layer || a.unit - b.unit;

export class DeathWatch {
  private readonly state: NetworkState;
  private readonly inspector: Inspector;
  private readonly hidden: number;
  private readonly watched: readonly Watched[];
  private readonly revivals: ModelRevival[] = [];
  private readonly silent: number[][] = [];
  private layers: readonly ImportedLayer[];
  private divergedAt: number | undefined;
  private stopped: ModelTraceResults["stopped"];
  /** By hidden layer and unit, on how many of the rows it fired at the last look. */
  private readonly fired: readonly Float64Array[];

  constructor(
    private readonly live: LiveChain,
    private readonly twin: Pick<Twin, "chain" | "network">,
    private readonly rows: Matrix,
    private readonly window: number,
  ) {
    const { chain, network } = twin;
    this.state = stateOf(network);
    this.layers = chain.layers;
    this.hidden = chain.layers.length - 1;
    this.fired = chain.layers.slice(0, this.hidden).map(({ units }) => new Float64Array(units));
    this.watched = chain.layers
      .slice(0, this.hidden)
      .flatMap(({ units, activation, name = "" }, layer) =>
        canDie(activation)
          ? Array.from({ length: units }, (_, unit) => ({ layer, unit, name, isOpen: true, isListed: false }))
          : [],
      );
    this.inspector = new Inspector(this.state);
    try {
      this.note(START, this.layers);
    } catch (error) {
      this.inspector.dispose();
      throw error;
    }
  }

  dispose(): void {
    this.inspector.dispose();
    this.twin.network.dispose();
  }

  /** Looks at the model as it is after a step. */
  async look(moment: Moment): Promise<void> {
    if (this.isOver) return;
    try {
      this.note(moment, this.live.again(this.layers, await this.live.weightsBelow(this.layers[this.hidden])));
    } catch (error) {
      if (!(error instanceof RelumineError)) throw error;
      // a training that goes on is not to end by what only watches it
      if (error.code === "unsupported") this.stopped = { step: moment.step, reason: error.message };
      else if (NO_NUMBERS.includes(error.code)) this.divergedAt = moment.step;
      else throw error;
    }
  }

  /** Nothing is watched any more. */
  private get isOver(): boolean {
    return this.divergedAt !== undefined || this.stopped !== undefined;
  }

  /** Goes by the last look; of an epoch in which the watching ended there is nothing to say. */
  endEpoch(): void {
    if (this.isOver) return;
    this.silent.push(this.fired.map((counts) => counts.reduce((sum, count) => sum + Number(count === 0), 0)));
  }

  /** @param isOver whatever is closed is dead, however long it has been */
  read(isOver: boolean): ModelTraceResults {
    const listed = this.watched.filter(({ isListed, death }) => death && (isListed || isOver));
    const deaths = listed.map(({ death }) => death!).sort(byPlace);
    return {
      deaths,
      revivals: [...this.revivals],
      silentUnits: this.silent.map((counts) => [...counts]),
      layers: this.layers.slice(0, this.hidden).map(({ name = "" }) => name),
      ...(this.divergedAt !== undefined && { divergedAt: this.divergedAt }),
      ...(this.stopped && { stopped: this.stopped }),
    };
  }

  /** @throws RelumineError "value" for numbers that are not finite, which the kernels look for */
  private put(layers: readonly ImportedLayer[]): void {
    const { state } = this;
    state.edit(() =>
      layers.slice(0, this.hidden).forEach((layer, index) => {
        const own = state.layer(index);
        for (const name of WEIGHT_NAMES) if (layer[name]) own[name]?.set(layer[name]);
      }),
    );
    checkWeights(state);
  }

  private count(): void {
    const { fired, inspector, rows, hidden } = this;
    for (const counts of fired) counts.fill(0);
    inspector.run(rows, { counting: "fired", layers: hidden }, (chunk) =>
      fired.forEach((counts, layer) => {
        const counter = chunk.counter(layer, BatchCounter.fired);
        for (let unit = 0; unit < counts.length; unit++) counts[unit] += counter[unit];
      }),
    );
  }

  private note(moment: Moment, layers: readonly ImportedLayer[]): void {
    this.put(layers);
    if (this.hidden > 0) this.count();
    const closed: Watched[] = [];
    for (const unit of this.watched) {
      const isOpen = this.fired[unit.layer][unit.unit] > 0;
      if (isOpen) this.noteOpen(unit, moment);
      else if (unit.isOpen) closed.push(unit);
      else if (unit.death && moment.step - unit.death.step >= this.window) unit.isListed = true;
      unit.isOpen = isOpen;
    }
    if (closed.length > 0) this.noteClosed(closed, moment, layers);
    this.layers = layers;
  }

  private noteOpen(watched: Watched, { step, epoch }: Moment): void {
    const { death, layer, unit, name, isListed } = watched;
    if (death && isListed) this.revivals.push({ layer, name, unit, diedAt: death.step, step, epoch });
    watched.isListed = false;
    watched.lastOpen = step;
    delete watched.death;
  }

  /** Reads them with the weights of the look before, then with those of this one, which stay. */
  private noteClosed(closed: readonly Watched[], moment: Moment, layers: readonly ImportedLayer[]): void {
    const { inspector, rows } = this;
    const after = readUnits(inspector, rows, closed);
    if (moment.step > 0) this.put(this.layers);
    const before = moment.step > 0 ? readUnits(inspector, rows, closed) : after;
    if (moment.step > 0) this.put(layers);
    closed.forEach((watched, i) => {
      const { layer, unit, name, lastOpen } = watched;
      const found = {
        layer,
        name,
        unit,
        ...moment,
        ...(lastOpen !== undefined && { lastOpen }),
        before: before[i].summary,
        after: after[i].summary,
        ...(moment.step > 0 ? whatChanged(before[i], after[i]) : BORN),
      };
      watched.death = { ...found, explanation: explainModelDeath(found) };
    });
  }
}
