// A schedule as a function of the step of the whole training. In JavaScript, for programs whose training is more than
// one fit, by the arithmetic of the package's own, so that rates are the same to the bit.
import type { LearningTask } from "../../../tasks/learning-task.js";
import type { Recipe, ScheduleName } from "../../../training/recipe.js";

/** In JavaScript, and in Python. */
type Lines = readonly [javascript: readonly string[], python: readonly string[]];

const HALF_COSINE: Lines = [
  [
    "// (1 + cos(pi * share)) / 2 as a series, since Math.cos differs between engines.",
    "function halfCosine(share) {",
    "  const square = ((Math.PI / 2) * share) ** 2;",
    "  let sum = 1;",
    "  for (let n = 13; n > 0; n--) sum = 1 - (square / (2 * n * (2 * n - 1))) * sum;",
    "  return sum * sum;",
    "}",
    "",
  ],
  ["def half_cosine(share):", "    return (1 + math.cos(math.pi * share)) / 2", ""],
];

/** In JavaScript of a step from 1: its rate; in Python of one from 0: by which share it is the highest. */
const BODIES: Readonly<Record<Exclude<ScheduleName, "constant">, (steps: number) => Lines>> = {
  cosine: (steps) => [
    [`  return rate * halfCosine(Math.min(1, (step - 1) / ${steps}));`],
    [`    return half_cosine(min(1, step / ${steps}))`],
  ],
  warmup: (steps) => [
    [`  return step <= ${steps} ? rate * (0.01 + (0.99 * (step - 1)) / ${steps}) : rate;`],
    [`    return min(1, 0.01 + 0.99 * step / ${steps})`],
  ],
  oneCycle: (steps) => [
    [
      "  const [first, last] = [rate / 25, rate / 25 / 10_000];",
      `  const [top, end] = [0.3 * ${steps} - 1, ${steps - 1}];`,
      "  const at = Math.min(step - 1, end);",
      "  if (at <= top) return rate + (first - rate) * (top > 0 ? halfCosine(at / top) : 0);",
      "  return last + (rate - last) * halfCosine((at - top) / (end - top));",
    ],
    [
      `    top, end = 0.3 * ${steps} - 1, ${steps - 1}`,
      "    at = min(step, end)",
      "    if at <= top:",
      "        return 1 + (1 / 25 - 1) * half_cosine(at / top)",
      "    return 4e-6 + (1 - 4e-6) * half_cosine((at - top) / (end - top))",
    ],
  ],
};

type Task = Pick<LearningTask, "train">;
const usesCosine = ({ schedule }: Recipe): boolean => schedule === "cosine" || schedule === "oneCycle";

/** The steps that the schedule takes. */
const stepsOf = ({ batch, scheduleEpochs }: Recipe, { train }: Task): number =>
  Math.ceil(train.x.rows / batch) * scheduleEpochs;

/** `scheduled(rate, step)`, the rate of a step, where the highest is `rate`; nothing where the rate is constant. */
export function scheduledLines(recipe: Recipe, task: Task): string[] {
  if (recipe.schedule === "constant") return [];
  return [
    ...(usesCosine(recipe) ? HALF_COSINE[0] : []),
    "// The rate by the step of the whole training.",
    "function scheduled(rate, step) {",
    ...BODIES[recipe.schedule](stepsOf(recipe, task))[0],
    "}",
    "",
  ];
}

/** `rate_share(step)` and `done`, how many there have been; nothing where the rate is constant. */
export function rateShareLines(recipe: Recipe, task: Task): string[] {
  const { schedule, scheduleEpochs } = recipe;
  if (schedule === "constant") return [];
  const steps = stepsOf(recipe, task);
  return [
    ...(usesCosine(recipe) ? HALF_COSINE[1] : []),
    `def rate_share(step):  # ${schedule} over ${scheduleEpochs} epochs, ${steps} steps`,
    ...BODIES[schedule](steps)[1],
    "",
    "done = 0  # steps",
    "",
  ];
}

export const scheduleImports = (recipe: Recipe): string[] => (usesCosine(recipe) ? ["import math"] : []);
