// Which cells mean "no value". Some marks do so in every column, others only where the rest are numbers or dates: among
// words "none" or "unknown" is a word like any other.

/** Separated by two blanks, as some hold one. */
function marks(text: string): ReadonlySet<string> {
  return new Set(text.split(/ {2,}|\n */).filter(Boolean));
}

const ALWAYS = marks(`
  na  n/a  n.a.  n.a  n/a.  nan  nat  null  <na>  <null>  (null)  [null]  \\n  #na  #n/a  #n/a n/a  #div/0!  #ref!  #value!
  #name?  #num!  #null!  #error!  (blank)  ?  ??  -  --  ---  –  —  .  ..  ...  …  not available
`);

const AMONG_NUMBERS = marks(`
  none  nil  missing  unknown  undefined  not applicable  not reported  no data  nodata  n.d.  n.d  n/d  nd  n/k  k.a.  tbd
  tba  #  *  **  x  unk  err  error  void  empty  blank  (none)  (missing)  -nan  +nan  nan(ind)  -1.#ind  1.#qnan
`);

const INFINITE = marks("inf  infinity  ∞  1.#inf");

const LONGEST = 20;

/** A mark of a missing value in every column. */
export function isMissing(cell: string): boolean {
  return cell === "" || (cell.length <= LONGEST && ALWAYS.has(cell.toLowerCase()));
}

/** A mark of a missing value where the rest are numbers or dates. */
export function isMissingNumber(cell: string): boolean {
  return isMissing(cell) || (cell.length <= LONGEST && AMONG_NUMBERS.has(cell.toLowerCase()));
}

/** `inf`, `-Infinity`: no number that can be trained on. */
export function isInfinite(cell: string): boolean {
  return cell.length <= LONGEST && INFINITE.has(cell.toLowerCase().replace(/^[+-]/, ""));
}

/** "+" and "-" are a pair of words: "-" is no mark then. */
export function hasSigns(words: readonly string[]): boolean {
  return words.includes("+");
}
