// A small network of which two units are dead on all that is near 0.
import { createNetwork, type Network } from "../../src/index.js";

export async function networkWithDeadUnits(): Promise<Network> {
  const network = await createNetwork({
    inputs: 2,
    layers: [{ units: 5 }, { units: 4, biasInitializer: 5 }, { units: 1 }],
    loss: "binaryCrossEntropy",
    seed: 4,
  });
  network.layers[0].setWeights({ bias: Float32Array.of(3, -50, 3, -50, 3) });
  return network;
}
