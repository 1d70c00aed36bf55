// Words from files and names of files as a terminal may show them.

/**
 * Without control characters, line ends and marks that turn the direction of writing: one line, and no escape codes.
 */
export function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}

/** A name of at most so many characters: of a longer one the end, which tells it from others. */
export function endOf(name: string, longest: number): string {
  return name.length <= longest ? name : `…${name.slice(1 - longest)}`;
}
