// One list of deaths over several fits: each remedy ends a fit and begins another, whose trace counts its steps from 1.
import type { Death, DeathTrace } from "../../src/index.js";
import type { DeathNote, UnitName } from "./types.js";
import { formatCount } from "../../src/text/numbers.js";
import { explainDeath } from "../../src/diagnosis/trace/death-text.js";

const sameUnit = (a: UnitName, b: UnitName) => a.layer === b.layer && a.unit === b.unit;

/** The sentence with the steps of the whole training. */
function movedSentence(death: Death, offset: number): string {
  const { explanation, cause, layer, unit } = death;
  if (offset === 0) return explanation;
  if (cause === "born")
    return `unit ${unit} in layer ${layer} has been silent since the change at step ${formatCount(offset)}`;
  return explainDeath(death, offset);
}

function noteOf(death: Death, offset: number): DeathNote {
  const { layer, unit, step, cause, survivesAt } = death;
  return {
    layer,
    unit,
    step: step + offset,
    cause,
    explanation: movedSentence(death, offset),
    ...(survivesAt !== undefined && { survivesAt }),
  };
}

export class DeathRegister {
  private carried: readonly DeathNote[] = [];
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
  get deaths(): readonly DeathNote[] {
    const { carried, trace, offset } = this;
    const old = carried.filter((note) => !trace.revivals.some((revival) => sameUnit(note, revival)));
    const fresh = trace.deaths.filter((death) => !old.some((note) => sameUnit(note, death)));
    return [...old, ...fresh.map((death) => noteOf(death, offset))].sort((a, b) => a.step - b.step);
  }

  get revived(): readonly UnitName[] {
    const all = [...this.carriedRevivals, ...this.trace.revivals].map(({ layer, unit }) => ({ layer, unit }));
    const { deaths } = this;
    return all.filter(
      (name, index) =>
        all.findIndex((other) => sameUnit(name, other)) === index && !deaths.some((death) => sameUnit(death, name)),
    );
  }

  /** Between fits: takes units that a remedy opened off the list. */
  revive(isOpen: (name: UnitName) => boolean): void {
    const { deaths, revived } = this;
    const opened = deaths.filter(isOpen).map(({ layer, unit }) => ({ layer, unit }));
    this.carried = deaths.filter((note) => !isOpen(note));
    this.carriedRevivals = [...revived, ...opened];
    this.trace = { deaths: [], revivals: [] };
  }

  copy(): DeathRegister {
    const copy = new DeathRegister();
    copy.carried = this.deaths;
    copy.carriedRevivals = this.revived;
    return copy;
  }
}
