import { getEventListeners, once } from "node:events";
import { Readable } from "node:stream";
import { createGzip, gzipSync, brotliCompressSync, deflateSync } from "node:zlib";
import { until } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { SourceUnavailableError, TooLargeError, TrackNotFoundError } from "../src/errors.js";
import { HttpStatusError } from "../src/http/http-errors.js";
import { clientOf, type OddServer, raw, startOddServer } from "./odd-server.js";

const signal = new AbortController().signal;
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

describe("JSON", () => {
  test("is read, plain or compressed, and the source is told who asks", async () => {
    const value = { title: "Жар-птица", list: [1, 2] };
    const encoders = { "/gzip": gzipSync, "/deflate": deflateSync, "/br": brotliCompressSync };
    const server = await startOddServer(({ url }, response) => {
      const [path, encode] = Object.entries(encoders).find(([path]) => path === url) ?? ["", (bytes: Buffer) => bytes];
      response.writeHead(200, { ...JSON_TYPE, ...(path && { "content-encoding": path.slice(1) }) });
      response.end(encode(Buffer.from(JSON.stringify(value))));
    });
    const http = clientOf([server]);
    for (const path of ["/", ...Object.keys(encoders)]) expect(await http.json(server.url + path, {}, signal)).toEqual(value);
    expect(server.requests[0]?.headers).toMatchObject({
      "user-agent": expect.stringMatching(/^Refrain\/\d+\.\d+\.\d+ \(/),
      accept: "application/json",
    });
    expect(server.requests[0]?.headers).not.toHaveProperty("cookie");
  });

  test.each([
    ["a page", { "content-type": "text/html" }, "<html>Sign in</html>"],
    ["JSON that is broken", JSON_TYPE, '{"a": '],
    ["nothing", JSON_TYPE, ""],
    ["bytes that are not what the encoding says", { ...JSON_TYPE, "content-encoding": "gzip" }, "{}"],
    ["compressed bytes that end early", { ...JSON_TYPE, "content-encoding": "gzip" }, gzipSync("[".repeat(999)).subarray(0, 15)],
    ["an encoding that was not asked for", { ...JSON_TYPE, "content-encoding": "zstd" }, "{}"],
    ["an encoding within another", { ...JSON_TYPE, "content-encoding": "gzip, gzip" }, gzipSync(gzipSync("{}"))],
  ])("that is %s counts as a failure of the source, is not asked for again, and is not quoted", async (_case, headers, body) => {
    const server = await startOddServer((_request, response) => void response.writeHead(200, headers).end(body));
    const failure = await clientOf([server])
      .json(server.url, {}, signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SourceUnavailableError);
    expect(String(failure)).not.toMatch(/Sign in|127\.0\.0\.1|a":/);
    expect(server.requests).toHaveLength(1);
  });

  test("of a megabyte that unpacks to a gigabyte is left at the bound, and costs no memory", async () => {
    // Members of a gzip file follow one another: a thousand times a thousandth.
    const member = gzipSync(Buffer.alloc(1_000_000));
    const bomb = Buffer.concat(Array.from({ length: 1000 }, () => member));
    expect(bomb.length).toBeLessThan(1_100_000);
    const server = await startOddServer(
      (_request, response) => void response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" }).end(bomb),
    );
    const before = process.memoryUsage().rss;
    let highest = before;
    const timer = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 5);
    await expect(clientOf([server]).json(server.url, { maxBytes: 2_000_000 }, signal)).rejects.toThrow(SourceUnavailableError);
    clearInterval(timer);
    highest = Math.max(highest, process.memoryUsage().rss);
    expect(highest - before).toBeLessThan(100_000_000);
  });

  test("that never ends is left at the bound, compressed or not", async () => {
    const server = await startOddServer(({ url }, response) => {
      const endless = new Readable({
        read: function () {
          this.push(Buffer.alloc(65_536, "1"));
        },
      });
      response.once("close", () => endless.destroy());
      if (url === "/gzip") {
        response.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" });
        endless.pipe(createGzip()).pipe(response);
      } else {
        response.writeHead(200, JSON_TYPE);
        endless.pipe(response);
      }
    });
    const http = clientOf([server]);
    await expect(http.json(`${server.url}/`, { maxBytes: 1_000_000 }, signal)).rejects.toThrow(SourceUnavailableError);
    await expect(http.bytes(`${server.url}/gzip`, { maxBytes: 1_000_000, types: ["application/json"] }, signal)).rejects.toThrow(
      TooLargeError,
    );
    await until(() => server.hungUp());
  });
});

describe("small files", () => {
  test("are read when they are of a wanted type", async () => {
    const server = await startOddServer(
      (_request, response) => void response.writeHead(200, { "content-type": "Image/JPEG" }).end("picture"),
    );
    const bytes = await clientOf([server]).bytes(server.url, { maxBytes: 7, types: ["image/"] }, signal);
    expect(Buffer.from(bytes).toString()).toBe("picture");
    expect(server.requests[0]?.headers.accept).toBe("image/*");
  });

  test("of another type, or of none, are refused", async () => {
    const server = await startOddServer(({ url }, response) => {
      if (url === "/html") response.setHeader("content-type", "text/html");
      response.end("<html>");
    });
    const http = clientOf([server]);
    for (const path of ["/html", "/none"]) {
      await expect(http.bytes(server.url + path, { maxBytes: 99, types: ["image/"] }, signal)).rejects.toThrow(
        SourceUnavailableError,
      );
    }
  });

  test("are too large as soon as they say so", async () => {
    const server = await startOddServer((_request, response) => {
      response.writeHead(200, { "content-type": "image/png", "content-length": "101" }).flushHeaders();
    });
    await expect(clientOf([server]).bytes(server.url, { maxBytes: 100, types: ["image/"] }, signal)).rejects.toThrow(
      TooLargeError,
    );
  });
});

describe("a source that is unwell", () => {
  test("is asked again when it breaks off, or answers 500 or 429, and at most three times", async () => {
    const server = await startOddServer(({ url, socket }, response) => {
      const count = server.requests.filter((request) => request.url === url).length;
      if (count === 3 && url !== "/never") return void response.writeHead(200, JSON_TYPE).end("1");
      if (url === "/broken") return void socket.destroy();
      if (url === "/short")
        return void response.writeHead(200, { ...JSON_TYPE, "content-length": "9" }).write("1", () => socket.destroy());
      if (url === "/garbage") return raw(socketOf(server), "SSH-2.0-OpenSSH\r\n");
      response.writeHead(url === "/429" ? 429 : 503, { "retry-after": "0" }).end();
    });
    const http = clientOf([server]);
    for (const path of ["/broken", "/short", "/garbage", "/429", "/503"]) {
      expect(await http.json(server.url + path, {}, signal), path).toBe(1);
    }
    await expect(http.json(`${server.url}/never`, {}, signal)).rejects.toMatchObject({ status: 503, problem: "down" });
    expect(server.requests.filter(({ url }) => url === "/never")).toHaveLength(3);
  });

  test("is left alone when it asks for more patience than there is", async () => {
    const server = await startOddServer((_request, response) => void response.writeHead(429, { "retry-after": "3600" }).end());
    const failure = clientOf([server]).json(server.url, {}, signal);
    await expect(failure).rejects.toMatchObject({ name: "HttpStatusError", problem: "rate_limited", retryAfterMs: 3_600_000 });
    expect(server.requests).toHaveLength(1);
  });

  test("is waited for as long as it asks, when that fits", async () => {
    const times: number[] = [];
    const server = await startOddServer((_request, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(503, { "retry-after": "1" }).end();
      else response.writeHead(200, JSON_TYPE).end("1");
    });
    expect(await clientOf([server]).json(server.url, {}, signal)).toBe(1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  });

  test.each([
    [404, TrackNotFoundError, undefined],
    [410, TrackNotFoundError, undefined],
    [403, HttpStatusError, "blocked"],
    [401, HttpStatusError, "blocked"],
    [400, HttpStatusError, "down"],
    [204, HttpStatusError, "down"],
    [304, HttpStatusError, "down"],
  ])("answers %i, which is not asked for again", async (status, type, problem) => {
    const server = await startOddServer((_request, response) => void response.writeHead(status).end());
    const failure = await clientOf([server])
      .json(server.url, {}, signal)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(type);
    if (problem) expect(failure).toMatchObject({ problem });
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["does not answer", () => undefined],
    ["sends one byte of its headers now and then", (server: OddServer) => drip(server, "HTTP/1.1 200 OK\r\nx: ")],
    [
      "sends one byte of its body now and then",
      (server: OddServer) => drip(server, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n"),
    ],
    [
      "gives hints for ever",
      (server: OddServer) => drip(server, "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"),
    ],
  ])("%s, and is given up in time", async (_case, behave) => {
    const server = await startOddServer(() => behave(server));
    const http = clientOf([server], { totalMs: 300, silenceMs: 5_000 });
    await expect(http.json(server.url, {}, signal)).rejects.toMatchObject({ name: "SourceUnavailableError", problem: "timeout" });
    await until(() => server.hungUp());
  });

  test("answers too late each time, which is tried again within the time there is", async () => {
    const server = await startOddServer(() => undefined);
    await expect(clientOf([server], { answerMs: 50 }).json(server.url, {}, signal)).rejects.toMatchObject({ problem: "timeout" });
    expect(server.requests).toHaveLength(3);
  });

  test("sends headers without end, and is given up", async () => {
    const server = await startOddServer(() => {
      const socket = socketOf(server);
      socket.socket.write("HTTP/1.1 200 OK\r\n");
      const more = () => {
        while (!socket.socket.destroyed && socket.socket.write(`x: ${"a".repeat(1000)}\r\n`));
      };
      socket.socket.on("drain", more);
      more();
    });
    await expect(clientOf([server]).json(server.url, {}, signal)).rejects.toThrow(SourceUnavailableError);
  });

  test("sends more than it announced, which is read by nobody", async () => {
    const server = await startOddServer(() => {
      const answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n1";
      raw(socketOf(server), `${answer}HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n2`);
    });
    const http = clientOf([server], { perHost: 1 });
    for (let count = 0; count < 5; count += 1) expect(await http.json(server.url, {}, signal)).toBe(1);
  });

  test("cannot be reached", async () => {
    const server = await startOddServer(() => undefined);
    const port = await freePort();
    const http = clientOf([server, { ...server, port }]);
    const failure = await http.json(`http://127.0.0.1:${port}/`, {}, signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: "SourceUnavailableError", problem: "down" });
    expect(String(failure)).not.toContain("127.0.0.1");
  });
});

describe("callers", () => {
  test("who leave are answered with their reason, and their connection is closed", async () => {
    const server = await startOddServer(() => undefined);
    const leaving = new AbortController();
    const answer = clientOf([server]).json(server.url, {}, leaving.signal);
    await until(() => server.requests.length === 1);
    const reason = new Error("left");
    leaving.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await until(() => server.hungUp());
    await expect(clientOf([server]).json(server.url, {}, leaving.signal)).rejects.toBe(reason);
  });

  test("who leave while they wait for a retry do not wait", async () => {
    const server = await startOddServer((_request, response) => void response.writeHead(503, { "retry-after": "30" }).end());
    const leaving = new AbortController();
    const http = clientOf([server], { maxRetryAfterMs: 60_000, totalMs: 60_000 });
    const answer = http.json(server.url, {}, leaving.signal);
    await until(() => server.requests.length === 1);
    leaving.abort(new Error("left"));
    await expect(answer).rejects.toThrow("left");
  });

  test("beyond those whom one host may have at once wait for their turn, or leave", async () => {
    const waiting: (() => void)[] = [];
    const server = await startOddServer(
      (_request, response) => void waiting.push(() => response.writeHead(200, JSON_TYPE).end("1")),
    );
    const http = clientOf([server], { perHost: 2 });
    const leaving = new AbortController();
    const answers = [1, 2, 3].map(() => http.json(server.url, {}, signal));
    const left = http.json(server.url, {}, leaving.signal);
    await until(() => waiting.length === 2);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    expect(server.requests).toHaveLength(2);
    waiting.shift()?.();
    await until(() => server.requests.length === 3);
    for (const answer of waiting) answer();
    expect(await Promise.all(answers)).toEqual([1, 1, 1]);
    expect(server.connections()).toBeLessThanOrEqual(2);
  });

  test("keep no more origins open than there is room for", async () => {
    const servers = await Promise.all(
      Array.from({ length: 40 }, () => startOddServer((_request, response) => void response.writeHead(200, JSON_TYPE).end("1"))),
    );
    const http = clientOf(servers);
    for (const { url } of servers) await http.json(url, {}, signal);
    await until(() => servers.filter((server) => server.connections() > 0).length <= 32);
    for (const { url } of servers) expect(await http.json(url, {}, signal)).toBe(1);
  });

  test("with many requests for one signal leave nothing behind on it, and warn nobody", async () => {
    const warnings: Error[] = [];
    const keep = (warning: Error) => void warnings.push(warning);
    process.on("warning", keep);
    onTestFinished(() => void process.off("warning", keep));
    const server = await startOddServer((_request, response) => void response.writeHead(200, JSON_TYPE).end("1"));
    const http = clientOf([server]);
    const one = new AbortController();
    await Promise.all(Array.from({ length: 30 }, () => http.json(server.url, {}, one.signal)));
    // Warnings are told a moment later.
    await new Promise(setImmediate);
    expect(warnings).toEqual([]);
    expect(getEventListeners(one.signal, "abort")).toEqual([]);
  });

  test("are cut off when the client is closed", async () => {
    const server = await startOddServer(() => undefined);
    const http = clientOf([server]);
    const answer = http.json(server.url, {}, signal).catch((error: unknown) => error);
    await until(() => server.requests.length === 1);
    await http.close();
    expect(await answer).toBeInstanceOf(Error);
    await until(() => server.hungUp());
    await expect(http.json(server.url, {}, signal)).rejects.toThrow(SourceUnavailableError);
    expect(server.requests).toHaveLength(1);
  });
});

function socketOf(server: OddServer) {
  const request = server.requests.at(-1);
  if (!request) throw new Error("nobody has asked yet");
  return request;
}

function drip(server: OddServer, start: string, piece = "1") {
  const request = socketOf(server);
  raw(request, start);
  const timer = setInterval(() => raw(request, piece), 20);
  request.socket.once("close", () => clearInterval(timer));
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
