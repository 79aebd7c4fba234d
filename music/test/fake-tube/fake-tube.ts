import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** How a page, a search or a file is answered. */
export interface Answer {
  /** Default: 200. */
  status?: number;
  body?: string | Uint8Array;
  /** Goes nowhere on its own: the answer never comes. */
  silent?: boolean;
  /** A redirect. */
  location?: string;
}

/** How a file is sent. */
export interface FileAnswer extends Answer {
  body: Uint8Array;
  /** Whether the length is said before. Default: true. */
  announced?: boolean;
  /** From here on nothing comes any more. */
  stallAt?: number;
  bytesPerSecond?: number;
}

export interface FakeTube {
  /** `127.0.0.1:PORT`, for a guard to allow. */
  readonly host: string;
  /** What yt-dlp has to find in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What is behind a link of a site: what yt-dlp's extractor would return, or `{ error }`. */
  page(url: string, info: unknown): void;
  /** The same, answered in another way than with JSON. */
  badPage(url: string, answer: Answer): void;
  search(query: string, hits: readonly unknown[]): void;
  badSearch(query: string, answer: Answer): void;
  /** Serves a file. @returns its address */
  file(name: string, answer: FileAnswer): string;
  /** Everything that was asked, in order. */
  readonly requests: readonly TubeRequest[];
  close(): Promise<void>;
}

export interface TubeRequest {
  /** Path without query for files; the link or query for pages and searches. */
  what: string;
  range: string | undefined;
  cookie: string | undefined;
}

const PLUGIN = fileURLToPath(new URL("plugin", import.meta.url));
/** What Python makes of its sources, so that only the first run does it, and not beside ours. */
const PYTHON_CACHE = fileURLToPath(new URL("../../../node_modules/.cache/refrain/python", import.meta.url));
const PIECE = 16_384;

/** The site behind the plugin: pages and searches as the test sets them, files with `Range`, and every way of failing. */
export async function startFakeTube(): Promise<FakeTube> {
  const pages = new Map<string, Answer>();
  const searches = new Map<string, Answer>();
  const files = new Map<string, FileAnswer>();
  const requests: TubeRequest[] = [];

  function find(request: IncomingMessage): Answer | undefined {
    const url = new URL(request.url ?? "/", "http://tube");
    const what = url.searchParams.get("url") ?? url.searchParams.get("query") ?? url.pathname;
    requests.push({ what, range: request.headers.range, cookie: request.headers.cookie });
    if (url.pathname === "/page") return pages.get(what);
    if (url.pathname === "/search") return searches.get(what) ?? { body: JSON.stringify({ hits: [] }) };
    return files.get(url.pathname);
  }

  const server = createServer((request, response) => {
    response.on("error", () => undefined);
    const answer = find(request) ?? { status: 404 };
    if (answer.silent) return;
    if (answer.location !== undefined) return void response.writeHead(302, { location: answer.location }).end();
    if (answer.status !== undefined) return void response.writeHead(answer.status).end("no");
    if (answer.body instanceof Uint8Array) return void sendFile(request, response, { ...answer, body: answer.body });
    response.writeHead(200, { "content-type": "application/json" }).end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    host,
    env: { PYTHONPATH: PLUGIN, PYTHONPYCACHEPREFIX: PYTHON_CACHE, FAKE_TUBE: `http://${host}` },
    requests,
    page: (url, info) => void pages.set(url, { body: JSON.stringify(info) }),
    badPage: (url, answer) => void pages.set(url, answer),
    search: (query, hits) => void searches.set(query, { body: JSON.stringify({ hits }) }),
    badSearch: (query, answer) => void searches.set(query, answer),
    file(name, answer) {
      files.set(`/files/${name}`, answer);
      return `http://${host}/files/${name}`;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function sendFile(request: IncomingMessage, response: ServerResponse, answer: FileAnswer): Promise<void> {
  const { body, announced = true, stallAt = Number.POSITIVE_INFINITY, bytesPerSecond = 0 } = answer;
  const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  if (from > 0 && from >= body.length) return void response.writeHead(416, { "content-range": `bytes */${body.length}` }).end();
  const length = announced ? { "content-length": body.length - from, "accept-ranges": "bytes" } : {};
  const range = from > 0 ? { "content-range": `bytes ${from}-${body.length - 1}/${body.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { "content-type": "audio/mpeg", ...length, ...range });
  for (let at = from; at < body.length && !response.destroyed; at += PIECE) {
    if (at >= stallAt) return;
    if (!response.write(body.subarray(at, at + PIECE))) await Promise.race([once(response, "drain"), once(response, "close")]);
    if (bytesPerSecond > 0) await wait((PIECE / bytesPerSecond) * 1_000);
  }
  response.end();
}
