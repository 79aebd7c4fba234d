import type { Server } from "node:net";
import type { Logger } from "../log.js";
import { counter, gauge } from "../metrics.js";

/** What is known of the door whose connections are guarded. */
export interface GuardOptions {
  /** grpc or http, for the metric and the log. */
  door: string;
  /** Connections that the door holds at once. */
  maxConnections: number;
  /** Time for a connection's first words, a handshake or a request's headers, in milliseconds. */
  firstWordsMs: number;
  logger: Logger;
}

/** Whoever floods the door must not flood the log. */
const LOG_EVERY_MS = 10_000;

const refused = counter(
  "refrain_connections_refused_total",
  "Connections closed before they carried a call, by door and reason: limit (MAX_CONNECTIONS are open), tls (the handshake failed).",
  ["door", "reason"],
);

/** Bounds the connections of a door, and counts and tells (at most every 10 s for each reason) who was turned away and why. */
export function guardConnections(server: Server, { door, maxConnections, logger }: GuardOptions): void {
  const lastLog = new Map<string, number>();
  const refuse = (reason: "limit" | "tls", detail: string): void => {
    refused.inc({ door, reason });
    const now = performance.now();
    if (now - (lastLog.get(reason) ?? -Infinity) < LOG_EVERY_MS) return;
    lastLog.set(reason, now);
    logger.warn({ door, reason, detail }, "connection refused");
  };
  let open = 0;
  gauge(`refrain_${door}_connections`, `Connections that the ${door} door holds; MAX_CONNECTIONS bounds them.`, () => open);
  server.on("connection", (socket) => {
    open += 1;
    socket.once("close", () => (open -= 1));
  });
  server.maxConnections = maxConnections;
  server.on("drop", () => refuse("limit", `${maxConnections} connections are open: the limit of MAX_CONNECTIONS`));
  server.on("tlsClientError", (error: Error) => refuse("tls", handshakeProblem(error)));
}

/** OpenSSL's sentence without its numbers and source files. */
function handshakeProblem(error: Error & { code?: string; reason?: string }): string {
  return error.reason ?? error.code ?? error.message;
}
