// What a screen reader is told while the training runs: deaths and revivals, gathered, a few seconds apart.
import type { Frame } from "../engine/protocol.js";
import { setText } from "./dom.js";

const APART = 4000; // milliseconds

export interface Live {
  note(frame: Frame): void;
  say(message: string): void;
}

export function createLive(region: HTMLElement): Live {
  let told = 0;
  let at = 0;
  return {
    note({ deaths, states, step }) {
      if (step === 0 || deaths.length < told) told = step === 0 ? deaths.length : Math.min(told, deaths.length);
      if (deaths.length === told || performance.now() - at < APART) return;
      const born = deaths.length - told;
      told = deaths.length;
      at = performance.now();
      setText(region, `${born === 1 ? "A unit" : `${born} units`} died; ${states.filter((state) => state !== "dead").length} of ${states.length} live.`);
    },
    say(message) {
      at = performance.now();
      setText(region, message);
    },
  };
}
