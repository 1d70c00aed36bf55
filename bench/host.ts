// What only Node can measure: start-up of a cold process, memory, garbage.
import { execFileSync } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { sgd } from "../src/index.js";
import { stateOf } from "../src/network/state/state.js";
import type { Case, Context, Figure } from "./measure.js";
import { create } from "./networks.js";
import { summarize } from "./turns.js";
import { samples, WORKLOADS } from "./workloads.js";

const FIRST_STEP = `
import { createNetwork, sgd } from "./dist/index.js";
const layers = [{ units: 16 }, { units: 16 }, { units: 1 }];
const network = await createNetwork({ inputs: 2, layers, loss: "meanSquaredError" });
const x = { rows: 32, columns: 2, data: new Float32Array(64).fill(0.5) };
await network.fit({ x, y: new Float32Array(32) }, { epochs: 1, optimizer: sgd() });
process.exit();`;
const STARTS = 15;

/** Wall seconds of a Node process that runs this module. */
function runProcess(source: string): number {
  const start = performance.now();
  execFileSync(process.execPath, ["--input-type=module", "--eval", source], { stdio: "ignore" });
  return (performance.now() - start) / 1e3;
}

/** Import to the first step of W1, beyond an empty program; the two by turns. Runs the built package in dist/. */
async function startUp(): Promise<Figure> {
  const differences = Array.from({ length: STARTS }, () => -runProcess("process.exit();") + runProcess(FIRST_STEP));
  return {
    ...summarize(differences.map((seconds) => seconds * 1e3)),
    unit: "ms",
    wanted: { atMost: 60 },
    note: `median of ${STARTS} pairs of processes`,
  };
}

const MIB = 2 ** 20;

/**
 * What a network takes in WebAssembly memory beyond weights, gradient and two batches of activations (plain SGD has no
 * state), packing space included.
 */
async function memoryBeyond(context: Context): Promise<Figure> {
  const workload = WORKLOADS[2]!;
  const network = await create(workload, context);
  const { runtime } = stateOf(network);
  const before = runtime.heap.used - network.parameterCount * 4 - runtime.kernels.gemmWorkspaceBytes();
  await network.fit(samples(workload, workload.batch), { epochs: 1, batchSize: workload.batch, optimizer: sgd() });
  const activations = workload.batch * workload.widths.reduce((sum, units) => sum + units, 0) * 4;
  const beyond = runtime.heap.used - before - 2 * network.parameterCount * 4 - 2 * activations;
  network.dispose();
  return { value: Math.max(0, beyond) / MIB, unit: "MiB", wanted: { atMost: 4 } };
}

const GARBAGE_TURNS = 5;
/** Bytes: a boxed number in each step would be 12 or 16. */
const LESS_THAN_A_NUMBER = 8;

/**
 * Bytes that a step of W1 leaves on the JavaScript heap: 11 000 steps against 1000. Each after a collection of young
 * objects alone: a full one throws compiled code away, and code that is not compiled yet boxes its numbers.
 */
async function garbagePerStep(context: Context): Promise<Figure> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as (options: { type: "minor" }) => void;
  const workload = WORKLOADS[0]!;
  const network = await create(workload, context);
  const data = samples(workload, workload.batch * 1000);
  const optimizer = sgd({ learningRate: 1e-4 });
  const growth = async (epochs: number): Promise<number> => {
    collect({ type: "minor" });
    const before = process.memoryUsage().heapUsed;
    await network.fit(data, { epochs, batchSize: workload.batch, optimizer });
    return process.memoryUsage().heapUsed - before;
  };
  await growth(30);
  const perStep: number[] = [];
  for (let turn = 0; turn < GARBAGE_TURNS; turn++) perStep.push((-(await growth(1)) + (await growth(11))) / 10_000);
  network.dispose();
  return {
    ...summarize(perStep),
    unit: "bytes",
    wanted: { atMost: LESS_THAN_A_NUMBER },
    note: "over 10 000 steps: turns of the event loop and the epochs' logs",
  };
}

export function hostCases(context: Context): Case[] {
  return [
    { name: "start-up W1, import to first step", run: startUp },
    { name: "memory W3, beyond what it must hold", run: () => memoryBeyond(context) },
    { name: "garbage W1, a step", run: () => garbagePerStep(context) },
  ];
}
