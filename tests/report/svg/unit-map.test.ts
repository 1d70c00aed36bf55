import { describe, expect, it } from "vitest";
import { gridOf, unitMapToSvg, unitMark } from "../../../src/report/svg/unit-map.js";
import { UNIT_STATES } from "../../../src/report/unit-words.js";
import type { UnitState } from "../../../src/inspect/unit-state.js";
import { markupFault } from "../../support/markup.js";

const none = new Map<number, string>();

/** Cells by state: each mark of it begins one subpath (saturated: three bars, of which the first begins it). */
function cellsOf(svg: string, state: UnitState): number {
  const [, path] = new RegExp(`<path class="u ${state}" d="([^"]*)"`).exec(svg) ?? [];
  return path?.match(/M/g)?.length ?? 0;
}

describe("a map of units", () => {
  it.each([1, 31, 32, 33, 256, 257, 2048, 2049, 8192, 8193, 24_576, 65_536, 65_537, 300_000])(
    "of %i units keeps to its rows and stays small",
    (units) => {
      const { columns, pixels, perCell } = gridOf(units);
      expect(columns).toBeGreaterThan(0);
      expect(columns * pixels).toBeLessThanOrEqual(1024);
      const rows = Math.ceil(units / perCell / columns);
      expect(rows * columns * perCell).toBeGreaterThanOrEqual(units);
      expect(rows).toBeLessThanOrEqual(256);
      const states = new Array<UnitState>(units).fill("alive");
      const svg = unitMapToSvg({ title: "units", states, titles: none });
      expect(svg).toContain(`viewBox="0 0 ${columns * 10} ${rows * 10}"`);
      expect(cellsOf(svg, "alive")).toBe(Math.ceil(units / perCell));
      expect(svg.length).toBeLessThan(1.5e6);
    },
  );

  it("shows each unit once, by its state", () => {
    const states = Array.from({ length: 700 }, (_, unit) => UNIT_STATES[(unit * unit) % UNIT_STATES.length]);
    const svg = unitMapToSvg({ title: "units", states, titles: none });
    expect(markupFault(svg)).toBeUndefined();
    for (const state of UNIT_STATES)
      expect(cellsOf(svg, state), state).toBe(states.filter((each) => each === state).length);
  });

  it("puts units in order, row by row", () => {
    const states = Array.from({ length: 100 }, (_, unit): UnitState => (unit === 37 ? "dead" : "alive"));
    // row 1, column 5
    expect(unitMapToSvg({ title: "", states, titles: none })).toContain('class="u dead" d="M50.5 10.5');
  });

  it("lets no dead unit vanish where a cell stands for several", () => {
    const states = new Array<UnitState>(200_000).fill("alive");
    states[123_456] = "dead";
    expect(cellsOf(unitMapToSvg({ title: "", states, titles: none }), "dead")).toBe(1);
  });

  it("tells what a pointer rests on: the unit, or its row", () => {
    const states = new Array<UnitState>(40).fill("alive");
    const some = unitMapToSvg({ title: "", states, titles: new Map([[33, "a <b>"]]) });
    expect(some).toContain('<rect class="hit" x="10" y="10" width="10" height="10"><title>a &lt;b&gt;</title>');
    expect(some).toContain("<title>units 0 to 31</title>");
    expect(some).toContain('width="80" height="10"><title>units 32 to 39</title>');
    const all = unitMapToSvg({ title: "", states, titles: new Map(states.map((_, unit) => [unit, `unit ${unit}`])) });
    expect(all.match(/<title>/g)).toHaveLength(40);
  });

  it("tells states apart without colours", () => {
    const shapes = UNIT_STATES.map((state) => unitMark(state).replaceAll(/class="[^"]*"/g, ""));
    expect(new Set(shapes).size).toBe(UNIT_STATES.length);
  });
});
