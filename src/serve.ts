// Public names of "relumine/worker/serve": for a worker of one's own.
export { serve, type ServeOptions } from "./worker/thread/serve.js";
export type { CallbackMaker, WorkerCallback } from "./worker/thread/served-callbacks.js";
export type { Operation } from "./worker/thread/operations.js";
