import { describe, expect, test } from "vitest";
import { namedSites, readNamedExtractor } from "./named-extractors.js";
import { soundcloud } from "./soundcloud.js";
import { youtube } from "./youtube.js";

const ID = "dQw4w9WgXcQ";
const LIST = "PLBCF2DAC6FFB574DE";

describe("a YouTube link", () => {
  test.each([
    `https://www.youtube.com/watch?v=${ID}`,
    `http://youtube.com/watch?v=${ID}`,
    `youtube.com/watch?v=${ID}&t=42s`,
    `https://m.youtube.com/watch?app=desktop&v=${ID}&feature=youtu.be`,
    `https://music.youtube.com/watch?v=${ID}&si=abc`,
    `https://www.youtube.com/watch?v=${ID}&list=${LIST}&index=3`,
    `https://www.youtube.com/watch?v=${ID}&list=RD${ID}&start_radio=1`,
    `https://youtu.be/${ID}`,
    `https://youtu.be/${ID}?si=Xy-Z&t=7`,
    `https://youtu.be/${ID}?list=${LIST}`,
    `https://www.youtube.com/shorts/${ID}?feature=share`,
    `https://www.youtube.com/embed/${ID}?autoplay=1`,
    `https://www.youtube-nocookie.com/embed/${ID}`,
    `https://www.youtube.com/live/${ID}?feature=share`,
    `https://www.youtube.com/v/${ID}`,
    `https://www.youtube.com/watch/${ID}`,
    `HTTPS://WWW.YOUTUBE.COM/watch?v=${ID}#t=1`,
  ])("%s is the one track", (url) => {
    expect(youtube.readLink(url)).toEqual({ kind: "track", url: `https://www.youtube.com/watch?v=${ID}` });
  });

  test.each([
    `https://www.youtube.com/playlist?list=${LIST}`,
    `https://music.youtube.com/playlist?list=${LIST}&si=abc`,
    `https://www.youtube.com/watch?list=${LIST}`,
    `https://www.youtube.com/embed/videoseries?list=${LIST}`,
  ])("%s is the list", (url) => {
    expect(youtube.readLink(url)).toEqual({ kind: "list", url: `https://www.youtube.com/playlist?list=${LIST}` });
  });

  test.each([
    "https://www.youtube.com/",
    "https://www.youtube.com/@somebody",
    "https://www.youtube.com/channel/UCuAXFkgsw1L7xaCfnd5JJOw",
    "https://www.youtube.com/results?search_query=abba",
    "https://www.youtube.com/watch?v=short",
    `https://www.youtube.com/watch?v=${ID}x`,
    `https://www.youtube.com/playlist?list=RD${ID}`,
    "https://www.youtube.com/playlist?list=WL",
    `https://youtube.com.evil.example/watch?v=${ID}`,
    `https://evil.example/https://www.youtube.com/watch?v=${ID}`,
    `https://notyoutube.com/watch?v=${ID}`,
    `https://user:secret@www.youtube.com/watch?v=${ID}`,
    `https://www.youtube.com:8443/watch?v=${ID}`,
    `ftp://www.youtube.com/watch?v=${ID}`,
    `javascript:alert("https://youtu.be/${ID}")`,
    "../../etc/passwd",
    `https://youtu.be/${ID}\n--exec`,
    "",
    `https://www.youtube.com/watch?v=${ID}&x=${"x".repeat(3000)}`,
  ])("%s is not one of ours", (url) => {
    expect(youtube.readLink(url)).toBeUndefined();
  });
});

describe("a SoundCloud link", () => {
  test.each([
    ["https://soundcloud.com/some-one/a_song", "track", "https://soundcloud.com/some-one/a_song"],
    ["https://m.soundcloud.com/Some-One/A_Song?in=x/sets/y&si=1&utm_source=z", "track", "https://soundcloud.com/some-one/a_song"],
    ["http://www.soundcloud.com/some-one/a-song/s-AbC12", "track", "https://soundcloud.com/some-one/a-song/s-AbC12"],
    ["https://soundcloud.com/some-one/a-song?secret_token=s-AbC12", "track", "https://soundcloud.com/some-one/a-song/s-AbC12"],
    ["soundcloud.com/some-one/sets/the-album", "list", "https://soundcloud.com/some-one/sets/the-album"],
    ["https://on.soundcloud.com/AbC123xyz", "short", "https://on.soundcloud.com/AbC123xyz"],
  ])("%s is a %s", (url, kind, canonical) => {
    expect(soundcloud.readLink(url)).toEqual({ kind, url: canonical });
  });

  test.each([
    "https://soundcloud.com/",
    "https://soundcloud.com/some-one",
    "https://soundcloud.com/some-one/sets",
    "https://soundcloud.com/some-one/tracks",
    "https://soundcloud.com/discover/sets/charts",
    "https://soundcloud.com/a/b/c",
    "https://soundcloud.com/a/b%2f..%2fc",
    "https://api.soundcloud.com/tracks/1",
    "https://soundcloud.com.evil.example/a/b",
    "https://on.soundcloud.com/a/b",
  ])("%s is not one of ours", (url) => {
    expect(soundcloud.readLink(url)).toBeUndefined();
  });
});

describe("sites that the operator names", () => {
  const web = namedSites(["bandcamp=*.bandcamp.com", "mixcloud=mixcloud.com|www.mixcloud.com"].map(readNamedExtractor));

  test("have their links, in one spelling", () => {
    const link = web.readLink("http://band.BANDCAMP.com/track/song?utm_source=x&from=y&id=7#lyrics");
    expect(link).toEqual({ kind: "track", url: "https://band.bandcamp.com/track/song?id=7" });
    expect(web.readLink("https://mixcloud.com/a/b/")?.url).toBe("https://mixcloud.com/a/b/");
  });

  test.each([
    "https://bandcamp.com/track/song",
    "https://evilbandcamp.com/track/song",
    "https://band.bandcamp.com.evil.example/x",
    "https://other.mixcloud.com/a",
    "https://band.bandcamp.com:81/track/song",
    "https://band.bandcamp.com/",
  ])("do not have %s", (url) => {
    expect(web.readLink(url)).toBeUndefined();
  });

  test("allow no extractor but themselves", () => {
    expect(web.extractors).toEqual(["bandcamp", "bandcamp:*", "mixcloud", "mixcloud:*"]);
  });

  test.each([
    "generic=*.example.com",
    "default=*.example.com",
    "all=example.com",
    ".*=example.com",
    "-generic=example.com",
    "x,generic=example.com",
    "bandcamp",
    "bandcamp=",
    "bandcamp=*",
    "bandcamp=*.com",
    "bandcamp=127.0.0.1",
    "bandcamp=localhost",
    "bandcamp=a.b=c",
    "band camp=a.com",
  ])("are not named by %s", (entry) => {
    expect(() => readNamedExtractor(entry)).toThrow(TypeError);
  });
});
