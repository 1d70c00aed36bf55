// The deaths that a trace has noticed, explained: one sweep of the replay over the steps in question serves all of
// them.
//
// A unit's way through it: its mean preactivation where the window begins; then the lethal update, with its variants;
// and where that update left it open on some row, whatever closed it later (no batch opened it any more, so that its
// own gradient did not).
import { type Cause, type Death, type Fall, NO_FALL, total } from "./types.js";
import { explainDeath } from "./death-text.js";
import { isOpen, type Reading, splitChange, type UnitReader } from "./unit-readings.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { Replay } from "./replay.js";
import type { Snapshots } from "./snapshots.js";
import { deepRates, firstLayerRate } from "./survival-rate.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** A death to be explained. */
export interface FoundDeath extends UnitIndex {
  readonly step: number;
  /** From the counters of the last batch that opened it and of the one after. */
  readonly counted: Pick<Death, "before" | "after">;
}

const REMOVABLE = ["momentum", "weightDecay"] as const;

/** A case on its way. */
interface PendingDeath extends FoundDeath {
  phase: "window" | "update" | "aftermath";
  /** The position that it waits for. */
  next: number;
  windowMean: number;
  before?: Reading;
  after?: Reading;
  fall: Fall;
  /** Without momentum or decay in the lethal update: would it have lived, and with what mean? */
  without: Partial<Record<(typeof REMOVABLE)[number], { readonly lives: boolean; readonly mean: number }>>;
  survivesAt?: number;
  samples?: Death["samples"];
  explained?: Death;
}

const MOST_SAMPLES = 3;
const DRIFT = 0.1;
const YIELD_AFTER = 8; // milliseconds

/** The cause of a death whose update closed the unit on every row; see Cause. */
function causeOf({ fall, windowMean, after, without }: PendingDeath): Cause {
  const change = total(fall);
  // it closed though the mean did not fall
  const inputsAlone = change >= 0 && fall.inputs < 0 && fall.weights + fall.bias >= 0;
  if (inputsAlone || (change < 0 && fall.inputs < change / 2)) return "upstream";
  const windowFall = windowMean - after!.summary.mean;
  if (windowFall > 0 && -change < DRIFT * windowFall) return "drift";
  const saving = REMOVABLE.filter((part) => without[part]?.lives);
  return saving.sort((a, b) => without[b]!.mean - without[a]!.mean)[0] ?? "learningRate";
}

/** The cause where the unit lived through the last update of a batch that opened it: `fall` is what came after. */
function causeOfAftermath({ without }: PendingDeath, fall: Fall, parts: readonly (typeof REMOVABLE)[number][]): Cause {
  if (Math.abs(fall.inputs) >= Math.abs(fall.weights + fall.bias)) return "upstream";
  if (parts.length === 1) return parts[0];
  const known = parts.filter((part) => without[part]);
  return known.sort((a, b) => without[b]!.mean - without[a]!.mean)[0] ?? "unknown";
}

function largestShares(lengths: Float64Array, rows: Uint32Array): Death["samples"] {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (!(sum > 0 && sum < Infinity)) return undefined;
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]).slice(0, MOST_SAMPLES);
  return order.map((i) => ({ row: rows[i], share: lengths[i] / sum })).filter(({ share }) => share > 0);
}

export class DeathExplainer {
  private lastYield = performance.now();

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: Snapshots,
    private readonly replay: Replay,
    private readonly reader: UnitReader,
    private readonly window: number,
  ) {}

  /** Explains all of them; yields to the event loop every few milliseconds. */
  async run(found: readonly FoundDeath[]): Promise<Death[]> {
    const pending = found.map((given) => this.admit(given));
    for (;;) {
      const waiting = pending.filter(({ explained }) => explained === undefined);
      if (waiting.length === 0) return pending.map(({ explained }) => explained!);
      const next = Math.min(...waiting.map((death) => death.next));
      this.proceed(
        next,
        waiting.filter((death) => death.next === next),
      );
      if (performance.now() - this.lastYield > YIELD_AFTER) {
        await yieldToEventLoop();
        this.lastYield = performance.now();
      }
    }
  }

  private admit(given: FoundDeath): PendingDeath {
    const { step } = given;
    const wanted = Math.max(0, step - this.window, this.snapshots.lastBreak(step - 1));
    const windowStart = this.snapshots.before(wanted) ? wanted : (this.snapshots.after(wanted)?.step ?? Infinity);
    const death: PendingDeath = {
      ...given,
      phase: "window",
      next: windowStart,
      windowMean: NaN,
      fall: NO_FALL,
      without: {},
    };
    if (windowStart > Math.max(0, step - 1) || this.snapshots.isTainted(step)) this.giveUp(death);
    return death;
  }

  /** One step towards the position that is wanted next, or what is to be done there. */
  private proceed(next: number, pending: readonly PendingDeath[]): void {
    if (!this.replay.approach(next)) return pending.forEach((death) => this.giveUp(death));
    if (!this.replay.isFaithful) return pending.forEach((death) => this.giveUp(death));
    if (this.replay.position < next) return this.replay.advance();
    const inPhase = (phase: PendingDeath["phase"]) => pending.filter((death) => death.phase === phase);
    const falls = inPhase("update");
    this.byStep(inPhase("window"), (group) => this.beginWindow(group));
    this.byStep(inPhase("aftermath"), (group) => this.follow(next, group));
    this.byStep(falls, (group) => this.replayUpdate(next + 1, group)); // one group: it moves the replay on
  }

  /** Those with the same lethal step are probed on the same rows. */
  private byStep(pending: readonly PendingDeath[], act: (group: readonly PendingDeath[]) => void): void {
    for (const step of new Set(pending.map((death) => death.step))) {
      this.reader.readRowsOf(step === 0 ? new Uint32Array(0) : this.replay.rowsOf(step));
      act(pending.filter((death) => death.step === step));
    }
  }

  private beginWindow(pending: readonly PendingDeath[]): void {
    this.reader.read(pending).forEach((reading, i) => {
      const death = pending[i];
      death.windowMean = reading.summary.mean;
      death.phase = "update";
      death.next = death.step - 1;
      if (death.step > 0) return;
      death.before = death.after = reading;
      if (!isOpen(reading.z)) this.finish(death, "born");
    });
    const lingering = pending.filter(({ step, explained }) => step === 0 && explained === undefined);
    if (lingering.length > 0) this.weighFirstUpdate(lingering);
    for (const death of lingering) this.linger(death, 0);
  }

  /**
   * No batch opened them, so that no update was lethal: the first one shows whether momentum or decay moves them more.
   */
  private weighFirstUpdate(pending: readonly PendingDeath[]): void {
    if (this.fit.step === 0 || this.parts().length < 2) return;
    this.replay.differentiate();
    this.replay.save();
    this.tryWithout(pending);
    this.replay.restore();
  }

  /** The lethal update: before, its variants, after. The replay moves on by a step. */
  private replayUpdate(step: number, pending: readonly PendingDeath[]): void {
    const { replay, reader } = this;
    this.findSamples(step, pending);
    const before = reader.read(pending);
    replay.differentiate();
    if (!replay.isFaithful) return pending.forEach((death) => this.giveUp(death));
    replay.save();
    this.tryWithout(pending);
    replay.commit();
    reader.read(pending).forEach((after, i) => {
      Object.assign(pending[i], { before: before[i], after, fall: splitChange(before[i], after) });
    });
    replay.back();
    this.findRates(
      step,
      pending.filter(({ after }) => !isOpen(after!.z)),
    );
    replay.commit();
    for (const death of pending) {
      if (isOpen(death.after!.z)) this.linger(death, step);
      else this.finish(death, causeOf(death));
    }
  }

  private findSamples(step: number, pending: readonly PendingDeath[]): void {
    const rows = this.replay.rowsOf(step);
    for (const layer of new Set(pending.map((death) => death.layer))) {
      const ofLayer = pending.filter((death) => death.layer === layer);
      const lengths = this.replay.gradientLengths(
        layer,
        ofLayer.map(({ unit }) => unit),
      );
      ofLayer.forEach((death, i) => (death.samples = largestShares(lengths[i], rows)));
    }
  }

  private tryWithout(pending: readonly PendingDeath[]): void {
    for (const part of this.parts()) {
      this.replay.tryUpdate({ recipe: this.fit.plan.recipe.without[part] });
      this.reader.preactivations(pending).forEach((z, i) => {
        pending[i].without[part] = { lives: isOpen(z), mean: z.reduce((sum, value) => sum + value, 0) / z.length };
      });
    }
  }

  private parts(): (typeof REMOVABLE)[number][] {
    return REMOVABLE.filter((part) => this.fit.plan.recipe.without[part]);
  }

  private findRates(step: number, pending: readonly PendingDeath[]): void {
    const rate = this.snapshots.rateOf(step);
    const deep = pending.filter(({ layer }) => layer > 0);
    const rates = deep.length > 0 ? deepRates(this.replay, this.reader, deep, rate) : [];
    deep.forEach((death, i) => (death.survivesAt = rates[i]));
    for (const death of pending)
      if (death.layer === 0) death.survivesAt = firstLayerRate(rate, death.before!.z, death.after!.z);
  }

  private linger(death: PendingDeath, position: number): void {
    death.phase = "aftermath";
    // Ever longer strides: at the last the unit is known to be closed.
    death.next = Math.max(position, Math.min(this.fit.step, position + 1 + Math.floor((position - death.step) / 4)));
    if (death.next === position || this.snapshots.hasBreak(death.step, death.next)) this.giveUp(death);
  }

  private follow(position: number, pending: readonly PendingDeath[]): void {
    this.reader.read(pending).forEach((reading, i) => {
      const death = pending[i];
      if (isOpen(reading.z)) this.linger(death, position);
      else this.finish(death, causeOfAftermath(death, splitChange(death.after!, reading), this.parts()), position);
    });
  }

  private giveUp(death: PendingDeath): void {
    const { before, after } = death;
    this.conclude(
      death,
      "unknown",
      before && after ? { before: before.summary, after: after.summary } : death.counted,
      before && after ? death.fall : undefined,
    );
  }

  private finish(death: PendingDeath, cause: Cause, closedBy?: number): void {
    this.conclude(death, cause, { before: death.before!.summary, after: death.after!.summary }, death.fall, closedBy);
  }

  private conclude(
    death: PendingDeath,
    cause: Cause,
    { before, after }: Pick<Death, "before" | "after">,
    change: Fall | undefined,
    closedBy?: number,
  ): void {
    const { layer, unit, step, survivesAt, samples, windowMean } = death;
    const known = {
      layer,
      unit,
      step,
      epoch: step === 0 ? 0 : batchOf(this.fit.plan, step).epoch,
      cause,
      before,
      after,
      change: change ?? { weights: NaN, bias: NaN, inputs: NaN },
      ...(survivesAt !== undefined && { survivesAt }),
      ...(step > 0 && this.snapshots.knows(step) && { rate: this.snapshots.rateOf(step) }),
      ...(closedBy !== undefined && { closedBy }),
      ...(!Number.isNaN(windowMean) && { windowMean }),
      ...(samples && { samples }),
    };
    death.explained = { ...known, explanation: explainDeath(known) };
  }
}
