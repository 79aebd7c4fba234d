import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { bindError } from "./bind-error.js";

export interface ListenOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Variable that moves the port, for the error. */
  variable: string;
}

/** An HTTP/1.1 server that listens. */
export interface HttpListener {
  readonly server: Server;
  readonly port: number;
  /** Takes no new connections; resolves when the running requests have ended. */
  drain(): Promise<void>;
  /** Tells running requests to end. Default: there is nothing to tell them by. */
  abort(reason: unknown): void;
  /** Closes what is still open. */
  force(): void;
}

/** Listens for HTTP/1.1, or throws a StartError that names the variable. */
export async function listenHttp(handle: RequestListener, { host, port, variable }: ListenOptions): Promise<HttpListener> {
  const server = createServer(handle);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(bindError(error, variable, `${host}:${port}`)));
    server.listen(port, host, resolve);
  });
  return {
    server,
    // A TCP server has an AddressInfo; a path or null only comes from pipes and closed servers.
    port: (server.address() as AddressInfo).port,
    drain: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    abort: () => {},
    force: () => server.closeAllConnections(),
  };
}
