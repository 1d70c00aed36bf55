// One network in training, with what is known of its past: weights of earlier steps, deaths, measurements.
import {
  createNetwork,
  type Network,
  type NetworkSpec,
  type Optimizer,
  traceDeaths,
  type TrainingContext,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { DeathList } from "./death-list.js";
import { NetworkEvaluator } from "./network-evaluator.js";
import { optimizerOf, specOf, startingWeights, targetsOf } from "./recipe-to-network.js";
import { TrainingHistory } from "./training-history.js";
import type { LearningTask, Measurement } from "./types.js";
import type { Recipe } from "../state/recipe.js";
import { countDead, unitIndex } from "../state/units.js";

/** A training ends at either: a fit keeps a log of each epoch, which a page has no room for without bound. */
const MOST_STEPS = 2_000_000;
const MOST_EPOCHS = 100_000;

/** Called after each step; training goes on when its promise, if any, is fulfilled, and ends if it says so. */
export type AfterStep = (training: Training) => Promise<"stop" | undefined> | undefined;

interface TrainingParts {
  readonly network: Network;
  readonly evaluator: NetworkEvaluator;
  readonly optimizer: Optimizer;
  readonly history: TrainingHistory;
  readonly deathList: DeathList;
  readonly step: number;
  readonly rate: number;
}

export class Training {
  readonly network: Network;
  readonly history: TrainingHistory;
  readonly deathList: DeathList;
  readonly optimizer: Optimizer;
  step: number;
  rate: number;
  stopped: "diverged" | "finished" | undefined;
  isDisposed = false;
  /** The fit that is running. */
  fitting: Promise<void> | undefined;
  /** Evaluators of the network as it is, and of what it was up to a step (another activation). */
  private evaluators: { readonly until: number; readonly evaluator: NetworkEvaluator }[];

  private constructor(
    readonly recipe: Recipe,
    readonly task: LearningTask,
    parts: TrainingParts,
  ) {
    this.network = parts.network;
    this.optimizer = parts.optimizer;
    this.history = parts.history;
    this.deathList = parts.deathList;
    this.step = parts.step;
    this.rate = parts.rate;
    this.evaluators = [{ until: Number.POSITIVE_INFINITY, evaluator: parts.evaluator }];
  }

  static async create(recipe: Recipe, task: LearningTask): Promise<Training> {
    const spec = specOf(recipe, task);
    const network = await createNetwork(spec, { arithmetic: "reproducible" });
    startingWeights(recipe)?.forEach((weights, layer) => network.layers[layer].setWeights(weights));
    const training = new Training(recipe, task, {
      network,
      evaluator: await NetworkEvaluator.create(spec, task, recipe),
      history: new TrainingHistory(recipe.layers, stateOf(network).layout.bytes),
      optimizer: optimizerOf(recipe),
      deathList: new DeathList(),
      step: 0,
      rate: recipe.rate,
    });
    training.record();
    return training;
  }

  /** A training of its own that goes on from here with the same batches. */
  async clone(): Promise<Training> {
    const { recipe, task, optimizer, step, rate } = this;
    const network = await this.network.clone();
    const copy = new Training(recipe, task, {
      network,
      evaluator: await NetworkEvaluator.create(network.spec, task, recipe),
      optimizer,
      step,
      rate,
      history: this.history.copy(),
      deathList: this.deathList.copy(),
    });
    copy.stopped = this.stopped;
    return copy;
  }

  get stepsPerEpoch(): number {
    return Math.ceil(this.task.train.x.rows / this.recipe.batch);
  }

  get epoch(): number {
    return Math.ceil(this.step / this.stepsPerEpoch);
  }

  get spec(): NetworkSpec {
    return this.network.spec;
  }

  get data(): { readonly x: LearningTask["train"]["x"]; readonly y: ReturnType<typeof targetsOf> } {
    return { x: this.task.train.x, y: targetsOf(this.recipe, this.task.train) };
  }

  parameters(): Float32Array {
    return stateOf(this.network).allParameters();
  }

  /** With the weights of a step; what it says holds until it is given others. */
  evaluatorAt(step: number, parameters: Float32Array): NetworkEvaluator {
    const { evaluator } = this.evaluators.find(({ until }) => step < until)!;
    evaluator.setParameters(parameters);
    return evaluator;
  }

  /** Measures the weights as they are and keeps them. */
  record(): Measurement {
    const measurement = this.evaluatorAt(this.step, this.parameters()).measure();
    this.history.add(this.step, this.parameters(), measurement);
    return measurement;
  }

  /** From this step on the network has another activation. */
  async adoptActivation(): Promise<void> {
    const evaluator = await NetworkEvaluator.create(this.network.spec, this.task, this.recipe);
    const last = this.evaluators.pop()!;
    this.evaluators.push(
      { until: this.step, evaluator: last.evaluator },
      { until: Number.POSITIVE_INFINITY, evaluator },
    );
  }

  /** Are units dead that the list of deaths does not hold yet? */
  hasUnlistedDeaths(): boolean {
    return countDead(this.record().states) > this.deathList.deaths.length;
  }

  /** A remedy changed the network: it is measured again, and units that it revived are no longer listed as dead. */
  noteChange(): void {
    const { states } = this.record();
    this.deathList.revive((name) => states[unitIndex(this.recipe.layers, name)] !== "dead");
  }

  /** Trains until `afterStep` says stop; what went wrong, if anything, is in `stopped`. */
  async fit(afterStep: AfterStep): Promise<void> {
    const trace = traceDeaths();
    this.deathList.follow(trace, this.step);
    const epochs = Math.max(0, Math.ceil(Math.min(MOST_EPOCHS, (MOST_STEPS - this.step) / this.stepsPerEpoch)));
    const onBatchEnd = ({ stop }: TrainingContext): Promise<void> | undefined => {
      this.step++;
      if (this.history.isDue(this.step)) this.record();
      return afterStep(this)?.then((answer) => (answer === "stop" ? stop() : undefined));
    };
    const { stopped } = await this.network.fit(this.data, {
      epochs,
      batchSize: this.recipe.batch,
      optimizer: this.optimizer,
      learningRate: () => this.rate,
      callbacks: [trace, { onBatchEnd: (_log, context) => onBatchEnd(context) }],
    });
    if (stopped === "diverged") this.stopped = "diverged";
    if (stopped === undefined) this.stopped = "finished";
  }

  dispose(): void {
    this.isDisposed = true;
    this.network.dispose();
    for (const { evaluator } of this.evaluators) evaluator.dispose();
  }
}
