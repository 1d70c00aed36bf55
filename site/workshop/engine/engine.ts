// The training side of the page: takes messages, answers with messages. Runs in a worker, or in a test without a page.
// Diagnosis, cures, the forecast of rates and the reader of tables are loaded when they are needed. So that they don't
// come at the start nothing here imports values from src/index.js, which leads to all of them.
import { RelumineError } from "../../../src/core/errors.js";
import { digitsTask, planeTask } from "../../tasks/built-in-tasks.js";
import { Session } from "./session.js";
import type { Done, ErrorPlace, FromEngine, TableFile, ToEngine, UnitName } from "./types.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { isPlane, type Recipe } from "../../training/recipe.js";

const SLOW_FROM = 1_000_000;

export interface EngineHost {
  post(message: FromEngine): void;
  /** For each digit its 64 pixels, 0 to 16, then its class. */
  loadDigits(): Promise<Uint8Array>;
  /** The step at which full speed ends; by default a million. */
  readonly slowFrom?: number;
}

/** What an error is shown beside, by the message that led to it. */
const PLACES: Readonly<Partial<Record<ToEngine["kind"], ErrorPlace>>> = {
  start: "settings",
  treat: "unit",
  adjust: "settings",
  edit: "unit",
  diagnose: "unit",
  forecast: "settings",
};

export class Engine {
  private session: Session | undefined;
  private table: TableFile | undefined;
  private read: { table: TableFile | undefined; scale: Recipe["scale"]; task: LearningTask } | undefined;
  /** Counts starts: one that was overtaken by another is dropped. */
  private starts = 0;
  /** The forecast that was asked for last. */
  private forecasting = new AbortController();
  /** The last one asked for; it holds for a network that is still being made, too. */
  private pace = { running: false, speed: 1 };

  constructor(private readonly host: EngineHost) {}

  async handle(message: ToEngine): Promise<void> {
    const { session } = this;
    try {
      await this.act(message);
    } catch (error) {
      // an error of a network that has been replaced concerns nobody
      if (session === this.session) this.fail(PLACES[message.kind] ?? "engine", error);
    }
  }

  dispose(): void {
    this.forecasting.abort();
    this.session?.dispose();
  }

  private async act(message: ToEngine): Promise<void> {
    if (message.kind === "start") return this.start(message);
    if (message.kind === "run") this.pace = message;
    if (message.kind === "step") this.pace = { ...this.pace, running: false };
    const { session } = this;
    if (!session) return;
    switch (message.kind) {
      case "run":
        return session.run(message.running, message.speed);
      case "step":
        return session.stepOnce();
      case "frame":
        return this.host.post(session.frame(message));
      case "diagnose":
        return this.diagnose(session, message.chosen);
      case "forecast":
        return this.forecast(session);
      case "treat":
        return this.postTreated(await session.treat(message, message.onTwin));
      case "adjust":
        return session.adjust(message.what, message.value);
      case "edit":
        return this.postTreated(await session.edit(message));
      case "undo":
        return this.postTreated(await session.undo());
      case "endTwin":
        return this.postTreated(await session.endTwin(message.keep, message.which));
    }
  }

  /** What says it comes when it is needed. */
  private async diagnose(session: Session, chosen: UnitName | undefined): Promise<void> {
    const { diagnoseTraining } = await import("./diagnosis.js");
    if (session === this.session) this.host.post(diagnoseTraining(session.training, chosen));
  }

  private async forecast(session: Session): Promise<void> {
    const { recipe, settings, task } = session.training;
    this.forecasting.abort();
    const { signal } = (this.forecasting = new AbortController());
    const { forecastRates } = await import("./rate-forecast.js");
    if (!signal.aborted)
      await forecastRates({ ...recipe, ...settings }, task, signal, (message) => this.host.post(message));
  }

  private postTreated(done: Done): void {
    this.host.post({ kind: "treated", ...done });
  }

  private fail(where: ErrorPlace, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    const message = error instanceof RelumineError ? text : `something went wrong: ${text}`;
    this.host.post({ kind: "failed", where, message });
  }

  /** The new session replaces the old one only when it has been made. */
  private async start(message: Extract<ToEngine, { kind: "start" }>): Promise<void> {
    const { recipe, table, running, speed, changes = [], until } = message;
    const turn = ++this.starts;
    this.pace = { running, speed };
    const task = await this.load(recipe, table);
    if (!task || turn !== this.starts) return;
    const session = await Session.create(recipe, task, this.host.slowFrom ?? SLOW_FROM, (error) =>
      this.fail("engine", error),
    );
    if (turn !== this.starts) return session.dispose();
    this.session?.dispose();
    this.session = session;
    this.table = table ?? this.table;
    this.host.post({ ...session.describe(), ...(message.turn !== undefined && { turn: message.turn }) });
    const isUndisturbed = this.pace.running === running && this.pace.speed === speed; // while it was made
    session.run(this.pace.running, this.pace.speed);
    const known = changes.filter((change) => session.training.hasPlaceOf(change));
    session.follow(known, isUndisturbed ? until : undefined);
    if (known.length < changes.length)
      this.fail(
        "settings",
        new RelumineError("value", "changes", "to be of units of this network", "others, which are left out"),
      );
  }

  private async load(recipe: Recipe, table: TableFile | undefined): Promise<LearningTask | undefined> {
    const { data: name, scale } = recipe;
    try {
      if (name === "csv") return await this.loadTable(table ?? this.table, scale);
      if (name === "digits") return digitsTask(await this.host.loadDigits());
      return planeTask(name, isPlane(recipe) ? recipe : {});
    } catch (error) {
      this.fail("data", error);
      return undefined;
    }
  }

  /** Reads it once, as long as nothing about it changes; the reader comes when it is needed. */
  private async loadTable(table: TableFile | undefined, scale: Recipe["scale"]): Promise<LearningTask> {
    const { tableTask } = await import("./table-task.js");
    if (!this.read || this.read.table !== table || this.read.scale !== scale)
      this.read = { table, scale, task: await tableTask(table, scale) };
    return this.read.task;
  }
}
