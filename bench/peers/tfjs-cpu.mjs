import { version_cpu as version } from "@tensorflow/tfjs-backend-cpu";
import { createOn } from "./tfjs.mjs";

export const create = (task) => createOn("cpu", version, task);
