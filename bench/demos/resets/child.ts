// A process of the trial: it gets jobs and sends what came of them, one after another.
import { type Job, runJob } from "./run.js";

process.on("message", (job: Job) => {
  void runJob(job).then(
    (outcome) => process.send!({ outcome }),
    (error: unknown) => process.send!({ error: String(error) }),
  );
});
