import {
  createServer,
  type AddressInfo,
  type ListenOptions as BindOptions,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { ServerCredentials, type Server } from "@grpc/grpc-js";
import { secureContext, type Tls } from "../tls.js";
import { bindError } from "./bind-error.js";
import { guardConnections, type GuardOptions } from "./guard-connections.js";
import type { ListenOptions } from "./http-listen.js";
import { PROBE_AFTER_MS } from "./limits.js";

export interface GrpcListenOptions extends ListenOptions {
  /** With an identity: TLS; with a CA too: only for clients with its certificate. */
  tls: Tls | undefined;
  guard: GuardOptions;
}

/** A socket that listens and hands its connections to a gRPC server. */
export interface GrpcListener {
  readonly port: number;
  /** Takes no new connections. */
  close(): void;
  /** Closes the ones that are open. */
  force(): void;
}

/**
 * Listens for gRPC. The socket is ours and grpc-js is given each connection: on its own it bounds neither their number nor the
 * time of a handshake, and tells nobody why a handshake failed.
 */
export async function listenGrpc(server: Server, options: GrpcListenOptions): Promise<GrpcListener> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure()); // TLS has been taken off by then
  const open = new Set<Socket>();
  let closing = false;
  const sockets = listenerFor(options, (socket) => {
    // A handshake that ends after the stop began.
    if (closing) return void socket.destroy();
    closeWhenSilent(socket, options.guard.firstWordsMs);
    injector.injectConnection(socket);
  });
  sockets.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  guardConnections(sockets, options.guard);
  await bind(sockets, options);
  return {
    // A TCP server has an AddressInfo; a path or null only comes from pipes and closed servers.
    port: (sockets.address() as AddressInfo).port,
    close() {
      closing = true;
      sockets.close();
    },
    force() {
      for (const socket of open) socket.destroy();
    },
  };
}

function listenerFor({ tls, guard }: GrpcListenOptions, accept: (socket: Socket) => void): TcpServer {
  const tcp = { noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS };
  if (!tls?.identity) return createServer(tcp, accept);
  const certificates = { ...secureContext(tls), requestCert: tls.ca !== undefined, rejectUnauthorized: true };
  return createTlsServer({ ...tcp, ...certificates, ALPNProtocols: ["h2"], handshakeTimeout: guard.firstWordsMs }, (socket) => {
    socket.on("error", () => {}); // its HTTP/2 session notices the end
    accept(socket);
  });
}

/** A client of HTTP/2 speaks at once; one that does not would hold its place for ever. */
function closeWhenSilent(socket: Socket, afterMs: number): void {
  const before = socket.bytesRead;
  const timer = setTimeout(() => {
    if (socket.bytesRead === before) socket.destroy();
  }, afterMs).unref();
  socket.once("close", () => clearTimeout(timer));
}

function bind(sockets: TcpServer, { host, port, variable }: ListenOptions): Promise<void> {
  const address: BindOptions = { host, port };
  return new Promise((resolve, reject) => {
    sockets.once("error", (error) => reject(bindError(error, variable, `${host}:${port}`)));
    sockets.listen(address, resolve);
  });
}
