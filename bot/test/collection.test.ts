import { until } from "@refrain/mesh/testing";
import { expect, test } from "vitest";
import { track } from "./fake-services.js";
import { botMessage, buttons, shown, world } from "./harness.js";

async function withMusic(count: number) {
  const made = await world();
  for (let n = 0; n < count; n++) made.storage.keep("7", track(n));
  return made;
}

test("My music comes newest first, twenty a page, and a tap brings the track", async () => {
  const { telegram, say, tap, seen } = await withMusic(45);
  say("/my");
  const first = await seen("editMessageText", "45 tracks · page 1 of 3");
  expect(buttons(first).slice(0, 2)).toMatchObject([{ text: "Song 44 — Band · 3:24" }, { text: "Song 43 — Band · 3:24" }]);
  tap("m:2", shown(first));
  const second = await seen("editMessageText", "page 2 of 3");
  expect(buttons(second)[0]?.text).toBe("Song 24 — Band · 3:24");
  tap("m:3", shown(first));
  expect(buttons(await seen("editMessageText", "page 3 of 3"))[0]?.text).toBe("Song 4 — Band · 3:24");
  tap(buttons(second)[0]?.callback_data ?? "", shown(second));
  await until(() => telegram.of("sendAudio").length === 1);
});

test("a list from before a restart starts again at its first page", async () => {
  const { tap, seen } = await withMusic(45);
  tap("m:3", botMessage(70, "🎵 My music"));
  expect((await seen("editMessageText", "page 1 of 3")).params.message_id).toBe(70);
});

test("edit mode removes a track and shows the list without it", async () => {
  const { storage, say, tap, seen } = await withMusic(2);
  say("/my");
  const list = await seen("editMessageText", "2 tracks");
  tap("e:1", shown(list));
  const editing = await seen("editMessageText", "Tap ✖");
  expect(buttons(editing)[0]?.text).toBe("✖ Song 1 — Band · 3:24");
  tap(buttons(editing)[0]?.callback_data ?? "", shown(editing));
  await seen("editMessageText", "1 track");
  expect(storage.deleted).toEqual(["id-1"]);
});

test("removing the only track of the last page shows the page before", async () => {
  const { say, tap, seen } = await withMusic(21);
  say("/my");
  const list = await seen("editMessageText", "page 1 of 2");
  tap("e:2", shown(list));
  const last = await seen("editMessageText", "page 2 of 2");
  tap(buttons(last)[0]?.callback_data ?? "", shown(last));
  await seen("editMessageText", "20 tracks");
});

test("Find takes the next text and lists only what matches", async () => {
  const { music, say, tap, seen } = await withMusic(3);
  tap("find", botMessage(5));
  await seen("sendMessage", "look for in your music");
  say("song 2");
  const found = await seen("editMessageText", "1 track");
  expect(found.params.text).toContain("song 2");
  tap("find", botMessage(5));
  say("zzz");
  await seen("editMessageText", "Nothing in your music matches");
  expect(music.searched).toEqual([]);
});

test("an empty collection says how to fill it, with a button", async () => {
  const { say, seen } = await world();
  say("/my");
  expect(buttons(await seen("editMessageText", "Nothing here yet"))).toMatchObject([{ callback_data: "menu:search" }]);
});

test("storage that is down is told in plain words", async () => {
  const { storage, say, seen } = await world();
  storage.isDown = true;
  say("/my");
  await seen("editMessageText", "Searching and downloading still work");
});
