// When a diagnosis is requested: now and then, soon where there is none of the unit or state that is shown, and less
// often the longer it takes. One at a time.
const EVERY_MS = 1500;
const SOON_MS = 200;
const DURATIONS_BETWEEN = 10; // so many times its own duration lies between two

export class DiagnosisSchedule {
  private doneAt = 0;
  private requestedAt = 0;
  private durationMs = 0;
  private isWaiting = false;

  constructor(private readonly request: () => void) {}

  requestIfDue(): void {
    const pause = Math.max(EVERY_MS, DURATIONS_BETWEEN * this.durationMs);
    if (this.isWaiting || performance.now() - this.doneAt <= pause) return;
    this.isWaiting = true;
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
    this.doneAt = performance.now();
  }

  /** The diagnosis at hand is not of what is shown. */
  refreshSoon(): void {
    this.doneAt = Math.min(this.doneAt, performance.now() - EVERY_MS + SOON_MS);
  }
}
