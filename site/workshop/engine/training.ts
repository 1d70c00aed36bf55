// One network in training, with what is known of its past: weights of earlier steps, deaths, measurements.
import { traceDeaths } from "../../../src/diagnosis/trace/trace-deaths.js";
import type { EpochLog, History, Network, NetworkSpec, Optimizer, TrainingContext } from "../../../src/index.js";
import { stateOf } from "../../../src/network/state/state.js";
import {
  type BriefTraining,
  fitOptions,
  runFromStart,
  startNetwork,
  trainBriefly,
} from "../../training/brief-training.js";
import { DeathRegister } from "./death-register.js";
import { NetworkEvaluator } from "./network-evaluator.js";
import { optimizerOf, targetsOf } from "../../training/recipe-to-network.js";
import { resetsOf } from "../../training/resets.js";
import { type RateAt, rateOf } from "../../training/scheduled-rate.js";
import { TrainingHistory } from "./training-history.js";
import type { Edit, Measurement, UnitName } from "./types.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { type Change, EDITED_PARTS, isCure, isEdit, isSetting, setsTheSame } from "../../training/changes.js";
import type { LiveSettings, Recipe } from "../../training/recipe.js";
import { countDead, unitIndex } from "../state/units.js";

/** A fit keeps a log of each epoch: after so many it ends, the next goes on in its place, and the log is let go. */
const EPOCHS_A_FIT = 20_000;
/** Fewer say nothing yet of a training that goes on: all begin slowly. */
const LEAST_EPOCHS = 20;
/** So many are kept for diagnoses; how a longer training went is not told. */
const MOST_EPOCHS = 50_000;

/** Called after each step; training goes on when its promise, if any, is fulfilled, and ends if it says so. */
export type AfterStep = (training: Training) => Promise<"stop" | undefined> | undefined;

interface TrainingParts {
  readonly network: Network;
  readonly evaluator: NetworkEvaluator;
  readonly optimizer: Optimizer;
  readonly history: TrainingHistory;
  readonly register: DeathRegister;
  readonly step: number;
  readonly settings: LiveSettings;
  readonly changes: readonly Change[];
}

/** The last cure, to tell what became of it. */
export interface AppliedCure {
  readonly label: string;
  readonly step: number;
  readonly before: Measurement;
  readonly revived: readonly UnitName[];
}

function liveSettingsOf({ rate, batch, decay, clip }: Recipe): LiveSettings {
  return { rate, batch, decay, clip };
}

export class Training {
  readonly network: Network;
  readonly history: TrainingHistory;
  readonly register: DeathRegister;
  private optimizer: Optimizer;
  private readonly rateAt: RateAt;
  step: number;
  /** Rate, batch, decay and clip as they are now. */
  settings: LiveSettings;
  /** All that was changed on the way. */
  changes: readonly Change[];
  cure: AppliedCure | undefined;
  stopped: "diverged" | undefined;
  /** The whole epochs of all its fits; undefined where they are too many. */
  private epochs: EpochLog[] | undefined = [];
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
    this.rateAt = rateOf(recipe, task);
    this.history = parts.history;
    this.register = parts.register;
    this.step = parts.step;
    this.settings = parts.settings;
    this.changes = parts.changes;
    this.evaluators = [{ until: Number.POSITIVE_INFINITY, evaluator: parts.evaluator }];
  }

  static async create(recipe: Recipe, task: LearningTask): Promise<Training> {
    const network = await startNetwork(recipe, task);
    const training = new Training(recipe, task, {
      network,
      evaluator: await NetworkEvaluator.create(network.spec, task, recipe),
      history: new TrainingHistory(recipe.layers, stateOf(network).layout.weightBytes),
      optimizer: optimizerOf(recipe, recipe),
      register: new DeathRegister(recipe.resets === "none" ? "itself" : "reset"),
      step: 0,
      settings: liveSettingsOf(recipe),
      changes: [],
    });
    training.record();
    return training;
  }

  /** A training of its own that goes on from here with the same batches. */
  async clone(): Promise<Training> {
    const { recipe, task, optimizer, step, settings, changes } = this;
    const network = await this.network.clone();
    const copy = new Training(recipe, task, {
      network,
      evaluator: await NetworkEvaluator.create(network.spec, task, recipe),
      optimizer,
      step,
      settings,
      changes,
      history: this.history.copy(),
      register: this.register.copy(),
    });
    copy.stopped = this.stopped;
    copy.cure = this.cure;
    copy.epochs = this.epochs?.slice();
    return copy;
  }

  get stepsPerEpoch(): number {
    return Math.ceil(this.task.train.x.rows / this.settings.batch);
  }

  /** Of the next step: where there is a schedule, another one than is set. */
  get rate(): number {
    return this.rateAt(this.step + 1, this.settings.rate);
  }

  get epoch(): number {
    return stateOf(this.network).epochsBegun;
  }

  get spec(): NetworkSpec {
    return this.network.spec;
  }

  get data(): { readonly x: LearningTask["train"]["x"]; readonly y: ReturnType<typeof targetsOf> } {
    return { x: this.task.train.x, y: targetsOf(this.recipe, this.task.train) };
  }

  get heldOut(): Training["data"] {
    return { x: this.task.heldOut.x, y: targetsOf(this.recipe, this.task.heldOut) };
  }

  parameters(): Float32Array {
    return stateOf(this.network).allWeights();
  }

  /** How it went so far, over all its fits; undefined where there is too little or too much of it. */
  get log(): History | undefined {
    const { epochs, stopped } = this;
    if (!epochs || (epochs.length < LEAST_EPOCHS && !stopped)) return undefined;
    return { epochs, ...(stopped && { stopped }) };
  }

  private noteEpoch(log: EpochLog): void {
    if (!this.epochs) return;
    if (this.epochs.length < MOST_EPOCHS) this.epochs.push({ ...log, epoch: this.epochs.length + 1 });
    else this.epochs = undefined;
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
    this.register.noteStates((name) => measurement.states[this.indexOf(name)] === "dead", this.step);
    return measurement;
  }

  private indexOf(name: UnitName): number {
    return unitIndex(this.recipe.layers, name);
  }

  /** Takes up a setting, from the next step on; all but the rate between two fits alone. */
  adjust(change: Omit<Change, "step">): void {
    const { what, value } = change;
    if (!isSetting(what) || value === undefined || this.settings[what] === value) return;
    this.settings = { ...this.settings, [what]: value };
    if (what === "decay") this.optimizer = optimizerOf(this.recipe, this.settings);
    this.noteChange(change);
  }

  /** One entry where the same number is moved about at the same step. */
  noteChange(change: Omit<Change, "step">): void {
    const { step } = this;
    const lastCure = this.changes.findLastIndex((each) => each.step === step && isCure(each.what));
    const isReplaced = (earlier: Change, place: number) => {
      if (earlier.step !== step) return false;
      if (earlier.what === "break") return change.what !== "rate";
      return setsTheSame(earlier, change) && (isSetting(earlier.what) || place > lastCure);
    };
    const earlier = this.changes.filter((each, place) => !isReplaced(each, place));
    this.changes = [...earlier, { step, ...change }];
  }

  /** Whether the network has what a change is of. */
  hasPlaceOf({ what, unit, input = 0 }: Change): boolean {
    if (!unit) return true;
    const { inputs, layers } = this.spec;
    const own = layers[unit.layer];
    const isThere = own !== undefined && unit.unit < own.units;
    const before = unit.layer === 0 ? inputs : layers[unit.layer - 1]?.units;
    if ((what === "setGamma" || what === "setBeta") && !own?.normalization) return false;
    return isThere && input < before && (isEdit(what) || unit.layer < layers.length - 1);
  }

  /** Between two fits: a number of the network is written by hand. */
  edit({ what, unit: { layer, unit }, input, value }: Edit): void {
    const own = this.network.layers[layer];
    const name = EDITED_PARTS[what];
    const part = own.getWeights()[name]!;
    part[input === undefined ? unit : input * own.units + unit] = value;
    own.setWeights({ [name]: part });
    this.noteChange({ what, unit: { layer, unit }, ...(input !== undefined && { input }), value });
    const { states } = this.record();
    this.register.revive((name) => states[this.indexOf(name)] !== "dead", this.step, "by hand");
  }

  /** The fit that ran was ended: the next begins a new epoch. */
  noteBreak(): void {
    const isNoted = this.changes.some(({ step, what }) => step === this.step && what !== "rate");
    if (this.step > 0 && !isNoted) this.noteChange({ what: "break" });
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

  /** Are units dead that the register does not hold yet? */
  hasUnlistedDeaths(): boolean {
    return countDead(this.record().states) > this.register.records.filter(({ cameBack }) => !cameBack).length;
  }

  /** A remedy has changed the network: it is measured again, and the register told who came back by it. */
  noteCure(label: string, before: Measurement): void {
    const { states } = this.record();
    const revived = this.register.revive((name) => states[this.indexOf(name)] !== "dead", this.step, label);
    this.cure = { label, step: this.step, before, revived };
  }

  /** Trains until `afterStep` says stop, or until the log of its epochs is full; `stopped` says what went wrong. */
  async fit(afterStep: AfterStep): Promise<void> {
    const trace = traceDeaths();
    this.register.follow(trace, this.step);
    const onBatchEnd = ({ stop }: TrainingContext): Promise<void> | undefined => {
      this.step++;
      this.register.read();
      if (this.history.isDue(this.step)) this.record();
      return afterStep(this)?.then((answer) => (answer === "stop" ? stop() : undefined));
    };
    const ended = await this.network.fit(this.data, {
      epochs: EPOCHS_A_FIT,
      optimizer: this.optimizer,
      learningRate: () => this.rate,
      validation: this.heldOut,
      callbacks: [
        ...(await resetsOf(this.recipe)),
        trace,
        { onEpochEnd: (log) => this.noteEpoch(log) },
        { onBatchEnd: (_log, context) => onBatchEnd(context) },
      ],
      ...fitOptions(this.settings),
    });
    this.register.read();
    if (ended.stopped === "diverged") this.stopped = "diverged";
  }

  /**
   * What a lower rate would make of a network that has been treated: trains a copy for some steps, which nobody sees.
   * @param cure treats the copy
   */
  async tryRate(rate: number, steps: number, cure: (network: Network) => Promise<unknown>): Promise<BriefTraining> {
    using network = await this.network.clone();
    await cure(network);
    const { task, step } = this;
    const rateAt: RateAt = (own, highest) => this.rateAt(step + own, highest);
    return await trainBriefly(network, task, { ...this.recipe, ...this.settings, rate }, steps, rateAt);
  }

  /** What a lower rate had made of it from the start. */
  tryRateFromStart(rate: number, steps: number): Promise<BriefTraining> {
    return runFromStart({ ...this.recipe, ...this.settings, rate }, this.task, steps, this.rateAt);
  }

  dispose(): void {
    this.isDisposed = true;
    this.network.dispose();
    for (const { evaluator } of this.evaluators) evaluator.dispose();
  }
}
