import { AudioFormat } from "@refrain/gen/refrain/music/v1/track_pb";
import { silentLogger, TEST_KEY, temporaryFolder } from "@refrain/mesh/testing";
import { expect, onTestFinished, test } from "vitest";
import { readConfig } from "../src/config.js";
import { startMusic } from "../src/music.js";
import { startFakeArchive } from "../src/testing.js";
import { readAll } from "./fake-work.js";
import { bigJpeg } from "./pictures.js";
import { connect } from "./start-up.js";

const SETTINGS = {
  MUSIC_SOURCES: "ia",
  MUSIC_API_KEYS: `test:${TEST_KEY}`,
  MUSIC_PORT: "0",
  MUSIC_HTTP_PORT: "0",
  MUSIC_OPS_PORT: "0",
  STOP_GRACE_MS: "0",
  STOP_DRAIN_MS: "500",
  PATH: process.env.PATH,
};

/** The service has just started, maybe on a machine that does much else. */
const PATIENT = { timeoutMs: 25_000 };

async function startUp() {
  const archive = await startFakeArchive({ tracks: 3, bytes: 500_000, image: { bytes: bigJpeg(600, 600), type: "image/jpeg" } });
  onTestFinished(() => archive.close());
  const config = readConfig({ ...SETTINGS, DATA_DIR: await temporaryFolder() });
  const music = await startMusic(config, silentLogger(), { allow: [archive.host], archiveBaseUrl: archive.baseUrl });
  onTestFinished(() => music.close());
  const client = connect(music.addresses.grpc ?? "");
  const download = (userId: string, url: string) =>
    readAll(async function* (signal) {
      for await (const { progress } of client.download({ url, userId, format: AudioFormat.AUTO }, { signal, ...PATIENT }))
        if (progress) yield progress;
    });
  return { archive, client, download, filesUrl: `http://${music.addresses.http}` };
}

test("a track of the archive is found, fetched once for all who ask, and served with its cover", async () => {
  const { archive, client, download, filesUrl } = await startUp();
  const { tracks, failedSources } = await client.search({ query: "silent frames silence 2", sources: ["ia"] }, PATIENT);
  expect([tracks[0]?.url, ...failedSources]).toEqual([archive.trackUrl(2)]);
  const listeners = ["ann", "bob", "cid"].map((name) => download(name, tracks[0]?.url ?? ""));
  expect(await Promise.all(listeners.map(({ ended }) => ended))).toEqual([undefined, undefined, undefined]);
  const file = listeners[0]?.messages.at(-1)?.file;
  expect(file).toMatchObject({
    title: "Silence No. 2",
    uploader: "The Silent Frames",
    sizeBytes: 500_000n,
    mimeType: "audio/mpeg",
  });
  expect(archive.fetches().get("fake-track-2/silence-2.mp3")).toMatchObject({ count: 1 });
  const headers = { authorization: `Bearer ${TEST_KEY}` };
  const audio = Buffer.from(await (await fetch(`${filesUrl}${file?.fileUrl}`, { headers })).arrayBuffer());
  expect(audio.equals(archive.bytesOf("fake-track-2", "silence-2.mp3").read(0, 500_000))).toBe(true);
  const cover = await fetch(`${filesUrl}${file?.thumbnailUrl}`, { headers });
  expect([cover.status, cover.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
});
