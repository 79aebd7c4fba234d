import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Tls } from "@refrain/mesh";
import { onTestFinished } from "vitest";
import { createAddressGuard } from "../src/guard/address-guard.js";
import { createSourceHttp, type SourceHttp, type SourceHttpOptions } from "../src/http/source-http.js";

/** A server that a test makes behave as it likes. */
export interface OddServer {
  readonly url: string;
  readonly port: number;
  /** What came, in order. */
  readonly requests: IncomingMessage[];
  /** Connections that are open now. */
  connections(): number;
  /** Whether every connection that ever carried a request is closed. undici opens another, idle one when a request is given up. */
  hungUp(): boolean;
}

export async function startOddServer(listener: RequestListener, tls?: Required<Tls>): Promise<OddServer> {
  const requests: IncomingMessage[] = [];
  const open = new Set<Socket>();
  const record = (request: IncomingMessage, response: ServerResponse) => {
    requests.push(request);
    listener(request, response);
  };
  const server = tls ? createSecureServer({ ...tls.identity }, record) : createServer(record);
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    // Clients are meant to hang up on it.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => open.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  const hungUp = () => requests.every(({ socket }) => socket.destroyed);
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${port}`, port, requests, connections: () => open.size, hungUp };
}

/** A client that may reach some servers of the test, and waits for nothing longer than a test should. */
export function clientOf(servers: readonly OddServer[], options: Partial<SourceHttpOptions> = {}): SourceHttp {
  const guard = createAddressGuard({ allow: servers.map(({ port }) => `127.0.0.1:${port}`) });
  const http = createSourceHttp({ guard, name: "test", backoffMs: 1, ...options });
  onTestFinished(() => http.close());
  return http;
}

/** Answers with bytes that are written as they are, and leaves the connection open. */
export function raw(request: IncomingMessage, text: string): void {
  request.socket.write(Buffer.from(text, "latin1"));
}
