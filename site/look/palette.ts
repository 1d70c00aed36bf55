// The page's colours for canvases, read from the style sheet, and again when the colour scheme changes.

type Rgb = readonly [number, number, number];

export interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly accent: string;
  /** For lines and words. */
  readonly negative: string;
  readonly positive: string;
  /** Round living units. */
  readonly rim: string;
  /** Of dead units, and the bar and the number on them. */
  readonly dead: string;
  readonly deadLine: string;
  /** 256 colours from -1 (blue) over 0 (the ground of living units) to 1 (orange), as bytes r, g, b. */
  readonly ramp: Uint8Array;
}

// Okabe and Ito 2008: told apart by every kind of colour vision.
const BLUE: Rgb = [0, 114, 178];
const ORANGE: Rgb = [230, 159, 0];
export const CLASS_COLOURS = [
  "#0072B2",
  "#E69F00",
  "#009E73",
  "#CC79A7",
  "#56B4E9",
  "#D55E00",
  "#F0E442",
  "#999999",
] as const;

export function parseColour(colour: string): Rgb {
  const value = Number.parseInt(colour.trim().slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function rampOver(ground: Rgb): Uint8Array {
  const ramp = new Uint8Array(256 * 3);
  for (let i = 0; i < 256; i++) {
    const part = Math.min(1, Math.abs(i - 128) / 127);
    const end = i < 128 ? BLUE : ORANGE;
    for (let c = 0; c < 3; c++) ramp[i * 3 + c] = ground[c] + (end[c] - ground[c]) * part;
  }
  return ramp;
}

function read(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    paper: colour("paper"),
    ink: colour("ink"),
    muted: colour("muted"),
    line: colour("line"),
    accent: colour("accent"),
    negative: colour("negative"),
    positive: colour("positive"),
    rim: colour("rim"),
    dead: colour("dead"),
    deadLine: colour("dead-line"),
    ramp: rampOver(parseColour(colour("ground"))),
  };
}

let current: Palette | undefined;

export function palette(): Palette {
  return (current ??= read());
}

/** The ramp's colour for a value from -1 to 1; what lies outside is cut. */
export function rampColour(value: number): Uint8Array {
  const at = (128 + Math.round(127 * Math.max(-1, Math.min(1, value || 0)))) * 3;
  return palette().ramp.subarray(at, at + 3);
}

/** Calls back when the colours have changed. */
export function onPaletteChange(act: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    current = undefined;
    act();
  });
}

export function isMotionReduced(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
