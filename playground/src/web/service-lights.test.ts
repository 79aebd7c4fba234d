import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { readDownloads } from "./music-downloads.js";
import { readServiceLights } from "./service-lights.js";

const NEVER = new AbortController().signal;

/** A server that answers everything with this, and remembers the keys it was shown. */
async function answering(body: unknown): Promise<{ url: string; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

async function light(body: unknown): Promise<string> {
  const { url } = await answering(body);
  const [view] = await readServiceLights({ music: url }, NEVER);
  return `${view?.light}: ${view?.detail}`;
}

test("healthy is green, degraded is amber with what is missing, everything else is red", async () => {
  expect(await light({ status: "healthy" })).toBe("green: healthy");
  const dependencies = { redis: { ok: true }, ytdlp: { ok: false, detail: "not installed" }, ia: { ok: false } };
  expect(await light({ status: "degraded", dependencies })).toBe("amber: ytdlp: not installed; ia is away");
  expect(await light({ status: "unhealthy" })).toBe("red: unhealthy");
  expect(await light("<html>")).toBe("red: does not answer");
  expect(await readServiceLights({ music: "http://127.0.0.1:1" }, NEVER)).toMatchObject([{ light: "red", latency_ms: null }]);
});

test("reads the running downloads with the key, numbers given as text included", async () => {
  const { url, keys } = await answering({
    downloads: [
      {
        taskId: "t",
        state: "DOWNLOAD_STATE_FETCHING",
        downloadedBytes: "1500000",
        totalBytes: "5000000",
        track: { title: "Believer", uploader: "Imagine Dragons" },
      },
    ],
  });
  expect(await readDownloads(url, "secret-key", NEVER)).toMatchObject({
    available: true,
    downloads: [
      { task_id: "t", state: "fetching", downloaded_bytes: 1_500_000, total_bytes: 5_000_000, eta_seconds: 0, title: "Believer" },
    ],
  });
  expect(keys).toEqual(["Bearer secret-key"]);
});

test("without a key or without music the card says so", async () => {
  expect(await readDownloads("http://127.0.0.1:1", undefined, NEVER)).toMatchObject({
    available: false,
    detail: "MUSIC_API_KEYS is not set",
  });
  expect(await readDownloads("http://127.0.0.1:1", "key", NEVER)).toMatchObject({
    available: false,
    detail: "music does not answer",
  });
});
