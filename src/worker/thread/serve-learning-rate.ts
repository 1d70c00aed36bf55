// The worker's side of a range test: on a copy of the network, in its own worker.
import type { PackedRates } from "../protocol.js";
import { sendText, type WithText } from "../text.js";
import { findLearningRate } from "../../diagnosis/rates/find-learning-rate.js";
import type { LearningRateTest } from "../../diagnosis/rates/types.js";
import type { DataSet } from "../../network/data.js";
import { rebuildOptimizer } from "../../network/training/optimizers.js";
import type { Network } from "../../network/types.js";

export async function serveLearningRate(
  network: Network,
  data: DataSet,
  { optimizer, isAborted, ...given }: PackedRates,
  signal: AbortSignal,
  onProgress: (share: number) => void,
): Promise<WithText<LearningRateTest>> {
  const recipe = optimizer && rebuildOptimizer(optimizer);
  const options = {
    ...given,
    signal: isAborted ? AbortSignal.abort() : signal,
    onProgress,
    ...(recipe && { optimizer: recipe }),
  };
  return sendText(await findLearningRate(network, data, options));
}
