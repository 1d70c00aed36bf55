// What all pictures share: their size, text, grid and axes. Colours come from the page's style, by class.
import type { Axis, Scale } from "./scale.js";
import { toMarkup } from "../markup.js";

/** All pictures are as wide in their own units; a unit is about a pixel on a phone. */
export const WIDTH = 400;
export const FONT = 12;

/** Text is about so wide: an estimate, on the safe side for figures and small letters. */
export function textWidth(text: string): number {
  return text.length * FONT * 0.56;
}

/** Inner edges of the plot. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface TextPlace {
  readonly anchor?: "start" | "middle" | "end";
  readonly kind?: string;
}

export function text(x: number, y: number, content: string, { anchor = "start", kind }: TextPlace = {}): string {
  const side = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${x}" y="${y}"${side}${kind ? ` class="${kind}"` : ""}>${toMarkup(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: string): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="${kind}"/>`;
}

/** The picture, with its title as its name for those who don't see it. */
export function picture(title: string, height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${toMarkup(title)}">${parts.join("")}</svg>`;
}

/** How an nth series looks: a colour, and from the fourth on a dash as well. */
export function seriesKind(index: number): string {
  return `s${index % 6}`;
}

/** Horizontal grid lines with their numbers, and the axis' name above them. */
export function verticalAxis(axis: Axis, scale: Scale, { left, right, top }: Box): string[] {
  const grid = scale.ticks.map(
    ({ value, text: label }) =>
      line(left, scale.at(value), right, scale.at(value), "grid") +
      text(left - 6, scale.at(value) + 4, label, { anchor: "end", kind: "tick" }),
  );
  return [...grid, text(2, top - 12, axis.label, { kind: "axis" })];
}

/** The base line with its numbers, and the axis' name under them. */
export function horizontalAxis(axis: Axis, scale: Scale, { left, right, bottom }: Box): string[] {
  const ticks = scale.ticks.map(
    ({ value, text: label }) =>
      line(scale.at(value), bottom, scale.at(value), bottom + 4, "base") +
      text(scale.at(value), bottom + 17, label, { anchor: "middle", kind: "tick" }),
  );
  return [
    line(left, bottom, right, bottom, "base"),
    ...ticks,
    text((left + right) / 2, bottom + 34, axis.label, { anchor: "middle", kind: "axis" }),
  ];
}

/** Upright grid lines with their numbers under them. */
export function uprightGrid(
  scale: Scale,
  top: number,
  bottom: number,
  first: TextPlace["anchor"] = "middle",
): string[] {
  return scale.ticks.map(
    ({ value, text: label }, i) =>
      line(scale.at(value), top, scale.at(value), bottom, "grid") +
      text(scale.at(value), bottom + 16, label, { anchor: i === 0 ? first : "middle", kind: "tick" }),
  );
}

/** Room for the numbers of a vertical axis. */
export function tickRoom({ ticks }: Scale): number {
  return Math.ceil(Math.max(0, ...ticks.map(({ text: label }) => textWidth(label)))) + 10;
}
