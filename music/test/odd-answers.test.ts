import { join } from "node:path";
import { silentLogger, temporaryFolder } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAddressGuard } from "../src/guard/address-guard.js";
import { startGuardProxy } from "../src/guard/guard-proxy.js";
import { clientOf, raw, startOddServer } from "./odd-server.js";
import { askProxy } from "./proxy-client.js";

/** Answers that are no HTTP, or HTTP at its edges. */
const ANSWERS: readonly (readonly [string, string])[] = [
  ["a status below 100", "HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n"],
  ["a status of 0", "HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n"],
  ["a status above 599", "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 Odd\r\ncontent-length: 0\r\n\r\n"],
  ["another protocol", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"],
  ["a hint and then nonsense", "HTTP/1.1 103 Early Hints\r\n\r\nnonsense\r\n\r\n"],
  ["a negative length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"],
  ["a length that is too long", `HTTP/1.1 200 OK\r\ncontent-length: ${"9".repeat(40)}\r\n\r\n`],
  ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n12"],
  ["a length and chunks", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a chunk of an impossible size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"],
  ["a chunk of no size", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
  ["a header with a zero in it", "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n"],
  ["a header without a name", "HTTP/1.1 200 OK\r\n: a\r\ncontent-length: 0\r\n\r\n"],
  ["a header of two lines", "HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n"],
  ["lines that end otherwise", "HTTP/1.1 200 OK\ncontent-length: 0\n\n"],
  ["a version of HTTP that is not there", "HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n"],
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a page without headers", "<html></html>"],
  ["another server's greeting", "220 mail.example.com ESMTP\r\n"],
  ["an alert of TLS", "\x15\x03\x01\x00\x02\x02\x28"],
  ["a thousand headers too many", `HTTP/1.1 200 OK\r\n${"x: 1\r\n".repeat(5000)}\r\n`],
];

describe("a host that answers with", () => {
  test.each(ANSWERS)("%s breaks neither client nor proxy", async (_case, answer) => {
    const server = await startOddServer((request) => {
      raw(request, answer);
      request.socket.end();
    });
    const http = clientOf([server], { totalMs: 2_000, silenceMs: 1_000 });
    const signal = new AbortController().signal;
    const path = join(await temporaryFolder(), "file");
    await expect(http.json(server.url, {}, signal)).rejects.toMatchObject({ problem: expect.any(String) });
    const download = http.download(server.url, path, { maxBytes: 100, sizeBytes: 10 }, signal);
    await expect(download).rejects.toThrow(/^(test |the file is larger)/);

    const proxy = await startGuardProxy({
      guard: createAddressGuard({ allow: [`127.0.0.1:${server.port}`] }),
      logger: silentLogger(),
      idleMs: 2_000,
    });
    onTestFinished(() => proxy.close());
    // Whatever it makes of it, it answers, and goes on.
    expect(await askProxy(proxy.url, server.url)).toBeGreaterThanOrEqual(200);
    expect(await askProxy(proxy.url, "http://127.0.0.1/")).toBe(403);
  });
});
