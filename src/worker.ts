// Public names of "relumine/worker".
export { RelumineError, type ErrorCode } from "./core/errors.js";
export { adam, adamW, rmsprop, sgd, type Optimizer } from "./network/training/optimizers.js";
export {
  createNetwork,
  importNetwork,
  type RemoteLayer,
  type RemoteNetwork,
  type WorkerOptions,
} from "./worker/page/remote-network.js";
export type { Progress, RemoteCallback, RemoteContext, RemoteFitOptions, RemoteHistory } from "./worker/page/remote-fit.js";
export type { InWorker, InWorkerResults } from "./worker/in-worker.js";
export type { LayerSnapshot, Snapshot, SnapshotOptions } from "./worker/thread/snapshot.js";
export type { WorkerLike } from "./worker/port.js";
