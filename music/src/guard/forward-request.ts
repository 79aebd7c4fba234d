import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { pipeline } from "node:stream";

/** Headers that are between two neighbours and never passed on (RFC 9110, 7.6.1), and the token for this proxy. */
const HOP_BY_HOP: readonly string[] = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/**
 * Sends a request to where it is meant for, over a connection that leads there, and the answer back. Ends with the answer, or
 * with whoever hangs up first.
 */
export function forwardRequest(incoming: IncomingMessage, response: ServerResponse, url: URL, socket: Socket): void {
  const headers = ["Host", url.host, "Connection", "close", ...passedOn(incoming.rawHeaders, ["host"])];
  const path = `${url.pathname}${url.search}`;
  const outgoing = request({ createConnection: () => socket, method: incoming.method, path, headers, setHost: false });
  const fail = () => {
    socket.destroy();
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { "content-length": 0 }).end();
  };
  outgoing.once("response", (answer) => {
    const status = answer.statusCode ?? 0;
    // What the parser lets through, and HTTP does not know.
    if (status < 200) return fail();
    response.writeHead(status, passedOn(answer.rawHeaders));
    // Whoever broke off, both ends are closed by then: there is nobody to tell.
    pipeline(answer, response, () => socket.destroy());
  });
  outgoing.once("upgrade", fail);
  outgoing.once("error", fail);
  response.once("close", () => outgoing.destroy());
  // A body that breaks off destroys the request, whose error is answered above.
  pipeline(incoming, outgoing, () => undefined);
}

function passedOn(rawHeaders: readonly string[], besides: readonly string[] = []): string[] {
  const named = rawHeaders.flatMap((value, index) =>
    index % 2 === 1 && isConnection(rawHeaders[index - 1]) ? value.split(",") : [],
  );
  const dropped = new Set([...HOP_BY_HOP, ...besides, ...named.map((name) => name.trim().toLowerCase())]);
  return rawHeaders.filter((_, index) => !dropped.has(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ""));
}

function isConnection(name: string | undefined): boolean {
  return name?.toLowerCase() === "connection";
}
