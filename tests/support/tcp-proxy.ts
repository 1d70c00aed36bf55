// What stands between two programs of this machine, and can be cut, or be silent as a cable that was pulled.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Ends all connections, and each that comes. */
  cut(): void;
  /** Passes nothing on any more, on connections that there are; new ones work. */
  freeze(): void;
  mend(): void;
  close(): void;
}

export async function startProxy(to: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((socket) => {
    if (isCut) return void socket.destroy();
    const other = connect(to, "127.0.0.1");
    for (const [from, into] of [
      [socket, other],
      [other, socket],
    ]) {
      sockets.add(from);
      from.pipe(into);
      from.on("error", () => into.destroy());
      from.on("close", () => (sockets.delete(from), into.destroy()));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const end = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut: () => ((isCut = true), end()),
    freeze: () => sockets.forEach((socket) => socket.unpipe().pause()),
    mend: () => void (isCut = false),
    close: () => (server.close(), end()),
  };
}
