// The inside of an engine that computes on request alone: one request after another, in the order in which they came.
import type { Control } from "../figure.js";

interface Answering<Request, Reply> {
  answer(request: Request): Promise<Reply> | Reply;
}

/** What `serve` of such an engine returns. An error rejects a promise that nobody waits for: the figure's worker tells. */
export function answerInOrder<Request extends { readonly kind: string }, Reply>(
  engine: Promise<Answering<Request, Reply>>,
  post: (reply: Reply) => void,
): (message: Request | Control) => void {
  let last: Promise<unknown> = engine;
  return (message) => {
    if (message.kind === "pause" || message.kind === "resume") return;
    last = last.then(async () => post(await (await engine).answer(message as Request)));
  };
}
