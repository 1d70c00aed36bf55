// A proof in a network's file: it travels with the pruned network, and weights that are not those it was stored with
// are refused.
import { describe, expect, test } from "vitest";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import {
  exportNetwork,
  importNetwork,
  type NetworkProof,
  prove,
  readMetadata,
  readProof,
  treat,
} from "../../src/index.js";

const spec = {
  inputs: 2,
  layers: [{ units: 12, biasInitializer: -1.2 }, { units: 8 }, { units: 2 }],
  loss: "crossEntropy",
  seed: 3,
} as const;
const x = [
  [0.1, 0.9],
  [0.4, 0.2],
  [1, 1],
  [0, 0],
];

/** The file of a pruned network, with the proof that was made before. */
async function withFile(use: (bytes: Uint8Array, proof: NetworkProof) => Promise<void>): Promise<void> {
  await withNetwork(spec, async (network) => {
    const proof = await prove(network, x, { budget: 1e7, threads: 1 });
    expect(proof.provenDead).toBeGreaterThan(3);
    const { network: pruned } = await treat(network, x, { kind: "prune" });
    using smaller = pruned;
    expect(smaller.layers[0]!.units).toBeLessThan(12);
    await use(await exportNetwork(smaller, "safetensors", { proof, metadata: { mine: "1" } }), proof);
  });
}

describe("a proof in a file", () => {
  test("box, verdicts, work and checksum come back; waking inputs stay out; the network is imported", () =>
    withFile(async (bytes, proof) => {
      const { units, ...rest } = readProof(bytes)!;
      const { units: given, ...others } = proof;
      expect(rest).toEqual(others);
      expect(units).toEqual(given.map(({ layer, unit, proof: verdict }) => ({ layer, unit, proof: verdict })));
      expect(readMetadata(bytes)).toEqual({ mine: "1" });
      using network = await importNetwork(bytes);
      expect(network.predict(x).rows).toBe(4);
    }));

  test("a file without one has none", () =>
    withNetwork(spec, async (network) => {
      expect(readProof(await exportNetwork(network, "safetensors"))).toBeUndefined();
    }));

  test("one bit of a weight is enough to refuse it, on reading and on import", () =>
    withFile(async (bytes) => {
      for (const back of [4, 40, 80]) {
        const changed = bytes.slice();
        changed[changed.length - back]! ^= 1;
        await expectRefusal(() => importNetwork(changed), "format", "the file's proof");
        await expectRefusal(() => readProof(changed), "format", "the file's proof");
      }
    }));

  test("one taken from another file is refused, and so is what is no proof", () =>
    withFile(async (bytes, proof) =>
      withNetwork({ ...spec, seed: 4 }, async (network) => {
        const own = await exportNetwork(network, "safetensors", { proof });
        const text = (file: Uint8Array) => new TextDecoder("latin1").decode(file);
        const sum = (file: Uint8Array) => /file\\":\\"([0-9a-f]{16})/.exec(text(file))![1]!;
        expect(sum(own)).not.toBe(sum(bytes));
        const mixed = Uint8Array.from(text(own).replace(sum(own), sum(bytes)), (mark) => mark.charCodeAt(0));
        await expectRefusal(() => importNetwork(mixed), "format", "the file's proof");
        const refused = (change: object, path: string) =>
          expectRefusal(() => exportNetwork(network, "safetensors", { proof: { ...proof, ...change } }), "value", path);
        await refused({ weights: "x" }, "proof.weights");
        await refused({ box: { low: [1], high: [0] } }, "proof.box");
        await refused({ box: { low: [NaN], high: [0] } }, "proof.box.low");
        await refused({ box: { low: new Array(2), high: [0, 0] } }, "proof.box.low");
        await refused({ box: null }, "proof.box");
        await refused({ units: 3 }, "proof.units");
        await refused({ units: new Array(1) }, "proof.units[0]");
        await refused({ units: [{ layer: 0, unit: 0, proof: "sure" }] }, "proof.units[0].proof");
        await refused({ work: -1 }, "proof.work");
      }),
    ));
});
