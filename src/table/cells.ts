// Cells as options and messages show them.

/** The cell as a decimal number that float32 can hold, or undefined. */
export function parseNumber(cell: string): number | undefined {
  const value = Number(cell);
  if (cell === "" || !Number.isFinite(Math.fround(value))) return undefined;
  const isOtherBase = cell.length > 2 && "box".includes(cell[1].toLowerCase()); // 0x10 is a name, not 16
  return isOtherBase ? undefined : value + 0; // -0 is 0: a file of JSON would forget its sign
}

/** `"a word"`, as `shorten` gives it. */
export function quote(text: string): string {
  return `"${shorten(text)}"`;
}

/** A word as a message or a table shows it. */
export function shorten(text: string, longest = 40): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, " ");
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
