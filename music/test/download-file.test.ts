import { constants } from "node:fs";
import { open, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { describe, expect, test } from "vitest";
import { NoSpaceError, SourceUnavailableError, TooLargeError, TrackNotFoundError } from "../src/errors.js";
import { toSourceError } from "../src/http/http-errors.js";
import type { DownloadOptions, SourceHttpOptions } from "../src/http/source-http.js";
import { clientOf, type OddServer, raw, startOddServer } from "./odd-server.js";

const SIZE = 300_000;
const FILE = Buffer.from(Array.from({ length: SIZE }, (_, index) => (index * 7919) % 251));
const OTHER = Buffer.alloc(SIZE, "o");
const TYPE = { "content-type": "audio/mpeg" };

interface Served {
  /** What is there now. */
  content: Buffer;
  etag?: string;
  lastModified?: string;
  /** Each of the first answers is cut after so many bytes. */
  cuts?: number[];
  /** Whether `Range` is understood. Default: yes. */
  ranges?: boolean;
  /** Whether `If-Range` is. Default: yes. */
  ifRange?: boolean;
  /** Whether it says how long it is. Default: yes. */
  length?: boolean;
}

/** Serves a file as good servers do, but for what is asked of it. */
async function serve(served: Served): Promise<OddServer & { served: Served }> {
  const answer = ({ headers, socket }: IncomingMessage, response: ServerResponse) => {
    const { content, etag, lastModified, cuts = [], ranges = true, ifRange = true, length = true } = served;
    const validator = headers["if-range"];
    const asked = /^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1];
    const same = !ifRange || validator === undefined || validator === etag || validator === lastModified;
    const from = ranges && same && asked !== undefined ? Number(asked) : undefined;
    response.setHeader("content-type", "audio/mpeg");
    if (etag !== undefined) response.setHeader("etag", etag);
    if (lastModified !== undefined) response.setHeader("last-modified", lastModified);
    if (from !== undefined && from >= content.length) {
      return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
    }
    const body = content.subarray(from ?? 0);
    if (from !== undefined) response.setHeader("content-range", `bytes ${from}-${content.length - 1}/${content.length}`);
    if (length) response.setHeader("content-length", body.length);
    response.statusCode = from === undefined ? 200 : 206;
    const cut = cuts.shift();
    if (cut === undefined) return void response.end(body);
    response.write(body.subarray(0, cut), () => socket.destroySoon());
  };
  const server = await startOddServer(answer);
  return { ...server, served };
}

async function setUp(server: OddServer, options: Partial<SourceHttpOptions> = {}) {
  const folder = await temporaryFolder();
  const path = join(folder, "track");
  const http = clientOf([server], options);
  const fetch = (wanted: Partial<DownloadOptions> = {}, signal = new AbortController().signal) =>
    http.download(`${server.url}/track`, path, { maxBytes: 0, ...wanted }, signal);
  return { fetch, folder, path, part: `${path}.part`, note: `${path}.part.json` };
}

const ranges = ({ requests }: OddServer) => requests.map(({ headers }) => headers.range);

describe("a file", () => {
  test("arrives whole under its name, nothing else stays, and the caller is told how it goes", async () => {
    const server = await serve({ content: FILE, etag: '"1"' });
    const { fetch, folder, path } = await setUp(server);
    const told: [number, number][] = [];
    const done = await fetch({ progress: (...numbers) => void told.push(numbers) });
    expect(done).toEqual({ sizeBytes: SIZE, contentType: "audio/mpeg" });
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(await readdir(folder)).toEqual(["track"]);
    expect(told[0]).toEqual([0, SIZE]);
    expect(told.at(-1)).toEqual([SIZE, SIZE]);
    expect(told.map(([bytes]) => bytes)).toEqual(told.map(([bytes]) => bytes).toSorted((a, b) => a - b));
    expect(server.requests[0]?.headers["accept-encoding"]).toBe("identity");
  });

  test("that is cut again and again is gone on from within the call", async () => {
    const server = await serve({ content: FILE, etag: '"1"', cuts: [50_000, 60_000, 70_000, 1, 80_000] });
    const { fetch, path } = await setUp(server);
    expect(await fetch()).toMatchObject({ sizeBytes: SIZE });
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(server.requests.length).toBe(6);
    expect(server.requests[1]?.headers).toMatchObject({ range: "bytes=50000-", "if-range": '"1"' });
    expect(ranges(server).at(-1)).toBe("bytes=260001-");
  });

  test("that is cut without anything new three times in a row is given up, and the next call goes on from what is there", async () => {
    const server = await serve({ content: FILE, lastModified: "Sun, 22 Nov 2026 10:00:00 GMT", cuts: [90_000, 0, 0, 0] });
    const { fetch, path, part } = await setUp(server);
    await expect(fetch()).rejects.toThrow(SourceUnavailableError);
    expect(server.requests).toHaveLength(4);
    expect((await readFile(part)).length).toBe(90_000);
    expect(await fetch()).toMatchObject({ sizeBytes: SIZE, contentType: "audio/mpeg" });
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(server.requests[4]?.headers).toMatchObject({ range: "bytes=90000-", "if-range": "Sun, 22 Nov 2026 10:00:00 GMT" });
  });

  test("whose caller left is gone on from by the next one", async () => {
    const server = await startOddServer(({ headers }, response) => {
      response.setHeader("etag", '"1"');
      if (!headers.range)
        return void response.writeHead(200, { ...TYPE, "content-length": SIZE }).write(FILE.subarray(0, 100_000));
      response.writeHead(206, { ...TYPE, "content-range": `bytes 100000-${SIZE - 1}/${SIZE}` }).end(FILE.subarray(100_000));
    });
    const { fetch, path } = await setUp(server);
    const leaving = new AbortController();
    const progress = (bytes: number) => bytes === 100_000 && leaving.abort(new Error("left"));
    await expect(fetch({ progress }, leaving.signal)).rejects.toThrow("left");
    await until(() => server.hungUp());
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(ranges(server)).toEqual([undefined, "bytes=100000-"]);
  });

  test.each([
    ["says so", { etag: '"1"' }, '"2"', true],
    ["has never heard of If-Range, but tells its ETag", { etag: '"1"', ifRange: false }, '"2"', true],
    ["has no ETag, only a time", { lastModified: "Sun, 22 Nov 2026 10:00:00 GMT" }, undefined, true],
    ["has a weak ETag alone", { etag: 'W/"1"' }, 'W/"2"', false],
    ["has nothing to know it by", {}, undefined, false],
  ])("that changed meanwhile is begun anew, not glued together, where the source %s", async (_case, known, etag, asks) => {
    const server = await serve({ content: OTHER, ...known, cuts: [100_000, 0, 0, 0] });
    const { fetch, path } = await setUp(server);
    await expect(fetch()).rejects.toThrow(SourceUnavailableError);
    const before = server.requests.length;
    Object.assign(server.served, { content: FILE, cuts: [] });
    if (etag !== undefined) server.served.etag = etag;
    if (server.served.lastModified !== undefined) server.served.lastModified = "Sun, 22 Nov 2026 11:00:00 GMT";
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(server.requests[before]?.headers.range !== undefined).toBe(asks);
  });

  test("of a source that knows no ranges is begun anew", async () => {
    const server = await serve({ content: FILE, etag: '"1"', cuts: [100_000], ranges: false });
    const { fetch, path } = await setUp(server);
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(ranges(server)).toEqual([undefined, "bytes=100000-"]);
  });

  test("that was complete but for its name is not fetched again", async () => {
    const server = await serve({ content: FILE, etag: '"1"' });
    const { fetch, path, part, note } = await setUp(server);
    await writeFile(part, FILE);
    const url = `${server.url}/track`;
    await writeFile(note, JSON.stringify({ url, validator: '"1"', totalBytes: SIZE, contentType: "audio/mpeg" }));
    expect(await fetch()).toEqual({ sizeBytes: SIZE, contentType: "audio/mpeg" });
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["of another link", (url: string) => JSON.stringify({ url: `${url}2`, validator: '"1"', totalBytes: SIZE, contentType: "" })],
    ["that nobody described", () => undefined],
    ["whose description is half written", (url: string) => `{"url":"${url}","valid`],
    ["whose description is of another form", (url: string) => JSON.stringify({ url, validator: 1 })],
  ])("is begun anew when what is there is %s", async (_case, describe) => {
    const server = await serve({ content: FILE, etag: '"1"' });
    const { fetch, path, part, note } = await setUp(server);
    await writeFile(part, OTHER.subarray(0, 1000));
    const text = describe(`${server.url}/track`);
    if (text !== undefined) await writeFile(note, text);
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(ranges(server)).toEqual([undefined]);
  });

  test("longer than what is there now is begun anew", async () => {
    const server = await serve({ content: FILE, etag: '"1"' });
    const { fetch, path, part, note } = await setUp(server);
    await writeFile(part, Buffer.alloc(SIZE + 1));
    await writeFile(note, JSON.stringify({ url: `${server.url}/track`, validator: '"1"', totalBytes: SIZE, contentType: "" }));
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(server.requests).toHaveLength(2);
  });

  test.each([
    ["other bytes", `bytes 5-${SIZE - 1}/${SIZE}`],
    ["bytes of a file of another size", `bytes 100000-${SIZE - 1}/${SIZE + 5}`],
    ["bytes it does not name", undefined],
    ["bytes in many parts", "bytes 1-2,3-4/5"],
  ])("is begun anew when the source sends %s instead of the rest", async (_case, range) => {
    const server = await startOddServer(({ headers, socket }, response) => {
      response.setHeader("etag", '"1"');
      if (headers.range !== undefined) {
        response
          .writeHead(206, { ...TYPE, ...(range === undefined ? {} : { "content-range": range }) })
          .end(OTHER.subarray(0, SIZE - 100_000));
      } else if (server.requests.length === 1) {
        response.writeHead(200, { ...TYPE, "content-length": SIZE }).write(FILE.subarray(0, 100_000), () => socket.destroySoon());
      } else response.writeHead(200, { ...TYPE, "content-length": SIZE }).end(FILE);
    });
    const { fetch, path } = await setUp(server);
    await fetch();
    expect((await readFile(path)).equals(FILE)).toBe(true);
    expect(ranges(server)).toEqual([undefined, "bytes=100000-", undefined]);
  });

  test("sent as a part that nobody asked for is refused", async () => {
    const server = await startOddServer(
      (_request, response) => void response.writeHead(206, { ...TYPE, "content-range": "bytes 0-2/9" }).end("abc"),
    );
    const { fetch, folder } = await setUp(server);
    await expect(fetch()).rejects.toThrow(SourceUnavailableError);
    expect(await readdir(folder)).toEqual([]);
  });

  test("that ends early without having said its length is known by what the source said elsewhere", async () => {
    const server = await startOddServer(({ socket }) => {
      socket.end(Buffer.concat([Buffer.from("HTTP/1.0 200 OK\r\ncontent-type: audio/mpeg\r\n\r\n"), FILE.subarray(0, 1000)]));
    });
    const { fetch, path } = await setUp(server);
    await expect(fetch({ sizeBytes: SIZE })).rejects.toThrow(SourceUnavailableError);
    expect(server.requests).toHaveLength(4);
    expect(await fetch()).toEqual({ sizeBytes: 1000, contentType: "audio/mpeg" });
    expect((await readFile(path)).equals(FILE.subarray(0, 1000))).toBe(true);
  });

  test("that is gone on from without a length is complete when the rest says how long it is", async () => {
    const server = await serve({ content: FILE, etag: '"1"', cuts: [100_000], length: false });
    const { fetch, path } = await setUp(server);
    expect(await fetch({ sizeBytes: SIZE })).toMatchObject({ sizeBytes: SIZE });
    expect((await readFile(path)).equals(FILE)).toBe(true);
  });
});

describe("bounds", () => {
  test("of the size hold as soon as the source says it, and then nothing stays", async () => {
    const server = await startOddServer((_request, response) => {
      response.writeHead(200, { ...TYPE, "content-length": 101, etag: '"1"' }).flushHeaders();
    });
    const { fetch, folder } = await setUp(server);
    await expect(fetch({ maxBytes: 100 })).rejects.toMatchObject({ name: "TooLargeError", limitBytes: 100 });
    expect(await readdir(folder)).toEqual([]);
    await until(() => server.hungUp());
  });

  test("of the size hold for a source that says nothing, and never ends", async () => {
    const server = await startOddServer((_request, response) => {
      response.writeHead(200, TYPE);
      const more = () => {
        while (!response.destroyed && response.write(FILE));
      };
      response.on("drain", more);
      more();
    });
    const { fetch, folder } = await setUp(server);
    let most = 0;
    const progress = (bytes: number) => (most = Math.max(most, bytes));
    await expect(fetch({ maxBytes: 1_000_000, progress })).rejects.toThrow(TooLargeError);
    expect(most).toBeLessThanOrEqual(1_000_000);
    expect(await readdir(folder)).toEqual([]);
    await until(() => server.hungUp());
  });

  test("of the size allow a file of exactly so many bytes", async () => {
    const { fetch } = await setUp(await serve({ content: FILE }));
    expect(await fetch({ maxBytes: SIZE })).toMatchObject({ sizeBytes: SIZE });
  });

  test("of the speed end a source that drips", async () => {
    const server = await startOddServer((request) => {
      raw(request, "HTTP/1.1 200 OK\r\ncontent-type: audio/mpeg\r\ncontent-length: 999999\r\n\r\n");
      const timer = setInterval(() => raw(request, "1"), 10);
      request.socket.once("close", () => clearInterval(timer));
    });
    const { fetch } = await setUp(server, { speed: { bytes: 30_000, ms: 100 } });
    await expect(fetch()).rejects.toMatchObject({ name: "SourceUnavailableError", problem: "timeout" });
    await until(() => server.hungUp());
  });

  test("of silence end a source that stops in the middle", async () => {
    const server = await startOddServer((_request, response) => {
      response.writeHead(200, { ...TYPE, "content-length": 99 }).write("1");
    });
    const { fetch } = await setUp(server, { silenceMs: 200 });
    await expect(fetch()).rejects.toMatchObject({ name: "SourceUnavailableError", problem: "timeout" });
  });
});

describe("what is no file", () => {
  test.each([
    ["a page", { "content-type": "text/html; charset=utf-8" }],
    ["an error as JSON", { "content-type": "application/json" }],
    ["compressed", { ...TYPE, "content-encoding": "gzip" }],
  ])("%s is refused at once", async (_case, headers) => {
    const server = await startOddServer((_request, response) => void response.writeHead(200, headers).end("<html>"));
    const { fetch, folder } = await setUp(server);
    await expect(fetch()).rejects.toThrow(SourceUnavailableError);
    expect(await readdir(folder)).toEqual([]);
    expect(server.requests).toHaveLength(1);
  });

  test("another type than was asked for is refused", async () => {
    const { fetch } = await setUp(await serve({ content: FILE }));
    await expect(fetch({ types: ["audio/flac", "image/"] })).rejects.toThrow(SourceUnavailableError);
    expect(await fetch({ types: ["audio/"] })).toMatchObject({ sizeBytes: SIZE });
  });

  test("404 means that the track is gone", async () => {
    const server = await startOddServer(
      (_request, response) => void response.writeHead(404, { "content-type": "text/html" }).end("<html>"),
    );
    const { fetch } = await setUp(server);
    await expect(fetch()).rejects.toThrow(TrackNotFoundError);
  });
});

test("a link that lies where the file is to be written is not followed", async () => {
  const { fetch, folder, part } = await setUp(await serve({ content: FILE }));
  const outside = join(folder, "outside");
  await writeFile(outside, "precious");
  await symlink(outside, part);
  await fetch();
  expect(await readFile(outside, "utf8")).toBe("precious");
});

test("a full disk is no fault of the source", async () => {
  // A device of Linux that is always full.
  const full = await open("/dev/full", constants.O_WRONLY);
  const failure = await full.write(Buffer.from("x")).catch((error: unknown) => error);
  await full.close();
  expect(toSourceError("test", failure)).toBeInstanceOf(NoSpaceError);
});
