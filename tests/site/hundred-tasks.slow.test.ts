// What the figure "A hundred tasks" says was measured beforehand, measured again: at each rate one of the starts, which
// the run's seed chooses. RELUMINE_LONG=6 measures all of them; that takes a minute.
import { expect, test } from "vitest";
import { digits } from "../playground/engine-harness.js";
import { MEASURED } from "../../site/figures/hundred-tasks/measured.js";
import { meanOfTen, METHODS, TASKS } from "../../site/figures/hundred-tasks/messages.js";
import { TaskStream } from "../../site/figures/hundred-tasks/stream.js";
import { digitsTask } from "../../site/tasks/built-in-tasks.js";
import { someOf } from "../support/times.js";

const task = digitsTask(digits());

async function lastTenTasks(rate: number, seed: number): Promise<number[]> {
  const stream = await TaskStream.create(task, { rate, seed });
  while (!stream.isOver) await stream.learnNext();
  stream.dispose();
  return METHODS.map((_, method) =>
    meanOfTen(
      stream.results.map(({ accuracy }) => accuracy[method]),
      TASKS - 1,
    ),
  );
}

test.for(MEASURED)("accuracy in the last ten of a hundred tasks at a rate of $rate", async ({ rate, accuracy }) => {
  for (const start of someOf([...accuracy.keys()], 1)) {
    const measured = await lastTenTasks(rate, start + 1);
    expect([start, ...measured.map((share) => Number(share.toFixed(4)))]).toEqual([start, ...accuracy[start]]);
  }
});
