// A small network that learns the spiral, the share of samples that open each hidden unit after each step, the deaths
// as the package's trace tells them; and the same training again with other rates in some steps.
import { explainDeath } from "../../../src/diagnosis/trace/death-text.js";
import { traceDeaths } from "../../../src/diagnosis/trace/trace-deaths.js";
import { Inspector } from "../../../src/inspect/inspector.js";
import { stateOf } from "../../../src/network/state/state.js";
import { sgd } from "../../../src/network/training/optimizers.js";
import type { Death, DeathTrace, Network } from "../../../src/index.js";
import { pageNaming } from "../../training/naming.js";
import type { Pace } from "../parts/pace.js";
import { BATCH, createSpiralNetwork, fitAtPace, task } from "../parts/spiral-training.js";
import {
  type Change,
  indexOf,
  LAST_STEP,
  LAYERS,
  type Lives,
  type Settings,
  type ToldDeath,
  type UnitPlace,
} from "./messages.js";

const NAMING = pageNaming();

/** Shares of the training samples that open the units of the first layers. */
class OpenShares {
  private readonly inspector: Inspector;

  constructor(
    network: Network,
    private readonly layers: number,
  ) {
    this.inspector = new Inspector(stateOf(network));
  }

  read(): number[] {
    const layers = this.inspector.statistics(task.train.x, undefined, this.layers);
    return layers.flatMap((units) => units.map(({ fired, samples }) => fired / samples));
  }

  dispose(): void {
    this.inspector.dispose();
  }
}

const fitOptions = (rate: number) => ({
  epochs: LAST_STEP,
  batchSize: BATCH,
  optimizer: sgd({ learningRate: rate }),
});

export class TracedLives {
  step = 0;
  isOver = false;
  private readonly shares: OpenShares;
  private open: number[] = [];
  private sent = 0;
  private told = new Map<Death, ToldDeath>();

  private constructor(
    readonly network: Network,
    private readonly trace: DeathTrace,
    readonly settings: Settings,
  ) {
    this.shares = new OpenShares(network, LAYERS.length);
    this.open.push(...this.shares.read());
  }

  static async create({ rate, seed }: Settings): Promise<TracedLives> {
    return new TracedLives(await createSpiralNetwork(LAYERS, seed), traceDeaths({ explain: Infinity }), { rate, seed });
  }

  async run(pace: Pace, afterStep: () => void): Promise<void> {
    const options = { ...fitOptions(this.settings.rate), callbacks: [this.trace] };
    const after = (step: number): void => {
      this.step = step;
      this.open.push(...this.shares.read());
      afterStep();
    };
    await fitAtPace(this.network, options, pace, { last: LAST_STEP, after });
    this.isOver = true;
  }

  get deaths(): readonly Death[] {
    return this.trace.deaths;
  }

  /** What has not been sent of the shares, and all else. */
  lives(isRunning: boolean): Lives {
    const { step, settings, isOver, sent } = this;
    const open = Float32Array.from(this.open);
    this.open = [];
    this.sent = step + 1;
    return {
      kind: "lives",
      step,
      isRunning: isRunning && !isOver,
      isOver,
      ...settings,
      first: sent,
      open,
      deaths: this.deaths.map((death) => this.tell(death)),
      revivals: this.trace.revivals.length,
    };
  }

  private tell(death: Death): ToldDeath {
    const told = this.told.get(death) ?? { death, sentence: explainDeath(death, 0, NAMING) };
    this.told.set(death, told);
    return told;
  }

  dispose(): void {
    this.shares.dispose();
    this.network.dispose();
  }
}

/**
 * The same training, to the bit up to the first step that is changed.
 * @param isStale asked after each step: it is wanted no more
 * @returns by step the share of samples that open the unit; undefined where it was stopped
 */
export async function replay(
  { rate, seed }: Settings,
  { layer, unit }: UnitPlace,
  change: Change,
  isStale: () => boolean = () => false,
): Promise<Float32Array | undefined> {
  using network = await createSpiralNetwork(LAYERS, seed);
  const reader = new OpenShares(network, layer + 1);
  const place = indexOf({ layer, unit });
  const shares = [reader.read()[place]];
  await network.fit(task.train, {
    ...fitOptions(rate),
    learningRate: (step) => (step >= change.from && step <= change.to ? change.rate : rate),
    callbacks: [
      {
        onBatchEnd: (_log, { stop }) => {
          shares.push(reader.read()[place]);
          if (shares.length > LAST_STEP || isStale()) stop();
        },
      },
    ],
  });
  reader.dispose();
  return isStale() ? undefined : Float32Array.from(shares);
}
