import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { type ItemDocument, makeItem, searchAnswer, toSearchDocument } from "./documents.js";
import { createFetchLog, type FileFetches } from "./fetch-log.js";
import { LuceneSyntaxError, parseLucene } from "./lucene.js";
import { type Misbehaviour, misbehave } from "./misbehave.js";
import { createMp3Bytes, type TrackBytes } from "./mp3-bytes.js";
import { sendFile } from "./send-file.js";

export interface FakeArchiveOptions {
  /** Items with one track each, `fake-track-1` onwards, "Silence No. 1" by The Silent Frames; default 10. */
  tracks?: number;
  /** Size of each track, from 3,000; default 100,000. 40,000 bytes are a second. */
  bytes?: number;
  /** Speed of each file; default 0, as fast as it is read. May be changed later: `setBytesPerSecond`. */
  bytesPerSecond?: number;
  /** Further items as `/metadata/ID` answers them, by identifier. Their MP3s have the size that they say. */
  items?: Readonly<Record<string, ItemDocument>>;
  /** Picture of every item; default: none, 404. */
  image?: { bytes: Uint8Array; type: string };
  /** Default: a free one. */
  port?: number;
}

/** What can be broken: one of the four services, for all items, or for one. */
export interface Breakage {
  what: "search" | "metadata" | "download" | "image";
  identifier?: string;
  how: Misbehaviour;
  /** So many requests; default: all until mended. */
  times?: number;
}

/** A server that answers as the Internet Archive does, on this machine. */
export interface FakeArchive {
  /** `http://127.0.0.1:PORT` */
  baseUrl: string;
  /** `127.0.0.1:PORT`, as an address guard wants to hear it. */
  host: string;
  /** `Track.url` of the made track with this number, from 1. */
  trackUrl(number: number): string;
  /** The bytes of a file, to compare with. */
  bytesOf(identifier: string, name: string): TrackBytes;
  /** Requests for files that the data node answered, by `IDENTIFIER/NAME`. */
  fetches(): ReadonlyMap<string, FileFetches>;
  /** Paths and queries of all requests so far. */
  requests(): readonly string[];
  /** @returns what mends it */
  break(breakage: Breakage): () => void;
  /** An item is gone from now on, as if it never was. */
  remove(identifier: string): void;
  setBytesPerSecond(bytesPerSecond: number): void;
  close(): Promise<void>;
}

const DEFAULT_TRACKS = 10;
const DEFAULT_BYTES = 100_000;
const TYPES: Readonly<Record<string, string>> = {
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  flac: "audio/flac",
  m4a: "audio/mp4",
  wav: "audio/x-wav",
};

export async function startFakeArchive(options: FakeArchiveOptions = {}): Promise<FakeArchive> {
  const { tracks = DEFAULT_TRACKS, bytes = DEFAULT_BYTES, image } = options;
  let { bytesPerSecond = 0 } = options;
  const items = new Map<string, ItemDocument>();
  const contents = new Map<string, TrackBytes>();
  const log = createFetchLog();
  const requests: string[] = [];
  const breakages = new Set<Breakage & { left: number }>();

  for (let number = 1; number <= tracks; number++) {
    const { identifier, name, title } = madeTrack(number);
    const content = createMp3Bytes(title, bytes);
    contents.set(`${identifier}/${name}`, content);
    items.set(identifier, makeItem(identifier, name, title, content));
  }
  for (const [identifier, item] of Object.entries(options.items ?? {})) items.set(identifier, item);

  function bytesOf(identifier: string, name: string): TrackBytes {
    const key = `${identifier}/${name}`;
    const found = contents.get(key);
    if (found) return found;
    const file = items.get(identifier)?.files?.find((one) => one?.name === name);
    const content = createMp3Bytes(name, Math.max(3_000, Number(file?.size) || DEFAULT_BYTES));
    contents.set(key, content);
    return content;
  }

  /** True when the request got a wrong answer; otherwise the fault that goes with the right one, if any. */
  async function faultOf(what: Breakage["what"], identifier: string, request: IncomingMessage, response: ServerResponse) {
    for (const breakage of breakages) {
      const meant = breakage.what === what && (breakage.identifier ?? identifier) === identifier;
      if (!meant || breakage.left === 0) continue;
      breakage.left--;
      if (breakage.how.kind === "slow") await wait(breakage.how.delayMs);
      return misbehave(breakage.how, request, response) || breakage.how;
    }
    return undefined;
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://fake");
    requests.push(request.url ?? "/");
    const [place = "", first = "", ...rest] = pathname.slice(1).split("/").map(decodeURIComponent);
    if (place === "advancedsearch.php") {
      if ((await faultOf("search", "", request, response)) !== true) sendJson(response, search(searchParams));
    } else if (place === "metadata") {
      if ((await faultOf("metadata", first, request, response)) !== true) sendJson(response, items.get(first) ?? {});
    } else if (place === "services") {
      const fault = await faultOf("image", rest.join("/"), request, response);
      if (fault !== true) sendImage(response);
    } else if (place === "download" && items.has(first)) {
      response.writeHead(302, { location: `/7/items${pathname.slice("/download".length)}` }).end();
    } else if (place === "7" && first === "items") {
      const [identifier = "", ...name] = rest;
      await download(identifier, name.join("/"), request, response);
    } else {
      response.writeHead(404, { "content-type": "text/html" }).end("<h1>Item not available</h1>");
    }
  }

  function search(parameters: URLSearchParams): unknown {
    try {
      const test = parseLucene(parameters.get("q") ?? "");
      const found = [...items.values()].filter((item) => !item.is_dark).map(toSearchDocument);
      return searchAnswer(found.filter(test), parameters);
    } catch (error) {
      if (!(error instanceof LuceneSyntaxError)) throw error;
      return { error: `[PARSE ERROR] ${error.message}`, forensics: { query: parameters.get("q") } };
    }
  }

  function sendImage(response: ServerResponse): void {
    if (!image) return void response.writeHead(404, { "content-type": "text/html" }).end();
    response.writeHead(200, { "content-type": image.type, "content-length": String(image.bytes.length) }).end(image.bytes);
  }

  async function download(identifier: string, name: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = items.get(identifier)?.files?.find((one) => one?.name === name);
    if (!file) return void response.writeHead(404, { "content-type": "text/html" }).end("<h1>404</h1>");
    const fault = await faultOf("download", identifier, request, response);
    if (fault === true) return;
    if (file.private === "true") return void response.writeHead(403, { "content-type": "text/html" }).end("<h1>403</h1>");
    const type = TYPES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
    const content = fault?.kind === "bytes" ? fixed(fault.bytes) : bytesOf(identifier, name);
    const etag = `"${Buffer.from(`${identifier}/${name}`).toString("hex").slice(-12)}-${content.sizeBytes.toString(16)}"`;
    const fetch = log.begin(`${identifier}/${name}`, request.headers.range);
    response.on("close", () => fetch.end());
    await sendFile(request, response, { bytes: content, etag, type, bytesPerSecond, fault, sent: (count) => fetch.sent(count) });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      process.stderr.write(`the fake archive itself failed: ${String(error)}\n`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl: `http://${host}`,
    host,
    trackUrl: (number) => `https://archive.org/details/${madeTrack(number).identifier}/${madeTrack(number).name}`,
    bytesOf,
    fetches: log.fetches,
    requests: () => requests,
    break(breakage) {
      const entry = { ...breakage, left: breakage.times ?? Number.POSITIVE_INFINITY };
      breakages.add(entry);
      return () => void breakages.delete(entry);
    },
    remove: (identifier) => void items.delete(identifier),
    setBytesPerSecond: (speed) => {
      bytesPerSecond = speed;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function madeTrack(number: number) {
  return { identifier: `fake-track-${number}`, name: `silence-${number}.mp3`, title: `Silence No. ${number}` };
}

function fixed(bytes: Uint8Array) {
  return {
    sizeBytes: bytes.length,
    read: (offset: number, length: number) => Buffer.from(bytes.subarray(offset, offset + length)),
  };
}

function sendJson(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  response
    .writeHead(200, { "content-type": "application/json;charset=UTF-8", "content-length": String(Buffer.byteLength(text)) })
    .end(text);
}
