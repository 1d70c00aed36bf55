import { serve } from "relumine/worker/serve";

serve({
  operations: { largestBias: (network, layer) => Math.max(...network.layers[layer].getWeights().bias) },
});
