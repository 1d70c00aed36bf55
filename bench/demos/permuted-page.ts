// The page that `demo:permuted --html` writes: accuracy and dead units by task, each method a line with the range of
// its runs around it.
import { pageToHtml } from "../../src/report/page.js";
import type { Series } from "../../src/report/svg/lines.js";
import { mean } from "../statistics.js";
import type { MethodRuns, PermutedRun } from "./permuted-types.js";

interface Setup {
  readonly tasks: number;
  readonly rate: number;
  readonly widths: readonly number[];
  readonly batch: number;
  readonly replacementRate: number;
  readonly maturity: number;
  readonly everySteps: number;
  readonly dormantBelow: number;
}

const WINDOW = 5; // tasks on each side that a point of a line is the mean of

/** Of each task, over runs and neighbouring tasks: the mean, and the lowest and highest of the runs' own means. */
function series({ name, runs }: MethodRuns, of: (run: PermutedRun) => readonly number[]): Series {
  const tasks = Math.min(...runs.map((run) => of(run).length));
  const means = Array.from({ length: tasks }, (_, task) =>
    runs.map((run) => mean(of(run).slice(Math.max(0, task - WINDOW), Math.min(tasks, task + WINDOW + 1)))),
  );
  return {
    name,
    points: means.map((each, task) => [task + 1, mean(each)]),
    band: means.map((each) => [Math.min(...each), Math.max(...each)]),
  };
}

/** The page as text. */
export function page(
  courses: readonly MethodRuns[],
  { tasks, rate, widths, batch, replacementRate, maturity, everySteps, dormantBelow }: Setup,
): string {
  const hidden = widths.slice(1, -1).reduce((sum, units) => sum + units, 0);
  const runs = courses[0]!.runs.length;
  const plot = (title: string, label: string, of: (run: PermutedRun) => readonly number[]) =>
    ({
      kind: "lines",
      title,
      x: { label: "task" },
      y: { label },
      series: courses.map((course) => series(course, of)),
    }) as const;
  return pageToHtml({
    title: "Permuted digits: does a network keep its ability to learn?",
    lead: [
      `The handwritten digits, ${tasks} tasks one after another: in each the pixels have another order, ` +
        "and the network trains on for one epoch. " +
        "A network that keeps its ability to learn does as well on the last task as on the first.",
    ],
    sections: [
      {
        id: "tasks",
        heading: "Task by task",
        content: [
          {
            kind: "plots",
            plots: [
              plot("Accuracy on held-out rows of the task", "percent", ({ accuracy }) =>
                accuracy.map((share) => 100 * share),
              ),
              plot(`Dead units, of ${hidden}`, "units", ({ dead }) => dead),
            ],
          },
        ],
      },
    ],
    foot: [
      `${widths.join("-")}, Adam ${rate}, batch ${batch}; ${runs} network${runs === 1 ? "" : "s"} a method: ` +
        `the line is their mean over ${2 * WINDOW + 1} tasks around, ` +
        "the band reaches from the lowest to the highest. " +
        `Continual backprop: replacement rate ${replacementRate}, maturity ${maturity}. ` +
        `ReDo: every ${everySteps} steps, dormant below ${dormantBelow}. ` +
        "Accuracy on 360 held-out rows of the task after its epoch; dead: above 0 on none of its 1437 training rows.",
    ],
  });
}
