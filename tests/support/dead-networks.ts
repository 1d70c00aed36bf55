// A trained network some of whose units are dead, and its samples.
import { expect } from "vitest";
import { withNetwork } from "./networks.js";
import { sectors } from "./samples.js";
import { adam, diagnose, type Network, type NetworkSpec } from "../../src/index.js";

export const { x, y } = sectors(200);
const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 12, biasInitializer: -0.6 }, { units: 9, biasInitializer: -0.4 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 5,
};

export async function withDeadUnits<T>(use: (network: Network) => Promise<T>): Promise<T> {
  return withNetwork(spec, async (network) => {
    await network.fit({ x, y }, { epochs: 2, optimizer: adam() });
    expect(diagnose(network, x).dead).toBeGreaterThan(2);
    return use(network);
  });
}
