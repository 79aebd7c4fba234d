import { networkInterfaces } from "node:os";
import type { LookupAddress } from "node:dns";
import { silentLogger } from "@refrain/mesh/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { SourceUnavailableError, UnsupportedUrlError } from "../src/errors.js";
import { type AddressGuard, createAddressGuard, type Resolve } from "../src/guard/address-guard.js";
import { startGuardProxy } from "../src/guard/guard-proxy.js";
import { isPublicAddress } from "../src/guard/is-public-address.js";
import { createSourceHttp } from "../src/http/source-http.js";
import { startCountingServer } from "./counting-server.js";
import { FORBIDDEN_URLS, forbiddenUrls } from "./forbidden-urls.js";
import { askProxy, tunnelThrough } from "./proxy-client.js";

const signal = new AbortController().signal;

function http(guard: AddressGuard) {
  const source = createSourceHttp({ guard, name: "test", totalMs: 5_000, backoffMs: 1 });
  onTestFinished(() => source.close());
  return source;
}

async function proxy(guard: AddressGuard) {
  const started = await startGuardProxy({ guard, logger: silentLogger() });
  onTestFinished(() => started.close());
  return started;
}

/** Answers each question with the next list, the last one for ever. */
function resolver(...answers: string[][]): { resolve: Resolve; asked: () => number } {
  let asked = 0;
  const resolve: Resolve = (_hostname, _options, callback) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    const list: LookupAddress[] = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    setImmediate(callback, null, list);
  };
  return { resolve, asked: () => asked };
}

function look(guard: AddressGuard, hostname: string): Promise<string | LookupAddress[]> {
  return new Promise((fulfil, reject) => {
    guard.lookup(hostname, { all: true }, (error, addresses) => (error ? reject(error) : fulfil(addresses)));
  });
}

describe("forbidden addresses", () => {
  test("there are at least 60 spellings of them, each once", () => {
    expect(new Set(FORBIDDEN_URLS).size).toBe(FORBIDDEN_URLS.length);
    expect(FORBIDDEN_URLS.length).toBeGreaterThan(60);
  });

  test.each(forbiddenUrls().map((url) => [url]))("%j is refused as a link", (url) => {
    expect(() => createAddressGuard().checkUrl(url)).toThrow(UnsupportedUrlError);
  });

  test("none of them is connected to by the client of sources, whose callers hear UNSUPPORTED_URL", async () => {
    const server = await startCountingServer();
    const source = http(createAddressGuard({ ports: [server.port] }));
    for (const url of forbiddenUrls(server.port)) {
      await expect(source.json(url, {}, signal), url).rejects.toThrow(UnsupportedUrlError);
    }
    expect(server.connections()).toBe(0);
  });

  test("none of them is connected to by the proxy, asked or tunnelled, and its caller learns of it", async () => {
    const server = await startCountingServer();
    const guarding = await proxy(createAddressGuard({ ports: [server.port] }));
    for (const url of forbiddenUrls(server.port)) {
      const session = guarding.openSession();
      const authority = /^[^/]*[/\\]*([^/]*)/.exec(url)?.[1] ?? "";
      const statuses = [await askProxy(session.url, url), await tunnelThrough(session.url, authority)];
      // 400 and worse: not even HTTP.
      for (const status of statuses) expect([403, 400, 599], url).toContain(status);
      expect(session.blocked(), url).toBe(statuses.filter((status) => status === 403).length);
      session.close();
    }
    expect(server.connections()).toBe(0);
  });

  test("what is allowed by name is reached, so the server of these tests does count", async () => {
    const server = await startCountingServer();
    const guard = createAddressGuard({ allow: [`127.0.0.1:${server.port}`] });
    await http(guard).json(`http://127.1:${server.port}/`, {}, signal);
    const { url } = await proxy(guard);
    expect(await askProxy(url, `http://127.0.0.1:${server.port}/`)).toBe(200);
    expect(await tunnelThrough(url, `127.0.0.1:${server.port}`)).toBe(200);
    expect(server.connections()).toBe(3);
  });

  test("messages name neither hosts nor paths", () => {
    for (const url of forbiddenUrls()) {
      const { message } = catchError(() => createAddressGuard().checkUrl(url));
      expect(message).not.toMatch(/127|localhost|169|example|passwd|\[/);
    }
  });
});

describe("links to the internet", () => {
  test.each([
    ["https://archive.org/details/x?y=1#z", "https://archive.org/details/x?y=1#z"],
    ["HTTPS://Archive.ORG:443/", "https://archive.org/"],
    ["http://archive.org:443/", "http://archive.org:443/"],
    ["http://8.8.8.8/", "http://8.8.8.8/"],
    ["http://[2606:4700::1111]/", "http://[2606:4700::1111]/"],
    ["http://[64:ff9b::8.8.8.8]/", "http://[64:ff9b::808:808]/"],
    ["https://музыка.рф/", "https://xn--80anjg9azc.xn--p1ai/"],
    ["https://localhost.example.com/", "https://localhost.example.com/"],
    ["https://mylocal.com./", "https://mylocal.com./"],
  ])("%s passes", (url, expected) => {
    expect(createAddressGuard().checkUrl(url).href).toBe(expected);
  });

  test("of more than 8192 characters are refused", () => {
    expect(() => createAddressGuard().checkUrl(`https://example.com/${"a".repeat(8200)}`)).toThrow(UnsupportedUrlError);
  });
});

describe("names", () => {
  test.each([
    ["loopback", ["127.0.0.1"]],
    ["one public address and one private", ["93.184.215.14", "10.0.0.1"]],
    ["one private address and one public", ["::1", "2606:4700::1111"]],
    ["an IPv4 address within IPv6", ["::ffff:169.254.169.254"]],
    ["an address with a zone", ["fe80::1%eth0"]],
    ["nonsense", ["127.0.0.1 "]],
  ])("that lead to %s are refused", async (_case, addresses) => {
    const guard = createAddressGuard({ resolve: resolver(addresses).resolve });
    await expect(look(guard, "example.com")).rejects.toThrow(UnsupportedUrlError);
  });

  test("that lead to public addresses are resolved, all or the first, as the socket asks", async () => {
    const guard = createAddressGuard({ resolve: resolver(["93.184.215.14", "2606:4700::1111"]).resolve });
    expect(await look(guard, "example.com")).toHaveLength(2);
    const first = await new Promise((fulfil) => {
      guard.lookup("example.com", {}, (...answer) => fulfil(answer));
    });
    expect(first).toEqual([null, "93.184.215.14", 4]);
  });

  test("without an address are no forbidden ones", async () => {
    const guard = createAddressGuard({ resolve: resolver([]).resolve });
    await expect(look(guard, "example.com")).rejects.toMatchObject({ code: "ENOTFOUND" });
    await expect(http(guard).json("http://example.com/", {}, signal)).rejects.toThrow(SourceUnavailableError);
  });

  test("that turn from a public address to this machine after they were checked are not connected to", async () => {
    const server = await startCountingServer();
    const given = { ports: [server.port] };
    const url = `http://rebind.example.com:${server.port}/`;
    const first = resolver(["93.184.215.14"], ["127.0.0.1"]);
    const guard = createAddressGuard({ ...given, resolve: first.resolve });
    guard.checkUrl(url);
    await look(guard, "rebind.example.com");
    await expect(http(guard).json(url, {}, signal)).rejects.toThrow(UnsupportedUrlError);
    expect(first.asked()).toBe(2);

    const second = resolver(["93.184.215.14"], ["::1"]);
    const other = createAddressGuard({ ...given, resolve: second.resolve });
    await look(other, "rebind.example.com");
    const guarding = await proxy(other);
    const session = guarding.openSession();
    expect(await tunnelThrough(session.url, `rebind.example.com:${server.port}`)).toBe(403);
    expect(await askProxy(session.url, url)).toBe(403);
    expect(session.blocked()).toBe(2);
    expect(server.connections()).toBe(0);
  });

  test("are asked for once for each connection: what was checked is what is connected to", async () => {
    const server = await startCountingServer();
    const { resolve, asked } = resolver(["127.0.0.1"], ["169.254.169.254"]);
    // Exempt, so that the first answer leads to the server: whoever asked again would be led to the second one.
    const guard = createAddressGuard({ allow: [`once.example.com:${server.port}`], resolve });
    await http(guard).json(`http://once.example.com:${server.port}/`, {}, signal);
    expect(asked()).toBe(1);
    expect(server.connections()).toBe(1);
  });
});

test("addresses of this machine's own interfaces are not public", () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  expect(own.length).toBeGreaterThan(0);
  for (const { address } of own) expect(isPublicAddress(address)).toBe(false);
});

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (cause) {
    if (cause instanceof Error) return cause;
  }
  throw new Error("nothing was thrown");
}
