import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { secureContext, type Tls } from "../tls.js";
import { bindError } from "./bind-error.js";
import { guardConnections, type GuardOptions } from "./guard-connections.js";
import { CHECK_EVERY_MS, FIRST_WORDS_MS, MAX_HEADER_BYTES, PROBE_AFTER_MS, REQUEST_MS } from "./limits.js";

export interface ListenOptions {
  host: string;
  /** 0 picks a free one. */
  port: number;
  /** Variable that moves the port, for the error. */
  variable: string;
}

export interface HttpListenOptions extends ListenOptions {
  /** With an identity: HTTPS; with a CA too: only for clients with its certificate. Default: cleartext. */
  tls?: Tls | undefined;
  /** Default: no bound on connections, and Node's own limits of a request. */
  guard?: GuardOptions | undefined;
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

/** Limits of one request on a guarded door. */
const REQUEST_LIMITS: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  requestTimeout: REQUEST_MS,
  connectionsCheckingInterval: CHECK_EVERY_MS,
  keepAlive: true,
  keepAliveInitialDelay: PROBE_AFTER_MS,
};

/** Listens for HTTP/1.1, or throws a StartError that names the variable. */
export async function listenHttp(handle: RequestListener, options: HttpListenOptions): Promise<HttpListener> {
  const { host, port, variable, guard } = options;
  const server = createListener(handle, options);
  if (guard) guardConnections(server, guard);
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

function createListener(handle: RequestListener, { tls, guard }: HttpListenOptions): Server {
  const limits = guard ? { ...REQUEST_LIMITS, headersTimeout: guard.firstWordsMs } : {};
  if (!tls?.identity) return createServer(limits, handle);
  const certificates = { ...secureContext(tls), requestCert: tls.ca !== undefined, rejectUnauthorized: true };
  return createSecureServer({ ...limits, ...certificates, handshakeTimeout: guard?.firstWordsMs ?? FIRST_WORDS_MS }, handle);
}
