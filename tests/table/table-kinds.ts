// Columns as newcomers bring them, for tests: what the cells hold, and how they must be read.

/** The same for the same i: uniform on [0, 1). */
export function uniform(i: number, salt = 0): number {
  const x = Math.sin((i + 1) * 12.9898 + salt * 78.233) * 43758.5453;
  return x - Math.floor(x);
}

const whole = (i: number, low: number, high: number, salt = 1): number =>
  low + Math.floor(uniform(i, salt) * (high - low + 1));
const decimals = (i: number, high: number, digits: number, salt = 2): number =>
  Number((uniform(i, salt) * high).toFixed(digits));

const english = (value: number, digits = 0): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const german = (value: number, digits = 0): string =>
  value.toLocaleString("de-DE", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const iso = (day: number): string => new Date(day * 86_400_000).toISOString().slice(0, 10);
const parts = (day: number): string[] => iso(day).split("-");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** A cell and what it means: a number, or null where it is missing. */
type Cell = readonly [text: string, value: number | null];

export interface NumberKind {
  readonly name: string;
  readonly cell: (i: number) => Cell;
  /** A note on the column, or none but that cells are missing. */
  readonly note?: RegExp;
}

const amount = (i: number): number => whole(i, 1, 900) * 500;
const odd =
  (every: number, text: string, cell: (i: number) => Cell): ((i: number) => Cell) =>
  (i) =>
    i % every === 3 ? [text, null] : cell(i);
const plain = (i: number): Cell => {
  const value = decimals(i, 100, 2);
  return [String(value), value];
};
const fortran = (i: number): number => Number(`${(1 + uniform(i) * 8).toFixed(3)}e${i % 2 ? "-" : "+"}${i % 4}`);
const READ = /read as numbers/;

export const NUMBERS: readonly NumberKind[] = [
  { name: "plain decimals", cell: plain },
  { name: "whole numbers", cell: (i) => [String(whole(i, 0, 50)), whole(i, 0, 50)] },
  { name: "powers of ten", cell: (i) => [`${whole(i, 1, 9)}.5e-3`, (whole(i, 1, 9) + 0.5) / 1000] },
  { name: "leading plus and zeros", cell: (i) => [`+00${whole(i, 1, 99)}.50`, whole(i, 1, 99) + 0.5] },
  { name: "17 digits of a double", cell: (i) => [String(uniform(i)), uniform(i)] },
  { name: "three decimals", cell: (i) => [(1 + uniform(i) * 9).toFixed(3), Number((1 + uniform(i) * 9).toFixed(3))] },
  { name: "decimal commas", cell: (i) => [german(decimals(i, 90, 2), 2), decimals(i, 90, 2)], note: READ },
  { name: "decimal commas with points between thousands", cell: (i) => [german(amount(i), 2), amount(i)], note: READ },
  { name: "commas between thousands", cell: (i) => [english(amount(i)), amount(i)], note: READ },
  {
    name: "thousands and decimals",
    cell: (i) => [english(amount(i) + 0.25, 2), amount(i) + 0.25],
    note: READ,
  },
  { name: "millions", cell: (i) => [english(amount(i) * 37), amount(i) * 37], note: READ },
  {
    name: "Indian groups",
    cell: (i) => [(amount(i) * 300 + 1e7).toLocaleString("en-IN"), amount(i) * 300 + 1e7],
    note: READ,
  },
  { name: "blanks between thousands", cell: (i) => [english(amount(i)).replaceAll(",", " "), amount(i)], note: READ },
  { name: "narrow blanks", cell: (i) => [english(amount(i)).replaceAll(",", "\u202f"), amount(i)], note: READ },
  { name: "Swiss apostrophes", cell: (i) => [english(amount(i)).replaceAll(",", "'"), amount(i)], note: READ },
  { name: "dollars", cell: (i) => [`$${english(amount(i))}`, amount(i)], note: /in \$/ },
  { name: "dollars with minus", cell: (i) => [`-$${i + 1}.50`, -(i + 1.5)], note: /in \$/ },
  { name: "euros behind", cell: (i) => [`${german(amount(i), 2)} €`, amount(i)], note: /in €/ },
  { name: "a code in front", cell: (i) => [`EUR ${decimals(i, 90, 2)}`, decimals(i, 90, 2)], note: /in EUR/ },
  { name: "a code behind", cell: (i) => [`${decimals(i, 90, 2)} USD`, decimals(i, 90, 2)], note: /in USD/ },
  { name: "rupees", cell: (i) => [`₹${english(amount(i))}`, amount(i)], note: /in ₹/ },
  {
    name: "bookkeeping's zeros",
    cell: (i) => (i % 4 === 1 ? [["$ -", "$-", "$     -", "- $"][i % 3], 0] : [`$   ${english(amount(i))}`, amount(i)]),
    note: /in \$/,
  },
  {
    name: "no cents",
    cell: (i) => [`${german(amount(i))},${["-", "--", "–"][i % 3]} €`, amount(i)],
    note: /in €/,
  },
  {
    name: "Fortran's exponents",
    cell: (i) => [`${(1 + uniform(i) * 8).toFixed(3)}D${i % 2 ? "-" : "+"}0${i % 4}`, fortran(i)],
    note: READ,
  },
  { name: "percent", cell: (i) => [`${whole(i, 0, 99)} %`, whole(i, 0, 99)], note: /in %/ },
  { name: "percent without a blank", cell: (i) => [`${decimals(i, 99, 1)}%`, decimals(i, 99, 1)], note: /in %/ },
  { name: "square metres", cell: (i) => [`${whole(i, 20, 200)} m2`, whole(i, 20, 200)], note: /in m2/ },
  {
    name: "square metres, decimal comma",
    cell: (i) => [`${german(decimals(i, 90, 1), 1)} m²`, decimals(i, 90, 1)],
    note: /in m²/,
  },
  { name: "kilometres an hour", cell: (i) => [`${whole(i, 20, 200)}km/h`, whole(i, 20, 200)], note: /in km\/h/ },
  { name: "degrees", cell: (i) => [`${decimals(i, 40, 1)} °C`, decimals(i, 40, 1)], note: /in °C/ },
  {
    name: "one year, two years",
    cell: (i) => [whole(i, 1, 9) === 1 ? "1 year" : `${whole(i, 1, 9)} years`, whole(i, 1, 9)],
    note: /in year/,
  },
  {
    name: "a unit in some cells",
    cell: (i) => [i % 2 ? `${whole(i, 2, 80)} kg` : String(whole(i, 2, 80)), whole(i, 2, 80)],
    note: /in kg/,
  },
  {
    name: "grams and kilograms",
    cell: (i) =>
      i % 3 ? [`${whole(i, 1, 9)} kg`, whole(i, 1, 9) * 1000] : [`${whole(i, 1, 900)} g`, whole(i, 1, 900)],
    note: READ,
  },
  {
    name: "thousands and millions of euros",
    cell: (i) =>
      i % 3 ? [`€${whole(i, 100, 900)}K`, whole(i, 100, 900) * 1e3] : [`€${1 + (i % 7)}.5M`, (1.5 + (i % 7)) * 1e6],
    note: READ,
  },
  {
    name: "counts with k",
    cell: (i) =>
      i % 3
        ? [`${whole(i, 1, 9)}.5k`, (whole(i, 1, 9) + 0.5) * 1000]
        : [String(whole(i, 100, 900)), whole(i, 100, 900)],
    note: READ,
  },
  {
    name: "at least",
    cell: (i) => [`${english(10 ** whole(i, 2, 6) * (1 + (i % 4)))}+`, 10 ** whole(i, 2, 6) * (1 + (i % 4))],
    note: /in \+/,
  },
  {
    name: "parentheses",
    cell: (i) =>
      i % 3 ? [`${whole(i, 1, 99)}.5`, whole(i, 1, 99) + 0.5] : [`(${whole(i, 1, 99)}.5)`, -whole(i, 1, 99) - 0.5],
    note: READ,
  },
  {
    name: "Unicode minus",
    cell: (i) => (i % 3 ? plain(i) : [`−${whole(i, 1, 99)}.5`, -whole(i, 1, 99) - 0.5]),
    note: READ,
  },
  {
    name: "minus behind",
    cell: (i) => (i % 3 ? plain(i) : [`${whole(i, 1, 99)}.5-`, -whole(i, 1, 99) - 0.5]),
    note: READ,
  },
  { name: "single quotes", cell: (i) => [`'${decimals(i, 9, 1)}'`, decimals(i, 9, 1)], note: READ },
  { name: "an apostrophe in front", cell: (i) => [`'${decimals(i, 9, 1)}`, decimals(i, 9, 1)], note: READ },
  { name: "a formula around it", cell: (i) => [`="${decimals(i, 9, 1)}"`, decimals(i, 9, 1)], note: READ },
  {
    name: "full width",
    cell: (i) => [
      String(whole(i, 10, 99)).replaceAll(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
      whole(i, 10, 99),
    ],
    note: READ,
  },
  ...[
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "n.a.",
    "NaN",
    "null",
    "None",
    "nil",
    "-",
    "--",
    ".",
    "?",
    "#DIV/0!",
    "#REF!",
    "missing",
    "unknown",
    "<NA>",
    "\\N",
    "(null)",
    "k.A.",
    "\u00a0 ",
    "—",
  ].map((mark) => ({ name: `${JSON.stringify(mark)} for missing`, cell: odd(7, mark, plain) })),
  ...["inf", "-Infinity", "1e400", "1e39"].map((text) => ({
    name: `${text}, missing`,
    cell: odd(15, text, plain),
    note: /without a finite float32 value/,
  })),
  {
    name: "a few words",
    cell: odd(20, "ask us", plain),
    note: /3 of 60 cells are no numbers.*"ask us" in row 4 \(line 5\)/,
  },
  { name: "-999 for missing", cell: odd(9, "-999", plain), note: /-999 in 7 cells read as missing/ },
  { name: "9999 for missing", cell: odd(9, "9999", plain), note: /9999 in 7 cells read as missing/ },
  { name: "1e20 for missing", cell: odd(9, "1e20", plain), note: /in 7 cells read as missing/ },
  { name: "-200 for missing", cell: odd(9, "-200", plain), note: /-200 in 7 cells read as missing/ },
  { name: "a blank in quotes", cell: odd(9, " ", plain) },
  {
    name: "feet and inches",
    cell: (i) => [`5'${whole(i, 0, 11)}"`, 60 + whole(i, 0, 11)],
    note: /in inch/,
  },
  {
    name: "percent, some without the sign",
    cell: (i) => [i % 2 ? `${whole(i, 0, 99)}%` : String(whole(i, 0, 99)), whole(i, 0, 99)],
    note: /in %, 30 cells without % too/,
  },
];

export interface DateKind {
  readonly name: string;
  /** The cell of a day since 1970 (with its time as a fraction). */
  readonly write: (day: number) => string;
  /** Days from row to row; 1 by default. */
  readonly step?: number;
  readonly cycles?: readonly string[];
  readonly note?: RegExp;
}

const DAILY = ["weekday"];
const clock = (day: number): string => {
  const minutes = Math.round((day - Math.floor(day)) * 1440);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};

export const DATES: readonly DateKind[] = [
  { name: "ISO", write: iso, cycles: DAILY },
  { name: "ISO over years", write: iso, step: 20, cycles: ["season", "weekday"] },
  {
    name: "ISO with T and zone",
    write: (day) => `${iso(day)}T${clock(day)}:00Z`,
    step: 1.25,
    cycles: ["time of day", "weekday"],
  },
  {
    name: "ISO with offset",
    write: (day) => `${iso(day)}T${clock(day)}:00+02:00`,
    step: 0.25,
    cycles: ["time of day", "weekday"],
  },
  {
    name: "slashes, year first, with a time",
    write: (day) => `${iso(day).replaceAll("-", "/")} ${clock(day)}:00`,
    step: 8.25,
    cycles: ["season", "time of day", "weekday"],
  },
  { name: "without marks", write: (day) => iso(day).replaceAll("-", ""), cycles: DAILY },
  { name: "without marks, with a time", write: (day) => `${iso(day).replaceAll("-", "")}T000000`, cycles: DAILY },
  { name: "German", write: (day) => parts(day).reverse().join("."), cycles: DAILY },
  { name: "day first, slashes", write: (day) => parts(day).reverse().join("/"), cycles: DAILY },
  {
    name: "month first, slashes",
    write: (day) => `${Number(parts(day)[1])}/${Number(parts(day)[2])}/${parts(day)[0]}`,
    cycles: DAILY,
  },
  {
    name: "month first, two digits, AM and PM",
    write: (day) =>
      `${parts(day)[1]}/${parts(day)[2]}/${parts(day)[0].slice(2)} ${clock(day) === "00:00" ? "12:00 AM" : "12:00 PM"}`,
    step: 1.5,
    cycles: ["time of day", "weekday"],
  },
  {
    name: "Jan 1 2000",
    write: (day) => `${MONTHS[Number(parts(day)[1]) - 1]} ${Number(parts(day)[2])} ${parts(day)[0]}`,
    cycles: DAILY,
  },
  {
    name: "Jan 1, 2000",
    write: (day) => `${MONTHS[Number(parts(day)[1]) - 1]} ${Number(parts(day)[2])}, ${parts(day)[0]}`,
    cycles: DAILY,
  },
  {
    name: "1 Jan 2000",
    write: (day) => `${Number(parts(day)[2])} ${MONTHS[Number(parts(day)[1]) - 1]} ${parts(day)[0]}`,
    cycles: DAILY,
  },
  {
    name: "1-Jan-00",
    write: (day) => `${Number(parts(day)[2])}-${MONTHS[Number(parts(day)[1]) - 1]}-${parts(day)[0].slice(2)}`,
    cycles: DAILY,
  },
  {
    name: "with the weekday",
    write: (day) =>
      `${["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][((day % 7) + 7) % 7]}, ${Number(parts(day)[2])} ${MONTHS[Number(parts(day)[1]) - 1]} ${parts(day)[0]}`,
    cycles: DAILY,
  },
];
