// Trainings repeated in float64, and what is true of each unit's death: the step, the parts of the fall, the updates
// that would have spared it.
import {
  assign,
  flatten,
  forward,
  gradients,
  type Moments,
  type ReferenceLayer,
  type ReferenceOptimizer,
  type Rows,
  update,
} from "../reference/network.js";
import { blowOf, type TrueBlow } from "../reference/blow.js";

export interface Training {
  readonly optimizer: ReferenceOptimizer;
  readonly batchSize: number;
  readonly epochs: number;
  /** Of traceDeaths; default: an epoch's steps, at least 20. */
  readonly window?: number;
}

export interface TrueDeath {
  readonly layer: number;
  readonly unit: number;
  readonly step: number;
  readonly epoch: number;
  readonly cause: string;
  readonly before: { readonly max: number; readonly mean: number };
  readonly after: { readonly max: number; readonly mean: number };
  readonly survivesAt: number | undefined;
  readonly blow: (TrueBlow & Pick<TrueDeath, "cause" | "survivesAt">) | undefined;
}

/** Is a unit with these preactivations spared? */
type IsSpared = (z: readonly number[]) => boolean;
const isOpen: IsSpared = (z) => z.some((value) => value > 0);
const countOpen = (z: readonly number[]) => z.filter((value) => value > 0).length;

/** A training stopped between two updates. */
interface Moment {
  readonly layers: ReferenceLayer[];
  readonly moments: Moments[];
}

const copy = <T>(value: T): T => structuredClone(value);
const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;

export class Replay {
  /** moments[k]: before update k + 1. */
  private readonly moments: Moment[] = [];
  /** For each step, which units its batch opened: open[step - 1][layer][unit]. */
  private readonly open: boolean[][][] = [];
  private readonly steps: number;
  private readonly stepsPerEpoch: number;

  constructor(
    start: readonly ReferenceLayer[],
    private readonly x: Rows,
    private readonly targets: readonly number[] | Rows,
    private readonly loss: string,
    private readonly training: Training,
  ) {
    this.stepsPerEpoch = Math.ceil(x.length / training.batchSize);
    this.steps = this.stepsPerEpoch * training.epochs;
    const layers = copy(start) as ReferenceLayer[];
    const moments = flatten(layers).map((): Moments => ({ m: 0, v: 0 }));
    for (let step = 1; step <= this.steps; step++) {
      this.moments.push(copy({ layers, moments }));
      this.open.push(
        forward(layers, this.batch(step).x).map(({ z }) => z[0].map((_, unit) => z.some((row) => row[unit] > 0))),
      );
      this.advance({ layers, moments }, step, training.optimizer);
    }
    this.moments.push({ layers, moments });
  }

  private batch(step: number): { x: Rows; targets: number[] | Rows } {
    const from = ((step - 1) % this.stepsPerEpoch) * this.training.batchSize;
    const to = from + this.training.batchSize;
    return { x: this.x.slice(from, to), targets: this.targets.slice(from, to) as number[] | Rows };
  }

  private advance({ layers, moments }: Moment, step: number, optimizer: ReferenceOptimizer): void {
    const { x, targets } = this.batch(step);
    const gradient = flatten(gradients(layers, x, targets, this.loss).layers);
    assign(
      layers,
      flatten(layers).map((p, i) => update(optimizer, optimizer.learningRate, step, p, gradient[i], moments[i])),
    );
  }

  /** A unit's preactivations on all rows. */
  private z(layers: readonly ReferenceLayer[], layer: number, unit: number): number[] {
    return forward(layers, this.x)[layer].z.map((row) => row[unit]);
  }

  /** The preactivations after the step's update, or a run of them from it on, made another way. */
  private instead(
    step: number,
    layer: number,
    unit: number,
    change: Partial<ReferenceOptimizer>,
    last = step,
  ): number[] {
    const trial = copy(this.moments[step - 1]);
    for (let each = step; each <= last; each++) this.advance(trial, each, { ...this.training.optimizer, ...change });
    return this.z(trial.layers, layer, unit);
  }

  /**
   * The largest rate below the real one at which the update spares the unit: the first from above on a fine grid,
   * then bisected.
   */
  private survivesAt(step: number, layer: number, unit: number, isSpared = isOpen): number | undefined {
    const { learningRate } = this.training.optimizer;
    const lives = (rate: number) => isSpared(this.instead(step, layer, unit, { learningRate: rate }));
    const cells = 256;
    const cell = Array.from({ length: cells }, (_, i) => cells - 1 - i).find((i) => lives((learningRate * i) / cells));
    if (cell === undefined) return undefined;
    let low = (learningRate * cell) / cells;
    let high = (learningRate * (cell + 1)) / cells;
    for (let i = 0; i < 30; i++) {
      const middle = (low + high) / 2;
      if (lives(middle)) low = middle;
      else high = middle;
    }
    return low > 0 ? low : undefined;
  }

  /** How much of the change of the mean came from the unit's inputs: the symmetric split. */
  private inputsPart(step: number, last: number, layer: number, unit: number): number {
    const read = ({ layers }: Moment) => {
      const inputs = layer === 0 ? this.x : forward(layers, this.x)[layer - 1].a;
      return {
        weights: layers[layer].kernel.map((row) => row[unit]),
        inputs: inputs[0].map((_, i) => mean(inputs.map((row) => row[i]))),
      };
    };
    const from = read(this.moments[step - 1]);
    const to = read(this.moments[last]);
    return from.weights.reduce(
      (total, weight, i) => total + ((weight + to.weights[i]) / 2) * (to.inputs[i] - from.inputs[i]),
      0,
    );
  }

  private get window(): number {
    return this.training.window ?? Math.max(20, this.stepsPerEpoch);
  }

  /** The contract's order of causes, for an update or a run of them. */
  private causeOf(step: number, layer: number, unit: number, last = step, isSpared = isOpen): string {
    if (step === 0) return "born";
    const meanAt = (at: number) => mean(this.z(this.moments[at].layers, layer, unit));
    const change = meanAt(last) - meanAt(step - 1);
    if (change < 0 && this.inputsPart(step, last, layer, unit) < change / 2) return "upstream";
    // the window of a last straw ends with its update, that of a blow begins a window before it
    const windowFall =
      meanAt(Math.max(0, isSpared === isOpen ? step - this.window : step - 1 - this.window)) - meanAt(last);
    if (windowFall > 0 && -change < windowFall / 10) return "drift";
    const without = (["momentum", "weightDecay"] as const).map((part) => {
      const change = part === "momentum" ? { momentum: 0, nesterov: false, beta1: 0 } : { weightDecay: 0 };
      const z = this.instead(step, layer, unit, change, last);
      return { part, saves: isSpared(z), mean: mean(z) };
    });
    return without.filter(({ saves }) => saves).sort((a, b) => b.mean - a.mean)[0]?.part ?? "learningRate";
  }

  /** Shares of open rows after each update up to this one. */
  shares(layer: number, unit: number, step: number): number[] {
    return this.moments.slice(0, step + 1).map(({ layers }) => countOpen(this.z(layers, layer, unit)) / this.x.length);
  }

  /** What took most of the unit's rows; undefined where that is a drift. */
  private blowOf(straw: Omit<TrueDeath, "blow">): TrueDeath["blow"] {
    const { layer, unit } = straw;
    const blow = blowOf(this.shares(layer, unit, straw.step), this.window);
    if (straw.step === 0 || !blow) return undefined;
    const { step, lastStep, openBefore, openAfter } = blow;
    if (step === straw.step) {
      const { cause, survivesAt } = straw;
      return cause === "drift" ? undefined : { ...blow, cause, survivesAt };
    }
    const least = openAfter === 0 ? 1 : Math.round(openBefore * this.x.length) / 2;
    const isSpared: IsSpared = (z) => countOpen(z) >= least;
    const cause = this.causeOf(step, layer, unit, lastStep, isSpared);
    if (cause === "drift") return undefined;
    const survivesAt = lastStep > step ? undefined : this.survivesAt(step, layer, unit, isSpared);
    return { ...blow, cause, survivesAt };
  }

  /** Every hidden relu unit that no row opens at the end, by step, layer and unit. */
  deaths(): TrueDeath[] {
    const { layers } = this.moments[this.steps];
    const found = layers
      .slice(0, -1)
      .flatMap(({ activation, bias }, layer) =>
        activation.name !== "relu"
          ? []
          : bias.flatMap((_, unit) =>
              this.z(layers, layer, unit).some((z) => z > 0) ? [] : [this.describe(layer, unit)],
            ),
      );
    return found.sort((a, b) => a.step - b.step || a.layer - b.layer || a.unit - b.unit);
  }

  private describe(layer: number, unit: number): TrueDeath {
    const step = this.open.findLastIndex((open) => open[layer][unit]) + 1;
    const summary = (at: number) => {
      const z = this.z(this.moments[at].layers, layer, unit);
      return { max: Math.max(...z), mean: mean(z) };
    };
    const straw = {
      layer,
      unit,
      step,
      epoch: Math.ceil(step / this.stepsPerEpoch),
      cause: this.causeOf(step, layer, unit),
      before: summary(Math.max(0, step - 1)),
      after: summary(step),
      survivesAt: step === 0 ? undefined : this.survivesAt(step, layer, unit),
    };
    return { ...straw, blow: this.blowOf(straw) };
  }

  /** Was the unit closed on all rows before some update, and open again at the end? */
  wasClosed(layer: number, unit: number): boolean {
    return this.moments.some(({ layers }) => this.z(layers, layer, unit).every((z) => z <= 0));
  }
}
