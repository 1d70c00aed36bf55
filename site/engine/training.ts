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
import { Chronicle } from "./training-history.js";
import { DeathRegister } from "./death-list.js";
import { type Measured, Painter } from "./network-evaluator.js";
import { optimizerOf, specOf, startingWeights, targetsOf } from "./recipe-to-network.js";
import type { Task } from "./task.js";
import type { Recipe } from "../state/recipe.js";

/** A training ends at either: a fit keeps a log of each epoch, and a playground is no place for more. */
const MOST_STEPS = 2_000_000;
const MOST_EPOCHS = 100_000;

/** Called after each step; training goes on when its promise, if any, is fulfilled, and ends if it says so. */
export type Gate = (run: Run) => Promise<"stop" | undefined> | undefined;

interface Parts {
  readonly network: Network;
  readonly painter: Painter;
  readonly optimizer: Optimizer;
  readonly chronicle: Chronicle;
  readonly register: DeathRegister;
  readonly step: number;
  readonly rate: number;
}

export class Run {
  readonly network: Network;
  readonly chronicle: Chronicle;
  readonly register: DeathRegister;
  readonly optimizer: Optimizer;
  step: number;
  rate: number;
  stopped: "diverged" | "finished" | undefined;
  isAlive = true;
  /** The fit that is running. */
  fitting: Promise<void> | undefined;
  /** Painters of the network as it is, and of what it was up to a step (another activation). */
  private painters: { readonly until: number; readonly painter: Painter }[];

  private constructor(
    readonly recipe: Recipe,
    readonly task: Task,
    parts: Parts,
  ) {
    this.network = parts.network;
    this.optimizer = parts.optimizer;
    this.chronicle = parts.chronicle;
    this.register = parts.register;
    this.step = parts.step;
    this.rate = parts.rate;
    this.painters = [{ until: Number.POSITIVE_INFINITY, painter: parts.painter }];
  }

  static async create(recipe: Recipe, task: Task): Promise<Run> {
    const spec = specOf(recipe, task);
    const network = await createNetwork(spec, { arithmetic: "reproducible" });
    startingWeights(recipe)?.forEach((weights, layer) => network.layers[layer].setWeights(weights));
    const painter = await Painter.create(spec, task, recipe);
    const chronicle = new Chronicle(recipe.layers, stateOf(network).layout.bytes);
    const run = new Run(recipe, task, {
      network,
      painter,
      chronicle,
      optimizer: optimizerOf(recipe),
      register: new DeathRegister(),
      step: 0,
      rate: recipe.rate,
    });
    run.record();
    return run;
  }

  /** A run of its own that goes on from here with the same batches. */
  async clone(): Promise<Run> {
    const { recipe, task, optimizer, step, rate } = this;
    const network = await this.network.clone();
    const painter = await Painter.create(network.spec, task, recipe);
    const copy = new Run(recipe, task, {
      network,
      painter,
      optimizer,
      step,
      rate,
      chronicle: this.chronicle.copy(),
      register: this.register.copy(),
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

  get data(): { readonly x: Task["train"]["x"]; readonly y: ReturnType<typeof targetsOf> } {
    return { x: this.task.train.x, y: targetsOf(this.recipe, this.task.train) };
  }

  parameters(): Float32Array {
    return stateOf(this.network).allParameters();
  }

  painterAt(step: number): Painter {
    return this.painters.find(({ until }) => step < until)!.painter;
  }

  /** Measures the weights as they are and keeps them. */
  record(): Measured {
    const painter = this.painterAt(this.step);
    painter.take(this.parameters());
    const measured = painter.measure();
    this.chronicle.add(this.step, this.parameters(), measured);
    return measured;
  }

  /** From this step on the network has another activation. */
  async repaint(): Promise<void> {
    const painter = await Painter.create(this.network.spec, this.task, this.recipe);
    const last = this.painters.pop()!;
    this.painters.push({ until: this.step, painter: last.painter }, { until: Number.POSITIVE_INFINITY, painter });
  }

  /** Are units dead that the register does not know yet? */
  hasUnnamedDeaths(): boolean {
    return this.record().states.filter((state) => state === "dead").length > this.register.deaths.length;
  }

  /** A remedy changed the network: it is measured anew, and units that it opened are dead no longer. */
  noteChange(): void {
    const { states } = this.record();
    const { layers } = this.recipe;
    const firstOf = (layer: number) => layers.slice(0, layer).reduce((sum, units) => sum + units, 0);
    this.register.revive(({ layer, unit }) => states[firstOf(layer) + unit] !== "dead");
  }

  /** Trains until the gate says stop; what went wrong, if anything, is in `stopped`. */
  async fit(gate: Gate): Promise<void> {
    const trace = traceDeaths();
    this.register.follow(trace, this.step);
    const epochs = Math.max(0, Math.ceil(Math.min(MOST_EPOCHS, (MOST_STEPS - this.step) / this.stepsPerEpoch)));
    const afterStep = ({ stop }: TrainingContext): Promise<void> | undefined => {
      this.step++;
      if (this.chronicle.isDue(this.step)) this.record();
      return gate(this)?.then((word) => (word === "stop" ? stop() : undefined));
    };
    const { stopped } = await this.network.fit(this.data, {
      epochs,
      batchSize: this.recipe.batch,
      optimizer: this.optimizer,
      learningRate: () => this.rate,
      callbacks: [trace, { onBatchEnd: (_log, context) => afterStep(context) }],
    });
    if (stopped === "diverged") this.stopped = "diverged";
    if (stopped === undefined) this.stopped = "finished";
  }

  dispose(): void {
    this.isAlive = false;
    this.network.dispose();
    for (const { painter } of this.painters) painter.dispose();
  }
}
