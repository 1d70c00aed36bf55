// A schedule as a function in Python: by which share the rate of a step is the highest one.
import type { Recipe, ScheduleName } from "../../../training/recipe.js";

const HALF_COSINE = ["def half_cosine(share):", "    return (1 + math.cos(math.pi * share)) / 2", ""];

const BODIES: Readonly<Record<Exclude<ScheduleName, "constant">, (steps: number) => readonly string[]>> = {
  cosine: (steps) => [`    return half_cosine(min(1, step / ${steps}))`],
  warmup: (steps) => [`    return min(1, 0.01 + 0.99 * step / ${steps})`],
  oneCycle: (steps) => [
    `    top, end = 0.3 * ${steps} - 1, ${steps - 1}`,
    "    at = min(step, end)",
    "    if at <= top:",
    "        return 1 + (1 / 25 - 1) * half_cosine(at / top)",
    "    return 4e-6 + (1 - 4e-6) * half_cosine((at - top) / (end - top))",
  ],
};

/** `rate_share(step)`, steps from 0, and `done`, how many there have been; nothing where the rate is constant. */
export function scheduleLines(
  { schedule, scheduleEpochs }: Pick<Recipe, "schedule" | "scheduleEpochs">,
  steps: number,
): string[] {
  if (schedule === "constant") return [];
  return [
    ...(schedule === "warmup" ? [] : HALF_COSINE),
    `def rate_share(step):  # ${schedule} over ${scheduleEpochs} epochs, ${steps} steps`,
    ...BODIES[schedule](steps),
    "",
    "done = 0  # steps",
    "",
  ];
}

export const scheduleImports = ({ schedule }: Pick<Recipe, "schedule">): string[] =>
  schedule === "cosine" || schedule === "oneCycle" ? ["import math"] : [];
