// A figure's engine without a page: messages in, replies out, and waiting for one.
import { PATIENCE_MS } from "../support/patience.js";

type Serve<Request, Reply> = (post: (reply: Reply) => void) => (message: Request) => void;

export class FigureHarness<Request, Reply> {
  readonly replies: Reply[] = [];
  readonly send: (message: Request) => void;
  private wake: () => void = () => {};

  constructor(serve: Serve<Request, Reply>) {
    this.send = serve((reply) => {
      this.replies.push(structuredClone(reply));
      this.wake();
    });
  }

  /** The first reply from now on, or among those that came, of which this holds. */
  async until<R extends Reply>(holds: (reply: Reply) => reply is R, from?: number): Promise<R>;
  async until(holds: (reply: Reply) => boolean, from?: number): Promise<Reply>;
  async until(holds: (reply: Reply) => boolean, from = 0): Promise<Reply> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = this.replies.slice(from).find(holds);
      if (found) return found;
      if (performance.now() > end) throw new Error(`no such reply; the last: ${JSON.stringify(this.replies.at(-1))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
