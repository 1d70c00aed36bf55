// One list of deaths over several fits: each remedy ends a fit and starts another, whose trace counts its steps from 1.
import { explainDeath } from "../../src/diagnosis/trace/death-text.js";
import { formatCount } from "../../src/text/numbers.js";
import type { Death, DeathTrace } from "../../src/index.js";
import type { DeathRecord, UnitName } from "./types.js";
import { isSameUnit } from "../state/units.js";

/** The sentence with the steps of the whole training. */
function shiftedExplanation(death: Death, offset: number): string {
  const { explanation, cause, layer, unit } = death;
  if (offset === 0) return explanation;
  if (cause !== "born") return explainDeath(death, offset);
  return `unit ${unit} in layer ${layer} has been closed since the change at step ${formatCount(offset)}`;
}

function recordOf(death: Death, offset: number): DeathRecord {
  const { layer, unit, step, cause, survivesAt } = death;
  return {
    layer,
    unit,
    step: step + offset,
    cause,
    explanation: shiftedExplanation(death, offset),
    ...(survivesAt !== undefined && { survivesAt }),
  };
}

export class DeathList {
  private carried: readonly DeathRecord[] = [];
  private carriedRevivals: readonly UnitName[] = [];
  private trace: Pick<DeathTrace, "deaths" | "revivals"> = { deaths: [], revivals: [] };
  private offset = 0;

  /** A new fit begins after `offset` steps. */
  follow(trace: DeathTrace, offset: number): void {
    const { deaths, revived } = this;
    this.carried = deaths;
    this.carriedRevivals = revived;
    this.trace = trace;
    this.offset = offset;
  }

  /** A unit that was dead before this fit began is known to its trace as born dead. */
  get deaths(): readonly DeathRecord[] {
    const { carried, trace, offset } = this;
    const old = carried.filter((record) => !trace.revivals.some((revival) => isSameUnit(record, revival)));
    const fresh = trace.deaths.filter((death) => !old.some((record) => isSameUnit(record, death)));
    return [...old, ...fresh.map((death) => recordOf(death, offset))].sort((a, b) => a.step - b.step);
  }

  get revived(): readonly UnitName[] {
    const all = [...this.carriedRevivals, ...this.trace.revivals].map(({ layer, unit }) => ({ layer, unit }));
    const { deaths } = this;
    return all.filter(
      (name, index) =>
        all.findIndex((other) => isSameUnit(name, other)) === index && !deaths.some((death) => isSameUnit(death, name)),
    );
  }

  /** Between fits: takes units that a remedy revived off the list. */
  revive(fires: (name: UnitName) => boolean): void {
    const { deaths, revived } = this;
    const nowFiring = deaths.filter(fires).map(({ layer, unit }) => ({ layer, unit }));
    this.carried = deaths.filter((record) => !fires(record));
    this.carriedRevivals = [...revived, ...nowFiring];
    this.trace = { deaths: [], revivals: [] };
  }

  copy(): DeathList {
    const copy = new DeathList();
    copy.carried = this.deaths;
    copy.carriedRevivals = this.revived;
    return copy;
  }
}
