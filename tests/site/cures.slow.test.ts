// The table of "Three cures, six faults" with cures from the start, and its links into the workshop.
import { beforeAll, expect, test } from "vitest";
import { CuresEngine } from "../../site/figures/cures/engine.js";
import { COLUMNS, cureOf, FAULTS } from "../../site/figures/cures/faults.js";
import type { CellMessage, Moment } from "../../site/figures/cures/messages.js";
import { trainCell } from "../../site/figures/cures/train-cell.js";
import { fromHash } from "../../site/training/url.js";
import { EngineHarness } from "../playground/engine-harness.js";
import { cellName, marksIn } from "./cures-marks.js";

const cells = new Map<string, CellMessage>();
const cellAt = (moment: Moment, row: number, column: number) => cells.get(cellName({ moment, row, column }))!;

beforeAll(async () => {
  const engine = new CuresEngine((cell) => cell.outcome && cells.set(cellName(cell), cell));
  await engine.take({ kind: "moment", moment: "start" });
});

test("from the start a lower rate prevents what it cannot cure", () => {
  expect(marksIn(cells, "start")).toEqual(["nynnnny", "nnynnyy", "nnynnyy", "nnnnnny", "nnnnnny", "-w----w"]);
});

test("a link leads to the same network in the workshop", async () => {
  const linked = (["sick", "start"] as const).flatMap((moment) =>
    FAULTS.flatMap((fault, row) => Array.from({ length: COLUMNS }, (_, column) => ({ moment, fault, row, column }))),
  );
  let followed = 0;
  for (const { moment, fault, row, column } of linked) {
    const outcome =
      cellAt(moment, row, column)?.outcome ?? (await trainCell(fault, { moment, column }, () => undefined)).outcome;
    if (outcome.link === undefined) continue;
    followed++;
    const { recipe, changes, step, unread } = fromHash(outcome.link);
    expect(unread).toEqual([]);
    const frame = await new EngineHarness().follow(recipe, changes, step!);
    const living = frame.states.filter((state) => state !== "dead").length;
    expect([moment, fault.name, cureOf(fault, column).name, living, frame.accuracy]).toEqual([
      moment,
      fault.name,
      cureOf(fault, column).name,
      outcome.living,
      outcome.accuracy,
    ]);
  }
  expect(followed).toBeGreaterThan(20);
});
