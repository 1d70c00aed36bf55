// What the figure "A hundred tasks" says was measured beforehand, measured again.
import { describe, expect, test } from "vitest";
import { digits } from "../playground/engine-harness.js";
import { MEASURED } from "../../site/figures/hundred-tasks/measured.js";
import { meanOfTen, METHODS, TASKS } from "../../site/figures/hundred-tasks/messages.js";
import { TaskStream } from "../../site/figures/hundred-tasks/stream.js";
import { digitsTask } from "../../site/tasks/built-in-tasks.js";

const task = digitsTask(digits());

async function lastTenTasks(rate: number, seed: number): Promise<number[]> {
  const stream = await TaskStream.create(task, { rate, seed });
  while (stream.results.length < TASKS) await stream.learnNext();
  stream.dispose();
  return METHODS.map((_, method) =>
    meanOfTen(
      stream.results.map(({ accuracy }) => accuracy[method]),
      TASKS - 1,
    ),
  );
}

describe("accuracy in the last ten of a hundred tasks, over the starts", () => {
  test.for(MEASURED)("at a rate of $rate", async ({ rate, starts, accuracy }) => {
    const sums = METHODS.map(() => 0);
    for (let seed = 1; seed <= starts; seed++)
      (await lastTenTasks(rate, seed)).forEach((value, method) => (sums[method] += value));
    expect(sums.map((sum) => Number((sum / starts).toFixed(3)))).toEqual(accuracy);
  });
});
