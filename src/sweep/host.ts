// What differs between Node and pages: "#sweep-host" is host-node.ts or host-web.ts.
import * as chosen from "#sweep-host";

export interface OpenFile {
  /** Its bytes piece by piece; none where there is no such file. */
  read(): Iterable<Uint8Array>;
  /** All of them at the end, in one go. */
  append(bytes: Uint8Array): void;
  /** Asks the system to write down what it holds, without waiting. */
  sync(): unknown;
  /** The same, waiting; and lets go of the file. */
  close(): void;
}

export interface SweepHost {
  hostName(): string;
  openFile(path: string): OpenFile | undefined;
}

export const host: SweepHost = chosen;
