// An engine without a page: messages in, messages out, and waiting for what is wanted.
import { Engine } from "../../src/playground/engine/engine.js";
import type { Frame, FromEngine, ToEngine, UnitName } from "../../src/playground/engine/protocol.js";
import { OPENING, type Recipe } from "../../src/playground/state/recipe.js";

type Kind = FromEngine["kind"];
type Of<K extends Kind> = Extract<FromEngine, { kind: K }>;

export class Bench {
  readonly messages: FromEngine[] = [];
  readonly engine: Engine;

  constructor(digits: Uint8Array = new Uint8Array()) {
    this.engine = new Engine({ post: (message) => this.messages.push(message), loadDigits: async () => digits });
  }

  /** Sends, and hands back the answers of one kind that came with it. */
  async send<K extends Kind>(message: ToEngine, kind: K): Promise<Of<K>> {
    const before = this.messages.length;
    await this.engine.handle(message);
    const answer = this.messages.slice(before).find((each) => each.kind === kind);
    if (!answer) throw new Error(`no ${kind} came, but ${JSON.stringify(this.messages.slice(before)).slice(0, 300)}`);
    return answer as Of<K>;
  }

  start(changes: Partial<Recipe> = {}, table?: { name: string; text: string }): Promise<Of<"started">> {
    return this.send({ kind: "start", recipe: { ...OPENING, ...changes }, running: false, speed: Infinity, ...(table && { table }) }, "started");
  }

  frame(chosen?: UnitName, at?: number): Promise<Frame> {
    return this.send({ kind: "frame", curves: -1, ...(chosen && { chosen }), ...(at !== undefined && { at }) }, "frame");
  }

  /** Lets it run at full speed until the frame is as wanted, then pauses. */
  async runUntil(wanted: (frame: Frame) => boolean, patience = 20_000): Promise<Frame> {
    await this.engine.handle({ kind: "run", running: true, speed: Infinity });
    const end = performance.now() + patience;
    for (;;) {
      const frame = await this.frame();
      if (wanted(frame)) break;
      if (performance.now() > end) throw new Error(`waited in vain; it stands at step ${frame.step}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await this.engine.handle({ kind: "run", running: false, speed: Infinity });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return this.frame();
  }
}
