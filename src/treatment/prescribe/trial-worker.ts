// A worker of workers-node.ts: one job at a time, one outcome back.
import { parentPort, workerData } from "node:worker_threads";
import { type Job, runJob, type Setup } from "./run-trial.js";

parentPort!.on("message", async (job: Job) => parentPort!.postMessage(await runJob(workerData as Setup, job)));
parentPort!.postMessage("ready");
