import { version_wasm as version } from "@tensorflow/tfjs-backend-wasm";
import { createOn } from "./tfjs.mjs";

export const create = (task) => createOn("wasm", version, task);
