// Running statistics of sound networks, some of ten seeds each (all of them: RELUMINE_LONG=4): whatever the batches and
// the steps, they are not said to be off, on training rows, held-out ones, few, or those of one class.
import { describe, expect, test } from "vitest";
import { expectTold, FAULTS, found, x, y } from "./statistics-faults.js";
import { loadDigits } from "../../support/digits.js";
import { withNetwork } from "../../support/networks.js";
import { someOf } from "../../support/times.js";
import { adam, type FitOptions } from "../../../src/index.js";

const { heldOut } = loadDigits();
const SEEDS = someOf(
  Array.from({ length: 10 }, (_, i) => i + 1),
  3,
);

describe("no mismatch of training rows, held-out ones, few, or of one class", () => {
  test.each<[string, FitOptions, number]>([
    ["one epoch", { epochs: 1, batchSize: 32, optimizer: adam() }, 0.1],
    ["many epochs", { epochs: 12, batchSize: 32, optimizer: adam() }, 0.1],
    ["batches of four", { epochs: 1, batchSize: 4, optimizer: adam() }, 0.1],
    ["batches of two", { epochs: 1, batchSize: 2, optimizer: adam() }, 0.1],
    ["large steps", { epochs: 3, batchSize: 32, optimizer: adam({ learningRate: 0.03 }) }, 0.1],
    ["momentum 1, batches that are large", { epochs: 3, batchSize: 256, optimizer: adam() }, 1],
  ])("%s", async (_name, fit, momentum) => {
    for (const seed of SEEDS) {
      const layer = { units: 24, normalization: { kind: "batch", momentum } as const };
      const layers = [layer, layer, { units: 10 }];
      await withNetwork({ inputs: 64, layers, loss: "crossEntropy", seed }, async (network) => {
        await network.fit({ x, y }, fit);
        expect(found(network, x, { targets: y })).toBeUndefined();
        expect(found(network, x)).toBeUndefined();
        expect(found(network, heldOut.x as number[][], { targets: heldOut.y })).toBeUndefined();
        expect(found(network, x.slice(0, 49))).toBeUndefined();
        expect(found(network, x.slice(0, 60), { targets: y.slice(0, 60) })).toBeUndefined();
        expect(
          found(
            network,
            x.filter((_, row) => y[row] === seed % 10),
          ),
        ).toBeUndefined();
      });
    }
  });
});

test.each(FAULTS)("told, with the score that is missing: %s", async (...fault) => expectTold(fault));
