// When a diagnosis is requested: while the network changes now and then, soon where there is none of the unit or state
// that is shown, and less often the longer it takes. One at a time, and none of a state that has been diagnosed.
const EVERY_MS = 1500;
const SOON_MS = 200;
const DURATIONS_BETWEEN = 10; // so many times its own duration lies between two
const MOST_MS = 10_000; // a slow machine's verdict is not a minute old

export class DiagnosisSchedule {
  private doneAt = 0;
  private requestedAt = 0;
  private durationMs = 0;
  private isWaiting = false;
  private requested = "";
  private diagnosed = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly request: () => void) {}

  /**
   * Called with each frame.
   * @param state names what is shown
   * @param isSettled no further frame comes by itself
   */
  consider(state: string, isSettled: boolean): void {
    clearTimeout(this.timer);
    if (this.isWaiting || state === this.diagnosed) return;
    const pause = Math.max(EVERY_MS, Math.min(DURATIONS_BETWEEN * this.durationMs, MOST_MS));
    const between = isSettled ? EVERY_MS : pause; // nobody waits
    const left = this.doneAt + between - performance.now();
    if (left <= 0) this.requestNow(state);
    else if (isSettled) this.timer = setTimeout(() => this.requestNow(state), left);
  }

  private requestNow(state: string): void {
    this.isWaiting = true;
    this.requested = state;
    this.requestedAt = performance.now();
    this.request();
  }

  done(): void {
    this.cancel();
    this.durationMs = this.doneAt - this.requestedAt;
  }

  /** The diagnosis failed, or the network is another one. */
  cancel(): void {
    this.isWaiting = false;
    this.diagnosed = this.requested;
    this.doneAt = performance.now();
  }

  /** The diagnosis at hand is not of what is shown. */
  refreshSoon(): void {
    this.doneAt = Math.min(this.doneAt, performance.now() - EVERY_MS + SOON_MS);
  }

  /** Another network: what was diagnosed says nothing of it. */
  forget(): void {
    this.cancel();
    this.diagnosed = this.requested = "";
    this.refreshSoon();
  }
}
