// A recipe in training: the network and, for a comparison, its twin, step by step beside it; pace, pause, single steps.
import { diagnose, forecast } from "../../src/index.js";
import { analysisOf } from "../../src/activations/analysis.js";
import { stateOf } from "../../src/network/state/state.js";
import { applyRemedy, remedyLabel } from "./apply-remedy.js";
import { RepeatedEvent } from "./repeated-event.js";
import { Training } from "./training.js";
import type {
  DiagnosisMessage,
  ForecastMessage,
  Frame,
  FrameRequest,
  LearningTask,
  RemedyName,
  Started,
  Twin,
  UnitName,
} from "./types.js";
import type { Recipe } from "../state/recipe.js";

const MOST_UNDOS = 8;
const LATE_AT_MOST_MS = 100; // so many milliseconds of steps are caught up with
const EARLY_AT_MOST_MS = 2; // no timer is set for so short a wait

interface TwinTraining {
  readonly training: Training;
  readonly label: string;
}

export class Session {
  private twin: TwinTraining | undefined;
  /** Copies of the network from before each change. */
  private undos: Training[] = [];
  /** Fires when a training may have to step, wait or stop. */
  private readonly changed = new RepeatedEvent();
  /** How many changes wait for the fits to end, or are under way. */
  private changes = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private isDisposed = false;
  /** Steps that are asked for one by one. */
  private singleSteps = 0;
  /** When the next step is due, by performance.now(). */
  private dueAt = 0;
  private running = false;
  private speed = 1;

  private constructor(
    private main: Training,
    private readonly fail: (error: unknown) => void,
  ) {}

  static async create(recipe: Recipe, task: LearningTask, fail: (error: unknown) => void): Promise<Session> {
    const session = new Session(await Training.create(recipe, task), fail);
    void session.keepTraining(session.main);
    return session;
  }

  describe(): Started {
    const { recipe, task, spec, network } = this.main;
    const layout = stateOf(network).layout.layers.map(({ kernel, bias }) => ({ kernel: kernel / 4, bias: bias / 4 }));
    return { kind: "started", recipe, task, spec, layout };
  }

  forecast(): ForecastMessage {
    const { recipe, spec, data } = this.main;
    const options = { targets: data.y, learningRate: recipe.rate, draws: 40 };
    const { lethalRates = [], bornDeadNetwork, advice } = forecast(spec, data.x, options);
    return { kind: "forecast", lethalRates, bornDead: bornDeadNetwork, advice };
  }

  run(running: boolean, speed: number): void {
    this.running = running;
    this.speed = speed;
    this.dueAt = performance.now();
    this.singleSteps = 0;
    this.changed.fire();
  }

  stepOnce(): void {
    this.running = false;
    this.singleSteps++;
    this.changed.fire();
  }

  frame(request: FrameRequest): Frame {
    const { main } = this;
    const entry = request.at === undefined ? undefined : main.history.at(request.at);
    const shown = entry?.step ?? main.step;
    const parameters = (entry?.parameters ?? main.parameters()).slice();
    const evaluator = main.evaluatorAt(shown, parameters);
    const { version } = main.history;
    return {
      kind: "frame",
      ...evaluator.picture(request.chosen),
      parameters,
      shown,
      version,
      step: main.step,
      epoch: main.epoch,
      running: this.running,
      rate: main.rate,
      activation: evaluator.activation,
      deaths: main.deathList.deaths,
      revived: main.deathList.revived,
      canUndo: this.undos.length > 0,
      ...(main.stopped && { stopped: main.stopped }),
      ...(version !== request.curves && { curves: main.history.curves() }),
      ...(this.twin && { twin: this.describeTwin(this.twin) }),
    };
  }

  private describeTwin({ training, label }: TwinTraining): Twin {
    const { step, history } = training;
    const picture = training.evaluatorAt(step, training.parameters()).picture();
    return { label, picture, curves: history.curves(), step };
  }

  diagnose(chosen: UnitName | undefined): DiagnosisMessage {
    const { network, data, step } = this.main;
    const { layers, samples, findings } = diagnose(network, data.x, { targets: data.y });
    const unit = chosen && layers[chosen.layer]?.units[chosen.unit];
    const { isTwoSided = false } = analysisOf(network.layers[0].activation.name);
    return { kind: "diagnosis", step, samples, isTwoSided, findings, ...(unit && { unit }) };
  }

  /** Treats the network, or a twin of it that is then trained beside it. */
  treat(remedy: RemedyName, onTwin: boolean, rate: number | undefined): Promise<string> {
    return this.betweenFits(async () => {
      if (onTwin) return this.startTwin(remedy, rate);
      await this.keepForUndo();
      return applyRemedy(this.main, remedy, rate);
    });
  }

  private async startTwin(remedy: RemedyName, rate: number | undefined): Promise<string> {
    const { main } = this;
    this.dropTwin();
    let training: Training;
    let message: string;
    if (remedy === "lowerRate") {
      training = await Training.create({ ...main.recipe, rate: rate ?? main.rate / 2 }, main.task);
      message = `the same training from the start, at a rate of ${training.rate}`;
    } else {
      training = await main.clone();
      message = await applyRemedy(training, remedy, rate);
    }
    if (this.isDisposed) training.dispose();
    this.twin = { training, label: remedyLabel(remedy, training.rate) };
    void this.keepTraining(training);
    return `twin: ${message}`;
  }

  /** Back to before the last change. */
  undo(): Promise<string> {
    return this.betweenFits(async () => {
      const training = this.undos.pop();
      if (!training) return "there is nothing to undo";
      this.replaceMain(training);
      void this.keepTraining(training);
      return `back at step ${training.step}, before the change`;
    });
  }

  endTwin(keep: boolean): Promise<string> {
    return this.betweenFits(async () => {
      const { twin } = this;
      if (!twin) return "there is no twin";
      if (!keep) {
        this.dropTwin();
        return "the comparison is over";
      }
      this.twin = undefined;
      await this.keepForUndo();
      this.replaceMain(twin.training);
      return `the twin has replaced the network: ${twin.label}`;
    });
  }

  private async keepForUndo(): Promise<void> {
    this.undos.push(await this.main.clone());
    if (this.undos.length > MOST_UNDOS) this.undos.shift()!.dispose();
  }

  private replaceMain(training: Training): void {
    this.main.dispose();
    this.main = training;
    training.history.version++;
  }

  private dropTwin(): void {
    this.twin?.training.dispose();
    this.twin = undefined;
  }

  dispose(): void {
    this.isDisposed = true;
    for (const training of [this.main, ...this.undos]) training.dispose();
    this.twin?.training.dispose();
    this.changed.fire();
  }

  /** Makes a change between two fits, and one change after another. */
  private betweenFits<T>(change: () => Promise<T>): Promise<T> {
    const done = this.queue.then(() => this.changeNow(change));
    this.queue = done.catch(() => undefined);
    return done;
  }

  private async changeNow<T>(change: () => Promise<T>): Promise<T> {
    this.changes++;
    this.changed.fire();
    try {
      await Promise.all([this.main.fitting, this.twin?.training.fitting]);
      return await change();
    } finally {
      this.changes--;
      this.dueAt = performance.now();
      this.changed.fire();
    }
  }

  private mayStep(training: Training): boolean {
    const { main, twin } = this;
    if (training !== main) return training.step < main.step;
    if (twin && !twin.training.stopped && twin.training.step < main.step) return false;
    return this.running || this.singleSteps > 0;
  }

  /** One fit after another, until the training is disposed of. */
  private async keepTraining(training: Training): Promise<void> {
    try {
      while (!training.isDisposed) {
        if (this.changes > 0 || training.stopped || !this.mayStep(training)) {
          await this.changed.wait();
          continue;
        }
        training.fitting = training
          .fit((which) => this.afterStep(which))
          .finally(() => {
            training.fitting = undefined;
          });
        await training.fitting;
        this.changed.fire();
      }
    } catch (error) {
      if (!training.isDisposed) this.fail(error);
    }
  }

  private afterStep(training: Training): Promise<"stop" | undefined> | undefined {
    if (training === this.main && this.singleSteps > 0) this.singleSteps--;
    if (this.twin) this.changed.fire();
    if (this.isPaced(training))
      this.dueAt = Math.max(this.dueAt + 1000 / this.speed, performance.now() - LATE_AT_MOST_MS);
    const delay = this.delayOf(training);
    return delay === 0 ? undefined : this.waitFor(training, delay);
  }

  private isPaced(training: Training): boolean {
    return training === this.main && this.running && this.speed !== Number.POSITIVE_INFINITY;
  }

  private mustEnd(training: Training): boolean {
    return training.isDisposed || this.changes > 0;
  }

  /** Milliseconds until the next step; Infinity: something must happen first. */
  private delayOf(training: Training): number {
    if (this.mustEnd(training) || !this.mayStep(training)) return Number.POSITIVE_INFINITY;
    const early = this.isPaced(training) ? this.dueAt - performance.now() : 0;
    return early > EARLY_AT_MOST_MS ? early : 0;
  }

  /**
   * The end of a fit determines the causes of all deaths so far; where an epoch is one step, nothing is lost by ending
   * it at a pause.
   */
  private shouldEndAtPause(training: Training): boolean {
    const isPaused = training === this.main && !this.running && this.singleSteps === 0;
    return isPaused && training.stepsPerEpoch === 1 && training.hasUnlistedDeaths();
  }

  private async waitFor(training: Training, delay: number): Promise<"stop" | undefined> {
    if (this.shouldEndAtPause(training)) return "stop";
    for (let left = delay; left > 0 && !this.mustEnd(training); left = this.delayOf(training))
      await this.changed.wait(left);
    return this.mustEnd(training) ? "stop" : undefined;
  }
}
