/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min(
          rows[i - 1][j - 1] + (isSame ? 0 : 1),
          rows[i - 1][j] + 1,
          row[j - 1] + 1,
          isSwap ? rows[i - 2][j - 2] + 1 : Infinity,
        ),
      );
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

/** The name among `names` that `word` was probably meant to be, or undefined if none is near. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const longest = 40; // no name is longer: a huge word is near nothing, and must cost nothing
  if (word.length > longest) return undefined;
  const ranked = names
    .filter((name) => name !== "")
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return ranked && ranked.distance <= Math.max(1, word.length / 2) ? ranked.name : undefined;
}

/** `Did you mean "relu"?`, the hint of an error, or "". */
export function suggestion(word: string, names: readonly string[]): string {
  const name = nearestName(word, names);
  return name === undefined ? "" : `Did you mean "${name}"?`;
}
