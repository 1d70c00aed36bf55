// Dates and times as people and programs write them -> days since 1970-01-01, as the clock on the wall had it: zones
// are not counted, so that the hour of the day stays what it was where the row was written.

/** Which of 1/2/2012's numbers is the day. */
export type DayOrder = "day first" | "month first";

/** Dates, with a time or without, or times alone. */
export type DateForm = "date" | "time";

/** How a column of dates is written. Plain data. */
export interface DateNotation {
  /** Dates, with a time or without, or times alone. */
  readonly form: DateForm;
  /** Which of 1/2/2012's numbers is the day. */
  readonly order: DayOrder;
  /** Cells that are no dates are missing values, as they were in the training; otherwise they are refused. */
  readonly allowsOthers: boolean;
}

/** A cell taken apart. */
export interface WrittenDate {
  readonly form: DateForm;
  /** Days, with the fraction that the time is, if 1/2 is January 2nd (month first), or February 1st; NaN if not. */
  readonly monthFirst: number;
  readonly dayFirst: number;
  /** Of a number that is written like a date and a time: 18.00.00 */
  readonly time?: number;
  readonly zone?: string;
  /** A time that is a span and no hour of a day: 2h 50m, 25:30. */
  readonly isSpan?: boolean;
}

const LONGEST = 48;
const MS = 86_400_000;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const MONTH_NAME = new RegExp(
  `^(${MONTHS.join("|")}|january|february|march|april|june|july|august|sept|september|october|november|december)$`,
);
const WEEKDAY = /^(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,? +/;

const CLOCK = String.raw`(\d{1,3}):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?([ap]\.?m\.?)?`;
const ZONE = String.raw`(?: ?(z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d\d))?`;
const TAIL = String.raw`(?:(?:[t,]| ?,? ?(?:at )?)${CLOCK}${ZONE})?`;
const full = (pattern: string): RegExp => new RegExp(`^${pattern}${TAIL}$`);

const ISO = full(String.raw`(\d{4})([-/.])(\d{1,2})\2(\d{1,2})`);
const NUMERIC = full(String.raw`(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d\d)`);
const DAY_NAME = full(String.raw`(\d{1,2})(?:st|nd|rd|th)?(?: of)?[ ./-]?([a-z]{3,9})\.?,?[ ./-]?(\d{4}|\d\d)`);
const NAME_DAY = full(String.raw`([a-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4})`);
const YEAR_NAME_DAY = full(String.raw`(\d{4})[ -]([a-z]{3,9})[ -](\d{1,2})`);
const COMPACT = /^(\d{4})(\d\d)(\d\d)(?:t(\d\d)(\d\d)(\d\d)?z?)?$/;
const YEAR_MONTH = /^(\d{4})[-/m](\d{1,2})$/;
const MONTH_YEAR = /^(\d{1,2})[-/](\d{4})$/;
const NAME_YEAR = /^([a-z]{3,9})\.?[ ,/-]+(\d{4})$|^([a-z]{3})-(\d\d)$/;
const YEAR_NAME = /^(\d{4})[ -]([a-z]{3,9})$/;
const QUARTER = /^(\d{4})[ -]?q([1-4])$|^q([1-4])[ /-]?(\d{4})$/;
const WEEK = /^(\d{4})-?w(\d\d)(?:-?([1-7]))?$/;
const LOG_TIME = new RegExp(String.raw`^([a-z]{3}) +(\d{1,2}) ${CLOCK} (?:([a-z]{3,4}|[+-]\d{4}) )?(\d{4})$`);
const TIME = new RegExp(`^${CLOCK}$`);
const DURATION =
  /^(?:(\d+) ?(?:d|days?) ?)?(?:(\d+) ?(?:h|hrs?|hours?) ?)?(?:(\d+) ?(?:m|mins?|minutes?) ?)?(?:(\d+) ?(?:s|secs?|seconds?))?$/;
const DOTTED_TIME = /^(\d{1,2})\.(\d\d)\.(\d\d)$/;

const MIDNIGHT = { time: 0, zone: undefined };

/** The year of two digits: 69 is 2069, 70 is 1970. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 4) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

/** Days since 1970-01-01, NaN where there is no such day. */
function dayNumber(year: number, month: number, day: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return Number.NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day ? date.getTime() / MS : Number.NaN;
}

function monthOf(name: string): number {
  return MONTH_NAME.test(name) ? MONTHS.indexOf(name.slice(0, 3)) + 1 : Number.NaN;
}

/** The clock's groups as the fraction of a day; NaN where it shows no such time; more than a day for durations. */
function fractionOf([hours, minutes, seconds = "0", fraction = "0", half]: readonly string[]): number {
  let hour = Number(hours);
  const [minute, second] = [Number(minutes), Number(`${seconds}.${fraction}`)];
  if (minute > 59 || second >= 61) return Number.NaN;
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (half.startsWith("p") ? 12 : 0);
  }
  return (hour * 3600 + minute * 60 + second) / 86400;
}

/** The time of a match's last six groups, which TAIL makes. */
function tailOf(match: RegExpExecArray): { time: number; zone?: string } {
  const groups = match.slice(-6);
  if (groups[0] === undefined) return MIDNIGHT;
  const time = fractionOf(groups);
  return { time: time > 1 ? Number.NaN : time, zone: groups[5] };
}

function dateOf(day: number, { time, zone }: { time: number; zone?: string } = MIDNIGHT): WrittenDate | undefined {
  const days = day + time;
  return Number.isNaN(days) ? undefined : { form: "date", monthFirst: days, dayFirst: days, zone };
}

function readNumeric(match: RegExpExecArray): WrittenDate | undefined {
  const [, first, mark, second, yearText] = match;
  const { time, zone } = tailOf(match);
  const year = fullYear(yearText);
  const dayFirst = dayNumber(year, Number(second), Number(first)) + time;
  const monthFirst = mark === "." ? Number.NaN : dayNumber(year, Number(first), Number(second)) + time;
  if (Number.isNaN(dayFirst) && Number.isNaN(monthFirst)) return undefined;
  return { form: "date", dayFirst, monthFirst, zone };
}

function isoWeek(year: number, week: number, weekday: number): number {
  const fourth = dayNumber(year, 1, 4); // it is in week 1
  return fourth - ((fourth + 3) % 7) + (week - 1) * 7 + weekday - 1;
}

type Reader = readonly [RegExp, (match: RegExpExecArray) => WrittenDate | undefined];

const WITH_LETTERS: readonly Reader[] = [
  [DAY_NAME, (m) => dateOf(dayNumber(fullYear(m[3]), monthOf(m[2]), Number(m[1])), tailOf(m))],
  [NAME_DAY, (m) => dateOf(dayNumber(fullYear(m[3]), monthOf(m[1]), Number(m[2])), tailOf(m))],
  [YEAR_NAME_DAY, (m) => dateOf(dayNumber(fullYear(m[1]), monthOf(m[2]), Number(m[3])), tailOf(m))],
  [NAME_YEAR, (m) => dateOf(dayNumber(fullYear(m[2] ?? m[4]), monthOf(m[1] ?? m[3]), 1))],
  [YEAR_NAME, (m) => dateOf(dayNumber(Number(m[1]), monthOf(m[2]), 1))],
  [QUARTER, (m) => dateOf(dayNumber(Number(m[1] ?? m[4]), Number(m[2] ?? m[3]) * 3 - 2, 1))],
  [WEEK, (m) => (Number(m[2]) > 53 ? undefined : dateOf(isoWeek(Number(m[1]), Number(m[2]), Number(m[3] ?? 1))))],
  [
    LOG_TIME,
    (m) =>
      dateOf(dayNumber(Number(m[9]), monthOf(m[1]), Number(m[2])), {
        time: fractionOf(m.slice(3, 8)),
        zone: m[8],
      }),
  ],
];

const COMPACT_READER: Reader = [
  COMPACT,
  (m) =>
    dateOf(dayNumber(Number(m[1]), Number(m[2]), Number(m[3])), {
      time: m[4] === undefined ? 0 : fractionOf(m.slice(4, 7)),
    }),
];

const READERS: readonly Reader[] = [
  [ISO, (m) => dateOf(dayNumber(Number(m[1]), Number(m[3]), Number(m[4])), tailOf(m))],
  [NUMERIC, readNumeric],
  [YEAR_MONTH, (m) => dateOf(dayNumber(Number(m[1]), Number(m[2]), 1))],
  [MONTH_YEAR, (m) => dateOf(dayNumber(Number(m[2]), Number(m[1]), 1))],
  COMPACT_READER,
  ...WITH_LETTERS,
];

function timeOf(time: number, isSpan = time > 1): WrittenDate | undefined {
  return Number.isNaN(time) ? undefined : { form: "time", monthFirst: time, dayFirst: time, isSpan };
}

/** A time alone, or what has the form of one: 18.00.00 is the 18th of month 0, and so a time. */
function readTime(text: string): WrittenDate | undefined {
  const clock = TIME.exec(text);
  if (clock) return timeOf(fractionOf(clock.slice(1)));
  const duration = DURATION.exec(text);
  if (duration) {
    const [days, hours, minutes, seconds] = duration.slice(1).map((part) => Number(part ?? 0));
    return timeOf(days + (hours * 3600 + minutes * 60 + seconds) / 86400, true);
  }
  const dotted = DOTTED_TIME.exec(text);
  return dotted ? timeOf(fractionOf(dotted.slice(1))) : undefined;
}

/** Takes a cell apart, or undefined where it is neither a date nor a time. */
export function readDate(cell: string): WrittenDate | undefined {
  if (cell.length < 2 || cell.length > LONGEST) return undefined;
  let text = cell.toLowerCase();
  if (text.startsWith("'")) text = text.slice(1, text.endsWith("'") ? -1 : undefined);
  if (/^[a-z]/.test(text)) text = text.replace(WEEKDAY, "");
  const time = readTime(text);
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(text);
    const date = match && read(match);
    if (date) return time ? { ...date, time: time.dayFirst } : date;
  }
  return time;
}

/** A whole number as the date that its eight digits write, 20120131; NaN where they don't. */
export function compactDate(value: number): number {
  if (!(value >= 19000101 && value <= 21001231)) return Number.NaN;
  return dayNumber(Math.floor(value / 10000), Math.floor(value / 100) % 100, value % 100);
}

/** Days of a cell in a column of this notation, NaN where it is none. */
export function daysOf(written: WrittenDate | undefined, { form, order }: Omit<DateNotation, "allowsOthers">): number {
  if (!written) return Number.NaN;
  if (form === "time") return written.form === "time" ? written.dayFirst : (written.time ?? Number.NaN);
  if (written.form === "time") return Number.NaN;
  return order === "day first" ? written.dayFirst : written.monthFirst;
}

/** What comes again: the year, the day, the week. An input each for its sine and its cosine. */
export type Cycle = "season" | "time of day" | "weekday";
export const CYCLES = ["season", "time of day", "weekday"] as const satisfies readonly Cycle[];

/** The share of the cycle that has gone by, from 0 to 1. */
export function phaseOf(days: number, cycle: Cycle): number {
  const whole = Math.floor(days);
  if (cycle === "time of day") return days - whole;
  if (cycle === "weekday") return ((((whole + 3) % 7) + 7) % 7) / 7; // 1970-01-01 was a Thursday; Monday is 0
  const { start, end } = yearOf(whole);
  return (days - start) / (end - start);
}

let lastYear = { start: 0, end: 365 };

/** The first day of a day's year and of the next; most days are in the year of the one before. */
function yearOf(day: number): { start: number; end: number } {
  if (day >= lastYear.start && day < lastYear.end) return lastYear;
  const year = new Date(day * MS).getUTCFullYear();
  lastYear = { start: dayNumber(year, 1, 1), end: dayNumber(year + 1, 1, 1) };
  return lastYear;
}

/** Hours and minutes, hours beyond a day too: `06:30`, `25:30`. */
function clockText(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** `2012-01-31`, with the time where there is one: `2012-01-31 06:30`; of a time, `06:30`. */
export function formatDate(days: number, { form }: Pick<DateNotation, "form">): string {
  const minutes = Math.round(days * 1440);
  if (form === "time") return clockText(minutes);
  const day = Math.floor(minutes / 1440);
  const date = new Date(day * MS).toISOString().slice(0, 10);
  return minutes === day * 1440 ? date : `${date} ${clockText(minutes - day * 1440)}`;
}
