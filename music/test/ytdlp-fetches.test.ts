import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder, until } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { SourceUnavailableError, TooLargeError, UnsupportedUrlError } from "../src/errors.js";
import type { FetchedAudio } from "../src/sources/source.js";
import { type OpenTube, openTube, type RecordedTarget, video, watchUrl } from "./fake-tube/open-tube.js";
import { ytdlpBuilds } from "./fake-tube/ytdlp-builds.js";
import { toneMp3 } from "./tones.js";

const never = () => new AbortController().signal;
const MB = 1_000_000;

// Each step starts a Python, and all processors may be busy.
vi.setConfig({ testTimeout: 120_000 });

describe.each(ytdlpBuilds())("yt-dlp ($name)", ({ path }) => {
  let open: OpenTube;
  let song: Uint8Array;
  let counter = 0;
  /** A video id of its own for each test: they run in any order. */
  const newId = () => `vid_${String(counter++).padStart(7, "0")}`;

  beforeAll(async () => {
    open = await openTube(path);
    song = await toneMp3(440, {}, 20);
  });
  afterAll(() => open.close());

  /** Serves a song under a new id. */
  function serve(answer: Record<string, unknown> = {}, more: Record<string, unknown> = {}) {
    const id = newId();
    const url = open.tube.file(`${id}.mp3`, { body: song, ...answer });
    open.tube.page(watchUrl(id), video(id, url, more));
    return { id, url: watchUrl(id), file: `/files/${id}.mp3` };
  }

  async function fetch(url: string, target: RecordedTarget, signal = never(), source = open.source("yt")): Promise<FetchedAudio> {
    return (await source.resolve(url, signal)).fetch(target, signal);
  }

  describe("fetches", () => {
    test("the very bytes, telling how far it is, having asked the site once", async () => {
      const { url, file } = serve({ bytesPerSecond: 400_000 });
      const target = await open.target();
      const fetched = await fetch(url, target);
      expect(fetched.container).toBe("mp3");
      expect(dirname(fetched.path)).toBe(target.folder);
      expect(Buffer.compare(await readFile(fetched.path), Buffer.from(song))).toBe(0);
      const downloaded = target.reports.map(([bytes]) => bytes);
      expect(downloaded).toEqual(downloaded.toSorted((one, other) => one - other));
      expect(target.reports.at(-1)).toEqual([song.length, song.length]);
      expect(new Set(downloaded).size).toBeGreaterThan(2);
      expect(open.tube.requests.filter(({ what }) => what === url)).toHaveLength(1);
      expect(open.tube.requests.filter(({ what }) => what === file)).toHaveLength(1);
    });

    test("on from where a killed fetch had got", async () => {
      const { url, file } = serve({ bytesPerSecond: 100_000 });
      const controller = new AbortController();
      const target = await open.target();
      const cut = fetch(url, target, controller.signal);
      cut.catch(() => undefined);
      await until(() => target.reports.some(([bytes]) => bytes > 60_000), 60_000);
      controller.abort(new Error("killed"));
      await expect(cut).rejects.toThrow("killed");
      const parts = (await readdir(target.folder)).filter((name) => name.endsWith(".part"));
      expect(parts).toHaveLength(1);
      const { size } = await stat(join(target.folder, parts[0] ?? ""));
      const fetched = await fetch(url, target);
      expect(Buffer.compare(await readFile(fetched.path), Buffer.from(song))).toBe(0);
      const ranges = open.tube.requests.filter(({ what }) => what === file).map(({ range }) => range);
      expect(ranges.at(-1)).toBe(`bytes=${size}-`);
    });

    test("once more by its page, when what was found has expired", async () => {
      const { url, id } = serve();
      const found = await open.source("yt").resolve(url, never());
      open.tube.file(`${id}.mp3`, { body: song, status: 403 });
      open.tube.page(url, video(id, open.tube.file(`${id}-fresh.mp3`, { body: song })));
      const fetched = await found.fetch(await open.target(), never());
      expect((await stat(fetched.path)).size).toBe(song.length);
    });

    test("the audio alone of what few can play, as it is", async () => {
      const folder = await temporaryFolder();
      const webm = join(folder, "tone.webm");
      const tone = ["-f", "lavfi", "-i", "sine=duration=2", "-c:a", "libopus", webm];
      await promisify(execFile)("ffmpeg", ["-v", "error", ...tone]);
      const format = { format_id: "251", ext: "webm", acodec: "opus" };
      const { url } = serve({ body: await readFile(webm) }, { format });
      const found = await open.source("yt").resolve(url, never());
      const fetched = await found.fetch(await open.target(), never());
      expect([found.container, fetched.container]).toEqual(["ogg", "ogg"]);
    });

    test("nothing that is announced as too large", async () => {
      const { url } = serve();
      await expect(fetch(url, await open.target({ maxBytes: 10_000 }))).rejects.toBeInstanceOf(TooLargeError);
    });

    test("no more than allowed of what says nothing of its size", async () => {
      const id = newId();
      const body = Buffer.concat([song, Buffer.alloc(30 * MB)]);
      open.tube.page(watchUrl(id), video(id, open.tube.file(`${id}.mp3`, { body, announced: false, bytesPerSecond: 3 * MB })));
      const target = await open.target({ maxBytes: MB });
      await expect(fetch(watchUrl(id), target)).rejects.toBeInstanceOf(TooLargeError);
      expect(Math.max(...target.reports.map(([bytes]) => bytes))).toBeLessThan(15 * MB);
    });

    test("no more than allowed of what comes in pieces", async () => {
      const id = newId();
      const pieces = Array.from({ length: 40 }, (_, at) =>
        open.tube.file(`${id}-${at}.ts`, { body: Buffer.alloc(100_000, at), bytesPerSecond: MB }),
      );
      const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", ...pieces.flatMap((url) => ["#EXTINF:2,", url]), "#EXT-X-ENDLIST"];
      const list = open.tube.file(`${id}.m3u8`, { body: Buffer.from(lines.join("\n")) });
      open.tube.page(watchUrl(id), video(id, list, { format: { ext: "mp4", protocol: "m3u8_native", acodec: "mp4a.40.2" } }));
      const target = await open.target({ maxBytes: 500_000 });
      await expect(fetch(watchUrl(id), target)).rejects.toBeInstanceOf(TooLargeError);
      expect(open.tube.requests.some(({ what }) => what === `/files/${id}-39.ts`)).toBe(false);
    });

    test("what needs no conversion, without ffmpeg", async () => {
      const [poor] = await open.sources({ toolPath: await temporaryFolder() });
      const { url } = serve();
      const fetched = await fetch(url, await open.target(), never(), poor);
      expect(Buffer.compare(await readFile(fetched.path), Buffer.from(song))).toBe(0);
    });

    test("nothing from a site that stops sending", async () => {
      const [patient] = await open.sources({ times: { stall: 1_500 } });
      const { url } = serve({ stallAt: 65_536 });
      const failed = fetch(url, await open.target(), never(), patient);
      await expect(failed).rejects.toMatchObject({ problem: "timeout" });
    });

    test("nothing that is refused", async () => {
      const { url } = serve({ status: 403 });
      await expect(fetch(url, await open.target())).rejects.toMatchObject({ problem: "down" });
    });

    test("nothing that is no audio, whatever it is called", async () => {
      const { url } = serve({ body: Buffer.from("#EXTM3U\nfile:///etc/passwd\n") });
      await expect(fetch(url, await open.target())).rejects.toBeInstanceOf(SourceUnavailableError);
    });

    test("into its folder alone, whatever the site calls its file", async () => {
      const format = { format_id: `../../../${"x/".repeat(50)}`, ext: "mp3" };
      const { url } = serve({}, { id: "../../x", title: "../../../etc/cron.d/x", format });
      const target = await open.target();
      const fetched = await fetch(url, target);
      expect(dirname(fetched.path)).toBe(target.folder);
      for (const name of await readdir(target.folder)) expect(name).toMatch(/^(?:info\.json|audio\.[\w.-]{1,40}\.mp3)$/);
    });
  });

  describe("is led", () => {
    test.each(["http://127.0.0.1:9/x.mp3", "http://[::ffff:169.254.169.254]/latest/meta-data/"])(
      "nowhere by a redirect to %s",
      async (location) => {
        const { url } = serve({ location });
        await expect(fetch(url, await open.target())).rejects.toBeInstanceOf(UnsupportedUrlError);
      },
    );

    test("nowhere by a redirect to another protocol", async () => {
      let connections = 0;
      const inside = createServer((socket) => {
        connections++;
        socket.destroy();
      }).listen(0, "127.0.0.1");
      onTestFinished(() => void inside.close());
      await once(inside, "listening");
      const { port } = inside.address() as AddressInfo;
      const { url } = serve({ location: `ftp://127.0.0.1:${port}/x.mp3` });
      await expect(fetch(url, await open.target())).rejects.toBeInstanceOf(Error);
      expect(connections).toBe(0);
    });

    test("nowhere by a page or a format inside", async () => {
      const [page, format] = [newId(), newId()];
      open.tube.badPage(watchUrl(page), { location: "http://127.0.0.1:9/" });
      await expect(open.source("yt").resolve(watchUrl(page), never())).rejects.toBeInstanceOf(UnsupportedUrlError);
      open.tube.page(watchUrl(format), video(format, "http://10.0.0.1/x.mp3"));
      await expect(fetch(watchUrl(format), await open.target())).rejects.toBeInstanceOf(UnsupportedUrlError);
    });
  });
});
