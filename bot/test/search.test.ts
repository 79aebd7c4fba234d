import { expect, test } from "vitest";
import { until } from "@refrain/mesh/testing";
import { serviceError } from "@refrain/mesh";
import { Code } from "@connectrpc/connect";
import type { Call } from "./call.js";
import { down, track } from "./fake-services.js";
import { botMessage, buttons, shown, world } from "./harness.js";

const TRACKS = Array.from({ length: 20 }, (_, n) => track(n));
const labels = (call: Call) => buttons(call).map(({ text }) => text);

test("a text is answered at once, and the same message becomes the results", async () => {
  const { music, say, seen } = await world();
  music.tracks = TRACKS;
  say("imagine");
  expect((await seen("sendMessage", "Searching")).params.text).toContain("imagine");
  const found = await seen("editMessageText", "Found 20 tracks");
  expect(labels(found).slice(0, 2)).toEqual(["Song 0 — Band · 3:24", "Song 1 — Band · 3:24"]);
  expect(labels(found).slice(-3)).toEqual(["·", "1 / 3", "›"]);
  expect(found.params.entities).toEqual([{ type: "bold", offset: 3, length: 7 }]);
});

test("results say what is saved and what comes at once", async () => {
  const { music, storage, say, seen } = await world();
  music.tracks = TRACKS.slice(0, 3);
  for (const one of music.tracks) storage.known.set(one.key, one);
  storage.keep("7", track(1));
  storage.fileIds.set("library://2", "file");
  say("/play imagine");
  expect(labels(await seen("editMessageText", "Found"))).toEqual([
    "Song 0 — Band · 3:24",
    "Song 1 — Band · 3:24 ✓",
    "Song 2 — Band · 3:24 ⚡",
  ]);
});

test("arrows of a message from before a restart turn its pages", async () => {
  const { music, tap, seen } = await world();
  music.tracks = TRACKS;
  tap("p:q:3", botMessage(50, "🔎 imagine dragons\nFound 20 tracks"));
  const page = await seen("editMessageText", "page 3 of 3");
  expect(page.params.message_id).toBe(50);
  expect(labels(page)[0]).toBe("Song 16 — Band · 3:24");
  expect(music.searched).toEqual(["imagine dragons"]);
});

test("a page that is no longer there becomes the last one", async () => {
  const { music, tap, seen } = await world();
  music.tracks = TRACKS.slice(0, 9);
  tap("p:q:9", botMessage(50, "🔎 imagine"));
  await seen("editMessageText", "page 2 of 2");
});

test("arrows under a message that Telegram no longer shows say so", async () => {
  const { telegram, tap, seen } = await world();
  tap("p:q:2", { message_id: 5, date: 0, chat: { id: 7, type: "private" } });
  await seen("sendMessage", "out of date");
  expect(telegram.of("answerCallbackQuery")).toHaveLength(1);
});

test("what was found is kept, and found again without asking music", async () => {
  const first = await world();
  first.music.tracks = TRACKS.slice(0, 1);
  first.say("imagine");
  await until(() => first.storage.caches.size === 1);
  first.say("imagine");
  await until(() => first.telegram.of("editMessageText").length === 2);
  expect(first.music.searched).toEqual(["imagine"]);
});

test("stale results are shown at once and refreshed behind them", async () => {
  const { music, storage, say, seen } = await world();
  storage.stale = true;
  music.tracks = [track(2)];
  await storage.client().setSearchCache({ kind: 1, query: "imagine", results: { tracks: [track(1)] } });
  say("imagine");
  expect(labels(await seen("editMessageText", "Found 1 track"))).toEqual(["Song 1 — Band · 3:24"]);
  await until(() => storage.caches.get("1 imagine")?.tracks[0]?.title === "Song 2");
});

test("finding nothing says so and offers the same as an artist", async () => {
  const { music, say, tap, seen } = await world();
  say("imagine dragons");
  const nothing = await seen("editMessageText", "Nothing found");
  expect(buttons(nothing)).toMatchObject([{ callback_data: "p:a:1" }]);
  tap("p:a:1", shown(nothing));
  await seen("editMessageText", "No tracks of this artist");
  expect(music.searched).toEqual(["imagine dragons", "artist imagine dragons"]);
});

test("a source that did not answer is named in one line", async () => {
  const { music, say, seen } = await world();
  music.overrides.search = () => ({ tracks: [track(1)], failedSources: ["yt", "zz"] });
  say("imagine");
  await seen("editMessageText", "No answer from YouTube and one of the sources");
});

test("music that is down is told in plain words, with a button to try again", async () => {
  const { music, say, tap, seen } = await world();
  music.overrides.search = () => {
    throw down();
  };
  say("imagine");
  const failed = await seen("editMessageText", "Search is not answering now");
  expect(failed.params.text).not.toMatch(/UNAVAILABLE|FAILED|music|down\b/);
  delete music.overrides.search;
  music.tracks = [track(1)];
  tap(buttons(failed)[0]?.callback_data ?? "", shown(failed));
  await seen("editMessageText", "Found 1 track");
});

test("a service that names a time is quoted with it", async () => {
  const { music, say, seen } = await world();
  music.overrides.search = () => {
    throw serviceError(Code.Unavailable, "CIRCUIT_OPEN", "open", { retryAfterMs: 4_200 });
  };
  say("imagine");
  await seen("editMessageText", "in 5 seconds");
});

test("search works while storage is down", async () => {
  const { music, storage, say, seen } = await world();
  storage.isDown = true;
  music.tracks = TRACKS;
  say("imagine");
  await seen("editMessageText", "Found 20 tracks");
});

test("commands without words ask, and the next text is the answer", async () => {
  const { telegram, music, say, seen } = await world();
  say("/artist");
  expect((await seen("sendMessage", "Whose tracks")).params.reply_markup?.force_reply).toBe(true);
  say("ABBA");
  await until(() => music.searched.length === 1);
  expect(music.searched).toEqual(["artist ABBA"]);
  say("ABBA");
  await until(() => telegram.of("editMessageText").length === 2);
  expect(music.searched).toEqual(["artist ABBA", "ABBA"]);
});

test("a command instead of an answer ends the question", async () => {
  const { music, say, seen } = await world();
  say("/artist");
  await seen("sendMessage", "Whose tracks");
  say("/cancel");
  say("ABBA");
  await until(() => music.searched.length === 1);
  expect(music.searched).toEqual(["ABBA"]);
});

test("a reply to a question is its answer even when the bot was restarted", async () => {
  const { music, say } = await world();
  say("ABBA", { id: 7, type: "private" }, { reply_to_message: botMessage(3, "Чьи треки найти? Пришлите имя исполнителя.") });
  await until(() => music.searched.length === 1);
  expect(music.searched).toEqual(["artist ABBA"]);
});

test("links, long texts and stickers get a sentence instead of a search", async () => {
  const { telegram, music, say, seen } = await world();
  say("look https://youtu.be/x");
  await seen("sendMessage", "I cannot open links");
  say("x".repeat(101));
  await seen("sendMessage", "up to 100 characters");
  telegram.push({
    update_id: 9_000_000,
    message: {
      message_id: 1,
      date: 1,
      chat: { id: 7, type: "private" },
      from: { id: 7, is_bot: false, first_name: "A" },
      sticker: {},
    },
  } as { update_id: number });
  await seen("sendMessage", "I understand text");
  expect(music.searched).toEqual([]);
});

test("in a group only commands and answers are for the bot", async () => {
  const { telegram, music, say } = await world();
  const group = { id: -5, type: "supergroup", title: "Friends" };
  say("just talking", group);
  say("/unknown", group);
  say("/play@other_bot x", group);
  say("/play@refrain_bot believer", group);
  await until(() => music.searched.length === 1);
  expect(music.searched).toEqual(["believer"]);
  expect(telegram.of("sendMessage")).toHaveLength(1);
});
