// The table's worker: trains cell after cell, those of the moment that is looked at, and rests when they are done.
import type { Control } from "../figure.js";
import { COLUMNS, FAULTS } from "./faults.js";
import type { CellMessage, CellPlace, Moment, ToCuresEngine } from "./messages.js";
import { trainCell } from "./train-cell.js";
import { yieldToEventLoop } from "../../../src/core/event-loop.js";

/** A cell that trains is told of so often at most. */
const TELL_MS = 50;

export class CuresEngine {
  private moment: Moment | undefined;
  private isPaused = false;
  private isAtWork = false;
  private readonly done = new Set<string>();

  constructor(private readonly post: (message: CellMessage) => void) {}

  async take(message: ToCuresEngine | Control): Promise<void> {
    if (message.kind === "moment") this.moment = message.moment;
    else this.isPaused = message.kind === "pause";
    if (this.isAtWork) return;
    this.isAtWork = true;
    for (let place = this.next(); place; place = this.next()) {
      await this.train(place);
      await yieldToEventLoop();
    }
    this.isAtWork = false;
  }

  /** Row by row, of the moment that is looked at. */
  private next(): CellPlace | undefined {
    const { moment } = this;
    if (!moment || this.isPaused) return undefined;
    for (let row = 0; row < FAULTS.length; row++)
      for (let column = 0; column < COLUMNS; column++)
        if (!this.done.has(`${moment} ${row} ${column}`)) return { moment, row, column };
    return undefined;
  }

  private async train(place: CellPlace): Promise<void> {
    const { moment, row, column } = place;
    this.done.add(`${moment} ${row} ${column}`);
    let told = -Infinity;
    const { course, outcome } = await trainCell(FAULTS[row], place, (read) => {
      if (performance.now() - told < TELL_MS) return;
      told = performance.now();
      this.post({ kind: "cell", ...place, course: read() });
    });
    this.post({ kind: "cell", ...place, course, outcome });
  }
}

export function serve(post: (message: CellMessage) => void): (message: ToCuresEngine | Control) => Promise<void> {
  const engine = new CuresEngine(post);
  return (message) => engine.take(message);
}
