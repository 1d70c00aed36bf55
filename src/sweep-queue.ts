// "relumine/sweep/queue": sweeps whose trials other machines do, by BullMQ over Redis or PostgreSQL. For Node.
export { queueEngine, type QueueOptions } from "./sweep/queue/queue-engine.js";
export { serveQueue, type ServeOptions } from "./sweep/queue/serve-queue.js";
export type { QueuePlace } from "./sweep/queue/open-store.js";
export type { EngineOptions, SweepEngine, SweepWork } from "./sweep/engine.js";
export { RelumineError, type ErrorCode } from "./core/errors.js";
