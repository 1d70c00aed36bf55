// A schedule as a function of the step of the whole training, for programs whose training is more than one fit: the
// arithmetic of the package's own, so that rates are the same to the bit.
import type { LearningTask } from "../../../tasks/learning-task.js";
import type { Recipe, ScheduleName } from "../../../training/recipe.js";

/** The steps that the schedule takes. */
export function scheduleSteps({ batch, scheduleEpochs }: Recipe, { train }: Pick<LearningTask, "train">): number {
  return Math.ceil(train.x.rows / batch) * scheduleEpochs;
}

const HALF_COSINE = [
  "// (1 + cos(pi * share)) / 2 as a series, since Math.cos differs between engines.",
  "function halfCosine(share) {",
  "  const square = ((Math.PI / 2) * share) ** 2;",
  "  let sum = 1;",
  "  for (let n = 13; n > 0; n--) sum = 1 - (square / (2 * n * (2 * n - 1))) * sum;",
  "  return sum * sum;",
  "}",
  "",
];

const BODIES: Readonly<Record<Exclude<ScheduleName, "constant">, (steps: number) => readonly string[]>> = {
  cosine: (steps) => [`  return rate * halfCosine(Math.min(1, (step - 1) / ${steps}));`],
  warmup: (steps) => [`  return step <= ${steps} ? rate * (0.01 + (0.99 * (step - 1)) / ${steps}) : rate;`],
  oneCycle: (steps) => [
    "  const [first, last] = [rate / 25, rate / 25 / 10_000];",
    `  const [top, end] = [0.3 * ${steps} - 1, ${steps - 1}];`,
    "  const at = Math.min(step - 1, end);",
    "  if (at <= top) return rate + (first - rate) * (top > 0 ? halfCosine(at / top) : 0);",
    "  return last + (rate - last) * halfCosine((at - top) / (end - top));",
  ],
};

/** `scheduled(rate, step)`, the rate of a step, from 1, where the highest is `rate`. */
export function scheduleLines({ schedule }: Recipe, steps: number): string[] {
  if (schedule === "constant") return [];
  return [
    ...(schedule === "warmup" ? [] : HALF_COSINE),
    "// The rate by the step of the whole training.",
    "function scheduled(rate, step) {",
    ...BODIES[schedule](steps),
    "}",
    "",
  ];
}
