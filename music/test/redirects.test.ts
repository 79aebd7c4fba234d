import { createTestAuthority } from "@refrain/mesh/testing-certificates";
import { describe, expect, test } from "vitest";
import { SourceUnavailableError, UnsupportedUrlError } from "../src/errors.js";
import { startCountingServer } from "./counting-server.js";
import { forbiddenUrls } from "./forbidden-urls.js";
import { clientOf, startOddServer } from "./odd-server.js";

const signal = new AbortController().signal;
const JSON_TYPE = { "content-type": "application/json" };

describe("redirects", () => {
  test("are followed, relative or to another host, five at most", async () => {
    const other = await startOddServer((_request, response) => void response.writeHead(200, JSON_TYPE).end("1"));
    const server = await startOddServer(({ url = "" }, response) => {
      const left = Number(url.slice(1));
      response.writeHead(302, { location: left > 1 ? `${left - 1}` : other.url }).end("gone");
    });
    const http = clientOf([server, other]);
    expect(await http.json(`${server.url}/5`, {}, signal)).toBe(1);
    await expect(http.json(`${server.url}/6`, {}, signal)).rejects.toThrow(SourceUnavailableError);
    expect(server.requests.length + other.requests.length).toBe(5 + 1 + 6);
  });

  test("to forbidden addresses are not followed, whatever they are spelled like", async () => {
    const inner = await startCountingServer();
    // Without slashes after the scheme they are paths of the server that redirects.
    const urls = forbiddenUrls(inner.port).filter((url) => URL.canParse(url) && !/^http:\/?[^/\\]/.test(url));
    const server = await startOddServer(({ url = "" }, response) => {
      response
        .writeHead(307, {
          location: Buffer.from(urls[Number(url.slice(1))] ?? "")
            .toString("latin1")
            .replace(/[\n]/g, ""),
        })
        .end();
    });
    const http = clientOf([server]);
    expect(urls.length).toBeGreaterThan(60);
    for (const [index, url] of urls.entries()) {
      await expect(http.json(`${server.url}/${index}`, {}, signal), url).rejects.toThrow(UnsupportedUrlError);
    }
    expect(inner.connections()).toBe(0);
  });

  test("without a target, or to none, count as a failure of the source", async () => {
    const server = await startOddServer(
      ({ url }, response) => void response.writeHead(301, url === "/none" ? {} : { location: "http://[" }).end(),
    );
    const http = clientOf([server]);
    for (const path of ["/none", "/odd"])
      await expect(http.json(server.url + path, {}, signal)).rejects.toThrow(SourceUnavailableError);
  });

  test("from https to http are refused, within https they are followed", async () => {
    const authority = await createTestAuthority();
    const plain = await startOddServer((_request, response) => void response.writeHead(200, JSON_TYPE).end("1"));
    const secure = await startOddServer(
      ({ url }, response) => {
        if (url === "/end") response.writeHead(200, JSON_TYPE).end("1");
        else response.writeHead(302, { location: url === "/down" ? plain.url : "/end" }).end();
      },
      await authority.issue(),
    );
    const http = clientOf([plain, secure], { ca: authority.ca });
    expect(await http.json(`${secure.url}/up`, {}, signal)).toBe(1);
    await expect(http.json(`${secure.url}/down`, {}, signal)).rejects.toThrow(UnsupportedUrlError);
    expect(plain.requests).toHaveLength(0);
    await expect(clientOf([secure]).json(`${secure.url}/up`, {}, signal)).rejects.toThrow(SourceUnavailableError);
  });

  test("to other sites are refused where the source has named its own", async () => {
    const server = await startOddServer(
      (_request, response) => void response.writeHead(302, { location: "https://example.com/" }).end(),
    );
    const http = clientOf([server], { hosts: ["127.0.0.1"] });
    await expect(http.json(server.url, {}, signal)).rejects.toThrow(UnsupportedUrlError);
    await expect(http.json("https://notarchive.org/", {}, signal)).rejects.toThrow(UnsupportedUrlError);
    expect(server.requests).toHaveLength(1);
  });
});
