// One peer on one workload: the check that it learns as relumine does, then turns of training that are timed.
import { median } from "../statistics.js";
import type { Child } from "./child.js";
import type { Peer } from "./peers.js";
import type { Row } from "./report.js";

const CHECK_STEPS = 20;
export const SLOWEST_STEP = 40; // seconds; a peer that needs more for one step is left out
const WARM_UP_SECONDS = 1;
const FEW_STEPS = 10;
const TURN_SECONDS = 0.1;
const FALL_TOLERANCE = 0.02; // of relumine's own fall; rounding alone gives less than 1e-3
const LEAST_FALL = 0.02; // of the first loss, over the whole check
const OTHER_LOSS_SHARE = 0.25; // of relumine's relative fall, for a peer with another loss

/** A peer that takes part in a workload. */
export class Runner {
  readonly losses: number[] = [];
  private readonly perStep: number[] = [];
  private steps = 0;
  private spent = 0;
  private cpuSpent = 0;
  private stepsPerTurn = 1;
  private warmedUp = 0;

  constructor(
    readonly peer: Peer,
    private readonly child: Child,
    private readonly batches: number,
  ) {}

  get version(): string {
    return this.child.version;
  }

  /**
   * Trains on one batch: CHECK_STEPS steps, or as many as `seconds` allow, at least two. The first may hold a
   * compilation.
   */
  async check(seconds: number): Promise<void> {
    await this.step(1);
    const second = await this.step(1);
    const steps = Math.min(CHECK_STEPS - 2, Math.floor(seconds / second));
    this.stepsPerTurn = this.fill(steps === 0 ? second : await this.step(steps));
  }

  /** Trains on the one batch and keeps its losses; the seconds of a step. */
  private async step(steps: number): Promise<number> {
    const { seconds, losses } = await this.child.ask({ losses: steps }, steps * SLOWEST_STEP);
    this.losses.push(...losses!);
    this.warmedUp += seconds;
    return seconds / steps;
  }

  /**
   * Until the peer has trained for WARM_UP_SECONDS, the check's steps included: code that ran seldom may still be in a
   * baseline compiler.
   */
  async warmUp(): Promise<void> {
    while (this.warmedUp < WARM_UP_SECONDS) {
      const { seconds } = await this.child.ask({ train: this.stepsPerTurn }, SLOWEST_STEP);
      this.warmedUp += seconds;
      this.stepsPerTurn = this.fill(seconds / this.stepsPerTurn);
    }
  }

  async turn(): Promise<void> {
    const { seconds, cpuSeconds } = await this.child.ask({ train: this.stepsPerTurn }, 10 * SLOWEST_STEP);
    this.perStep.push(seconds / this.stepsPerTurn);
    this.steps += this.stepsPerTurn;
    this.spent += seconds;
    this.cpuSpent += cpuSeconds;
  }

  /**
   * Whether `budget` seconds leave room for another turn; two turns are always made, one where a step takes more than
   * the budget.
   */
  wantsTurn(budget: number): boolean {
    return this.perStep.length < (this.perStep[0]! > budget ? 1 : 2) || this.spent < budget;
  }

  result(): Omit<Row, "workload" | "peer"> {
    const notes = [
      this.peer.otherLoss,
      this.steps < FEW_STEPS ? `from ${this.steps} step${this.steps > 1 ? "s" : ""} alone` : undefined,
    ].filter((note) => note !== undefined);
    return {
      version: this.version,
      seconds: median(this.perStep),
      steps: this.steps,
      cores: this.cpuSpent / this.spent,
      losses: this.losses,
      ...(notes.length > 0 && { note: notes.join("; ") }),
    };
  }

  stop(): void {
    this.child.stop();
  }

  /** Steps that fill a turn; whole passes over the batches where there is room for one. */
  private fill(secondsPerStep: number): number {
    const steps = Math.max(1, Math.round(TURN_SECONDS / secondsPerStep));
    return steps < this.batches ? steps : Math.round(steps / this.batches) * this.batches;
  }
}

/** Why the losses of a peer are not those of relumine, if they are not. */
export function complaint(
  losses: readonly number[],
  ours: readonly number[],
  hasOtherLoss: boolean,
): string | undefined {
  const fall = (values: readonly number[], step: number) => values[0]! - values[step]!;
  const last = losses.length - 1;
  if (hasOtherLoss) {
    const share = fall(losses, last) / losses[0]! / (fall(ours, last) / ours[0]!);
    return share >= OTHER_LOSS_SHARE
      ? undefined
      : `its loss fell by ${(share * 100).toFixed(0)} % of what relumine's did`;
  }
  const wrong = losses.findIndex(
    (loss, step) => !(Math.abs(loss - ours[step]!) <= 1e-5 * ours[0]! + FALL_TOLERANCE * Math.abs(fall(ours, step))),
  );
  return wrong < 0 ? undefined : `its loss before step ${wrong + 1} is ${losses[wrong]}, relumine's ${ours[wrong]}`;
}

/** Why relumine's own losses do not fall, if they do not. */
export function stagnation(losses: readonly number[]): string | undefined {
  return losses[0]! - losses.at(-1)! >= LEAST_FALL * losses[0]!
    ? undefined
    : `its loss went from ${losses[0]} to ${losses.at(-1)}`;
}
