// One network for each method through the same tasks: the digits with their pixels in another order, task after task.
import { countDead } from "../../../src/inspect/dead-units.js";
import { createNetwork } from "../../../src/network/network.js";
import { sgd } from "../../../src/network/training/optimizers.js";
import { continualBackprop } from "../../../src/treatment/during-training/continual-backprop.js";
import { recycleDormant } from "../../../src/treatment/during-training/recycle-dormant.js";
import type { Network, Optimizer, PackageCallback } from "../../../src/index.js";
import type { LabelledRows, LearningTask } from "../../tasks/learning-task.js";
import type { Pace } from "../parts/pace.js";
import {
  BATCH,
  EPOCHS,
  HIDDEN,
  METHODS,
  PIXELS,
  pixelOrder,
  type Settings,
  type TaskResult,
  TASKS,
} from "./messages.js";

const CALLBACKS: Readonly<Record<(typeof METHODS)[number], () => readonly PackageCallback[]>> = {
  "SGD alone": () => [],
  "continual backprop": () => [continualBackprop({ replacementRate: 1e-3, maturity: 100 })],
  ReDo: () => [recycleDormant({ everySteps: 100, dormantBelow: 0.025 })],
};

interface Learner {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly callbacks: readonly PackageCallback[];
}

export function permuted({ x, y }: LabelledRows, order: readonly number[]): LabelledRows {
  const data = new Float32Array(x.data.length);
  for (let row = 0; row < x.rows; row++)
    order.forEach((pixel, at) => (data[row * PIXELS + at] = x.data[row * PIXELS + pixel]));
  return { x: { ...x, data }, y };
}

export class TaskStream {
  readonly results: TaskResult[] = [];

  private constructor(
    private readonly digits: LearningTask,
    readonly settings: Settings,
    private readonly learners: readonly Learner[],
  ) {}

  static async create(digits: LearningTask, { rate, seed }: Settings): Promise<TaskStream> {
    const layers = [...HIDDEN, digits.outputs].map((units) => ({ units }));
    const spec = { inputs: PIXELS, layers, loss: digits.loss, seed };
    const networks = await Promise.all(METHODS.map(() => createNetwork(spec, { arithmetic: "reproducible" })));
    const learners = networks.map((network, i) => ({
      network,
      optimizer: sgd({ learningRate: rate }),
      callbacks: CALLBACKS[METHODS[i]](),
    }));
    return new TaskStream(digits, { rate, seed }, learners);
  }

  get isOver(): boolean {
    return this.results.length === TASKS;
  }

  /** Learns until the pace says stop, or the last task. */
  async run(pace: Pace, afterTask: () => void): Promise<void> {
    while (!this.isOver && (await pace.next()) !== "stop") {
      await this.learnNext();
      afterTask();
    }
  }

  /** Each network learns the next task. */
  async learnNext(): Promise<void> {
    const order = pixelOrder(this.results.length);
    const [train, heldOut] = [permuted(this.digits.train, order), permuted(this.digits.heldOut, order)];
    const accuracy: number[] = [];
    const dead: number[] = [];
    for (const { network, ...options } of this.learners) {
      await network.fit(train, { epochs: EPOCHS, batchSize: BATCH, ...options });
      accuracy.push(network.evaluate(heldOut).accuracy!);
      dead.push(countDead(network, train.x).dead);
    }
    this.results.push({ accuracy, dead });
  }

  dispose(): void {
    for (const { network } of this.learners) network.dispose();
  }
}
