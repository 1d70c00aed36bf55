// When a training in a figure's worker takes its next step: as fast as is asked for, one by one, or not at all.
import type { Control } from "../figure.js";

/** So many milliseconds of steps are caught up with after a slow one. */
const LATE_AT_MOST = 100;
/** No timer is set for so short a wait, in milliseconds. */
const EARLY_AT_MOST = 2;

export class Pace {
  private isRunning = false;
  private isSeen = true;
  private isEnded = false;
  private singles = 0;
  private dueAt = 0;
  private wake: (() => void) | undefined;

  /** @param speed steps a second; Infinity: as fast as it goes */
  constructor(private speed: number) {}

  get running(): boolean {
    return this.isRunning;
  }

  run(isRunning: boolean, speed = this.speed): void {
    this.isRunning = isRunning;
    this.speed = speed;
    this.singles = 0;
    this.dueAt = performance.now();
    this.wake?.();
  }

  stepOnce(): void {
    this.isRunning = false;
    this.singles++;
    this.wake?.();
  }

  /** Out of sight nothing goes on. */
  take({ kind }: Control): void {
    this.isSeen = kind === "resume";
    this.dueAt = performance.now();
    this.wake?.();
  }

  /** Nothing waits any more: `next` says "stop". */
  end(): void {
    this.isEnded = true;
    this.wake?.();
  }

  /** To be asked before each step: undefined where it may be taken at once, else a promise to wait for. */
  next(): Promise<"stop" | undefined> | undefined {
    return this.isEnded || !this.isDue() ? this.wait() : undefined;
  }

  private isDue(): boolean {
    if (!this.isSeen) return false;
    if (this.singles > 0) return this.singles-- > 0;
    if (!this.isRunning) return false;
    const now = performance.now();
    if (this.speed !== Infinity && now < this.dueAt - EARLY_AT_MOST) return false;
    this.dueAt = Math.max(this.dueAt, now - LATE_AT_MOST) + 1000 / this.speed;
    return true;
  }

  private async wait(): Promise<"stop" | undefined> {
    while (!this.isEnded && !this.isDue()) await this.untilWoken();
    return this.isEnded ? "stop" : undefined;
  }

  private untilWoken(): Promise<void> {
    const isTimed = this.isSeen && this.isRunning;
    return new Promise((resolve) => {
      const timer = isTimed ? setTimeout(() => this.wake?.(), this.dueAt - performance.now()) : undefined;
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}

/** Lets something through so often at most; what is held back is called for once it rests. */
export class Throttle {
  private last = -Infinity;

  /** @param milliseconds between two */
  constructor(private readonly milliseconds = 15) {}

  isDue(): boolean {
    const now = performance.now();
    if (now - this.last < this.milliseconds) return false;
    this.last = now;
    return true;
  }
}
