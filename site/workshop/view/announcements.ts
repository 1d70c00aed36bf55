// What a screen reader reads out while the training runs: deaths and revivals, gathered, a few seconds apart.
import type { Frame } from "../engine/types.js";
import { countDead } from "../state/units.js";
import { setText } from "../../look/dom.js";

const APART_MS = 4000;

export interface Announcer {
  note(frame: Frame): void;
  say(message: string): void;
}

const many = (count: number, one: string, several: string) => (count === 1 ? one : `${count} ${several}`);

export function createAnnouncer(region: HTMLElement): Announcer {
  let told = { deaths: 0, revived: 0 };
  let at = 0;
  return {
    note({ deaths, states, step, isSettled }) {
      const now = { deaths: deaths.length, revived: deaths.filter(({ cameBack }) => cameBack).length };
      if (step === 0) told = now;
      const news = [
        ...(now.deaths > told.deaths ? [`${many(now.deaths - told.deaths, "A unit", "units")} died`] : []),
        ...(now.revived > told.revived ? [`${many(now.revived - told.revived, "A unit", "units")} fired again`] : []),
      ];
      const isTime = isSettled || performance.now() - at > APART_MS;
      if (isTime || news.length === 0) told = now;
      if (!isTime || news.length === 0) return;
      at = performance.now();
      setText(region, `${news.join(", ")}; ${states.length - countDead(states)} of ${states.length} alive.`);
    },
    say(message) {
      at = performance.now();
      setText(region, message);
    },
  };
}
