// docs/tables.md: its program runs, and what it says of cells is so.
import { readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { readDate } from "../../src/table/reading/dates.js";
import { isInfinite, isMissing, isMissingNumber } from "../../src/table/reading/missing.js";
import { readNumber } from "../../src/table/reading/number-notation.js";

const PAGE = readFileSync(new URL("../../docs/tables.md", import.meta.url), "utf8");
const cellsIn = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, cell]) => cell);
/** The part of the page behind these words, to the end of the line or item. */
const behind = (words: string, end = /\n\n|\n- /): string => PAGE.slice(PAGE.indexOf(words)).split(end)[0];
const written = PAGE.match(/^\| `.*\|$/gm)!.map((line) => cellsIn(line.split(" | ")[0]));

describe("docs/tables.md", () => {
  it("has the program that is run here", async () => {
    const example = readFileSync(new URL("example.ts", import.meta.url), "utf8");
    const own = example.replaceAll("../../src/index.js", "relumine").replaceAll("../../src/table.js", "relumine/table");
    expect(PAGE).toContain(own);
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    await import("./example.js");
    const [[task, columns, notes], [prices]] = log.mock.calls as [[string, string[], string[]], [number[]]];
    log.mockRestore();
    expect(task).toBe("regression");
    expect(columns).toEqual(["area", "city = A", "city = B", "city = C"]);
    expect(notes.join("\n")).toMatch(
      /semicolons[^]*price \(target\): read as numbers in €[^]*area: read as numbers in m2/,
    );
    expect(prices).toHaveLength(2);
    for (const price of prices) expect(price).toBeGreaterThan(50_000);
  });

  it("has rows of notations", () => expect(written.length).toBeGreaterThan(10));
  it.each(written.flat().filter((cell) => /\d\D*\d|^\D*\d+\D*$/.test(cell) && cell !== "1"))("%s is read", (cell) => {
    expect(readNumber(cell) ?? readDate(cell)).toBeDefined();
  });

  it.each(cellsIn(behind("- Always:")).filter((cell) => cell !== "+"))("%s is missing everywhere", (cell) => {
    expect(isMissing(cell)).toBe(true);
  });
  it.each(cellsIn(behind("- Among numbers")))("%s is missing among numbers alone", (cell) => {
    expect(isMissingNumber(cell) || isInfinite(cell)).toBe(true);
    expect(isMissing(cell)).toBe(false);
  });
  it.each(["0", "NAN Goldin", "x1", "no", "12", "n", "Infinite"])("%s is not: the control", (cell) => {
    expect(isMissingNumber(cell)).toBe(false);
  });
});
