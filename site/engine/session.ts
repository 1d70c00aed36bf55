// A recipe in training: the network and, for a comparison, its twin, step by step abreast; pace, pause and single steps.
import { diagnose, forecast } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { cureRun, labelOf } from "./apply-remedy.js";
import type { CureName, Examined, Frame, FromEngine, Twin, UnitName } from "./types.js";
import { Run } from "./training.js";
import { Signal } from "./repeated-event.js";
import { targetsOf } from "./recipe-to-network.js";
import type { Task } from "./task.js";
import type { Recipe } from "../state/recipe.js";

const MOST_UNDOS = 8;
const LATE_AT_MOST = 100; // milliseconds of steps that are caught up with
const EARLY_AT_MOST = 2; // milliseconds that no timer is set for

export class Session {
  private twin: { readonly run: Run; readonly label: string } | undefined;
  private before: Run[] = [];
  private readonly signal = new Signal();
  private holding = 0;
  private queue: Promise<unknown> = Promise.resolve();
  private isOver = false;
  private singles = 0;
  private due = 0;
  private running = false;
  private speed = 1;

  private constructor(
    private main: Run,
    private readonly fail: (error: unknown) => void,
  ) {}

  static async create(recipe: Recipe, task: Task, fail: (error: unknown) => void): Promise<Session> {
    const session = new Session(await Run.create(recipe, task), fail);
    void session.live(session.main);
    return session;
  }

  describe(): Extract<FromEngine, { kind: "started" }> {
    const { recipe, task, spec, network } = this.main;
    const layout = stateOf(network).layout.layers.map(({ kernel, bias }) => ({ kernel: kernel / 4, bias: bias / 4 }));
    return { kind: "started", recipe, task, spec, layout };
  }

  forecast(): Extract<FromEngine, { kind: "forecast" }> {
    const { recipe, task, spec, data } = this.main;
    const {
      lethalRates = [],
      bornDeadNetwork,
      advice,
    } = forecast(spec, task.train.x, { targets: data.y, learningRate: recipe.rate, draws: 40 });
    return { kind: "forecast", lethalRates, bornDead: bornDeadNetwork, advice };
  }

  run(running: boolean, speed: number): void {
    this.running = running;
    this.speed = speed;
    this.due = performance.now();
    this.singles = 0;
    this.signal.fire();
  }

  stepOnce(): void {
    this.running = false;
    this.singles++;
    this.signal.fire();
  }

  frame(request: { at?: number; chosen?: UnitName; curves: number }): Frame {
    const { main } = this;
    const entry = request.at === undefined ? undefined : main.chronicle.at(request.at);
    const shown = entry?.step ?? main.step;
    const parameters = (entry?.parameters ?? main.parameters()).slice();
    const painter = main.painterAt(shown);
    painter.take(parameters);
    const { version } = main.chronicle;
    return {
      kind: "frame",
      ...painter.paint(request.chosen),
      parameters,
      shown,
      version,
      step: main.step,
      epoch: main.epoch,
      running: this.running,
      rate: main.rate,
      activation: painter.mirror.layers[0].activation.name,
      deaths: main.register.deaths,
      revived: main.register.revived,
      canUndo: this.before.length > 0,
      ...(main.stopped && { stopped: main.stopped }),
      ...(version !== request.curves && { curves: main.chronicle.curves() }),
      ...(this.twin && { twin: this.paintTwin(this.twin) }),
    };
  }

  private paintTwin({ run, label }: { run: Run; label: string }): Twin {
    const painter = run.painterAt(run.step);
    painter.take(run.parameters());
    return { label, picture: painter.paint(), curves: run.chronicle.curves(), step: run.step };
  }

  examine(chosen: UnitName | undefined): Examined {
    const { network, task, recipe, step } = this.main;
    const diagnosis = diagnose(network, task.train.x, { targets: targetsOf(recipe, task.train) });
    const unit = chosen && diagnosis.layers[chosen.layer]?.units[chosen.unit];
    return { kind: "examined", step, samples: diagnosis.samples, findings: diagnosis.findings, ...(unit && { unit }) };
  }

  /** Treats the network, or a twin of it that is then trained beside it. */
  cure(cure: CureName, beside: boolean, rate: number | undefined): Promise<string> {
    return this.hold(async () => {
      const { main } = this;
      if (!beside) {
        await this.keepForUndo();
        return cureRun(main, cure, rate);
      }
      this.dropTwin();
      const run =
        cure === "lowerRate"
          ? await Run.create({ ...main.recipe, rate: rate ?? main.rate / 2 }, main.task)
          : await main.clone();
      const message =
        cure === "lowerRate" ? `the same start at a rate of ${run.rate} catches up` : await cureRun(run, cure, rate);
      if (this.isOver) run.dispose();
      this.twin = { run, label: labelOf(cure, run.rate) };
      void this.live(run);
      return `beside: ${message}`;
    });
  }

  /** Back to before the last remedy. */
  undo(): Promise<string> {
    return this.hold(async () => {
      const run = this.before.pop();
      if (!run) return "there is nothing to undo";
      this.take(run);
      return `back at step ${run.step}, before the change`;
    });
  }

  endTwin(keep: boolean): Promise<string> {
    return this.hold(async () => {
      const { twin } = this;
      if (!twin) return "there is no twin";
      if (!keep) {
        this.dropTwin();
        return "the twin is gone";
      }
      this.twin = undefined;
      await this.keepForUndo();
      this.take(twin.run, true);
      return `the twin goes on alone: ${twin.label}`;
    });
  }

  private async keepForUndo(): Promise<void> {
    this.before.push(await this.main.clone());
    if (this.before.length > MOST_UNDOS) this.before.shift()!.dispose();
  }

  private take(run: Run, isLiving = false): void {
    this.main.dispose();
    this.main = run;
    run.chronicle.version++;
    if (!isLiving) void this.live(run);
  }

  private dropTwin(): void {
    this.twin?.run.dispose();
    this.twin = undefined;
  }

  dispose(): void {
    this.isOver = true;
    for (const run of [this.main, ...(this.twin ? [this.twin.run] : []), ...this.before]) run.dispose();
    this.signal.fire();
  }

  /** Does something between two fits, and one such thing after another. */
  private hold<T>(act: () => Promise<T>): Promise<T> {
    const done = this.queue.then(() => this.holdNow(act));
    this.queue = done.catch(() => undefined);
    return done;
  }

  private async holdNow<T>(act: () => Promise<T>): Promise<T> {
    this.holding++;
    this.signal.fire();
    try {
      await Promise.all([this.main.fitting, this.twin?.run.fitting]);
      return await act();
    } finally {
      this.holding--;
      this.due = performance.now();
      this.signal.fire();
    }
  }

  private mayStep(run: Run): boolean {
    if (run !== this.main) return run.step < this.main.step;
    if (this.twin && !this.twin.run.stopped && this.twin.run.step < run.step) return false;
    return this.running || this.singles > 0;
  }

  /** A run's life: one fit after another, until it is disposed of. */
  private async live(run: Run): Promise<void> {
    try {
      while (run.isAlive) {
        if (this.holding > 0 || run.stopped || !this.mayStep(run)) {
          await this.signal.wait();
          continue;
        }
        run.fitting = run
          .fit((which) => this.gate(which))
          .finally(() => {
            run.fitting = undefined;
          });
        await run.fitting;
        this.signal.fire();
      }
    } catch (error) {
      if (run.isAlive) this.fail(error);
    }
  }

  private gate(run: Run): Promise<"stop" | undefined> | undefined {
    if (run === this.main && this.singles > 0) this.singles--;
    if (this.twin) this.signal.fire();
    if (this.isPaced(run)) this.due = Math.max(this.due + 1000 / this.speed, performance.now() - LATE_AT_MOST);
    const delay = this.delayOf(run);
    return delay === 0 ? undefined : this.waitFor(run, delay);
  }

  private isPaced(run: Run): boolean {
    return run === this.main && this.running && this.speed !== Number.POSITIVE_INFINITY;
  }

  /** Milliseconds until the run's next step; Infinity: something must happen first. */
  private delayOf(run: Run): number {
    if (!run.isAlive || this.holding > 0 || !this.mayStep(run)) return Number.POSITIVE_INFINITY;
    const early = this.isPaced(run) ? this.due - performance.now() : 0;
    return early > EARLY_AT_MOST ? early : 0;
  }

  /** A fit that ends names the causes of all deaths so far; where an epoch is one step, nothing is lost by ending it at a pause. */
  private isToConclude(run: Run): boolean {
    return (
      run === this.main && !this.running && this.singles === 0 && run.stepsPerEpoch === 1 && run.hasUnnamedDeaths()
    );
  }

  private async waitFor(run: Run, delay: number): Promise<"stop" | undefined> {
    if (this.isToConclude(run)) return "stop";
    for (let left = delay; left > 0 && run.isAlive && this.holding === 0; left = this.delayOf(run))
      await this.signal.wait(left);
    return run.isAlive && this.holding === 0 ? undefined : "stop";
  }
}
