// Repeats an experiment's trial: shows how far it is, and keeps what it has when it is interrupted.
import { setImmediate } from "node:timers/promises";
import type { Terminal } from "../../src/cli/terminal.js";
import { formatDuration, formatNumber } from "../../src/text/numbers.js";

const BREATH = 50; // milliseconds between two looks at signals
const LOG_EVERY = 10_000; // milliseconds between two lines where there is no bar

export class Trials {
  constructor(
    private readonly terminal: Terminal,
    readonly signal: AbortSignal,
  ) {}

  /** The outcomes of `trial(0)`, `trial(1)` ...: `total` of them, or those that were complete when the signal came. */
  async repeat<Outcome>(label: string, total: number, trial: (index: number) => Promise<Outcome>): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const started = performance.now();
    let [breathed, logged] = [started, started];
    this.terminal.startProgress();
    while (outcomes.length < total && !this.signal.aborted) {
      const outcome = await trial(outcomes.length);
      if (performance.now() - breathed > BREATH) {
        await setImmediate();
        breathed = performance.now();
      }
      if (this.signal.aborted) break; // it may have been cut short
      outcomes.push(outcome);
      this.terminal.progress({ label, done: outcomes.length, total, unit: "runs" });
      if (performance.now() - logged < LOG_EVERY) continue;
      logged = performance.now();
      this.terminal.log(progressText(label, outcomes.length, total, (logged - started) / 1000));
    }
    this.terminal.endProgress();
    return outcomes;
  }
}

function progressText(label: string, done: number, total: number, seconds: number): string {
  const left = formatDuration(((total - done) * seconds) / done);
  return `${label}: ${done} of ${total} runs, ${formatNumber(done / seconds)} runs/s, ${left} left`;
}
