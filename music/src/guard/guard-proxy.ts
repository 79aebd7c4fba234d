import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Duplex, pipeline } from "node:stream";
import type { Logger } from "@refrain/mesh";
import { UnsupportedUrlError } from "../errors.js";
import { type AddressGuard, hostOf, portOf } from "./address-guard.js";
import { dial, DialTimeoutError } from "./dial.js";
import { forwardRequest } from "./forward-request.js";
import { createProxySessions, type ProxySession, type SessionState } from "./proxy-sessions.js";

/**
 * A proxy for tools that open connections themselves. Whatever they ask for is resolved, checked and connected to by us, so that
 * nothing they are led to, by a redirect, a playlist or a name, is inside. It listens on 127.0.0.1, for those who know a token.
 */
export interface GuardProxy extends Omit<ProxySession, "close"> {
  /** A way of its own for one run of a tool, so that the caller learns whether this run was refused something. */
  openSession(): ProxySession;
  /** Cuts every connection. */
  close(): Promise<void>;
}

export interface GuardProxyOptions {
  guard: AddressGuard;
  /** `http://` or `https://` proxy of the operator, which everything goes through; it may have a user and a password. */
  upstream?: string | undefined;
  logger: Logger;
  /** A connection over which nothing comes or goes for so long is closed. Default: 60 s. */
  idleMs?: number;
  /** Default: 256. */
  maxConnections?: number;
}

const HEADER_BYTES = 16 * 1024;
const HEADERS_MS = 10_000;
/** A host and a port, and nothing that one reader sees as something else than another. */
const AUTHORITY = /^(?:\[[0-9a-f:.]+\]|[^\s:/?#@\\[\]%]+):\d{1,5}$/i;

/** @throws TypeError when `upstream` is no URL */
export async function startGuardProxy(options: GuardProxyOptions): Promise<GuardProxy> {
  const { idleMs = 60_000, maxConnections = 256 } = options;
  const upstream = options.upstream === undefined ? undefined : new URL(options.upstream);
  const sessions = createProxySessions();
  const open = new Set<Socket>();
  const server = createServer({ maxHeaderSize: HEADER_BYTES, headersTimeout: HEADERS_MS, requestTimeout: 0 });
  server.maxConnections = maxConnections;
  server.timeout = idleMs;
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  const context: Context = { ...options, upstream, idleMs, open };
  server.on("request", (request, response) => void answer(request, response, sessions.find(credentials(request)), context));
  server.on(
    "connect",
    (request, client, head) => void tunnel(request, client, head, sessions.find(credentials(request)), context),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const own = sessions.open(port);
  return {
    url: own.url,
    blocked: () => own.blocked(),
    openSession: () => sessions.open(port),
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

interface Context {
  readonly guard: AddressGuard;
  readonly upstream: URL | undefined;
  readonly logger: Logger;
  readonly idleMs: number;
  readonly open: Set<Socket>;
}

async function answer(request: IncomingMessage, response: ServerResponse, session: SessionState | undefined, context: Context) {
  response.on("error", () => request.destroy());
  if (!session) return void response.writeHead(407, { "proxy-authenticate": CHALLENGE, "content-length": 0 }).end();
  track(session.sockets, request.socket);
  try {
    const url = context.guard.checkUrl(request.url ?? "");
    if (url.protocol !== "http:") throw new UnsupportedUrlError("only http is asked without a tunnel");
    const target = await connectFor(url, session, context);
    if (response.destroyed) return void target.destroy();
    forwardRequest(request, response, url, target);
  } catch (cause) {
    response.writeHead(refuse(cause, session, context), { "content-length": 0, connection: "close" }).end();
  }
}

async function tunnel(
  { url: authority = "", socket }: IncomingMessage,
  client: Duplex,
  head: Buffer,
  session: SessionState | undefined,
  context: Context,
) {
  client.on("error", () => client.destroy());
  socket.setTimeout(context.idleMs, () => client.destroy());
  if (!session) return endWith(client, 407, `proxy-authenticate: ${CHALLENGE}\r\n`);
  track(session.sockets, client);
  try {
    if (!AUTHORITY.test(authority)) throw new UnsupportedUrlError("it is not a host and a port");
    const target = await connectFor(context.guard.checkUrl(`https://${authority}/`), session, context);
    if (client.destroyed) return void target.destroy();
    client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    if (head.length > 0) client.unshift(head);
    // Whoever breaks off, pipeline closes both ends: there is nobody to tell.
    pipeline(client, target, () => undefined);
    pipeline(target, client, () => undefined);
  } catch (cause) {
    endWith(client, refuse(cause, session, context));
  }
}

async function connectFor(url: URL, session: SessionState, { guard, upstream, idleMs, open }: Context): Promise<Socket> {
  const target = await dial(guard.connectOptions(hostOf(url), portOf(url)), upstream);
  target.on("error", () => target.destroy());
  target.setTimeout(idleMs, () => target.destroy());
  track(session.sockets, target);
  track(open, target);
  return target;
}

function track<S extends Duplex>(sockets: Set<S>, socket: S): void {
  if (sockets.has(socket)) return;
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}

/** Counts what was refused, and gives the status to answer. */
function refuse(cause: unknown, session: SessionState, { logger }: Context): number {
  if (cause instanceof UnsupportedUrlError) {
    session.blocked += 1;
    // Once for each run: what was refused is often asked for again and again.
    if (session.blocked === 1) logger.warn("a tool was led to an address that is not public, and was refused");
    return 403;
  }
  logger.debug({ err: cause }, "a tool asked for a host that cannot be reached");
  return cause instanceof DialTimeoutError ? 504 : 502;
}

const CHALLENGE = 'Basic realm="refrain"';
const REASONS: Readonly<Record<number, string>> = {
  403: "Forbidden",
  407: "Proxy Authentication Required",
  502: "Bad Gateway",
  504: "Gateway Timeout",
};

function endWith(client: Duplex, status: number, headers = ""): void {
  client.end(`HTTP/1.1 ${status} ${REASONS[status] ?? ""}\r\n${headers}content-length: 0\r\nconnection: close\r\n\r\n`);
}

function credentials(request: IncomingMessage): string | undefined {
  return request.headers["proxy-authorization"];
}
