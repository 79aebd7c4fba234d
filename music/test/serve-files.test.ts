import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { writeFile } from "node:fs/promises";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createCovers } from "../src/covers/covers.js";
import { storedName } from "../src/files/file-names.js";
import { openFileStore } from "../src/files/file-store.js";
import { openLocalHome } from "../src/files/local-home.js";
import { serveFiles } from "../src/files/serve-files.js";
import { bigJpeg } from "./pictures.js";
import { put } from "./stored-files.js";

const CONTENT = Buffer.from(Array.from({ length: 5_000 }, (_, at) => at % 251));
const SECRET = "the secret outside";

/** A server over a folder that holds one MP3 and one cover, with a secret beside it. */
async function setUp() {
  const root = await temporaryFolder();
  await writeFile(join(root, "secret.mp3"), SECRET);
  const home = await openLocalHome({ folder: join(root, "files"), now: Date.now });
  const store = openFileStore({ home, maxBytes: 1e6, maxAgeMs: 0, now: Date.now, logger: silentLogger() });
  onTestFinished(() => store.close());
  const covers = await createCovers(join(root, "covers"));
  const cover = (await covers.save(bigJpeg(100, 100), new AbortController().signal)) ?? "";
  const name = await put(store, "1", CONTENT, { folder: root });
  const route = serveFiles({ store, covers, logger: silentLogger() });
  const server = createServer((request, response) => route.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port } = server.address() as AddressInfo; // listening on TCP: never a pipe's name
  const get = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}/files/${path}`, init);
  return { get, name, cover, port, store };
}

const bytes = async (response: Response) => Buffer.from(await response.arrayBuffer());

test("a whole file, with its type and an ETag", async () => {
  const { get, name } = await setUp();
  const response = await get(name);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "content-type": "audio/mpeg",
    "content-length": "5000",
    "accept-ranges": "bytes",
    etag: `"${name}"`,
    "x-content-type-options": "nosniff",
  });
  expect((await bytes(response)).equals(CONTENT)).toBe(true);
});

test.each([
  ["bytes=0-99", 0, 99],
  ["bytes=4000-", 4000, 4999],
  ["bytes=-10", 4990, 4999],
  ["bytes=4990-9999", 4990, 4999],
])("Range %s", async (range, from, to) => {
  const { get, name } = await setUp();
  const response = await get(name, { headers: { range } });
  expect(response.status).toBe(206);
  expect(response.headers.get("content-range")).toBe(`bytes ${from}-${to}/5000`);
  expect((await bytes(response)).equals(CONTENT.subarray(from, to + 1))).toBe(true);
});

test("a range beyond the end is 416, and one for another version brings the whole file", async () => {
  const { get, name } = await setUp();
  expect((await get(name, { headers: { range: "bytes=5000-" } })).status).toBe(416);
  const other = await get(name, { headers: { range: "bytes=0-9", "if-range": '"another"' } });
  expect(other.status).toBe(200);
  await other.arrayBuffer();
  const same = await get(name, { headers: { range: "bytes=0-9", "if-range": `"${name}"` } });
  expect(same.status).toBe(206);
  await same.arrayBuffer();
});

test("HEAD has no body, and what the caller has already is 304", async () => {
  const { get, name } = await setUp();
  const head = await get(name, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([200, "5000", ""]);
  // Without a cache-control of ours, fetch() adds `no-cache`, which asks for the file anyway.
  const headers = { "if-none-match": `"${name}"`, "cache-control": "max-age=0" };
  expect((await get(name, { headers })).status).toBe(304);
});

test("a cover is a JPEG", async () => {
  const { get, cover } = await setUp();
  const response = await get(cover);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  await response.arrayBuffer();
});

test("anything but reading is refused", async () => {
  const { get, name } = await setUp();
  for (const method of ["POST", "PUT", "DELETE"]) {
    const response = await get(name, { method });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    await response.arrayBuffer();
  }
});

test("a file that is gone is 404", async () => {
  const { get } = await setUp();
  expect((await get(storedName("cd".repeat(32), "mp3"))).status).toBe(404);
  expect((await get(storedName("cd".repeat(32), "jpg"))).status).toBe(404);
});

test("no path leads out of the folder, however it is written", async () => {
  const { port } = await setUp();
  const pieces = fc.constantFrom(
    "..",
    ".",
    "/",
    "//",
    "\\",
    "%2e",
    "%2E%2e",
    "%2f",
    "%5c",
    "%00",
    "secret.mp3",
    "secret.mp3%00.jpg",
    "?",
    "#",
    ";",
    "files",
    "%c0%af",
  );
  const anything = fc.string({ maxLength: 20 }).map((part) => part.replaceAll(/[\r\n\s\0]/g, "x"));
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof({ weight: 4, arbitrary: pieces }, anything), { maxLength: 8 }), async (parts) => {
      const answer = await rawGet(port, `/files/${parts.join("")}`);
      expect(answer).toMatch(/^HTTP\/1\.1 (404|400) /);
      expect(answer).not.toContain(SECRET);
    }),
    { numRuns: 150 },
  );
});

/** Sends the path as it is: fetch() would tidy it. */
function rawGet(port: number, path: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  return text(socket);
}
