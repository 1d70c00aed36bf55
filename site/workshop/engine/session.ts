// A recipe in training: the network and, for a comparison, its twins, step by step beside it; pace, pause, single
// steps.
import { stateOf } from "../../../src/network/state/state.js";
import type { ChosenCure } from "./apply-remedy.js";
import { RepeatedEvent } from "./repeated-event.js";
import { Training } from "./training.js";
import type { Cure, CureOutcome, Done, Edit, Frame, FrameRequest, Started, Twin } from "./types.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { type Change, EDITED_PARTS, endsFit, isEdit, isSetting } from "../../training/changes.js";
import type { LiveName, Recipe } from "../../training/recipe.js";
import { pageNaming } from "../../training/naming.js";
import { countDead, openDeath, unitIndex } from "../state/units.js";
import { formatCount, formatNumber } from "../../../src/text/numbers.js";

/** Loaded when the first cure is asked for. */
const loadCures = () => import("./apply-remedy.js");

const MOST_UNDOS = 8;
const MOST_TWINS = 3;
const SLOW_SPEED = 600; // steps a second
const LATE_AT_MOST_MS = 100; // so many milliseconds of steps are caught up with
const EARLY_AT_MOST_MS = 2; // no timer is set for so short a wait

interface TwinTraining {
  readonly training: Training;
  readonly label: string;
}

/** What a cure changes beside the units: the rate and the decay that directly follow it. */
function pairedSettings(following: readonly Change[]): Pick<ChosenCure, "rate" | "decay"> {
  const end = following.findIndex(({ what }) => what !== "rate" && what !== "decay");
  const settings = following.slice(0, end < 0 ? following.length : end);
  return Object.fromEntries(settings.map(({ what, value }) => [what, value]));
}

/** `layer 2, unit 3: bias 0.25` */
function editText({ what, unit, input, value }: Edit): string {
  const { layer, unit: place } = pageNaming();
  const part = input === undefined ? EDITED_PARTS[what] : `weight from its input ${formatCount(input + 1)}`;
  return `layer ${layer(unit.layer)}, unit ${place(unit.unit)}: ${part} ${formatNumber(value)}`;
}

export class Session {
  /** The newest last. */
  private twins: readonly TwinTraining[] = [];
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
  /** Changes that a link makes on the way, by step. */
  private script: readonly Change[] = [];
  /** The step of a link: it goes there at full speed, and pauses. */
  private until: number | undefined;
  /** Trainings that wait for something to happen. */
  private readonly idle = new Set<Training>();

  private constructor(
    private main: Training,
    private readonly slowFrom: number,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** @param slowFrom full speed is not for ever: from this step on a page that was left alone takes it slowly */
  static async create(
    recipe: Recipe,
    task: LearningTask,
    slowFrom: number,
    fail: (error: unknown) => void,
  ): Promise<Session> {
    const session = new Session(await Training.create(recipe, task), slowFrom, fail);
    void session.keepTraining(session.main);
    return session;
  }

  /** Goes the way of a link: makes its changes, and goes to its step at full speed. */
  follow(changes: readonly Change[], until: number | undefined): void {
    this.script = changes;
    this.until = until;
    this.changed.fire();
  }

  /** Somebody has done something: the rest of the link's way is left. */
  private leaveScript(): void {
    this.script = [];
    this.until = undefined;
  }

  describe(): Started {
    const { recipe, task, spec, network } = this.main;
    const layout = stateOf(network).layout.layers.map(({ kernel, bias, normalization }) => ({
      kernel: kernel / 4,
      bias: bias / 4,
      ...(normalization && { gamma: normalization.gamma / 4, beta: normalization.beta / 4 }),
      ...(normalization?.running && {
        mean: normalization.running.mean / 4,
        variance: normalization.running.variance / 4,
      }),
    }));
    return { kind: "started", recipe, task, spec, layout };
  }

  /** The network that trains. */
  get training(): Training {
    return this.main;
  }

  run(running: boolean, speed: number): void {
    this.running = running;
    this.speed = speed;
    this.dueAt = performance.now();
    this.singleSteps = 0;
    this.until = undefined;
    this.changed.fire();
  }

  stepOnce(): void {
    this.until = undefined;
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
      isSettled: this.isSettled,
      isSlowed: this.isSlowed,
      recipe: main.recipe,
      settings: main.settings,
      ...(main.recipe.schedule !== "constant" && { scheduledRate: main.rate }),
      changes: main.changes,
      pending: this.script,
      activation: evaluator.activation,
      deaths: main.register.records,
      canUndo: this.undos.length > 0,
      ...(this.until !== undefined && { until: this.until }),
      ...(main.cure && { cure: this.outcomeOf(main) }),
      ...(main.stopped && { stopped: main.stopped }),
      ...(version !== request.curves && { curves: main.history.curves() }),
      ...(request.chosen && { chosenHistory: main.history.ofUnit(unitIndex(main.recipe.layers, request.chosen)) }),
      ...(request.layers && { layers: evaluator.layerFigures() }),
      ...this.describeTwins(),
    };
  }

  /** Nothing happens until a message comes. */
  private get isSettled(): boolean {
    return this.changes === 0 && this.trainings.every((each) => this.idle.has(each));
  }

  private get trainings(): readonly Training[] {
    return [this.main, ...this.twins.map(({ training }) => training)];
  }

  private get isSlowed(): boolean {
    return this.speed === Number.POSITIVE_INFINITY && this.main.step >= this.slowFrom;
  }

  private outcomeOf({ cure, register }: Training): CureOutcome {
    const { label, step, before, revived } = cure!;
    return {
      label,
      step,
      deadBefore: countDead(before.states),
      lossBefore: before.loss,
      ...(before.heldOut.accuracy !== undefined && { accuracyBefore: before.heldOut.accuracy }),
      revived: revived.length,
      diedAgain: revived.filter((name) => openDeath(register.records, name)).length,
    };
  }

  private describeTwins(): Pick<Frame, "twin" | "twins"> {
    if (this.twins.length === 0) return {};
    const twins = this.twins.map((each) => this.describeTwin(each));
    return { twin: twins.at(-1)!, twins };
  }

  private describeTwin({ training, label }: TwinTraining): Twin {
    const { step, history } = training;
    const picture = training.evaluatorAt(step, training.parameters()).picture();
    return { label, picture, curves: history.curves(), step };
  }

  /** Treats the network, or a twin of it that is then trained beside it. */
  treat(cure: Cure, onTwin: boolean): Promise<Done> {
    this.leaveScript();
    return this.betweenFits(async () => {
      const { chooseRate } = await loadCures();
      const chosen = await chooseRate(this.main, cure);
      const done = await (onTwin ? this.startTwin(chosen.cure) : this.treatMain(chosen.cure));
      return { ...done, details: [...(chosen.tried ? [chosen.tried] : []), ...(done.details ?? [])] };
    });
  }

  private async treatMain(cure: ChosenCure): Promise<Done> {
    const { applyCure } = await loadCures();
    await this.keepForUndo();
    return applyCure(this.main, cure);
  }

  /** Changes a setting from the next step on; a twin keeps its own. */
  async adjust(what: LiveName, value: number): Promise<void> {
    this.leaveScript();
    if (what === "rate") this.main.adjust({ what, value });
    else await this.betweenFits(async () => this.main.adjust({ what, value }));
  }

  /** A number of the network is written by hand; a twin keeps its own. */
  edit(edit: Edit): Promise<Done> {
    this.leaveScript();
    return this.betweenFits(async () => {
      await this.keepForUndo();
      this.main.edit(edit);
      return { message: editText(edit) };
    });
  }

  private async startTwin(cure: ChosenCure): Promise<Done> {
    const { applyCure, cureLabel } = await loadCures();
    const { main } = this;
    let training: Training;
    let done: Done;
    if (cure.remedy === "lowerRate") {
      const rate = cure.rate ?? main.settings.rate / 2;
      training = await Training.create({ ...main.recipe, rate }, main.task);
      done = { message: `the same training from the start, at a rate of ${rate}` };
    } else {
      training = await main.clone();
      done = await applyCure(training, cure);
    }
    if (this.isDisposed) training.dispose();
    this.dropTwins(this.twins.slice(0, Math.max(0, this.twins.length + 1 - MOST_TWINS)));
    this.twins = [...this.twins, { training, label: cureLabel(cure) }];
    void this.keepTraining(training);
    return { ...done, message: `twin: ${done.message}` };
  }

  /** Back to before the last change. */
  undo(): Promise<Done> {
    this.leaveScript();
    return this.betweenFits(async () => {
      const training = this.undos.pop();
      if (!training) return { message: "there is nothing to undo" };
      this.replaceMain(training);
      void this.keepTraining(training);
      return { message: `back at step ${training.step}, before the change` };
    });
  }

  /** @param which is kept, by its place; the newest by default. The comparison is over for all. */
  endTwin(keep: boolean, which = this.twins.length - 1): Promise<Done> {
    return this.betweenFits(async () => {
      const twin = this.twins[which];
      if (!twin) return { message: "there is no twin" };
      this.dropTwins(this.twins.filter((each) => !keep || each !== twin));
      if (!keep) return { message: "the comparison is over" };
      this.twins = [];
      await this.keepForUndo();
      this.replaceMain(twin.training);
      return { message: `the twin has replaced the network: ${twin.label}` };
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

  private dropTwins(dropped: readonly TwinTraining[]): void {
    for (const { training } of dropped) training.dispose();
    this.twins = this.twins.filter((each) => !dropped.includes(each));
  }

  dispose(): void {
    this.isDisposed = true;
    for (const training of [...this.trainings, ...this.undos]) training.dispose();
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
      await Promise.all(this.trainings.map(({ fitting }) => fitting));
      for (const training of this.trainings) training.noteBreak();
      return await change();
    } finally {
      this.changes--;
      this.dueAt = performance.now();
      this.changed.fire();
    }
  }

  private mayStep(training: Training): boolean {
    const { main } = this;
    if (training !== main) return training.step < main.step;
    if (this.twins.some(({ training: each }) => !each.stopped && each.step < main.step)) return false;
    return !this.isScriptDue() && (this.running || this.singleSteps > 0 || this.until !== undefined);
  }

  private isScriptDue(): boolean {
    return this.script.length > 0 && this.script[0].step <= this.main.step;
  }

  /** What the link changes at this step. */
  private async followScript(): Promise<void> {
    const due = this.script.filter(({ step }) => step <= this.main.step);
    this.script = this.script.slice(due.length);
    for (const [place, { what, value, unit, input }] of due.entries()) {
      if (isEdit(what)) this.main.edit({ what, unit: unit!, value: value!, ...(input !== undefined && { input }) });
      else if (what === "break" || isSetting(what)) this.main.adjust({ what, ...(value !== undefined && { value }) });
      else await this.treatMain({ remedy: what, ...(unit && { unit }), ...pairedSettings(due.slice(place + 1)) });
    }
  }

  /** The rate alone is changed without an end of the fit. */
  private followRates(): void {
    while (this.isScriptDue() && !this.script.some((each) => each.step <= this.main.step && endsFit(each))) {
      const [{ what, value }] = this.script;
      this.script = this.script.slice(1);
      this.main.adjust({ what, value: value! });
    }
  }

  /** One fit after another, until the training is disposed of. */
  private async keepTraining(training: Training): Promise<void> {
    try {
      while (!training.isDisposed) {
        if (training === this.main && this.changes === 0 && this.isScriptDue()) {
          await this.betweenFits(() => this.followScript());
          continue;
        }
        this.arriveAt(training);
        if (this.changes > 0 || training.stopped || !this.mayStep(training)) {
          await this.whileIdle(training, () => this.changed.wait());
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

  private async whileIdle(training: Training, wait: () => Promise<void>): Promise<void> {
    this.idle.add(training);
    await wait();
    this.idle.delete(training);
  }

  /** At the link's step it pauses. */
  private arriveAt(training: Training): void {
    if (training !== this.main || this.until === undefined) return;
    if (training.step < this.until && !training.stopped) return;
    this.until = undefined;
    this.running = false;
  }

  private afterStep(training: Training): Promise<"stop" | undefined> | undefined {
    if (training === this.main) {
      if (this.singleSteps > 0) this.singleSteps--;
      this.followRates();
      this.arriveAt(training);
    }
    if (this.twins.length > 0) this.changed.fire();
    if (this.isPaced(training))
      this.dueAt = Math.max(this.dueAt + 1000 / this.pace, performance.now() - LATE_AT_MOST_MS);
    const delay = this.delayOf(training);
    return delay === 0 ? undefined : this.waitFor(training, delay);
  }

  private get pace(): number {
    return this.isSlowed ? SLOW_SPEED : this.speed;
  }

  private isPaced(training: Training): boolean {
    const isFast = this.pace === Number.POSITIVE_INFINITY || this.until !== undefined;
    return training === this.main && this.running && !isFast;
  }

  private mustEnd(training: Training): boolean {
    return training.isDisposed || this.changes > 0 || (training === this.main && this.isScriptDue());
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
    const isPaused = training === this.main && !this.running && this.singleSteps === 0 && this.until === undefined;
    return isPaused && training.stepsPerEpoch === 1 && training.hasUnlistedDeaths();
  }

  private async waitFor(training: Training, delay: number): Promise<"stop" | undefined> {
    if (this.shouldEndAtPause(training)) return "stop";
    for (let left = delay; left > 0 && !this.mustEnd(training); left = this.delayOf(training)) {
      if (left === Number.POSITIVE_INFINITY) await this.whileIdle(training, () => this.changed.wait());
      else await this.changed.wait(left);
    }
    return this.mustEnd(training) ? "stop" : undefined;
  }
}
