// The engine in a Web Worker.
import { Engine } from "./engine.js";
import type { FromEngine, ToEngine } from "./types.js";

declare const self: {
  postMessage(message: FromEngine): void;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
  location: Location;
};

/** The file beside this one, compressed as it is in the package. */
async function loadDigits(): Promise<Uint8Array> {
  const response = await fetch(new URL("digits.bin", self.location.href));
  if (!response.ok || !response.body)
    throw new Error(`digits.bin could not be read (${response.status}); choose other data`);
  const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}

const engine = new Engine({ post: (message) => self.postMessage(message), loadDigits });
self.onmessage = ({ data }) => void engine.handle(data);
