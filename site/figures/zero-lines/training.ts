// A small network that learns the spiral, and what the figure shows of its first layer: the numbers are the package's.
import { traceDeaths } from "../../../src/diagnosis/trace/trace-deaths.js";
import { explainDeath } from "../../../src/diagnosis/trace/death-text.js";
import { Inspector } from "../../../src/inspect/inspector.js";
import { stateOf } from "../../../src/network/state/state.js";
import { sgd } from "../../../src/network/training/optimizers.js";
import type { Death, DeathTrace, Network } from "../../../src/index.js";
import { pageNaming } from "../../training/naming.js";
import type { Pace } from "../parts/pace.js";
import { BATCH, createSpiralNetwork, fitAtPace, task } from "../parts/spiral-training.js";
import type { Frame, FrameDeath, LineValues, Settings } from "./messages.js";
import { LAST_STEP, UNITS } from "./messages.js";

const DEEPER = 8;
/** So many places of a dying unit's line are shown. */
const PLACES = 8;

const NAMING = pageNaming();

export class ZeroLineTraining {
  step = 0;
  private readonly inspector: Inspector;
  /** By step. */
  private readonly lines: LineValues[] = [];
  private readonly paths = new Map<Death, FrameDeath>();
  private ended = false;
  private deaths = 0;

  private constructor(
    readonly network: Network,
    private readonly trace: DeathTrace,
    private settings: Settings,
  ) {
    this.inspector = new Inspector(stateOf(network));
    this.note();
  }

  static async create({ rate, seed }: Settings): Promise<ZeroLineTraining> {
    const network = await createSpiralNetwork([UNITS, DEEPER], seed);
    return new ZeroLineTraining(network, traceDeaths({ explain: Infinity }), { rate, seed });
  }

  setRate(rate: number): void {
    this.settings = { ...this.settings, rate };
  }

  /** Trains until the pace says stop, or the last step. */
  async run(pace: Pace, afterStep: () => void): Promise<void> {
    const options = {
      epochs: LAST_STEP,
      batchSize: BATCH,
      optimizer: sgd({ learningRate: this.settings.rate }),
      learningRate: () => this.settings.rate,
      callbacks: [this.trace],
    };
    const after = (step: number): void => {
      this.step = step;
      this.note();
      afterStep();
    };
    await fitAtPace(this.network, options, pace, { last: LAST_STEP, after });
    this.ended = true;
  }

  /** Since it was asked last. */
  hasNewDeath(): boolean {
    const deaths = this.trace.deaths.filter(({ layer }) => layer === 0).length;
    const isNew = deaths > this.deaths;
    this.deaths = deaths;
    return isNew;
  }

  get isOver(): boolean {
    return this.ended || this.step >= LAST_STEP;
  }

  private note(): void {
    const { kernel, bias } = this.network.layers[0].getWeights();
    this.lines.push({ kernel: kernel.slice(), bias: bias.slice() });
  }

  frame(isRunning: boolean): Frame {
    const first = this.inspector.statistics(task.train.x, undefined, 1)[0];
    return {
      kind: "frame",
      step: this.step,
      isRunning: isRunning && !this.isOver,
      isOver: this.isOver,
      ...this.settings,
      ...this.lines[this.step],
      open: first.map(({ fired, samples }) => fired / samples),
      accuracy: this.network.evaluate(task.heldOut).accuracy!,
      deaths: this.trace.deaths.filter(({ layer }) => layer === 0).map((death) => this.describe(death)),
    };
  }

  private describe(death: Death): FrameDeath {
    const known = this.paths.get(death);
    if (known) return known;
    const { unit, step, blow } = death;
    const from = Math.max(0, Math.min(blow?.step ?? step, step) - 1);
    const count = Math.min(PLACES, step - from + 1);
    const path = Array.from({ length: count }, (_, i) => {
      const { kernel, bias } = this.lines[Math.round(from + ((step - from) * i) / Math.max(1, count - 1))];
      return [kernel[unit], kernel[UNITS + unit], bias[unit]] as const;
    });
    const described = { unit, step, from, path, explanation: explainDeath(death, 0, NAMING) };
    this.paths.set(death, described);
    return described;
  }

  dispose(): void {
    this.inspector.dispose();
    this.network.dispose();
  }
}
