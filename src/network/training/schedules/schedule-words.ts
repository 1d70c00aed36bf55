// A schedule in one line, as the command line takes it: `warmup:epochs=2,cosine:minimum=1e-5`.
import { checkSchedule, type Schedule } from "./schedules.js";
import { RelumineError } from "../../../core/errors.js";

/** Numbers, true and false, lists of numbers (`3+6`), else words. */
function valueOf(words: string): unknown {
  if (words === "true" || words === "false") return words === "true";
  const numbers = words.split("+").map(Number);
  if (words !== "" && numbers.every(Number.isFinite)) return numbers.length > 1 ? numbers : numbers[0];
  return words;
}

/**
 * name:option=value,option=value; after a warm-up, behind a comma, the schedule that follows it.
 * @throws RelumineError "value"
 */
export function readScheduleWords(words: string): Schedule {
  const schedules: { name: string; options: Record<string, unknown> }[] = [];
  for (const part of words.split(",")) {
    const [, name, option, value] = /^(?:([A-Za-z]+)(?::|$))?(?:([A-Za-z]+)=(.*))?$/.exec(part.trim()) ?? [];
    if (name !== undefined) schedules.push({ name, options: {} });
    const last = schedules.at(-1);
    if (!last || (name === undefined && option === undefined))
      throw new RelumineError("value", "the schedule", "to be such as cosine or warmup:epochs=2,cosine", words);
    if (option !== undefined) last.options[option] = option === "after" ? [valueOf(value)].flat() : valueOf(value);
  }
  const [first, next, ...others] = schedules;
  if (others.length > 0 || (next && first.name !== "warmup"))
    throw new RelumineError("value", "the schedule", "to be one, or one after a warm-up", words);
  return checkSchedule("schedule", next ? { ...first, options: { ...first.options, next } } : first);
}
