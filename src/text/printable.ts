// Words from files and names of files as a terminal may show them.

/**
 * Without control characters, line ends and marks that turn the direction of writing: one line, and no escape codes.
 */
export function onOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, " ");
}
