// What a screen reader is told while the training runs: deaths and revivals, gathered, a few seconds apart.
import type { Frame } from "../engine/types.js";
import { setText } from "./dom.js";

const APART = 4000; // milliseconds

export interface Live {
  note(frame: Frame): void;
  say(message: string): void;
}

const many = (count: number, one: string, several: string) => (count === 1 ? one : `${count} ${several}`);

export function createLive(region: HTMLElement): Live {
  let told = { deaths: 0, revived: 0 };
  let at = 0;
  return {
    note({ deaths, revived, states, step }) {
      const now = { deaths: deaths.length, revived: revived.length };
      if (step === 0) told = now;
      const news = [
        ...(now.deaths > told.deaths ? [`${many(now.deaths - told.deaths, "A unit", "units")} died`] : []),
        ...(now.revived > told.revived ? [`${many(now.revived - told.revived, "A unit", "units")} fired again`] : []),
      ];
      const isTime = performance.now() - at > APART;
      if (isTime || news.length === 0) told = now;
      if (!isTime || news.length === 0) return;
      at = performance.now();
      setText(
        region,
        `${news.join(", ")}; ${states.filter((state) => state !== "dead").length} of ${states.length} live.`,
      );
    },
    say(message) {
      at = performance.now();
      setText(region, message);
    },
  };
}
