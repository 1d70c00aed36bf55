// A call of a network in a worker that tells of itself while it runs, and that a signal ends.
import type { Follow, Meanwhile } from "./connection.js";
import { remoteOf } from "./remote-network.js";
import { whileListening } from "./signals.js";
import type { RemoteNetwork } from "../types.js";

/** What was called, and what `hear` threw meanwhile: the call ended then, but it may have been done by that time. */
interface Followed<T> {
  readonly value: T;
  readonly thrown?: { readonly error: unknown };
}

/**
 * Takes what a call tells; what `hear` throws, at once or later, is kept, and calls `stop`, after which nothing more is
 * heard.
 */
export class Hearing {
  thrown: Followed<unknown>["thrown"];

  constructor(
    private readonly hear: (message: Meanwhile) => unknown,
    private readonly stop: () => void,
  ) {}

  private readonly fail = (error: unknown): void => {
    if (this.thrown) return;
    this.thrown = { error };
    this.stop();
  };

  readonly tell = (message: Meanwhile): void => {
    if (this.thrown) return;
    try {
      const heard = this.hear(message);
      if (heard instanceof Promise) heard.catch(this.fail);
    } catch (error) {
      this.fail(error);
    }
  };

  /** Why the call was refused: what `hear` threw comes first. */
  readonly refuse = (error: unknown): never => {
    throw this.thrown ? this.thrown.error : error;
  };
}

/** A call that can be stopped, also before it is posted; what `hear` throws stops it. */
export class StoppableCall {
  private id: number | undefined;
  private isToStop = false;
  readonly hearing: Hearing;

  /** @param end posts that the call is to stop */
  constructor(
    private readonly end: (id: number) => void,
    hear: (message: Meanwhile) => unknown,
  ) {
    this.hearing = new Hearing(hear, this.stop);
  }

  readonly stop = (): void => {
    this.isToStop = true;
    if (this.id !== undefined) this.end(this.id);
  };

  readonly follow: Follow = (id) => {
    this.id = id;
    if (this.isToStop) this.stop();
    return this.hearing.tell;
  };
}

/** @param hear takes what the call tells; what it throws ends the call, and is thrown where that is refused */
export async function followCall<T>(
  network: RemoteNetwork,
  name: string,
  args: readonly unknown[],
  signal: AbortSignal | undefined,
  hear: (message: Meanwhile) => unknown,
): Promise<Followed<T>> {
  const inside = remoteOf(network);
  const call = new StoppableCall((id) => inside.stop(id), hear);
  const { hearing } = call;
  const value = await whileListening([signal], call.stop, () => inside.follow<T>(name, args, call.follow)).catch(
    hearing.refuse,
  );
  return { value, ...(hearing.thrown && { thrown: hearing.thrown }) };
}
