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

/** Takes what a call tells; what `hear` throws is kept, and calls `stop`, after which nothing more is heard. */
export class Hearing {
  thrown: Followed<unknown>["thrown"];

  constructor(
    private readonly hear: (message: Meanwhile) => void,
    private readonly stop: () => void,
  ) {}

  readonly tell = (message: Meanwhile): void => {
    if (this.thrown) return;
    try {
      this.hear(message);
    } catch (error) {
      this.thrown = { error };
      this.stop();
    }
  };

  /** Why the call was refused: what `hear` threw comes first. */
  readonly refuse = (error: unknown): never => {
    throw this.thrown ? this.thrown.error : error;
  };
}

/** @param hear takes what the call tells; what it throws ends the call, and is thrown where that is refused */
export async function followCall<T>(
  network: RemoteNetwork,
  name: string,
  args: readonly unknown[],
  signal: AbortSignal | undefined,
  hear: (message: Meanwhile) => void,
): Promise<Followed<T>> {
  const inside = remoteOf(network);
  let id: number | undefined;
  let isToStop = false;
  const stop = () => {
    isToStop = true;
    if (id !== undefined) inside.stop(id);
  };
  const hearing = new Hearing(hear, stop);
  const follow: Follow = (own) => {
    id = own;
    if (isToStop) stop();
    return hearing.tell;
  };
  const value = await whileListening([signal], stop, () => inside.follow<T>(name, args, follow)).catch(hearing.refuse);
  return { value, ...(hearing.thrown && { thrown: hearing.thrown }) };
}
