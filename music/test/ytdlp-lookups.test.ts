import { until } from "@refrain/mesh/testing";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { LiveError, SourceUnavailableError, TrackNotFoundError, UnsupportedUrlError } from "../src/errors.js";
import { type OpenTube, openTube, video, watchUrl } from "./fake-tube/open-tube.js";
import { ytdlpBuilds } from "./fake-tube/ytdlp-builds.js";

const never = () => new AbortController().signal;

// Each step starts a Python, and all processors may be busy.
vi.setConfig({ testTimeout: 120_000 });

describe.each(ytdlpBuilds())("yt-dlp ($name)", ({ path }) => {
  let open: OpenTube;
  let counter = 0;
  /** A video id of its own for each test: they run in any order. */
  const newId = () => `vid_${String(counter++).padStart(7, "0")}`;

  beforeAll(async () => {
    open = await openTube(path);
  });
  afterAll(() => open.close());

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
        expect(Array.from(title).length).toBeLessThanOrEqual(300);
        expect(id).toMatch(/^[\w-]{1,200}$/);
        expect(uploader).not.toMatch(/\p{Surrogate}/u);
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
      const id = newId();
      const url = watchUrl(id);
      open.tube.page(url, video(id, "http://127.0.0.1:9/x.mp3", { format: { filesize: 123_456 } }));
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
      expect(await Promise.all(said)).toEqual(["down", "rate_limited", "down", "down", "not found"]);
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
