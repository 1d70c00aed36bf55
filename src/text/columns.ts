// Cells as lines of text: columns that line up.

/** One line: each cell as wide as its column at least, two spaces between; columns named in `right` end flush. */
export function alignCells(cells: readonly string[], widths: readonly number[], right: readonly number[]): string {
  return cells
    .map((cell, column) =>
      right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
    )
    .join("  ")
    .trimEnd();
}

/** Rows of cells as lines: each column as wide as its widest cell, as in alignCells. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return rows.map((row) => alignCells(row, widths, right));
}

/** Two texts at the two ends of a line, a space between at least. */
export function justify(left: string, right: string, width: number): string {
  return left + right.padStart(Math.max(right.length + 1, width - left.length));
}
