import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it, vi } from "vitest";
import { createNetwork, sgd } from "../../src/index.js";
import { labelled } from "../support/samples.js";
import { PATIENCE_MS } from "../support/patience.js";
import { started } from "../support/started-helpers.js";

vi.mock("#helpers", async (original) => (await import("../support/started-helpers.js")).noteStarted(original));

const spec = { inputs: 200, layers: [{ units: 150 }, { units: 10 }], loss: "crossEntropy" } as const;
const data = labelled(256, spec.inputs);

it("a thread that dies fails the fit and leaves the weights of the last whole step", async () => {
  const network = await createNetwork(spec, { threads: 2 });
  let afterLastStep: Float32Array | undefined;
  const steps: number[] = [];
  const training = network.fit(data, {
    epochs: 100_000,
    batchSize: 64,
    optimizer: sgd(),
    callbacks: [
      {
        onBatchEnd({ step }) {
          steps.push(step);
          afterLastStep = network.layers[0].getWeights().kernel;
          if (step === 10) started[0].stop();
        },
      },
    ],
  });
  await expect(training).rejects.toMatchObject({
    code: "disposed",
    path: "threads",
  });
  expect(steps.length).toBeGreaterThanOrEqual(10);
  expect(network.layers[0].getWeights().kernel).toEqual(afterLastStep);
  await expect(network.fit(data, { batchSize: 64 })).rejects.toMatchObject({ code: "disposed" });

  const copy = await network.clone(); // lives in a new runtime
  expect(copy.layers[0].getWeights().kernel).toEqual(afterLastStep);
  const history = await copy.fit(data, { epochs: 2, batchSize: 64, optimizer: sgd() });
  expect(history.epochs).toHaveLength(2);
});

it("an idle pool costs no CPU and keeps no process alive", async () => {
  const program = `
    import { createNetwork } from "relumine";
    const network = await createNetwork(${JSON.stringify(spec)}, { threads: 3 });
    const rows = 64;
    const x = { rows, columns: 200, data: new Float32Array(rows * 200) };
    await network.fit({ x, y: new Array(rows).fill(1) }, { epochs: 1, batchSize: 64 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 600));
    const { user, system } = process.cpuUsage(before);
    console.log(network.runtime.threads, (user + system) / 1000);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], {
    timeout: PATIENCE_MS,
  });
  const [threads, milliseconds] = stdout.trim().split(" ").map(Number);
  expect(threads).toBe(3);
  expect(milliseconds).toBeLessThan(60); // a spinning helper would have used 600
});
