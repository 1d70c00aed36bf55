// The register of deaths over several fits: who died, who came back and by what, who died again. A remedy ends a fit
// and another begins, whose trace counts its steps from 1 and takes a unit that is dead already for one born dead.
import { explainDeath } from "../../../src/diagnosis/trace/death-text.js";
import { pageNaming } from "../../training/naming.js";
import { formatCount } from "../../../src/text/numbers.js";
import type { Blow, Death, DeathTrace } from "../../../src/index.js";
import type { BlowRecord, DeathRecord, UnitName } from "./types.js";
import { isSameUnit } from "../state/units.js";

/** A unit that dies and comes back again and again would fill the memory: of more, the oldest ended ones go. */
const MOST_RECORDS = 500;
const NAMING = pageNaming();

/** The sentence with the steps of the whole training, layers and units counted from 1, without the one step's rate. */
function explanationOf(death: Death, offset: number): string {
  const { survivesAt: _, blow, ...facts } = death;
  const { survivesAt: _rate, ...known } = blow ?? {};
  if (offset === 0 || death.cause !== "born")
    return explainDeath(blow ? { ...facts, blow: known as typeof blow } : facts, offset, NAMING);
  const place = `unit ${NAMING.unit(facts.unit)} in layer ${NAMING.layer(facts.layer)}`;
  return `${place} has been closed since the change at step ${formatCount(offset)}`;
}

function blowRecordOf({ step, lastStep, openBefore, openAfter, isEstimate }: Blow, offset: number): BlowRecord {
  const range = { step: step + offset, ...(lastStep !== undefined && { lastStep: lastStep + offset }) };
  return { ...range, openBefore, openAfter, isEstimate };
}

function recordOf(death: Death, offset: number): DeathRecord {
  const { layer, unit, step, cause, blow, lastStraw } = death;
  const { openBefore } = lastStraw;
  const { survivesAt } = blow ?? lastStraw;
  return {
    layer,
    unit,
    step: step + offset,
    cause,
    explanation: explanationOf(death, offset),
    ...(blow && { blow: blowRecordOf(blow, offset) }),
    ...(openBefore !== undefined && { openBefore }),
    ...(survivesAt !== undefined && { survivesAt }),
  };
}

export class DeathRegister {
  /** @param back by what units come back while the network trains */
  constructor(private readonly back: "itself" | "reset" = "itself") {}

  /** By step; those that came back too. */
  records: readonly DeathRecord[] = [];
  private trace: Pick<DeathTrace, "deaths" | "revivals"> = { deaths: [], revivals: [] };
  private readDeaths: readonly Death[] = [];
  private readRevivals = 0;
  private offset = 0;

  /** A new fit begins after `offset` steps. */
  follow(trace: DeathTrace, offset: number): void {
    this.trace = trace;
    this.offset = offset;
    this.readDeaths = [];
    this.readRevivals = 0;
  }

  /** Reads what the trace has found since it was read last; to be called after every step and at the end of a fit. */
  read(): void {
    const { deaths, revivals } = this.trace;
    if (deaths === this.readDeaths && revivals.length === this.readRevivals) return;
    for (const { layer, unit, step } of revivals.slice(this.readRevivals))
      this.bringBack({ layer, unit }, step + this.offset, this.back);
    const fresh = deaths.filter((death) => !this.readDeaths.includes(death) && !this.openRecord(death));
    this.readDeaths = deaths;
    this.readRevivals = revivals.length;
    if (fresh.length > 0) this.add(fresh.map((death) => recordOf(death, this.offset)));
  }

  private add(fresh: readonly DeathRecord[]): void {
    const records = [...this.records, ...fresh].sort((a, b) => a.step - b.step);
    let spare = records.length - MOST_RECORDS;
    this.records = spare > 0 ? records.filter(({ cameBack }) => !cameBack || spare-- <= 0) : records;
  }

  /** The record of a unit that is dead now. */
  private openRecord(name: UnitName): DeathRecord | undefined {
    return this.records.findLast((record) => !record.cameBack && isSameUnit(record, name));
  }

  private bringBack(name: UnitName, step: number, by: string): void {
    const record = this.openRecord(name);
    if (record)
      this.records = this.records.map((each) => (each === record ? { ...each, cameBack: { step, by } } : each));
  }

  /** A look at the network: who of an earlier fit's dead fires. The running fit's own come back by its trace. */
  noteStates(isDead: (name: UnitName) => boolean, step: number): void {
    const { deaths } = this.trace;
    for (const record of this.records) {
      if (record.cameBack || isDead(record) || deaths.some((death) => isSameUnit(death, record))) continue;
      this.bringBack(record, step, this.back);
    }
  }

  /** Between fits: a remedy revived them. @returns who it was */
  revive(fires: (name: UnitName) => boolean, step: number, by: string): UnitName[] {
    const back = this.records.filter((record) => !record.cameBack && fires(record));
    for (const record of back) this.bringBack(record, step, by);
    this.trace = { deaths: [], revivals: [] };
    this.readDeaths = [];
    this.readRevivals = 0;
    return back.map(({ layer, unit }) => ({ layer, unit }));
  }

  copy(): DeathRegister {
    const copy = new DeathRegister(this.back);
    copy.records = this.records;
    return copy;
  }
}
