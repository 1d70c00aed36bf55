// The worker of the workshop's map of death: trains one map, on workers beside it where there are cores, and tells it
// as it fills. It is ended by the page.
import { planMap } from "./map-range.js";
import type { Control } from "../../../figures/figure.js";
import { startTrialWorker } from "../../../figures/death-map/engine.js";
import { mapDataOf, mapPlanOf } from "../../../figures/death-map/map-plan.js";
import type { MapPicture } from "../../../figures/death-map/messages.js";
import { runMap } from "../../../figures/death-map/run-map.js";
import { countWorkers, TrialEngine } from "../../../figures/death-map/trial-engine.js";
import type { LearningTask } from "../../../tasks/learning-task.js";
import type { Recipe } from "../../../training/recipe.js";

export type ToMapWorker = { readonly kind: "map"; readonly recipe: Recipe; readonly task: LearningTask } | Control;

export type FromMapWorker =
  | {
      readonly kind: "picture";
      readonly picture: MapPicture;
      /** Of each training. */
      readonly steps: number;
      /** Rows of a sample, where there are too many for all. */
      readonly sample?: number;
    }
  | { readonly kind: "failed"; readonly message: string };

const host = globalThis as unknown as {
  postMessage(message: FromMapWorker): void;
  onmessage: ((event: MessageEvent<ToMapWorker>) => void) | null;
};
const engine = new TrialEngine(countWorkers(), startTrialWorker);

async function train(recipe: Recipe, whole: LearningTask): Promise<void> {
  const { range, task } = await planMap(recipe, whole);
  const { rows } = task.train.x;
  const about = {
    kind: "picture" as const,
    steps: range.epochs * Math.ceil(rows / recipe.batch),
    ...(rows < whole.train.x.rows && { sample: rows }),
  };
  const { signal } = new AbortController(); // the page ends the worker
  const tell = (picture: MapPicture) => host.postMessage({ ...about, picture });
  await runMap(mapPlanOf(recipe, task, range), mapDataOf(recipe, task), { engine, signal, tell });
}

host.onmessage = ({ data }) => {
  if (data.kind !== "map") return engine.setPaused(data.kind === "pause");
  train(data.recipe, data.task).catch((error: Error) => host.postMessage({ kind: "failed", message: error.message }));
};
