// A history of so many epochs that they are too many for the arguments of one call.
import { expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { adam, diagnose, type FindingKind, type Network, type NetworkSpec, sgd } from "../../src/index.js";
import type { EpochLog } from "../../src/network/types.js";

const EPOCHS = 200_000;
const x = randomRows(seededRandom(4), 400, 2, 2);
const y = x.map(([a, b]) => a + b);
const spec: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 1 }], loss: "meanSquaredError", seed: 1 };

function find(
  network: Network,
  kind: FindingKind,
  logOf: (epoch: number) => Pick<EpochLog, "learningRate" | "validation">,
) {
  const epochs = Array.from({ length: EPOCHS }, (_, i) => {
    return { epoch: i + 1, loss: 1, seconds: 0, silentUnits: [0], ...logOf(i + 1) };
  });
  const { findings } = diagnose(network, x, { targets: y, history: { epochs }, proofs: false });
  return findings.find((finding) => finding.kind === kind);
}

test("a rate that fell to nothing after a hundredth of it", () =>
  withNetwork(spec, async (network) => {
    await network.fit({ x, y }, { epochs: 1, optimizer: sgd({ learningRate: 1e-4 }) });
    const fadeAt = (last: number) =>
      find(network, "stepsTooSmall", (epoch) => ({ learningRate: epoch <= last ? 0.01 : 1e-9 }));
    expect(fadeAt(EPOCHS / 100)?.figures).toMatchObject({ highestRate: 0.01, moving: EPOCHS / 100, epochs: EPOCHS });
    expect(fadeAt(EPOCHS)?.figures ?? {}).not.toHaveProperty("highestRate");
  }));

test("held-out rows that were done best in one epoch of it", () =>
  withNetwork(spec, async (network) => {
    await network.fit({ x, y }, { epochs: 60, optimizer: adam({ learningRate: 0.01 }) });
    const heldOut = (lossOf: (epoch: number) => number) =>
      find(network, "overfitting", (epoch) => ({ learningRate: 0.01, validation: { loss: lossOf(epoch) } }));
    const found = heldOut((epoch) => (epoch > 1000 && epoch <= 1005 ? 0 : 5));
    expect(found).toMatchObject({ role: "cause", figures: { bestSkill: 1 } });
    expect(heldOut(() => 0)).toBeUndefined();
  }));
