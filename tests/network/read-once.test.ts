// Objects of the caller's that change between two reads, or while a fit runs: no effect, or a RelumineError.
import { expect, test } from "vitest";
import { createNetwork, exportNetwork, type NetworkSpec, sgd } from "../../src/index.js";
import { createKernels } from "../../src/kernels.js";
import { stateOf } from "../../src/network/state/state.js";
import { relumineError, expectRefusal } from "../support/errors.js";
import { classifier, weightsOf, withNetwork } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const spec: NetworkSpec = { inputs: 2, layers: [{ units: 3 }, { units: 1 }], loss: "meanSquaredError", seed: 1 };
const { x, y } = sectors(40);
const matrix = () => ({ rows: 40, columns: 2, data: Float32Array.from(x.flat()) });

/** An object whose members each give the first value once and the second ever after. */
function turning(members: Record<string, readonly [unknown, unknown]>): Record<string, unknown> {
  const object = {};
  for (const [name, [first, later]] of Object.entries(members)) {
    let reads = 0;
    Object.defineProperty(object, name, { enumerable: true, get: () => (reads++ === 0 ? first : later) });
  }
  return object;
}

test("a matrix whose fields change between two reads is the one that was read first, and the memory stays whole (BREAK, F8)", () =>
  withNetwork(spec, async (network) => {
    const data = Float32Array.from({ length: 8 }, (_, i) => i);
    const expected = network.predict({ rows: 4, columns: 2, data });
    const fields = { rows: [4, Number.NaN], columns: [2, 1.5], data: [data, null] } as const;
    const { heap } = stateOf(network).runtime;
    expect(network.predict(turning(fields) as never)).toEqual(expected);
    const targets = turning({ rows: [4, Number.NaN], columns: [1, -1], data: [new Float32Array(4), null] });
    await network.fit({ x: turning(fields), y: targets } as never, { epochs: 1 });
    expect(Number.isSafeInteger(heap.used)).toBe(true);
    using first = await createNetwork(spec);
    using second = await createNetwork({ ...spec, seed: 2 });
    expect(weightsOf(first)).not.toEqual(weightsOf(second));
  }));

test("data, options, layers and weights are read once (BREAK, F8)", async () => {
  const train = (disturb: boolean) =>
    withNetwork(classifier, async (network) => {
      const options = { epochs: 2, batchSize: 8, optimizer: sgd() };
      const later = { x: null, y: null, epochs: Number.NaN, batchSize: 0, optimizer: null };
      const change = (given: object) =>
        disturb ? turning(Object.fromEntries(Object.entries(given).map(([k, v]) => [k, [v, later[k as "x"]]]))) : given;
      await network.fit(change({ x, y }) as never, change(options) as never);
      return weightsOf(network);
    });
  expect(await train(true)).toEqual(await train(false));
  await withNetwork(spec, async (network) => {
    const bias = Float32Array.of(1, 2, 3);
    network.layers[0].setWeights(turning({ bias: [bias, new Float32Array(99)] }) as never);
    expect(network.layers[0].getWeights().bias).toEqual(bias);
  });
  using turned = await createNetwork(turning({ ...each(spec), layers: [spec.layers, null] }) as never);
  expect(turned.parameterCount).toBe(2 * 3 + 3 + 3 + 1);
});

function each(object: object): Record<string, readonly [unknown, unknown]> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, [value, value]]));
}

test("an option that an object inherits is checked as its own (BREAK, F16)", () =>
  withNetwork(classifier, (network) =>
    expectRefusal(
      () => network.fit({ x, y }, Object.create({ epochss: 3 }) as object),
      "value",
      "fit.epochss",
      '"epochs"',
    ),
  ));

test("callbacks with a hole or with what is no object are refused by their place (BREAK, F9)", () =>
  withNetwork(classifier, async (network) => {
    const hole = Object.assign(new Array<object>(2), { 1: {} });
    await expectRefusal(() => network.fit({ x, y }, { callbacks: hole }), "value", "callbacks[0]", "undefined");
    await expectRefusal(() => network.fit({ x, y }, { callbacks: [{}, 3 as never] }), "value", "callbacks[1]", "3");
  }));

test("what the caller changes while the fit runs changes nothing (BREAK, F9)", async () => {
  const train = (disturb: boolean) =>
    withNetwork(classifier, async (network) => {
      const data = { x: matrix(), y: [...y] };
      const validation = { x: matrix(), y: [...y] };
      const callbacks: object[] = [];
      let changed = false;
      callbacks.push({
        onBatchEnd() {
          if (!disturb || changed) return;
          changed = true;
          callbacks.push(null as never);
          Object.assign(data.x, { data: null });
          Object.assign(validation.x, { data: null, rows: -1 });
          Object.assign(data, { x: null, y: null });
        },
      });
      const { epochs } = await network.fit(data, { epochs: 3, batchSize: 8, callbacks, validation });
      expect(changed).toBe(disturb);
      return [epochs.map(({ loss, validation: held }) => [loss, held!.loss]), weightsOf(network)];
    });
  expect(await train(true)).toEqual(await train(false));
});

test.each(["training", "validation"] as const)(
  "an array of %s that is transferred while the fit runs (BREAK, F9)",
  (which) =>
    withNetwork(classifier, async (network) => {
      const given = { training: { x: matrix(), y }, validation: { x: matrix(), y } };
      const { buffer } = given[which].x.data;
      const onBatchEnd = () => void (buffer.byteLength > 0 && structuredClone(0, { transfer: [buffer] }));
      await expectRefusal(
        () => network.fit(given.training, { epochs: 2, callbacks: [{ onBatchEnd }], validation: given.validation }),
        "value",
        "x.data",
      );
      expect((await network.fit({ x, y }, { epochs: 1 })).epochs).toHaveLength(1); // and it goes on
    }),
);

test("a matrix of relumine/kernels whose memory grows meanwhile (BREAK, F9)", async () => {
  using kernels = await createKernels();
  const rows = 2000;
  const inputs = kernels.allocate(rows, 2);
  using network = await createNetwork({ inputs: 2, layers: [{ units: 4096 }, { units: 1 }], loss: "meanSquaredError" });
  const fit = network.fit({ x: inputs, y: new Float32Array(rows) }, { epochs: 1, batchSize: rows });
  const outcome = await fit.then(
    () => "trained",
    (error: unknown) => error,
  );
  if (outcome !== "trained") expect(outcome).toEqual(relumineError("value", "x.data"));
});

test("metadata that importNetwork would refuse is not written (BREAK, F16)", () =>
  withNetwork(spec, async (network) => {
    const metadata = Object.fromEntries(Array.from({ length: 2 ** 20 + 1 }, (_, i) => [`${i}`, ""]));
    await expectRefusal(() => exportNetwork(network, "safetensors", { metadata }), "memory", "the file's header");
  }));
