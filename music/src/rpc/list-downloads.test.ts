import { Code } from "@connectrpc/connect";
import { MusicService } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { inMemoryClient, silentLogger, until } from "@refrain/mesh/testing";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createFakeWork, readAll } from "../../test/fake-work.js";
import { createMemoryDownloads } from "../../test/memory-downloads.js";
import { systemClock } from "../clock.js";
import { toConnectError } from "../errors.js";
import { routes } from "../routes.js";

/** A service with so many downloads, two of them running. */
async function setUp(count: number) {
  const { work, fetches } = createFakeWork();
  const downloads = createMemoryDownloads({ slots: 2, maxQueued: 100, clock: systemClock, work });
  onTestFinished(() => downloads.close());
  for (let at = 0; at < count; at++) {
    readAll((signal) => downloads.download({ url: `u${at}`, userId: "ann", format: AudioFormat.AUTO }, signal));
  }
  await until(async () => (await downloads.list()).length === count);
  return {
    client: inMemoryClient(MusicService, routes({ sources: [], downloads, logger: silentLogger() }), toConnectError),
    fetches,
  };
}

test("pages show every download once: running ones, then the queue in its order", async () => {
  const { client } = await setUp(5);
  const seen: number[] = [];
  let pageToken = "";
  do {
    const page = await client.listDownloads({ pageSize: 2, pageToken });
    expect(page.totalCount).toBe(5);
    seen.push(...page.downloads.map(({ queuePosition }) => queuePosition));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(seen).toEqual([0, 0, 1, 2, 3]);
});

test("a download that ends between two pages makes none appear twice or get lost", async () => {
  const { client, fetches } = await setUp(5);
  const first = await client.listDownloads({ pageSize: 2 });
  fetches[0]?.finish();
  await until(async () => (await client.listDownloads({})).totalCount === 4);
  const second = await client.listDownloads({ pageSize: 10, pageToken: first.nextPageToken });
  const ids = [...first.downloads, ...second.downloads].map(({ taskId }) => taskId);
  expect(new Set(ids).size).toBe(5);
  expect(second.nextPageToken).toBe("");
});

test("a token that was not made here is refused", async () => {
  const { client } = await setUp(3);
  const { nextPageToken } = await client.listDownloads({ pageSize: 1 });
  const texts = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.nat(nextPageToken.length - 1).map((at) => nextPageToken.slice(0, at) + nextPageToken.slice(at + 1)),
  );
  await fc.assert(
    fc.asyncProperty(texts, async (pageToken) => {
      fc.pre(pageToken !== "" && pageToken !== nextPageToken);
      await expect(client.listDownloads({ pageToken })).rejects.toMatchObject({ code: Code.InvalidArgument });
    }),
  );
});
