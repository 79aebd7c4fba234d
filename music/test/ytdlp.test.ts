import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { LiveError, SourceUnavailableError, TooLargeError, TrackNotFoundError, UnsupportedUrlError } from "../src/errors.js";
import type { FetchedAudio } from "../src/sources/source.js";
import { promisify } from "node:util";
import { temporaryFolder, until } from "@refrain/mesh/testing";
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

  describe("finds", () => {
    test("tracks, cleaned, with one address each", async () => {
      const [one, other, soon] = [newId(), newId(), newId()];
      const hit = { url: watchUrl(one), id: one, title: "Queen - Bohemian Rhapsody (Official Video)", channel: "Queen Official" };
      open.tube.search("bohemian", [
        { ...hit, duration: 355, thumbnails: [{ url: "https://i.ytimg.com/vi/x/hq720.jpg", width: 720, height: 404 }] },
        { ...hit, url: `https://youtu.be/${other}`, id: other, title: "Another", duration: null },
        { ...hit, url: watchUrl(soon), id: soon, title: "Soon", live_status: "is_upcoming" },
        { url: "https://www.youtube.com/channel/UCabc", id: "UCabc", title: "A channel" },
        hit,
      ]);
      const tracks = await open.source("yt").search("bohemian", 10, never());
      expect(tracks.map(({ url }) => url)).toEqual([watchUrl(one), watchUrl(other)]);
      expect(tracks[0]).toMatchObject({
        title: "Bohemian Rhapsody",
        uploader: "Queen",
        durationSeconds: 355,
        source: "yt",
        id: one,
      });
      expect(tracks[0]?.thumbnailUrl).toBe("https://i.ytimg.com/vi/x/hq720.jpg");
    });

    test("nothing, when there is nothing", async () => {
      expect(await open.source("yt").search("no such song", 10, never())).toEqual([]);
    });

    test("at most as many as were asked for", async () => {
      open.tube.search(
        "many",
        Array.from({ length: 30 }, () => newId()).map((id) => ({ url: watchUrl(id), id, title: `Song ${id}` })),
      );
      expect(await open.source("yt").search("many", 7, never())).toHaveLength(7);
    });

    test("tracks by their performer, not by their title", async () => {
      const hits = ["Ёлка", "Somebody", "elka - Topic", "ElkaVEVO", "Elka and Friends"].map((channel) => ({
        id: newId(),
        channel,
      }));
      open.tube.search(
        "Elka",
        hits.map(({ id, channel }) => ({ url: watchUrl(id), id, title: "Elka, the song", channel })),
      );
      const tracks = await open.source("yt").searchByArtist("Elka", 10, never());
      expect(tracks.map(({ id }) => id)).toEqual([0, 2, 3, 4].map((at) => hits[at]?.id));
    });

    test("whatever the query is, it is only a query", async () => {
      for (const query of ["--exec touch /tmp/x", "-\n😀 \"'$(id)`", "https://evil.example/"]) {
        const id = newId();
        open.tube.search(query.replace("\n", " "), [{ url: watchUrl(id), id, title: "Found" }]);
        expect((await open.source("yt").search(query, 1, never())).map((track) => track.id)).toEqual([id]);
      }
    });

    test("hostile texts, made harmless", async () => {
      const ids = [newId(), newId()];
      open.tube.search("hostile", [
        {
          url: watchUrl(ids[0] ?? ""),
          id: "../../etc/passwd",
          title: `a\nb\u0000c\u202Egpj ${"x".repeat(5_000)}`,
          channel: ["no text"],
        },
        { url: watchUrl(ids[1] ?? ""), id: "x".repeat(5_000), title: "😀".repeat(2_000), duration: 1e300, channel: "\ud800" },
      ]);
      const tracks = await open.source("yt").search("hostile", 10, never());
      expect(tracks).toHaveLength(2);
      for (const { title, id, uploader, url } of tracks) {
        expect(title).not.toMatch(/[\p{Cc}\u202E]/u);
        expect([...title].length).toBeLessThanOrEqual(300);
        expect(id).toMatch(/^[\w-]{1,200}$/);
        expect(uploader.isWellFormed()).toBe(true);
        expect(url).toMatch(/^https:\/\/www\.youtube\.com\/watch\?v=[\w-]{11}$/);
      }
    });

    test("SoundCloud's tracks by their page, not by their number", async () => {
      const url = "https://soundcloud.com/some-one/a-song";
      open.tube.search("cloud", [
        { url: "https://api.soundcloud.com/tracks/1", webpage_url: url, id: "1", title: "A song", uploader: "Some One" },
      ]);
      expect(await open.source("sc").search("cloud", 5, never())).toMatchObject([{ url, source: "sc", uploader: "Some One" }]);
    });

    test("nothing where the site sends nonsense, is down, or limits us", async () => {
      open.tube.badSearch("garbage", { body: "<html>{" });
      open.tube.badSearch("broken", { status: 500 });
      open.tube.badSearch("too often", { status: 429 });
      const problem = (query: string) =>
        open
          .source("yt")
          .search(query, 5, never())
          .catch((error: SourceUnavailableError) => error.problem);
      expect(await Promise.all(["garbage", "broken", "too often"].map(problem))).toEqual(["down", "down", "rate_limited"]);
    });
  });

  describe("looks up", () => {
    test("a track: what it is, how large it will be", async () => {
      const { url, id } = serve({}, { format: { filesize: 123_456 } });
      const found = await open.source("yt").resolve(url, never());
      expect(found).toMatchObject({ container: "mp3", sizeBytes: 123_456 });
      expect(found.track).toMatchObject({ id, url, title: "Song", uploader: "Artist", durationSeconds: 61 });
      expect(await open.source("yt").list(url, never())).toMatchObject({ tracks: [{ id, url }], playlistTitle: "" });
    });

    test.each([
      [{ error: "Video unavailable. This video has been removed by the uploader" }, TrackNotFoundError],
      [{ error: "This live event will begin in 3 hours." }, LiveError],
      [{ ...video("x", "http://127.0.0.1:9/"), is_live: true }, LiveError],
      [{ error: "Sign in to confirm you’re not a bot. Use --cookies" }, SourceUnavailableError],
    ])("%j as what it is", async (info, type) => {
      const id = newId();
      open.tube.page(watchUrl(id), info);
      await expect(open.source("yt").resolve(watchUrl(id), never())).rejects.toBeInstanceOf(type);
    });

    test("a site that refuses, fails, or sends nonsense", async () => {
      const answers = [{ status: 403 }, { status: 429 }, { status: 500 }, { body: "garbage" }, { status: 404 }];
      const said = answers.map(async (answer) => {
        const id = newId();
        open.tube.badPage(watchUrl(id), answer);
        const error: unknown = await open
          .source("yt")
          .resolve(watchUrl(id), never())
          .catch((reason: unknown) => reason);
        return error instanceof SourceUnavailableError
          ? error.problem
          : error instanceof TrackNotFoundError
            ? "not found"
            : error;
      });
      expect(await Promise.all(said)).toEqual(["blocked", "rate_limited", "down", "down", "not found"]);
    });

    test("a list of 150: its name and the first 100", async () => {
      const url = "https://www.youtube.com/playlist?list=PL_a_long_enough_name";
      const entries = Array.from({ length: 150 }, (_, at) => {
        const id = `list${String(at).padStart(7, "0")}`;
        return { _type: "url", url: watchUrl(id), id, title: at === 1 ? "[Private video]" : `Song ${at}`, channel: "Somebody" };
      });
      open.tube.page(url, { _type: "playlist", id: "PL", title: "All\nof it", entries });
      const { tracks, playlistTitle } = await open.source("yt").list(url, never());
      expect(playlistTitle).toBe("All of it");
      expect(tracks).toHaveLength(99);
      expect(tracks[1]).toMatchObject({ title: "Song 2", uploader: "Somebody" });
      await expect(open.source("yt").resolve(url, never())).rejects.toBeInstanceOf(UnsupportedUrlError);
    });

    test("the tracks of a set one by one, without those that are gone", async () => {
      const url = "https://soundcloud.com/some-one/sets/the-set";
      const tracks = ["1", "2", "3"].map((name) => ({ name, url: `https://soundcloud.com/some-one/song-${name}` }));
      for (const track of tracks) {
        const api = `https://api.soundcloud.com/tracks/${track.name}`;
        const info = { ...video(track.name, "http://127.0.0.1:9/x.mp3"), title: `Song ${track.name}`, webpage_url: track.url };
        open.tube.page(api, track.name === "2" ? { error: "HTTP Error 404: Not Found" } : info);
      }
      const entries = tracks.map(({ name }) => ({ _type: "url", url: `https://api.soundcloud.com/tracks/${name}`, id: name }));
      open.tube.page(url, { _type: "playlist", id: "1", title: "The Set", entries });
      const found = await open.source("sc").list(url, never());
      expect(found.playlistTitle).toBe("The Set");
      expect(found.tracks.map((track) => track.url)).toEqual([tracks[0]?.url, tracks[2]?.url]);
    });

    test("links of sites that the operator named, and no others", async () => {
      const url = "https://band.fakecamp.example/track/song";
      const web = open.source("web");
      open.tube.page(url, video("7", "http://127.0.0.1:9/x.mp3", { title: "Song", channel: "Band" }));
      expect(await web.list(url, never())).toMatchObject({ tracks: [{ url, title: "Song", source: "web" }] });
      // Yt-dlp knows these, but may not use what it knows.
      const other = "https://a.fakeother.example/track";
      const [both] = await open.sources({ extractors: ["fakecamp=*.fakeother.example"] }).then((all) => all.slice(-1));
      await expect(both?.list(other, never())).rejects.toBeInstanceOf(UnsupportedUrlError);
      open.tube.page(url, { _type: "url", url: "https://a.fakeother.example/track" });
      await expect(web.list(url, never())).rejects.toBeInstanceOf(UnsupportedUrlError);
      expect(open.tube.requests.map(({ what }) => what)).not.toContain(other);
    });
  });

  describe("fetches", () => {
    test("the very bytes, telling how far it is, having asked the site once", async () => {
      const { url, file } = serve({ bytesPerSecond: 400_000 });
      const target = await open.target();
      const fetched = await fetch(url, target);
      expect(fetched.container).toBe("mp3");
      expect(dirname(fetched.path)).toBe(target.folder);
      expect(Buffer.compare(await readFile(fetched.path), Buffer.from(song))).toBe(0);
      const downloaded = target.reports.map(([bytes]) => bytes);
      expect(downloaded).toEqual([...downloaded].sort((one, other) => one - other));
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

    test("nothing from a site that stops sending", async () => {
      const [patient] = await open.sources({ times: { stall: 1_500 } });
      const { url } = serve({ stallAt: 65_536 });
      const failed = fetch(url, await open.target(), never(), patient);
      await expect(failed).rejects.toMatchObject({ problem: "timeout" });
    });

    test("nothing that is refused", async () => {
      const { url } = serve({ status: 403 });
      await expect(fetch(url, await open.target())).rejects.toMatchObject({ problem: "blocked" });
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

  test("does not outlive a search that nobody waits for", async () => {
    open.tube.badSearch("silent", { silent: true });
    const controller = new AbortController();
    const asked = open.source("yt").search("silent", 5, controller.signal);
    asked.catch(() => undefined);
    await until(() => open.tube.requests.some(({ what }) => what === "silent"), 60_000);
    controller.abort(new Error("gone"));
    await expect(asked).rejects.toThrow("gone");
  });
});
