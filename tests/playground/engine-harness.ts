// An engine without a page: messages in, messages out, and waiting for a step.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Engine } from "../../site/workshop/engine/engine.js";
import type { RemedyName, Frame, FromEngine, TableFile, ToEngine, UnitName } from "../../site/workshop/engine/types.js";
import type { Change } from "../../site/training/changes.js";
import { DEFAULTS, type Recipe } from "../../site/training/recipe.js";
import { PATIENCE_MS } from "../support/patience.js";

type Kind = FromEngine["kind"];
type Of<K extends Kind> = Extract<FromEngine, { kind: K }>;

export class EngineHarness {
  readonly messages: FromEngine[] = [];
  readonly engine: Engine;

  constructor(digits: Uint8Array = new Uint8Array(), slowFrom?: number) {
    this.engine = new Engine({
      post: (message) => this.messages.push(message),
      loadDigits: async () => digits,
      ...(slowFrom !== undefined && { slowFrom }),
    });
  }

  /** Sends, and hands back the answers of one kind that came with it. */
  async send<K extends Kind>(message: ToEngine, kind: K): Promise<Of<K>> {
    const before = this.messages.length;
    await this.engine.handle(message);
    const answer = this.messages.slice(before).find((each) => each.kind === kind);
    if (!answer) throw new Error(`no ${kind} came, but ${JSON.stringify(this.messages.slice(before)).slice(0, 300)}`);
    return answer as Of<K>;
  }

  start(changes: Partial<Recipe> = {}, table?: TableFile): Promise<Of<"started">> {
    return this.send(
      { kind: "start", recipe: { ...DEFAULTS, ...changes }, running: false, speed: Infinity, ...(table && { table }) },
      "started",
    );
  }

  frame(chosen?: UnitName, at?: number): Promise<Frame> {
    return this.send(
      { kind: "frame", curves: -1, ...(chosen && { chosen }), ...(at !== undefined && { at }) },
      "frame",
    );
  }

  /** Lets it take so many more steps, at full speed, and pause. */
  async stepTo(steps: number, chosen?: UnitName): Promise<Frame> {
    const first = (await this.frame()).step;
    for (let i = 0; i < steps; i++) void this.engine.handle({ kind: "step" });
    await this.runTo(first + steps);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const frame = await this.frame(chosen);
    if (frame.step !== first + steps) throw new Error(`expected it to be at step ${first + steps}, got ${frame.step}`);
    return frame;
  }

  /** Waits until it has taken so many steps. */
  async runTo(step: number): Promise<void> {
    const end = Date.now() + PATIENCE_MS; // performance.now may be a test's own
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const frame = await this.frame();
      if (frame.step >= step) return;
      if (Date.now() > end) throw new Error(`expected it to reach step ${step} in time, got ${frame.step}`);
    }
  }

  /** Starts, and goes the way of a link to its step. */
  async follow(recipe: Recipe, changes: readonly Change[], until: number): Promise<Frame> {
    await this.send({ kind: "start", recipe, running: false, speed: 1, changes, until }, "started");
    await this.runTo(until);
    await new Promise((resolve) => setTimeout(resolve, 10));
    return this.frame();
  }

  treat(remedy: RemedyName, onTwin: boolean, rate?: number | "find"): Promise<Of<"treated">> {
    return this.send({ kind: "treat", remedy, onTwin, ...(rate !== undefined && { rate }) }, "treated");
  }
}

/** Some of the package's digits, as the page's file holds them. */
export function digits(count = 500): Uint8Array {
  const table = gunzipSync(readFileSync(new URL("../../src/cli/digits.csv.gz", import.meta.url))).toString();
  return Uint8Array.from(
    table
      .trim()
      .split("\n")
      .slice(1, count + 1)
      .flatMap((line) =>
        line.split(",").map((cell, at) => (at < 64 ? Math.round(Number(cell) / 4) * 4 : Number(cell))),
      ),
  );
}
