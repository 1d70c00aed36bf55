// The map's worker: trains the map, on workers beside it where there are cores, and the cell that is chosen.
import type { Control } from "../figure.js";
import { FULL_RANGE, mapDataOf, mapPlanOf, type MapRange } from "./map-plan.js";
import type { FromMapEngine, ToMapEngine } from "./messages.js";
import { runMap, trainCell } from "./run-map.js";
import { countWorkers, TrialEngine, type TrialWorker } from "./trial-engine.js";
import { planeTask } from "../../tasks/built-in-tasks.js";
import { DEFAULTS } from "../../training/recipe.js";

/** The network beside the map: the spiral's, as the workshop trains it. */
export const RECIPE = DEFAULTS;

/** Its file lies beside that of whoever asks for it. */
export function startTrialWorker(): TrialWorker | undefined {
  if (typeof Worker === "undefined") return undefined;
  return new Worker(new URL("trial-worker.js", import.meta.url), { type: "module", name: "trials of the map" });
}

export function serve(
  post: (reply: FromMapEngine, transfer?: Transferable[]) => void,
  range: MapRange = FULL_RANGE,
  engine = new TrialEngine(countWorkers(), startTrialWorker),
): (message: ToMapEngine | Control) => Promise<void> {
  const task = planeTask("spiral");
  const plan = mapPlanOf(RECIPE, task, range);
  const data = mapDataOf(RECIPE, task);
  return async (message) => {
    switch (message.kind) {
      case "pause":
      case "resume":
        return engine.setPaused(message.kind === "pause");
      case "map": {
        const { signal } = new AbortController(); // the worker ends with its figure
        await runMap(plan, data, { engine, signal, tell: (picture) => post({ kind: "map", picture }) });
        return;
      }
      case "train": {
        const course = await trainCell(plan, data, message, task.extent);
        post({ kind: "course", course }, [course.planes.buffer]);
      }
    }
  };
}
