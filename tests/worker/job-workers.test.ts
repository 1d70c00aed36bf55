// Workers that do jobs side by side: how many are started, when, and what becomes of jobs where none starts.
import { expect, test } from "vitest";
import { startWorker } from "#worker";
import { proveWith } from "../../src/diagnosis/proof/prove-network.js";
import type { Network } from "../../src/index.js";
import { countCores } from "../../src/wasm/threads.js";
import { startProofWorkers, startTrialWorkers } from "../../src/worker/job-workers.js";
import type { WorkerLike } from "../../src/worker/port.js";
import { withNetwork } from "../support/networks.js";
import { seededRandom } from "../support/random.js";

const box = { low: Array<number>(12).fill(-1), high: Array<number>(12).fill(1) };
const MOST = Math.max(2, countCores());

/** Its biases leave many units closed on most of the box. */
function withHalfClosed(widths: readonly number[], use: (network: Network) => Promise<void>): Promise<void> {
  const random = seededRandom(5);
  const layers = [...widths, 1].map((units) => ({ units }));
  return withNetwork({ inputs: 12, layers, loss: "meanSquaredError", seed: 5 }, (network) => {
    for (const layer of network.layers.slice(0, -1))
      layer.setWeights({ bias: Float32Array.from({ length: layer.units }, () => random() - 1.5) });
    return use(network);
  });
}

function counting(start: () => Promise<WorkerLike>) {
  const counted = {
    started: 0,
    start: () => {
      counted.started++;
      return start();
    },
  };
  return counted;
}

test("proofs start no more workers than there are jobs, nor than there are cores", () =>
  withHalfClosed([40, 40], async (network) => {
    const alone = await proveWith(async () => undefined, network, { box }, { budget: 2e7 });
    const many = counting(() => startWorker(undefined));
    expect(await proveWith(startProofWorkers(many.start), network, { box }, { budget: 2e7, threads: 64 })).toEqual(
      alone,
    );
    expect(many.started).toBeGreaterThan(1);
    expect(many.started).toBeLessThanOrEqual(MOST);
  }));

test("none is started where there is no job for it", () =>
  withHalfClosed([6], async (network) => {
    const none = counting(() => startWorker(undefined));
    const { units } = await proveWith(startProofWorkers(none.start), network, { box }, { threads: 64 });
    expect(units).toHaveLength(6);
    expect(none.started).toBe(0);
  }));

test("where one does not start no other is tried, and the jobs are done here", () =>
  withHalfClosed([40, 40], async (network) => {
    const alone = await proveWith(async () => undefined, network, { box }, { budget: 2e7 });
    const failing = counting(() => Promise.reject(new Error("no workers here")));
    expect(await proveWith(startProofWorkers(failing.start), network, { box }, { budget: 2e7 })).toEqual(alone);
    expect(failing.started).toBeLessThanOrEqual(MOST);
  }));

/** A worker that does the first half of the jobs it is sent, and tells their numbers. */
function doingHalf(done: number[]): WorkerLike {
  const listeners: ((event: { data: unknown }) => void)[] = [];
  return {
    postMessage({ kind, id, name, args }: { kind: string; id?: number; name?: string; args?: number[][] }) {
      if (kind !== "call") return;
      const jobs = name === "trials" ? args![0] : [];
      const value = jobs.slice(0, Math.ceil(jobs.length / 2));
      done.push(...value);
      queueMicrotask(() => listeners.forEach((listen) => listen({ data: { kind: "result", id, value } })));
    },
    terminate: () => undefined,
    addEventListener: (event: string, listen: (typeof listeners)[number]) =>
      event === "message" && listeners.push(listen),
  } as WorkerLike;
}

test("jobs that a worker did not come to are sent again, each once, and have their own results", async () => {
  const done: number[] = [];
  const workers = (await startTrialWorkers(async () => doingHalf(done))({} as never, 2))!;
  const jobs = Array.from({ length: 200 }, (_, job) => job);
  const results = await Promise.all(jobs.map((job) => workers.run(job as never)));
  workers.end();
  expect(results).toEqual(jobs);
  expect(done.toSorted((a, b) => a - b)).toEqual(jobs);
});
