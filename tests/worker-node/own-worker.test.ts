// A worker of one's own: its operations and callbacks, its errors, its end; and processes that end though a worker is idle.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { createNetwork, type NamedCallback, traceDeaths } from "../../src/worker.js";
import { expectRefusal } from "../support/errors.js";
import { classifier } from "../support/networks.js";
import { sectors } from "../support/samples.js";
import { PATIENCE_MS } from "../support/patience.js";

const run = promisify(execFile);
const data = sectors(96);
const file = new URL("own-worker.mjs", import.meta.url);
const entry = new URL("../../dist/worker.js", import.meta.url).href;

it.each([
  ["a function that starts it", () => new Worker(file)],
  ["its URL", file],
  ["its path", file.pathname],
])("runs operations and callbacks of its own: by %s", async (_by, worker) => {
  const network = await createNetwork(classifier, { worker: worker as URL });
  expect(await network.call("largestBias", 0)).toBe(0);
  const everyOther: NamedCallback = { name: "everyOther", options: { from: 3 } };
  const trace = traceDeaths();
  await network.fit(data, { epochs: 2, batchSize: 32, callbacks: [everyOther, trace] });
  expect(everyOther.results).toEqual([4, 6]);
  expect(trace.deaths).toEqual([]);
  await expectRefusal(
    () => network.fit(data, { callbacks: [{ name: "everyothr" }] }),
    "value",
    "callback",
    "everyOther",
  );
  await network.call("chatter"); // what is not of this package is not heard, on either side
  expect(await network.call("largestBias", 0)).toBeGreaterThan(0);
  await expectRefusal(() => network.call("unsendable"), "value", "the result.f", /function/);
  await expect(network.call("fail")).rejects.toMatchObject({ name: "TypeError", message: "failed" });
  await network.dispose();
});

it("an error that nobody catches is its end", async () => {
  const network = await createNetwork(classifier, { worker: file });
  const fit = network.fit(data, { epochs: 1_000_000 }).catch((error: unknown) => error);
  await network.call("crash").catch(() => {}); // its answer and its end travel by different ways: either may be first
  expect(await fit).toMatchObject({
    name: "RelumineError",
    code: "disposed",
    given: expect.stringContaining("RangeError: crashed"),
  });
  await expectRefusal(() => network.predict(data.x), "disposed", "the worker", "crashed");
});

it("a process ends though a network was forgotten, and not before its answers are there", async () => {
  const program = `
    import { createNetwork } from ${JSON.stringify(entry)};
    const network = await createNetwork({ inputs: 1, layers: [{ units: 4 }, { units: 1 }], loss: "meanSquaredError" });
    network.fit({ x: [[1], [2]], y: [1, 2] }, { epochs: 30000 }).then(({ epochs }) => console.log(epochs.length));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { timeout: PATIENCE_MS });
  expect(stdout.trim()).toBe("30000");
});

it("serve refuses to run outside of a worker", async () => {
  const { serve } = await import("../../src/serve.js");
  await expectRefusal(() => serve(), "unsupported", "serve");
});
