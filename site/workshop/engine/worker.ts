// The engine in a Web Worker.
import { Engine } from "./engine.js";
import type { FromEngine, ToEngine } from "./types.js";
import { loadDigits } from "../../tasks/load-digits.js";

declare const self: {
  postMessage(message: FromEngine): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
};

const engine = new Engine({ post: (message) => self.postMessage(message), loadDigits });
self.onmessage = ({ data }) => void engine.handle(data);
