import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MusicService, type Progress } from "@refrain/gen/refrain/music/v1/music_service_pb";
import { AudioFormat, type Track } from "@refrain/gen/refrain/music/v1/track_pb";
import { createServiceClient, endUser, type Logger } from "@refrain/mesh";
import { silentLogger, TEST_KEY, temporaryFolder, until } from "@refrain/mesh/testing";
import { onTestFinished } from "vitest";
import { readConfig } from "../src/config.js";
import { startMusic } from "../src/music.js";
import { readAll } from "./fake-work.js";
import { toneMp3 } from "./tones.js";

const FREE_PORTS = { MUSIC_PORT: "0", MUSIC_HTTP_PORT: "0", MUSIC_OPS_PORT: "0" };
const QUICK_STOP = { STOP_GRACE_MS: "0", STOP_DRAIN_MS: "500" };
/** Limits have tests of their own. */
const UNLIMITED = { MUSIC_SEARCHES_PER_MINUTE: "0", MUSIC_DOWNLOADS_PER_MINUTE: "0", MUSIC_RUNNING_PER_USER: "0" };

/** No test asks the internet. */
const OFFLINE = { MUSIC_SOURCES: "library" };

const ARTIST = "Paper Lanterns";

export interface StartUpOptions {
  /** Default: Believer alone. */
  titles?: readonly string[];
  logger?: Logger;
}

/** The whole service on free ports, over a library of a few tracks of 5 s, until the test has finished. Unlimited unless `env` says more. */
export async function startUp(env: Record<string, string> = {}, options: StartUpOptions = {}) {
  const { titles = ["Believer"], logger = silentLogger() } = options;
  const dataDir = await temporaryFolder();
  await fillLibrary(join(dataDir, "library"), titles);
  const keys = { MUSIC_API_KEYS: `test:${TEST_KEY}` };
  const settings = {
    DATA_DIR: dataDir,
    PATH: process.env.PATH,
    ...keys,
    ...FREE_PORTS,
    ...QUICK_STOP,
    ...UNLIMITED,
    ...OFFLINE,
    ...env,
  };
  const music = await startMusic(readConfig(settings), logger);
  onTestFinished(() => music.close());
  const client = connect(music.addresses.grpc ?? "");
  const tracks = await indexed(client, titles.length);
  const track = tracks.find(({ title }) => title === "Believer");
  const download = (userId: string, url = track?.url ?? "", format = AudioFormat.AUTO) =>
    readAll((signal) => progressOf(client.download({ url, userId, format }, { signal })));
  const http = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://${music.addresses.http}${path}`, { headers: { authorization: `Bearer ${TEST_KEY}`, ...headers } });
  const httpUrl = `http://${music.addresses.http}`;
  return { client, download, http, httpUrl, track, tracks, grpc: music.addresses.grpc ?? "" };
}

async function fillLibrary(folder: string, titles: readonly string[]): Promise<void> {
  await mkdir(folder);
  for (const [at, title] of titles.entries()) {
    const file = join(folder, `${at}.mp3`);
    await writeFile(file, await toneMp3(440 + 20 * at, { title, artist: ARTIST }, 5));
    await utimes(file, 1, 1); // at rest for long
  }
}

type MusicClient = ReturnType<typeof connect>;

/** Waits until the library has been read. Each look is somebody else's, so that no limit is used up. */
async function indexed(client: MusicClient, count: number): Promise<Track[]> {
  let tracks: Track[] = [];
  let looks = 0;
  await until(async () => {
    const found = await client.searchByArtist({ artist: ARTIST, limit: 50 }, endUser(`look ${++looks}`));
    tracks = found.tracks;
    return tracks.length === count;
  });
  return tracks;
}

/** A client that is closed when the test has finished. */
export function connect(address: string, key = TEST_KEY) {
  const { client, close } = createServiceClient(MusicService, { target: `dns:///${address}`, key, defaultTimeoutMs: 10_000 });
  onTestFinished(close);
  return client;
}

async function* progressOf(stream: AsyncIterable<{ progress?: Progress | undefined }>) {
  for await (const { progress } of stream) if (progress) yield progress;
}
