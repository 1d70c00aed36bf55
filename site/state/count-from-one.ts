// The package's findings count layers, units and columns from 0, as its arrays do; the page counts from 1 and knows the
// columns' names.

const more = (digits: string) => String(Number(digits.replaceAll(",", "")) + 1);

/**
 * "Layers 0 to 2" becomes "Layers 1 to 3", "unit 3" "unit 4", "column 2" the column's name.
 * @param isOfColumns the list of numbers at the end is one of columns; otherwise, if there is one, of units
 */
export function countFromOne(text: string, features: readonly string[], isOfColumns: boolean): string {
  const columnName = (digits: string) => {
    const name = features[Number(digits.replaceAll(",", ""))];
    return name === undefined ? more(digits) : `"${name}"`;
  };
  return text
    .replace(
      /\b(layers?|units?) (\d+)((?: to |\.\.)(\d+))?/gi,
      (_all, what: string, first: string, range: string | undefined, last: string | undefined) =>
        `${what} ${more(first)}${range ? range.replace(last!, more(last!)) : ""}`,
    )
    .replace(/\bcolumn (\d+)/g, (_all, digits: string) => `column ${columnName(digits)}`)
    .replace(/: (\d+(?:, \d+)*)( \.\.\. \(and [\d,]+ more\))?\.$/, (_all, list: string, rest = "") => {
      const name = isOfColumns ? columnName : more;
      return `: ${list.replace(/\d+/g, name)}${rest}.`;
    });
}
