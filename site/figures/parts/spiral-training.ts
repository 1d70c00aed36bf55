// What trains in the figures that follow one network's deaths: small layers that learn the spiral, step by step.
import type { Pace } from "./pace.js";
import type { FitOptions, Network } from "../../../src/index.js";
import { createNetwork } from "../../../src/network/network.js";
import { planeTask } from "../../tasks/built-in-tasks.js";

export const task = planeTask("spiral");
export const BATCH = 16;

export function createSpiralNetwork(hidden: readonly number[], seed: number): Promise<Network> {
  const layers = [...hidden, task.outputs].map((units) => ({ units }));
  return createNetwork({ inputs: 2, layers, loss: task.loss, seed }, { arithmetic: "reproducible" });
}

interface Steps {
  readonly last: number;
  /** The steps that were taken, this one included. */
  after(step: number): void;
}

/** Trains until the pace says stop, or the last step. */
export async function fitAtPace(network: Network, options: FitOptions, pace: Pace, steps: Steps): Promise<void> {
  if ((await pace.next()) === "stop") return;
  await network.fit(task.train, {
    ...options,
    callbacks: [
      ...(options.callbacks ?? []),
      {
        onBatchEnd: ({ step }, { stop }) => {
          steps.after(step);
          if (step >= steps.last) return stop();
          return pace.next()?.then((answer) => (answer === "stop" ? stop() : undefined));
        },
      },
    ],
  });
}
