// What tests of queues share: a plan, workers as processes, and what of a result may not differ.
import { once } from "node:events";
import { localEngine, sweep, type SweepPlan, type SweepResult } from "../../../src/sweep.js";
import { MAIN } from "../../cli/run.js";
import { newFolder } from "../../support/folder.js";
import { sectors } from "../../support/samples.js";
import { startService } from "../../support/services.js";

export const rows = sectors(120);

/** A plan of so many trials that take some milliseconds each. */
export function planOf(trials: number, epochs = 2): SweepPlan {
  return {
    base: {
      spec: { inputs: 2, layers: [{ units: 8 }, { units: 8 }, { units: 3 }], loss: "crossEntropy" },
      fit: { epochs, optimizer: "sgd" },
    },
    axes: { learningRate: { from: 0.01, to: 10, count: Math.max(2, trials / 10), scale: "log" }, bias: [-1, 0] },
    repeats: 5,
    arithmetic: "reproducible",
  };
}

/** All that is the same whoever did the trials. */
export const plain = ({ trials, best }: SweepResult) => ({
  trials: trials.map(({ seconds: _seconds, host: _host, resumed: _resumed, ...rest }) => rest),
  best: best && { at: best.at, score: best.score },
});

export async function localResult(plan: SweepPlan) {
  return plain(await sweep(plan, rows, { engine: localEngine() }));
}

/** A `relumine worker`, ready. */
export async function startMachine(url: string, ...args: readonly string[]) {
  const cache = newFolder("cache");
  const all = [MAIN, "worker", "--queue", url, "--threads", "1", "--cache", cache, ...args];
  const { child, close } = await startService(all, /Waiting for trials/);
  const output: string[] = [];
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk: Buffer) => output.push(String(chunk)));
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return {
    child,
    /** All that it says from now on. */
    said: () => output.join(""),
    close,
    /** Asks it to end, and gives its exit code. */
    async end(): Promise<number | null> {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
      return child.exitCode;
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
