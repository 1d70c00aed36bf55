// Tables: how many rows of text a second become columns, and inputs of a network. 200,000 rows of 22 cells: 18 of
// numbers, one of words, one that is sometimes empty, one of codes and one of classes.
import { readTable } from "../src/table/read/read-table.js";
import { prepareTable } from "../src/table.js";
import type { Case, Figure } from "./measure.js";
import { filler } from "./numbers.js";
import { byTurns, summarize } from "./turns.js";

const ROWS = 200_000;
const NUMBERS = 18;
const CITIES = ["Berlin", "Paris", "Rome", "Oslo", "Graz", "New York", "São Paulo"];
const MILLISECONDS = 6000;
const WANTED_SECONDS = { reading: 2, preparing: 4 };
const TARGET = `column${NUMBERS + 3}`;

/** The text's pieces, as bytes: as a file comes. */
function writeTable(hasQuotes: boolean): Uint8Array[] {
  const next = filler(11);
  const below = (limit: number): number => Math.floor(((next() + 1) / 2) * limit);
  const header = Array.from({ length: NUMBERS + 4 }, (_, column) => `column${column}`).join(",");
  const encoder = new TextEncoder();
  const pieces = [encoder.encode(`${header}\n`)];
  for (let start = 0; start < ROWS; start += 1000) {
    const lines = Array.from({ length: 1000 }, () => {
      const numbers = Array.from({ length: NUMBERS }, (_, column) =>
        column % 3 === 0 ? `${below(1e6)}` : (below(1e6) / 1000).toFixed(3),
      );
      const city = CITIES[below(CITIES.length)]!;
      const code = hasQuotes ? `"a, ${below(9)}"` : `a${below(9)}`;
      return [...numbers, city, below(10) === 0 ? "" : next().toPrecision(6), code, below(3)].join(",");
    });
    pieces.push(encoder.encode(`${lines.join("\n")}\n`));
  }
  return pieces;
}

async function rate(
  hasQuotes: boolean,
  call: (pieces: Uint8Array[]) => Promise<number>,
  seconds: number,
): Promise<Figure> {
  const pieces = writeTable(hasQuotes);
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const run = async (): Promise<void> => {
    const rows = await call(pieces);
    if (rows !== ROWS) throw new Error(`${rows} rows were read, not ${ROWS}`);
  };
  const turns = await byTurns([run], MILLISECONDS);
  return {
    ...summarize(turns.map(([taken]) => ROWS / taken! / 1e3)),
    unit: "thousand rows/s",
    wanted: { atLeast: ROWS / seconds / 1e3 },
    note: `${(bytes / 1e6).toFixed(0)} MB`,
  };
}

const reading = async (pieces: Uint8Array[]): Promise<number> => (await readTable(pieces)).rows;

async function preparing(pieces: Uint8Array[]): Promise<number> {
  const { training, heldOut } = await prepareTable(pieces, { target: TARGET });
  return training.x.rows + heldOut.x.rows;
}

export function tableCases(): Case[] {
  const wanted = WANTED_SECONDS;
  return [
    { name: "table 200,000 x 22, reading", run: () => rate(false, reading, wanted.reading) },
    { name: "table 200,000 x 22, reading, a column in quotes", run: () => rate(true, reading, wanted.reading) },
    { name: "table 200,000 x 22, prepareTable", run: () => rate(false, preparing, wanted.preparing) },
  ];
}
