// Networks whose memory lies near WebAssembly's 4 GiB: addresses above 2 GiB give the same bits as low ones, and what
// does not fit is refused before anything is changed.
import { describe, expect, it } from "vitest";
import {
  adam,
  calibrate,
  createNetwork,
  diagnose,
  type Network,
  type NetworkSpec,
  traceDeaths,
  treat,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { expectUntouched, weightsOf } from "../support/networks.js";
import { expectRefusal } from "../support/errors.js";
import { labelled } from "../support/samples.js";

const PAGE = 65536;
const PAGES = 65536;

const spec: NetworkSpec = {
  inputs: 150,
  layers: [{ units: 140, biasInitializer: -0.1 }, { units: 133, activation: "prelu" }, { units: 10 }],
  loss: "crossEntropy",
  seed: 3,
};
const data = labelled(200, 150);

/** Moves the end of what is in use to where so many bytes are left; the pages between are never touched. */
function leave(network: Network, bytes: number): void {
  const { heap } = stateOf(network).runtime;
  heap.memory.grow(PAGES - heap.memory.buffer.byteLength / PAGE);
  (heap as unknown as { makeViews(): void }).makeViews();
  Object.assign(heap, { end: PAGES * PAGE - bytes, gaps: [] });
}

async function work(network: Network): Promise<unknown[]> {
  const trace = traceDeaths();
  const history = await network.fit(data, {
    epochs: 3,
    batchSize: 50,
    optimizer: adam(),
    validation: 0.2,
    callbacks: [trace],
  });
  const treatment = await treat(network, data.x, { kind: "recycle", dormantBelow: 0.5 });
  treatment.undo(); // else what it put aside is given back when it is collected: a gap at a low address
  return [
    history.epochs.map(({ loss, validation }) => [loss, validation!.loss]),
    network.predict(data.x).data,
    network.evaluate(data),
    String(diagnose(network, data.x, { targets: data.y, proofs: true })),
    trace.deaths,
    treatment.treated,
    String(await calibrate(network, data.x)),
    weightsOf(network),
  ];
}

describe.each([1, 2])("%i threads", (threads) => {
  it("give the same bits where the 2 GiB are crossed and at the end of the 4", async () => {
    using low = await createNetwork(spec, { threads });
    const expected = await work(low);
    using other = await createNetwork(spec, { threads });
    for (const bytes of [2 ** 31 + 2 ** 17, 2 ** 24]) {
      leave(other, bytes);
      using high = await createNetwork(spec, { threads });
      const results = await work(high);
      const { runtime } = stateOf(high);
      expect(runtime).toBe(stateOf(other).runtime);
      expect(stateOf(high).layer(0).kernel.byteOffset).toBeGreaterThanOrEqual(2 ** 32 - bytes);
      results.forEach((result, i) =>
        expect(JSON.stringify(result) === JSON.stringify(expected[i]), `${bytes} bytes, result ${i}`).toBe(true),
      );
    }
  });

  it("refuse what does not fit, with nothing changed, and go on", async () => {
    using network = await createNetwork(spec, { threads });
    leave(network, 2 ** 21);
    using high = await createNetwork(spec, { threads });
    const { heap } = stateOf(high).runtime;
    await high.fit(data, { epochs: 1, batchSize: 50 });
    const expected = high.predict(data.x);
    const { used } = heap;
    const many = labelled(6000, 150);
    await expectUntouched(high, () => high.fit(many, { batchSize: 6000 }), "memory", "the inputs of a batch");
    await expectRefusal(() => createNetwork({ ...spec, inputs: 20_000 }, { threads }), "memory");
    expect(heap.used).toBe(used);
    expect(high.predict(data.x)).toEqual(expected);
    expect((await high.fit(data, { epochs: 1, batchSize: 50 })).epochs).toHaveLength(1);
  });
});
