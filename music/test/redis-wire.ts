import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Wire {
  url: string;
  /** Breaks what is connected now. */
  break(): void;
  /** Cuts it for good. */
  cut(): void;
}

/** A wire between one replica and its Redis. */
export async function layWire(redisUrl: string): Promise<Wire> {
  const target = new URL(redisUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {}); // a cut wire breaks both ends
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  const cut = () => {
    server.close();
    breakAll();
  };
  onTestFinished(cut);
  return { url: `redis://127.0.0.1:${port}`, break: breakAll, cut };
}
