// A worker that is ended from outside: nobody waits for it for ever.
import { startWorker } from "#worker";
import { expect, it } from "vitest";
import { createNetwork } from "../../src/worker.js";
import { expectRefusal } from "../support/errors.js";
import { classifier } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const data = sectors(100);

it("rejects what is pending, and later calls", async () => {
  const worker = await startWorker(undefined);
  const network = await createNetwork(classifier, { worker: () => worker });
  const twin = await network.clone();
  const pending = [network.fit(data, { epochs: 10_000_000 }), twin.fit(data, { epochs: 10_000_000 })].map((fit) =>
    fit.catch((error: unknown) => error),
  );
  await network.predict(data.x);
  worker.terminate();
  for (const error of await Promise.all(pending))
    expect(error).toMatchObject({
      name: "RelumineError",
      code: "disposed",
      path: "the worker",
    });
  for (const call of [() => network.predict(data.x), () => twin.fit(data), () => network.clone()])
    await expectRefusal(call, "disposed", "the worker");
  await network.dispose();
  await twin.dispose();
  const next = await createNetwork(classifier);
  expect((await next.predict(data.x)).rows).toBe(100);
  await next.dispose();
});

it("also where it is ended right after its first answer", async () => {
  for (let i = 0; i < 10; i++) {
    const worker = await startWorker(undefined);
    const network = await createNetwork(classifier, { worker: () => worker });
    const pending = network.fit(data, { epochs: 10_000_000 });
    worker.terminate();
    await expectRefusal(() => pending, "disposed", "the worker");
  }
});

it("a worker that does not start is told of", async () => {
  await expectRefusal(() => createNetwork(classifier, { worker: "/nothing/here.js" }), "unsupported", "the worker");
});

it("messages that are none, of the page's or of a worker's own, harm nothing (BREAK, F16)", async () => {
  const worker = await startWorker(undefined);
  const network = await createNetwork(classifier, { worker: () => worker });
  worker.postMessage(null, []);
  worker.postMessage(3, []);
  expect((await network.predict(data.x)).rows).toBe(100);
  await network.dispose();

  let hear: ((event: { data: unknown }) => void) | undefined;
  const silent = {
    postMessage() {},
    terminate() {},
    addEventListener: (type: string, listener: typeof hear) => void (type === "message" && (hear = listener)),
  };
  void createNetwork(classifier, { worker: () => silent as never }).catch(() => {});
  await expect.poll(() => hear).toBeDefined();
  for (const stray of [null, undefined, "text"]) hear!({ data: stray });
});
