// Texts and bytes that tables are read from, and what was read.
import { expect } from "vitest";
import type { Table } from "../../../src/table/columns.js";
import { readTable } from "../../../src/table/read/read-table.js";
import type { TableSource } from "../../../src/table/read/source.js";

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

export function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) bytes.setUint16(2 * i, text.charCodeAt(i), isLittle);
  return new Uint8Array(bytes.buffer);
}

export const joined = async (...parts: Uint8Array<ArrayBuffer>[]): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await new Blob(parts).arrayBuffer());

export async function gzip(content: string | Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([content]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** The table as it was written, numbers as numbers. */
export function cellsOf({ columns, rows }: Table): (string | number)[][] {
  return Array.from({ length: rows }, (_, row) =>
    columns.map(({ numbers, words, wordOf }) => (wordOf[row] < 0 ? numbers[row] : words[wordOf[row]])),
  );
}

export const namesOf = ({ columns }: Table): string[] => columns.map(({ name }) => name);
export const linesOf = ({ rows, line }: Table): number[] => Array.from({ length: rows }, (_, row) => line(row)!);

export async function expectTable(source: TableSource, names: string[], rows: (string | number)[][]): Promise<Table> {
  const table = await readTable(source);
  expect(namesOf(table)).toEqual(names);
  expect(cellsOf(table)).toEqual(rows);
  return table;
}
