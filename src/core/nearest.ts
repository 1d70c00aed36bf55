/** Levenshtein distance: insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, previous[j] + 1, row[j - 1] + 1));
    }
    previous = row;
  }
  return previous[b.length];
}

/** The name among `names` that `word` was probably meant to be, or undefined if none is near. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  const longest = 40; // no name is longer: a huge word is near nothing, and must cost nothing
  if (word.length > longest) return undefined;
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return ranked && ranked.distance <= Math.max(1, word.length / 2.5) ? ranked.name : undefined;
}

/** `did you mean "relu"?` with a leading space, or nothing. */
export function suggestion(word: string, names: readonly string[]): string {
  const name = nearestName(word, names);
  return name === undefined ? "" : ` Did you mean "${name}"?`;
}
