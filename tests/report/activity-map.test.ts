import { describe, expect, it } from "vitest";
import { drawActivityMap, type MapFrame } from "../../src/report/activity-map.js";

/** `units` units over `epochs` + 1 frames. */
function framesOf(
  epochs: number,
  units: readonly number[],
  share: (layer: number, unit: number, epoch: number) => number,
): MapFrame[] {
  return Array.from({ length: epochs + 1 }, (_, epoch) => ({
    epoch,
    layers: units.map((count, layer) =>
      Float32Array.from({ length: count }, (_unused, unit) => share(layer, unit, epoch)),
    ),
  }));
}

describe("drawActivityMap", () => {
  it("shades each unit by its activity, marks silence, and puts the busiest at the end on top", () => {
    const frames = framesOf(3, [5], (_layer, unit, epoch) => [0, 0.1, 1, 0.5, epoch < 2 ? 0.7 : 0][unit]);
    expect(drawActivityMap(frames, { samples: 128 })).toEqual([
      "How often the hidden units fire, the busiest on top:",
      "layer 0: 5 units, one a line; 2 silent at the end",
      `  ${"█".repeat(16)}`,
      `  ${"▒".repeat(16)}`,
      `  ${" ".repeat(16)}`,
      `  ${"▓".repeat(8)}${"·".repeat(8)}`,
      `  ${"·".repeat(16)}`,
      "  0              3  epoch",
      "· fires on none of 128 sampled training rows; 0 % |  |░░|▒▒|▓▓|██| 100 %",
    ]);
  });

  it("groups units and epochs, and calls a group silent only if all of it is", () => {
    const frames = framesOf(119, [32], (_layer, unit, epoch) => (unit < 2 || (unit === 2 && epoch === 119) ? 0 : 0.9));
    const lines = drawActivityMap(frames, { samples: 1 });
    expect(lines).toContain("layer 0: 32 units, 2 a line; 3 silent at the end");
    const rows = lines.slice(2, -2).map((line) => line.slice(2));
    expect(rows).toHaveLength(16);
    expect(rows.every((row) => row.length === 60)).toBe(true);
    expect(rows.at(-1)).toBe("·".repeat(60));
    expect(rows.at(-2)).toBe(`${"█".repeat(59)}▓`); // one unit of two, in one frame of two: 0.675
  });

  it("keeps within 80 columns and some fifty lines for deep networks and long trainings", () => {
    const frames = framesOf(
      60,
      Array.from({ length: 20 }, () => 300),
      () => 0.5,
    );
    const lines = drawActivityMap(frames, { samples: 128 });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBe(1 + 20 * 3 + 2);
  });

  it("paints where there are colours, with every colour taken back", () => {
    const lines = drawActivityMap(
      framesOf(1, [2], (_layer, unit) => unit),
      { samples: 9, colors: true },
    );
    expect(lines[2]).toBe(`  ${`\x1b[48;5;226m${" ".repeat(4)}\x1b[49m`.repeat(2)}`);
    expect(lines[3]).toBe(`  ${`\x1b[38;5;203m····\x1b[39m`.repeat(2)}`);
  });

  it("draws nothing of nothing", () => {
    expect(drawActivityMap([], { samples: 1 })).toEqual([]);
    expect(
      drawActivityMap(
        framesOf(2, [], () => 0),
        { samples: 1 },
      ),
    ).toEqual([]);
  });
});
