// One pass of the replay over the steps in question, for all that waits for one of them.
import type { Replay } from "./replay.js";
import { yieldToEventLoop } from "../../core/event-loop.js";

const YIELD_AFTER = 8; // milliseconds

/** Waits for the replay to stand at a position; Infinity: has what it wanted. */
export interface Waiting {
  next: number;
}

export interface Stops<T extends Waiting> {
  /** The replay stands where these wait for it. May move it on; must move each of them on, or leave some for later. */
  at(position: number, group: readonly T[]): void;
  /** The replay can't get there, or is no longer faithful. Must end the wait. */
  giveUp(one: T): void;
}

export class Sweep {
  private lastYield = performance.now();

  constructor(private readonly replay: Replay) {}

  /** Until none waits any more; yields to the event loop every few milliseconds. */
  async run<T extends Waiting>(all: readonly T[], stops: Stops<T>): Promise<void> {
    for (;;) {
      const next = all.reduce((least, one) => Math.min(least, one.next), Infinity);
      if (next === Infinity) return;
      const group = all.filter((one) => one.next === next);
      if (!this.replay.approach(next) || !this.replay.isFaithful) for (const one of group) stops.giveUp(one);
      else if (this.replay.position < next) this.replay.advance();
      else stops.at(next, group);
      if (performance.now() - this.lastYield > YIELD_AFTER) {
        await yieldToEventLoop();
        this.lastYield = performance.now();
      }
    }
  }
}
