// A worker beside the figure's own: rows first, then one trial after another.
import { openWork, type OpenWork } from "../../../src/sweep/engine.js";
import type { ToTrialWorker } from "./trial-engine.js";
import { tellRejections } from "../parts/tell-rejections.js";

const host = globalThis as unknown as Pick<Worker, "postMessage" | "onmessage">;
let work: OpenWork | undefined;

host.onmessage = async ({ data }: MessageEvent<ToTrialWorker>) => {
  if ("file" in data) work = openWork(data.file, data.arithmetic);
  else host.postMessage(await work!.run(data.task));
};

tellRejections();
