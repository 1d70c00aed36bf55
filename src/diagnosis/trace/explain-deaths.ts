// The deaths that a trace has noticed, explained: one sweep of the replay over the steps in question serves all of
// them.
//
// A unit's way through it: its mean preactivation where the window begins; then the lethal update, with its variants;
// and where that update left it open on some row, whatever closed it later (no batch opened it any more, so that its
// own gradient did not).
import { type Cause, type Death, type Fall, NO_FALL, total } from "./types.js";
import { explainDeath } from "./death-text.js";
import { isOpen, type Probe, type Reading, splitChange, type UnitIndex } from "./unit-readings.js";
import type { Replay } from "./replay.js";
import type { Snapshots } from "./snapshots.js";
import { deepRates, firstLayerRate } from "./survival-rate.js";
import { yieldToEventLoop } from "../../core/event-loop.js";
import { batchOf } from "../../network/training/plan.js";
import type { RunningFit } from "../../network/training/running-fit.js";

/** A death to be explained. */
export interface Case extends UnitIndex {
  readonly step: number;
  /** From the counters of the last batch that opened it and of the one after. */
  readonly counted: Pick<Death, "before" | "after">;
}

const REMOVABLE = ["momentum", "weightDecay"] as const;

/** A case on its way. */
interface Patient extends Case {
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
  death?: Death;
}

const MOST_SAMPLES = 3;
const DRIFT = 0.1;
const YIELD_AFTER = 8; // milliseconds

/** The cause of a death whose update closed the unit on every row; see Cause. */
function causeOf({ fall, windowMean, after, without }: Patient): Cause {
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
function causeOfAftermath({ without }: Patient, fall: Fall, parts: readonly (typeof REMOVABLE)[number][]): Cause {
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

export class Autopsy {
  private lastYield = performance.now();

  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: Snapshots,
    private readonly replay: Replay,
    private readonly probe: Probe,
    private readonly window: number,
  ) {}

  /** Explains all cases; yields to the event loop every few milliseconds. */
  async run(cases: readonly Case[]): Promise<Death[]> {
    const patients = cases.map((given) => this.admit(given));
    for (;;) {
      const waiting = patients.filter(({ death }) => death === undefined);
      if (waiting.length === 0) return patients.map(({ death }) => death!);
      const next = Math.min(...waiting.map((patient) => patient.next));
      this.proceed(
        next,
        waiting.filter((patient) => patient.next === next),
      );
      if (performance.now() - this.lastYield > YIELD_AFTER) {
        await yieldToEventLoop();
        this.lastYield = performance.now();
      }
    }
  }

  private admit(given: Case): Patient {
    const { step } = given;
    const wanted = Math.max(0, step - this.window, this.snapshots.lastBreak(step - 1));
    const windowStart = this.snapshots.before(wanted) ? wanted : (this.snapshots.after(wanted)?.step ?? Infinity);
    const patient: Patient = {
      ...given,
      phase: "window",
      next: windowStart,
      windowMean: NaN,
      fall: NO_FALL,
      without: {},
    };
    if (windowStart > Math.max(0, step - 1) || this.snapshots.isTainted(step)) this.giveUp(patient);
    return patient;
  }

  /** One step towards the position that is wanted next, or what is to be done there. */
  private proceed(next: number, patients: readonly Patient[]): void {
    if (!this.replay.approach(next)) return patients.forEach((patient) => this.giveUp(patient));
    if (!this.replay.isFaithful) return patients.forEach((patient) => this.giveUp(patient));
    if (this.replay.position < next) return this.replay.advance();
    const inPhase = (phase: Patient["phase"]) => patients.filter((patient) => patient.phase === phase);
    const falls = inPhase("update");
    this.byStep(inPhase("window"), (group) => this.beginWindow(group));
    this.byStep(inPhase("aftermath"), (group) => this.follow(next, group));
    this.byStep(falls, (group) => this.replayUpdate(next + 1, group)); // one group: it moves the replay on
  }

  /** Those with the same lethal step are probed on the same rows. */
  private byStep(patients: readonly Patient[], act: (group: readonly Patient[]) => void): void {
    for (const step of new Set(patients.map((patient) => patient.step))) {
      this.probe.aim(step === 0 ? new Uint32Array(0) : this.replay.rowsOf(step));
      act(patients.filter((patient) => patient.step === step));
    }
  }

  private beginWindow(patients: readonly Patient[]): void {
    this.probe.read(patients).forEach((reading, i) => {
      const patient = patients[i];
      patient.windowMean = reading.summary.mean;
      patient.phase = "update";
      patient.next = patient.step - 1;
      if (patient.step > 0) return;
      patient.before = patient.after = reading;
      if (!isOpen(reading.z)) this.finish(patient, "born");
    });
    const lingering = patients.filter(({ step, death }) => step === 0 && death === undefined);
    if (lingering.length > 0) this.weighFirstUpdate(lingering);
    for (const patient of lingering) this.linger(patient, 0);
  }

  /**
   * No batch opened them, so that no update was lethal: the first one shows whether momentum or decay moves them more.
   */
  private weighFirstUpdate(patients: readonly Patient[]): void {
    if (this.fit.step === 0 || this.parts().length < 2) return;
    this.replay.differentiate();
    this.replay.save();
    this.tryWithout(patients);
    this.replay.restore();
  }

  /** The lethal update: before, its variants, after. The replay moves on by a step. */
  private replayUpdate(step: number, patients: readonly Patient[]): void {
    const { replay, probe } = this;
    this.findSamples(step, patients);
    const before = probe.read(patients);
    replay.differentiate();
    if (!replay.isFaithful) return patients.forEach((patient) => this.giveUp(patient));
    replay.save();
    this.tryWithout(patients);
    replay.commit();
    probe.read(patients).forEach((after, i) => {
      Object.assign(patients[i], { before: before[i], after, fall: splitChange(before[i], after) });
    });
    replay.back();
    this.findRates(
      step,
      patients.filter(({ after }) => !isOpen(after!.z)),
    );
    replay.commit();
    for (const patient of patients) {
      if (isOpen(patient.after!.z)) this.linger(patient, step);
      else this.finish(patient, causeOf(patient));
    }
  }

  private findSamples(step: number, patients: readonly Patient[]): void {
    const rows = this.replay.rowsOf(step);
    for (const layer of new Set(patients.map((patient) => patient.layer))) {
      const ofLayer = patients.filter((patient) => patient.layer === layer);
      const lengths = this.replay.gradientLengths(
        layer,
        ofLayer.map(({ unit }) => unit),
      );
      ofLayer.forEach((patient, i) => (patient.samples = largestShares(lengths[i], rows)));
    }
  }

  private tryWithout(patients: readonly Patient[]): void {
    for (const part of this.parts()) {
      this.replay.tryUpdate({ recipe: this.fit.plan.recipe.without[part] });
      this.probe.preactivations(patients).forEach((z, i) => {
        patients[i].without[part] = { lives: isOpen(z), mean: z.reduce((sum, value) => sum + value, 0) / z.length };
      });
    }
  }

  private parts(): (typeof REMOVABLE)[number][] {
    return REMOVABLE.filter((part) => this.fit.plan.recipe.without[part]);
  }

  private findRates(step: number, patients: readonly Patient[]): void {
    const rate = this.snapshots.rateOf(step);
    const deep = patients.filter(({ layer }) => layer > 0);
    const rates = deep.length > 0 ? deepRates(this.replay, this.probe, deep, rate) : [];
    deep.forEach((patient, i) => (patient.survivesAt = rates[i]));
    for (const patient of patients)
      if (patient.layer === 0) patient.survivesAt = firstLayerRate(rate, patient.before!.z, patient.after!.z);
  }

  private linger(patient: Patient, position: number): void {
    patient.phase = "aftermath";
    // Ever longer strides: at the last the unit is known to be closed.
    patient.next = Math.max(
      position,
      Math.min(this.fit.step, position + 1 + Math.floor((position - patient.step) / 4)),
    );
    if (patient.next === position || this.snapshots.hasBreak(patient.step, patient.next)) this.giveUp(patient);
  }

  private follow(position: number, patients: readonly Patient[]): void {
    this.probe.read(patients).forEach((reading, i) => {
      const patient = patients[i];
      if (isOpen(reading.z)) this.linger(patient, position);
      else
        this.finish(patient, causeOfAftermath(patient, splitChange(patient.after!, reading), this.parts()), position);
    });
  }

  private giveUp(patient: Patient): void {
    const { before, after } = patient;
    this.conclude(
      patient,
      "unknown",
      before && after ? { before: before.summary, after: after.summary } : patient.counted,
      before && after ? patient.fall : undefined,
    );
  }

  private finish(patient: Patient, cause: Cause, closedBy?: number): void {
    this.conclude(
      patient,
      cause,
      { before: patient.before!.summary, after: patient.after!.summary },
      patient.fall,
      closedBy,
    );
  }

  private conclude(
    patient: Patient,
    cause: Cause,
    { before, after }: Pick<Death, "before" | "after">,
    change: Fall | undefined,
    closedBy?: number,
  ): void {
    const { layer, unit, step, survivesAt, samples, windowMean } = patient;
    const known = {
      layer,
      unit,
      step,
      cause,
      before,
      after,
      change: change ?? { weights: NaN, bias: NaN, inputs: NaN },
      epoch: step === 0 ? 0 : batchOf(this.fit.plan, step).epoch,
      ...(step > 0 && this.snapshots.knows(step) && { rate: this.snapshots.rateOf(step) }),
      ...(closedBy !== undefined && { closedBy }),
      ...(!Number.isNaN(windowMean) && { windowMean }),
      ...(survivesAt !== undefined && { survivesAt }),
      ...(samples && { samples }),
    };
    patient.death = { ...known, explanation: explainDeath(known) };
  }
}
