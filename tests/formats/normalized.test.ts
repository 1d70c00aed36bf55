// Files of normalized layers that are not to be believed are refused, and nothing is made of them; as they were written
// they are read.
import { expect, test } from "vitest";
import { expectError } from "../support/errors.js";
import { createNetwork, exportNetwork, importNetwork, type NetworkSpec } from "../../src/index.js";

const UNITS = 3;
const spec: NetworkSpec = {
  inputs: 2,
  layers: [
    { units: UNITS, normalization: { kind: "batch", momentum: 0.3 }, dropout: 0.25, useBias: false },
    { units: UNITS, normalization: "layer", residual: true, maxNorm: 2, kernelRegularizer: { l2: 0.1 } },
    { units: 2, normalization: "batch" },
  ],
  loss: "crossEntropy",
  seed: 1,
};

interface Tensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}
type Header = Record<string, Tensor>;
const METADATA = "__metadata__";
interface File {
  readonly header: Header;
  readonly body: Uint8Array;
}

const bytes = await (async () => {
  using network = await createNetwork(spec);
  await network.fit({ x: [[1, 2], [3, 1], [0, 1], [2, 2]], y: [0, 1, 0, 1] }, { epochs: 2 }); // prettier-ignore
  return exportNetwork(network, "safetensors");
})();

function changed(change: (file: File) => unknown): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header;
  const body = bytes.slice(8 + length);
  change({ header, body });
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + body.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(body, 8 + text.length);
  return file;
}

/** One number of a tensor. */
const number =
  (name: string, value: number, at = 1) =>
  ({ header, body }: File) =>
    new DataView(body.buffer).setFloat32(header[name].data_offsets[0] + 4 * at, value, true);

/** A field of a layer in the stored spec. */
const field =
  (layer: number, name: string, value: unknown) =>
  ({ header }: File) => {
    const words = header[METADATA] as unknown as { spec: string };
    const stored = JSON.parse(words.spec) as { layers: Record<string, unknown>[] };
    stored.layers[layer][name] = value;
    words.spec = JSON.stringify(stored);
  };

const without =
  (name: string) =>
  ({ header }: File) => {
    delete header[name];
  };

const tensor =
  (name: string, more: Partial<Tensor>) =>
  ({ header }: File) =>
    Object.assign(header[name], more);

const HOSTILE: Readonly<Record<string, (file: File) => unknown>> = {
  "a variance below 0": number("layers.0.runningVariance", -1e-6),
  "a variance that is NaN": number("layers.2.runningVariance", NaN),
  "a gamma that is NaN": number("layers.0.gamma", NaN),
  "a beta that is infinite": number("layers.1.beta", -Infinity),
  "a running mean that is infinite": number("layers.0.runningMean", Infinity),
  "a bias where there is none": number("layers.0.bias", 0.5),
  "no gamma": without("layers.1.gamma"),
  "no running mean": without("layers.2.runningMean"),
  "a gamma of another length": tensor("layers.0.gamma", { shape: [UNITS + 1] }),
  "a gamma of two axes": tensor("layers.0.gamma", { shape: [UNITS, 1] }),
  "a variance of another type": tensor("layers.0.runningVariance", { dtype: "I32" }),
  "a kind that is not known": field(0, "normalization", { kind: "group", epsilon: 1e-5 }),
  "a normalization that is a number": field(0, "normalization", 3),
  "an epsilon of 0": field(0, "normalization", { kind: "batch", momentum: 0.1, epsilon: 0 }),
  "a momentum above 1": field(0, "normalization", { kind: "batch", momentum: 1.5, epsilon: 1e-5 }),
  "a momentum of layer normalization": field(1, "normalization", { kind: "layer", momentum: 0.1, epsilon: 1e-5 }),
  "another field of it": field(0, "normalization", { kind: "batch", momentum: 0.1, epsilon: 1e-5, track: true }),
  "the other kind, for which running statistics are missing": field(1, "normalization", "batch"),
  "the other kind, for which there are too many": field(0, "normalization", { kind: "layer", epsilon: 1e-5 }),
  "none, and a gamma": field(2, "normalization", undefined),
  "a softmax behind it": field(2, "activation", { name: "softmax" }),
  "a dropout of 1": field(0, "dropout", 1),
  "a dropout of the last layer": field(2, "dropout", 0.5),
  "a dropout below 0": field(0, "dropout", -0.5),
  "a skip past the first layer": field(0, "residual", true),
  "a skip that is a number": field(1, "residual", 1),
  "a norm of 0": field(1, "maxNorm", 0),
  "a penalty below 0": field(1, "kernelRegularizer", { l2: -1 }),
  "a penalty of another kind": field(1, "kernelRegularizer", { l3: 1 }),
  "a penalty on the last layer's activations": field(2, "activityRegularizer", { l2: 1 }),
  "biases that are a word": field(0, "useBias", "no"),
};

test.each(Object.entries(HOSTILE))("refused: %s", async (_name, change) => {
  await expectError(importNetwork(changed(change)), "format");
});

test("nothing changed, or within what may be: read", async () => {
  using network = await importNetwork(changed(() => undefined));
  expect(network.spec.layers[0]).toMatchObject({ dropout: 0.25, useBias: false, normalization: { momentum: 0.3 } });
  using other = await importNetwork(changed(number("layers.0.runningVariance", 0)));
  expect(other.layers[0].getWeights().runningVariance![1]).toBe(0);
  expect(network.layers[0].getWeights().runningVariance![1]).toBeGreaterThan(0);
  expect(other.predict([[1, 2]]).data.every(Number.isFinite)).toBe(true);
});
