// When the engine is asked for a verdict: now and then, at once where there is none of this unit or this state, and the more seldom the
// longer it takes. One at a time.
const EVERY = 1500; // milliseconds
const SOON = 200;
const SHARE = 10; // of its own time, between two

export class Examiner {
  private doneAt = 0;
  private askedAt = 0;
  private took = 0;
  private isWaiting = false;

  constructor(private readonly ask: () => void) {}

  /** Asks if it is time. */
  tick(): void {
    if (this.isWaiting || performance.now() - this.doneAt <= Math.max(EVERY, SHARE * this.took)) return;
    this.isWaiting = true;
    this.askedAt = performance.now();
    this.ask();
  }

  done(): void {
    this.isWaiting = false;
    this.doneAt = performance.now();
    this.took = this.doneAt - this.askedAt;
  }

  /** It failed, or the network is another one. */
  forget(): void {
    this.isWaiting = false;
    this.doneAt = performance.now();
  }

  /** The verdict that is there is not of what is shown. */
  hurry(): void {
    this.doneAt = Math.min(this.doneAt, performance.now() - EVERY + SOON);
  }
}
