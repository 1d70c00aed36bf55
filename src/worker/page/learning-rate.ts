// findLearningRate of a network in a worker.
import { followCall } from "./followed-call.js";
import { remoteOf } from "./remote-network.js";
import { sendableData, toData } from "./sendable.js";
import type { PackedRates } from "../protocol.js";
import { receiveText, type WithText } from "../text.js";
import type { RemoteNetwork } from "../types.js";
import { checkPace } from "../../core/pace.js";
import type { LearningRateOptions, LearningRateTest } from "../../diagnosis/rates/types.js";
import type { DataSet } from "../../network/data.js";
import { checkOptimizer } from "../../network/training/optimizers.js";

/**
 * As findLearningRate of "relumine": the copy is made, and trained, in the network's worker. What `onProgress` throws
 * ends it.
 * @param data rows x inputs, and a target a row; copied to the worker
 * @cost a message each way, and in the worker what it costs there
 * @throws RelumineError as findLearningRate of "relumine" (as a rejection)
 * @example const { rate, killsFrom } = await findLearningRate(network, { x, y });
 */
export async function findLearningRate(
  network: RemoteNetwork,
  data: DataSet,
  options?: LearningRateOptions,
): Promise<LearningRateTest> {
  const { signal: given, onProgress: told, optimizer, ...rest } = { ...options };
  const { signal, onProgress } = checkPace({ signal: given, onProgress: told });
  remoteOf(network);
  const packed: PackedRates = {
    ...rest,
    ...(signal?.aborted && { isAborted: true }),
    ...(optimizer !== undefined && { optimizer: toData(checkOptimizer(optimizer)) }),
  };
  const args = [sendableData("data", data), packed];
  const { value, thrown } = await followCall<WithText<LearningRateTest>>(
    network,
    "findLearningRate",
    args,
    signal,
    (message) => (message.kind === "progress" ? onProgress?.(message.progress) : undefined),
  );
  if (thrown) throw thrown.error;
  return receiveText(value);
}
