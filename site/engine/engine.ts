// The training side of the page: takes messages, answers with messages. Runs in a worker, or in a test without a page.
import { RelumineError } from "../../src/index.js";
import type { FromEngine, GivenTable, ToEngine } from "./types.js";
import { Session } from "./session.js";
import { tableTask } from "./table-task.js";
import type { Task } from "./task.js";
import { digitsTask, planeTask } from "./built-in-tasks.js";
import type { DataName } from "../state/recipe.js";

type Place = Extract<FromEngine, { kind: "failed" }>["where"];

export interface Surroundings {
  post(message: FromEngine): void;
  /** For each digit its 64 pixels, 0 to 16, then its class. */
  loadDigits(): Promise<Uint8Array>;
}

export class Engine {
  private session: Session | undefined;
  private table: GivenTable | undefined;
  /** Counts starts: one that was overtaken by another is dropped. */
  private starts = 0;
  /** What was said last; a network that is still being made heeds it too. */
  private pace = { running: false, speed: 1 };

  constructor(private readonly around: Surroundings) {}

  async handle(message: ToEngine): Promise<void> {
    const place: Place =
      message.kind === "start" ? "settings" : message.kind === "cure" || message.kind === "examine" ? "unit" : "engine";
    const { session } = this;
    try {
      await this.act(message);
    } catch (error) {
      if (session === this.session) this.fail(place, error); // else it was of a network that is gone
    }
  }

  dispose(): void {
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
        return this.around.post(session.frame(message));
      case "examine":
        return this.around.post(session.examine(message.chosen));
      case "cure":
        return this.tell(await session.cure(message.cure, message.beside, message.rate));
      case "undo":
        return this.tell(await session.undo());
      case "twin":
        return this.tell(await session.endTwin(message.keep));
    }
  }

  private tell(message: string): void {
    this.around.post({ kind: "cured", message });
  }

  private fail(where: Place, error: unknown): void {
    const message =
      error instanceof RelumineError
        ? error.message
        : `something went wrong: ${error instanceof Error ? error.message : String(error)}`;
    this.around.post({ kind: "failed", where, message });
  }

  /** The new session takes the place of the old one only when it stands. */
  private async start({ recipe, table, running, speed }: Extract<ToEngine, { kind: "start" }>): Promise<void> {
    const turn = ++this.starts;
    this.pace = { running, speed };
    const task = await this.load(recipe.data, table);
    if (!task || turn !== this.starts) return;
    const session = await Session.create(recipe, task, (error) => this.fail("engine", error));
    if (turn !== this.starts) return session.dispose();
    this.session?.dispose();
    this.session = session;
    this.table = table ?? this.table;
    this.around.post(session.describe());
    session.run(this.pace.running, this.pace.speed);
    this.around.post(session.forecast());
  }

  private async load(name: DataName, table: GivenTable | undefined): Promise<Task | undefined> {
    try {
      if (name === "csv") {
        const given = table ?? this.table;
        if (!given)
          throw new RelumineError(
            "value",
            "the data",
            "to be a table that was dropped in",
            "a link, which carries none",
            "Drop the file in again.",
          );
        return tableTask(given);
      }
      return name === "digits" ? digitsTask(await this.around.loadDigits()) : planeTask(name);
    } catch (error) {
      this.fail("data", error);
      return undefined;
    }
  }
}
